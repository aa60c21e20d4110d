"""What all emulated devices have in common."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from rig.cli.commands import Command, Commands
from rig.cli.served import Served, joined
from rig.errors import RigError


class Outlet:
    where = "here"

    def __init__(self) -> None:
        self.told: list[str] = []

    async def open(self, failed: Callable[[RigError], None]) -> None:
        self.told.append("open")
        failed(RigError("lost at once"))

    async def close(self) -> None:
        self.told.append("close")


class Lamp(Served):
    def introduce(self) -> Sequence[str]:
        return ["a lamp"]

    def status(self) -> str:
        return "dark"

    def sent(self) -> str:
        return "nothing"


def test_a_device_passes_on_what_is_asked() -> None:
    outlet, failures = Outlet(), list[RigError]()
    lamp = Lamp(outlet, Commands([Command("on", lambda words: f"on {words}", (("on", "light"),))]))

    async def main() -> None:
        await lamp.open(failures.append)
        await lamp.close()

    asyncio.run(main())
    assert outlet.told == ["open", "close"]
    assert [str(failure) for failure in failures] == ["lost at once"]
    assert lamp.do("on now") == "on ['now']"
    assert list(lamp.help) == [("on", "light")]


def test_a_status_has_only_what_says_something() -> None:
    assert joined("a", "", "b", "") == "a | b"
    assert joined() == ""
