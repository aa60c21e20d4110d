"""The EV simulator box as a user at the terminal knows it: what is typed shows to a client, and the other way round."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from rig.cli.emulated import Emulated, Options
from rig.cli.ev import EvEmulation
from rig.clock import ClockSpec, VirtualLoop
from rig.clock.calendar import DEFAULT_START
from rig.errors import ConfigurationError, HarnessError, RigError
from rig.instruments import EvSimulator, VisaSettings

Script = Callable[[EvEmulation, EvSimulator], Awaitable[None]]


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


def options(**changes: Any) -> Options:
    return Options(model="ev", start=DEFAULT_START, **changes)


def run(script: Script, **changes: Any) -> None:
    """The script on virtual time, with a client that has the box open."""
    failures: list[RigError] = []

    async def main() -> None:
        loop = asyncio.get_running_loop()
        assert isinstance(loop, VirtualLoop)
        device: Emulated = EvEmulation(options(**changes), loop)
        await device.open(failures.append)
        resource = device.introduce()[1].split(",")[0].split()[-1]
        client = EvSimulator(VisaSettings(resource))
        await client.open()
        try:
            assert isinstance(device, EvEmulation)
            await script(device, client)
        finally:
            await client.close()
            await device.close()
            await device.close()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())
    assert failures == []


def test_what_is_typed_reaches_the_client_and_what_it_says_the_status() -> None:
    async def script(device: EvEmulation, client: EvSimulator) -> None:
        assert device.introduce()[0].startswith("EV simulator box, SCPI, on tcp:127.0.0.1:")
        assert device.status().startswith("state A1 | +12.00 / +12.00 V | no PWM | 1 client | 3 messages | last: ")
        assert device.do("offer 16A") == "state A2, 26.667 %, 16 A"
        await client.set_state("C")
        measured = await client.measure()
        assert measured.duty == pytest.approx(0.26667)
        assert device.status().startswith("state C2 | +5.99 / -12.00 V | 26.667 %, 16 A | 1 client | ")
        assert device.status().endswith("last: :MEASure:PILot:LOW? -> -1.200000E+01")
        assert device.do("PWM 5") == "state C2, 5 %, digital"
        assert device.do("pwm 2.5%") == "state C2, 2.5 %, not allowed"
        assert device.do("low") == "state F"
        assert device.do("high") == "state C1"
        assert device.sent() == f"{5 + 4} messages"

    run(script)


def test_typed_scpi() -> None:
    async def script(device: EvEmulation, client: EvSimulator) -> None:
        assert device.do("scpi ev:stat b;:ev:res 2.6 kOhm") == "state B1"
        assert device.do("scpi EV:RES?;STAT?") == "+2.600000E+03;B"
        assert float(await client.query(":EV:RES?")) == 2600.0
        await client.link.write("NONSENSE")
        assert await client.query("*OPC?") == "1"
        with pytest.raises(ConfigurationError, match=r"^-222,\"Data out of range;1 is not 10 \.\.\. 100000 OHM\"$"):
            device.do("scpi EV:RES 1")
        assert await client.query("SYST:ERR?") == '-113,"Undefined header;NONSENSE"'
        assert await client.query("SYST:ERR?") == '0,"No error"'

    run(script)


def test_it_hangs_and_recovers() -> None:
    async def script(device: EvEmulation, client: EvSimulator) -> None:
        assert device.do("fault silent") == "it hangs"
        assert " | hangs | " in device.status()
        device.do("fault off")
        assert await client.query("EV:STAT?") == "A"
        assert "hangs" not in device.status()

    run(script)


def test_the_status_tells_of_errors() -> None:
    async def script(device: EvEmulation, client: EvSimulator) -> None:
        await client.link.write("NONSENSE")
        assert await client.query("*OPC?") == "1"
        before = device.status()
        await client.link.write("NONSENSE")
        await asyncio.sleep(0.0)
        await asyncio.sleep(0.1)
        assert before.endswith("last: *OPC? -> 1")
        assert device.status().endswith("last: NONSENSE -> an error")

    run(script)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("pwm", "a number is missing: write pwm 26.7"),
        ("pwm x", "a number is missing"),
        ("pwm 100", "100 % is no PWM: write pwm 26.7, from"),
        ("pwm 0", "0 % is no PWM"),
        ("offer 5A", "the pilot cannot offer 5.0 A"),
        ("offer", "a number is missing: write offer 16A"),
        ("high 5", "write high, and nothing behind it"),
        ("scpi", "write scpi and a message"),
        ("fault loud", "write fault silent or fault off"),
        ("L1=16A", "there is no command 'L1=16A'; help lists them"),
        ("dance", "there is no command 'dance'; help lists them"),
    ],
)
def test_what_cannot_be_done_changes_nothing(typed: str, message: str) -> None:
    async def script(device: EvEmulation, _client: EvSimulator) -> None:
        before = device.status()
        with pytest.raises(ConfigurationError, match=message.replace("(", r"\(")):
            device.do(typed)
        assert device.status() == before

    run(script)


def test_every_command_is_in_the_help(loop: VirtualLoop) -> None:
    device = EvEmulation(options(), loop)
    typed = " ".join(what for what, _ in device.help)
    assert [name for name in ("pwm", "offer", "high", "low", "scpi", "fault") if name not in typed] == []


@pytest.mark.parametrize(
    "changes", [{"load": ["L1=5A"]}, {"pv": ["L1=5A"]}, {"phases": 3}, {"port": "tcp:host"}, {"port": "/dev/ttyUSB0"}]
)
def test_options_that_make_no_sense(changes: dict[str, Any], loop: VirtualLoop) -> None:
    with pytest.raises(ConfigurationError, match=r"^--(load|pv|phases|port): "):
        EvEmulation(options(**changes), loop)


def test_an_address_that_is_taken() -> None:
    async def main() -> None:
        loop = asyncio.get_running_loop()
        first = EvEmulation(options(), loop)  # type: ignore[arg-type]
        await first.open(lambda _error: None)
        second = EvEmulation(options(port=first.introduce()[0].split()[-1]), loop)  # type: ignore[arg-type]
        with pytest.raises(HarnessError, match="cannot listen: Address already in use"):
            await second.open(lambda _error: None)
        await second.close()
        await first.close()

    with asyncio.Runner(loop_factory=ClockSpec("real").make_loop) as runner:
        runner.run(main())
