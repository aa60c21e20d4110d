"""A car played by an instrument, against the emulated box."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from emulators.instruments import BenchPilot, ev_box_instrument
from emulators.pilot.circuit import pwm
from emulators.scpi import ScpiServer, TcpPort
from rig.cli.emulated import Options
from rig.cli.ev import EvEmulation
from rig.cli.ev_instrument import EvThroughInstrument, make_ev
from rig.clock import VirtualLoop
from rig.clock.calendar import DEFAULT_START
from rig.errors import ConfigurationError, HarnessError, RigError

Script = Callable[[EvThroughInstrument, BenchPilot, ScpiServer], Awaitable[None]]


@pytest.fixture
def loop() -> Iterator[VirtualLoop]:
    loop = VirtualLoop()
    yield loop
    loop.close()


def options(**changes: Any) -> Options:
    return Options(model="ev", start=DEFAULT_START, **changes)


def run(script: Script) -> list[RigError]:
    """The script on virtual time; returns what failed."""
    failures: list[RigError] = []

    async def main() -> None:
        pilot = BenchPilot()
        server = ScpiServer(ev_box_instrument(pilot), name="box")
        port = TcpPort(server, "tcp::0")
        port.start()
        device = make_ev(options(port=f"TCPIP::127.0.0.1::{port.port}::SOCKET"), asyncio.get_running_loop())  # type: ignore[arg-type]
        assert isinstance(device, EvThroughInstrument)
        await device.open(failures.append)
        try:
            await script(device, pilot, server)
        finally:
            await device.close()
            await device.close()
            port.close()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(main())
    return failures


def test_what_is_typed_reaches_the_pilot_and_what_it_does_the_status() -> None:
    async def script(device: EvThroughInstrument, pilot: BenchPilot, _server: ScpiServer) -> None:
        assert device.introduce()[0].startswith("EV simulator box EVSE-RIG,EV-SIMULATOR,EMULATED,1.0, at TCPIP::")
        assert device.status() == "not measured yet | 0 commands"
        await asyncio.sleep(0.1)
        assert device.status() == "+12.00 / +12.00 V, no PWM | 0 commands"
        pilot.drive(pwm(26_667))
        assert device.do("state c") == "state c: told to the box"
        await asyncio.sleep(0.1)
        assert pilot.state == "C2"
        assert device.status() == "+5.99 / -12.00 V, 1000.0 Hz, 26.67 % | 1 command | last: state c: done"
        pilot.drive(pwm(50_000))
        await asyncio.sleep(1.1)
        assert "50.00 %" in device.status()

    assert run(script) == []


@pytest.mark.parametrize(
    ("typed", "changed"),
    [
        ("r2 1870", {"r2_ohm": 1870.0}),
        ("r3 909", {"r3_c_ohm": 909.0}),
        ("diode SHORTED", {"diode": "SHORted"}),
        ("short pilot", {"short": "PILot"}),
        ("pilot off", {"pilot": False}),
        ("earth off", {"earth": False}),
        ("cable 32A", {"pp_ohm": 220.0}),
        ("load 16", {"load_a": (16.0, 16.0, 16.0)}),
        ("load 16A,9.5,0", {"load_a": (16.0, 9.5, 0.0)}),
    ],
)
def test_every_command(typed: str, changed: dict[str, object]) -> None:
    async def script(device: EvThroughInstrument, _pilot: BenchPilot, server: ScpiServer) -> None:
        as_new = server.instrument.device.settings
        device.do(typed)
        await asyncio.sleep(0.1)
        settings = server.instrument.device.settings
        assert {name: getattr(settings, name) for name in changed} == changed
        assert settings != as_new
        device.do("reset")
        await asyncio.sleep(0.1)
        assert server.instrument.device.settings == as_new

    assert run(script) == []


def test_what_was_typed_last_is_told_before_the_end() -> None:
    told = []

    async def script(device: EvThroughInstrument, pilot: BenchPilot, _server: ScpiServer) -> None:
        for state in "BCB":
            device.do(f"state {state}")
        told.append(pilot)

    assert run(script) == []
    assert told[0].state == "B1"


def test_what_the_box_refuses_is_in_the_status() -> None:
    async def script(device: EvThroughInstrument, _pilot: BenchPilot, _server: ScpiServer) -> None:
        device.do("r2 5")
        await asyncio.sleep(0.1)
        assert "':EV:RESistor:BASE 5' was refused: -222," in device.status()
        device.do("state B")
        await asyncio.sleep(0.1)
        assert device.status().endswith("2 commands | last: state B: done")

    assert run(script) == []


def test_a_box_that_is_lost_ends_it() -> None:
    async def script(device: EvThroughInstrument, _pilot: BenchPilot, server: ScpiServer) -> None:
        await asyncio.sleep(0.1)
        broken: Any = server.instrument
        broken.execute = lambda _message, _now_s: b"garbage"
        device.do("state B")
        await asyncio.sleep(0.1)

    (error,) = run(script)
    assert isinstance(error, HarnessError)
    assert "'garbage' is no answer to :SYSTem:ERRor?" in str(error)


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("state F", "state 'F': there is A, B, C, D, E"),
        ("state", "write state C"),
        ("r2 x", "'x' is no resistance"),
        ("r2 -5", "'-5' is no resistance"),
        ("r2 inf", "'inf' is no resistance"),
        ("diode gone", "diode 'gone': there is present, shorted, missing"),
        ("pilot maybe", "it 'maybe': there is off, on"),
        ("cable 16", "cable '16': there is 13, 20, 32, 63"),
        ("load", "write load 16"),
        ("load 16,16", "load '16,16': write one current in ampere, or three"),
        ("load x", "load 'x': write one current"),
        ("reset now", "write reset, and nothing behind it"),
        ("L1=5", "there is no command 'L1=5'"),
        ("dance", "there is no command 'dance'"),
    ],
)
def test_what_cannot_be_told(typed: str, message: str) -> None:
    device = EvThroughInstrument(options(port="GPIB::9::INSTR"))
    with pytest.raises(ConfigurationError, match=message):
        device.do(typed)
    assert device._acts.empty()


def test_by_the_port(loop: VirtualLoop) -> None:
    for port in (None, "tcp::0"):
        assert isinstance(make_ev(options(port=port), loop), EvEmulation)
    assert isinstance(make_ev(options(port="GPIB::9::INSTR"), loop), EvThroughInstrument)
    for wrong in ("/dev/ttyUSB0", "pty"):
        with pytest.raises(ConfigurationError, match="is no VISA resource string"):
            make_ev(options(port=wrong), loop)
    with pytest.raises(ConfigurationError, match="there is no house"):
        make_ev(options(port="GPIB::9::INSTR", load=["L1=5A"]), loop)
