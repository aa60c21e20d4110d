"""PyVISA and easy-scpi, without our drivers, talk to the emulated instruments over a socket."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from emulators.instruments import DIALECTS, BenchPilot, ev_box_instrument, oscilloscope_instrument
from emulators.pilot.circuit import pwm
from emulators.scpi import Instrument, ScpiServer, TcpPort
from rig.clock import ClockSpec

PATIENCE_S = 30.0


def serve(instrument: Instrument[Any], program: Callable[[str], None]) -> None:
    """Run the program in a thread, with the instrument's VISA resource."""

    async def scenario() -> None:
        port = TcpPort(ScpiServer(instrument, name="it"), "tcp::0")
        port.start()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.to_thread(program, f"TCPIP::127.0.0.1::{port.port}::SOCKET")
        port.close()

    with asyncio.Runner(loop_factory=ClockSpec("real").make_loop) as runner:
        runner.run(scenario())


def test_pyvisa_reads_the_box() -> None:
    pyvisa = pytest.importorskip("pyvisa")
    pilot = BenchPilot()
    pilot.drive(pwm(50_000))

    def program(resource: str) -> None:
        box = pyvisa.ResourceManager("@py").open_resource(resource, read_termination="\n", write_termination="\r\n")
        assert box.query("*IDN?") == "EVSE-RIG,EV-SIMULATOR,EMULATED,1.0"
        box.write("EV:STAT B")
        assert box.query_ascii_values("MEAS:PIL:HIGH?;LOW?", separator=";") == [8.97861, -12.0]
        box.write("EV:COLOUR RED")
        assert box.query("SYST:ERR?") == '-113,"Undefined header;EV:COLOUR"'
        assert int(box.query("*STB?")) == 0
        box.close()

    serve(ev_box_instrument(pilot), program)


def test_pyvisa_reads_a_block() -> None:
    pyvisa = pytest.importorskip("pyvisa")
    pilot = BenchPilot()
    pilot.drive(pwm(50_000))

    def program(resource: str) -> None:
        scope = pyvisa.ResourceManager("@py").open_resource(resource, read_termination="\n", write_termination="\n")
        codes = scope.query_binary_values(":WAV:DATA?", datatype="B")
        assert len(codes) == DIALECTS["keysight"].points
        assert (min(codes), max(codes)) == (32, 224)
        # the line feed behind the block was taken too
        assert scope.query("*OPC?") == "1"
        scope.close()

    serve(oscilloscope_instrument(pilot, DIALECTS["keysight"]), program)


def test_easy_scpi_drives_the_box() -> None:
    easy_scpi = pytest.importorskip("easy_scpi")
    pilot = BenchPilot()

    def program(resource: str) -> None:
        box = easy_scpi.Instrument(
            resource, port_match=False, backend="@py", read_termination="\n", write_termination="\n"
        )
        box.connect()
        try:
            assert box.id == "EVSE-RIG,EV-SIMULATOR,EMULATED,1.0"
            box.ev.state("C")
            box.ev.resistor.charge("1.3 kOhm")
            box.ev.proximity.rating(20)
            assert box.ev.state() == "C"
            assert float(box.ev.proximity.resistor()) == 680.0
            assert float(box.measure.pilot.high()) == pytest.approx(5.99, abs=0.01)
            assert box.system.error() == '0,"No error"'
        finally:
            box.disconnect()

    serve(ev_box_instrument(pilot), program)
    assert pilot.state == "C1"
