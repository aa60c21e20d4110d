"""A Modbus meter that listens: ports in use, connections that end, and a station that is not in this process."""

from __future__ import annotations

import asyncio
import socket
import struct
from pathlib import Path
from typing import Any

import pytest

from emulators.errors import BadConfiguration
from rig.bench.file import BoardLine, Lines, TcpLine
from rig.errors import HarnessError
from rig.meters import KINDS, BenchMeter
from rig.meters.tcp import TcpMeter
from tests.unit.rig.meters.conftest import Yard, descriptors, reads, shown_a

E27 = KINDS["e27"]


def test_a_port_in_use(yard: Yard, tmp_path: Path) -> None:
    async def body() -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            address = f"tcp:127.0.0.1:{other.getsockname()[1]}"
            before = descriptors()
            meter = yard.meter(E27, address, capture=tmp_path / "tcp.pcapng")
            with pytest.raises(HarnessError, match=rf"{address}: cannot listen.*in use"):
                await meter.open()
            assert descriptors() == before
            await meter.close()

    yard.run(body)


def test_a_port_in_use_is_said_by_the_bench(yard: Yard) -> None:
    async def body() -> None:
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            address = f"tcp:127.0.0.1:{other.getsockname()[1]}"
            before = descriptors()
            bench = yard.bench(E27, Lines(tcp=TcpLine(address), board=BoardLine()))
            with pytest.raises(HarnessError, match=rf"{address}: cannot listen.*in use"):
                await bench.__aenter__()
            await asyncio.sleep(0)
            assert descriptors() == before

    yard.run(body)


def test_a_capture_that_cannot_be_written(yard: Yard, tmp_path: Path) -> None:
    async def body() -> None:
        before = descriptors()
        meter = yard.meter(E27, "tcp::0", capture=tmp_path)
        with pytest.raises(HarnessError, match=r"line tcp: the capture .* cannot be written"):
            await meter.open()
        assert descriptors() == before
        await meter.close()

    yard.run(body)


def test_the_port_it_was_told_and_the_one_it_found(yard: Yard) -> None:
    async def body() -> None:
        meter = yard.meter(E27, "tcp::0")
        await meter.open()
        url = meter.port().url
        assert url.startswith("tcp:127.0.0.1:")
        assert not url.endswith(":0")
        await meter.close()
        again = yard.meter(E27, url)
        await again.open()
        assert again.port().url == url
        await again.close()

    yard.run(body)


def test_a_station_of_somebody_else_s(yard: Yard) -> None:
    """Nobody is attached: nothing is counted, and it is answered all the same."""

    async def body() -> None:
        yard.site.add_load("house", 5.0)
        meter = yard.meter(E27, "tcp::0")
        await meter.open()
        await asyncio.sleep(2.0)
        host, _, port = meter.port().url.removeprefix("tcp:").rpartition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(struct.pack(">HHHBBHH", 1, 0, 6, 5, 3, 50528, 2))
        answer = await reader.readexactly(13)
        assert struct.unpack(">I", answer[9:]) == (5000,)
        assert yard.loop.ledger.in_flight == 0
        writer.close()
        await meter.close()

    yard.run(body)
    frames = yard.timeline.of("frame", "tcp")
    assert [(frame.data["dir"], frame.data["length"]) for frame in frames] == [("b>a", 12), ("a>b", 13)]


def test_what_goes_wrong_does_so_at_once(yard: Yard) -> None:
    async def body() -> None:
        meter = yard.meter(E27, "tcp::0")
        await meter.open()
        host, _, port = meter.port().url.removeprefix("tcp:").rpartition(":")
        with meter.broken("refused"), socket.socket() as link, pytest.raises(ConnectionRefusedError):
            link.connect((host, int(port)))
        with socket.socket() as link:
            link.connect((host, int(port)))
        await meter.close()

    yard.run(body)


def fault_of(meter: BenchMeter) -> str | None:
    assert isinstance(meter, TcpMeter)
    return meter.server.fault


@pytest.mark.parametrize("what", ["refused", "reset", "silent", "half-open", "unplugged"])
def test_connections_that_go_wrong_are_known_by_their_numbers(yard: Yard, what: str) -> None:
    async def body() -> None:
        async with yard.bench(E27) as bench:
            await asyncio.sleep(3.5)
            with bench.meter.broken(what):
                faults = [fault_of(bench.meter)]
                await asyncio.sleep(20.0)
            faults.append(fault_of(bench.meter))
            assert faults == [what.replace("-", "_"), None]
            bench.house(4.0)
            await asyncio.sleep(15.0)
            assert reads(bench, (4.0, 4.0, 4.0)), shown_a(bench)

    yard.run(body)
    numbers = [event.data["connection"] for event in yard.timeline.of("connection", "meter")]
    assert numbers[0] == 1
    assert max(numbers) > 1
    whys = {event.data["why"] for event in yard.timeline.of("connection", "meter") if event.data["what"] == "accepted"}
    assert whys == {"127.0.0.1"}
    others = {event.data["why"] for event in yard.timeline.of("connection", "meter")} - whys
    assert not [why for why in others if any(digit in why for digit in "0123456789")], others


def test_a_meter_that_fails_ends_the_run(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> Any:
        raise BadConfiguration("the meter is on fire")

    async def body() -> None:
        async with yard.bench(E27) as bench:
            await asyncio.sleep(3.5)
            assert isinstance(bench.meter, TcpMeter)
            monkeypatch.setattr(bench.meter.model, "answer", fails)
            await asyncio.sleep(100.0)
            pytest.fail("never here")

    with pytest.raises(HarnessError, match="the meter is on fire"):
        yard.run(body)
