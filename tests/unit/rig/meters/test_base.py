"""What every meter has in common: what goes wrong with it for a time, and which events are its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import pytest

from emulators.errors import PortError
from rig.errors import HarnessError
from rig.handles.base import Port
from rig.meters import KINDS, BenchMeter, MeterKind, Place
from rig.meters.base import Break
from rig.timeline import Event
from tests.unit.rig.meters.conftest import Yard


class Toy(BenchMeter):
    """A meter that only notes what is done to it."""

    def __init__(self, kind: MeterKind, place: Place) -> None:
        super().__init__(kind, place)
        self.notes: list[str] = []

    async def open(self) -> None:
        self.notes.append("open")

    async def close(self) -> None:
        self.notes.append("close")

    def port(self) -> Port:
        raise NotImplementedError

    def wake(self) -> None:
        self.notes.append("wake")

    @property
    def breaks(self) -> Mapping[str, Break]:
        def begin(what: str) -> Callable[[], None]:
            self.notes.append(f"{what} begins")
            return lambda: self.notes.append(f"{what} ends")

        return {"warm": lambda: begin("warm"), "wet": lambda: begin("wet")}

    def watch(self, end: Coroutine[Any, Any, None]) -> None:
        self._watch(end)


@pytest.fixture
def toy(yard: Yard) -> Toy:
    meter = yard.meter(KINDS["sdm72d"])
    return Toy(meter.kind, meter._place)


def test_something_is_wrong_for_the_time_of_a_block(toy: Toy) -> None:
    with toy.broken("warm"):
        assert toy.notes == ["warm begins"]
        with toy.broken("wet"):
            pass
    assert toy.notes == ["warm begins", "wet begins", "wet ends", "warm ends"]


def test_it_is_mended_whatever_happens_meanwhile(toy: Toy) -> None:
    with pytest.raises(RuntimeError, match="meanwhile"), toy.broken("wet"):
        raise RuntimeError("meanwhile")
    assert toy.notes == ["wet begins", "wet ends"]


def test_what_cannot_go_wrong_is_refused_with_what_can(toy: Toy) -> None:
    with (
        pytest.raises(HarnessError, match="a Eastron SDM72D cannot be 'sunk'; it can be warm, wet"),
        toy.broken("sunk"),
    ):
        pytest.fail("never here")
    assert toy.notes == []


@pytest.mark.parametrize(
    ("source", "kind", "data", "composed", "arrived"),
    [
        ("meter", "telegram", {}, True, False),
        ("meter", "request", {"answer": "ok"}, True, False),
        ("meter", "request", {"answer": "exception 2"}, False, False),
        ("meter", "setting", {}, False, False),
        ("station", "telegram", {}, False, False),
        ("rtu", "frame", {"dir": "a>b"}, False, True),
        ("rtu", "frame", {"dir": "b>a"}, False, False),
        ("p1", "frame", {"dir": "a>b"}, False, False),
        ("rtu", "fault", {"dir": "a>b"}, False, False),
    ],
)
def test_its_events(toy: Toy, source: str, kind: str, data: dict[str, object], composed: bool, arrived: bool) -> None:
    event = Event(1.0, source, kind, data)
    assert (toy.composed(event), toy.arrived(event)) == (composed, arrived)


def test_its_line_goes_by_its_port(toy: Toy) -> None:
    assert toy.name == "rtu"


class TestPortThatFails:
    def test_the_run_ends_at_once(self, yard: Yard, toy: Toy) -> None:
        """Or the meter would only be silent, and the station judged for it."""

        async def fails() -> None:
            await asyncio.sleep(5.0)
            raise PortError("the cable burned")

        async def body() -> None:
            toy.watch(fails())
            await asyncio.sleep(1000.0)
            pytest.fail("never here")

        with pytest.raises(HarnessError, match=r"a background task failed: .*the cable burned"):
            yard.run(body)
        assert yard.loop.time() == pytest.approx(5.0)

    def test_one_that_is_closed_is_no_failure(self, yard: Yard, toy: Toy) -> None:
        async def body() -> None:
            toy.watch(asyncio.sleep(5.0))
            await asyncio.sleep(10.0)
            toy.watch(asyncio.sleep(1000.0))  # cancelled at the end of the run

        yard.run(body)
