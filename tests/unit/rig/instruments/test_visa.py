"""Reaching an instrument through PyVISA, and what is said when that fails."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from rig.clock import ClockSpec, VirtualLoop
from rig.errors import ConfigurationError, HarnessError
from rig.instruments import ScpiInstrument, VisaSettings
from rig.instruments.visa import NoAnswer, VisaLink

Quick = Callable[[str], VisaSettings]


def test_a_late_answer_is_not_taken_for_another(lab: Any) -> None:
    async def scenario() -> None:
        async with lab.box(answer_after_s=0.4) as resource:
            server = lab.servers["box"]
            link = VisaLink(VisaSettings(resource, timeout_s=0.2))
            with pytest.raises(NoAnswer):
                await link.query("*IDN?")
            while server.next_deadline_s() is not None:  # until it has left
                await asyncio.sleep(0.01)
            server._answer_after_s = 0.0
            assert await link.query("EV:STAT?") == "A"
            await link.close()

    with asyncio.Runner(loop_factory=ClockSpec("real").make_loop) as runner:
        runner.run(scenario())


def test_nobody_listens(virtual: Any, quick: Quick) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    async def scenario() -> None:
        box = ScpiInstrument(quick(f"TCPIP::127.0.0.1::{port}::SOCKET"))
        with pytest.raises(HarnessError, match=r"^TCPIP::127\.0\.0\.1::\d+::SOCKET: '\*IDN\?': Connection refused$"):
            await box.open()

    virtual(scenario)


@pytest.mark.parametrize(
    "resource", ["USB::0x1AB1::0x04CE::DS1ZA1::INSTR", "GPIB::9::INSTR", "ASRL/dev/no-such-port::INSTR"]
)
def test_one_that_cannot_be_opened_is_said_in_one_line(resource: str, virtual: Any, quick: Quick) -> None:
    async def scenario() -> None:
        box = ScpiInstrument(quick(resource))
        with pytest.raises(HarnessError) as raised:
            await box.open()
        assert str(raised.value).startswith(f"{resource}: cannot be opened: ")
        assert "\n" not in str(raised.value)

    virtual(scenario)


@pytest.mark.parametrize("resource", ["", "192.168.1.20", "TCPIP::", "tty::1", "TCPIP::host::port::SOCKETS::x"])
def test_no_resource_string(resource: str) -> None:
    with pytest.raises(ConfigurationError, match="is no VISA resource string; one is like TCPIP::"):
        VisaSettings(resource)


@pytest.mark.parametrize(("timeout_s", "open_timeout_s"), [(0.0, 5.0), (5.0, -1.0)])
def test_no_timeout(timeout_s: float, open_timeout_s: float) -> None:
    with pytest.raises(ConfigurationError, match="a timeout is above 0 s"):
        VisaSettings("GPIB::9::INSTR", timeout_s=timeout_s, open_timeout_s=open_timeout_s)


def test_a_call_that_was_given_up_does_not_disturb_the_next(lab: Any) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = ScpiInstrument(VisaSettings(resource, timeout_s=1.0))
            await box.open()
            lab.servers["box"].mute = True
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await box.query("EV:STAT?")
            lab.servers["box"].mute = False
            assert await box.query("EV:DIOD?") == "PRES"
            await box.close()

    with asyncio.Runner(loop_factory=ClockSpec("real").make_loop) as runner:
        runner.run(scenario())


def test_virtual_time_does_not_move_in_a_long_wait(lab: Any, quick: Quick) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = ScpiInstrument(quick(resource))
            await box.open()
            lab.servers["box"].mute = True
            fired: list[bool] = []
            asyncio.get_running_loop().call_later(0.01, fired.append, True)
            with pytest.raises(NoAnswer):
                await box.query("EV:STAT?")
            assert fired == []
            assert asyncio.get_running_loop().time() == 0.0
            await box.close()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(scenario())


def test_a_command_does_not_wait_for_its_acknowledgement(lab: Any, virtual: Any) -> None:
    """With Nagle's algorithm every command takes 40 ms, since the question for its errors is held back."""

    async def scenario() -> None:
        async with lab.box() as resource:
            link = VisaLink(VisaSettings(resource))
            await link.query("*IDN?")
            opened: Any = link._resource
            interface = opened.visalib.sessions[opened.session].interface
            assert interface.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0
            await link.close()

    virtual(scenario)


def test_a_block_with_line_feeds_in_it_arrives_whole(virtual: Any) -> None:
    data = bytes(range(256)) * 3

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.write(b"#3768" + data + b"\n" if line == b"DATA?\n" else b"done\n")
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        link = VisaLink(VisaSettings(f"TCPIP::127.0.0.1::{server.sockets[0].getsockname()[1]}::SOCKET"))
        assert await link.query_block("DATA?") == data
        assert await link.query("OTHER?") == "done"
        assert await link.query_block("DATA?") == data
        await link.close()
        server.close()

    virtual(scenario)


def test_what_is_no_block(lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            link = VisaLink(VisaSettings(resource))
            with pytest.raises(HarnessError, match=r"SOCKET: '\*IDN\?': "):
                await link.query_block("*IDN?")
            assert (await link.query("*IDN?")).startswith("EVSE-RIG")
            await link.close()

    virtual(scenario)


def test_a_dropped_connection_is_opened_again_and_a_closed_one_is_not(lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            link = VisaLink(VisaSettings(resource))
            for _ in range(2):
                await link.drop()
                assert await link.query("EV:STAT?") == "A"
            assert [event.data["what"] for event in lab.timeline.of("connection")].count("accepted") == 2
            await link.close()
            await link.drop()
            with pytest.raises(HarnessError, match="the connection was closed"):
                await link.query("EV:STAT?")

    virtual(scenario)


def test_other_terminations(virtual: Any) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError):
            while True:
                writer.write(await reader.readuntil(b"\r"))
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        resource = f"TCPIP::127.0.0.1::{server.sockets[0].getsockname()[1]}::SOCKET"
        link = VisaLink(VisaSettings(resource, read_termination="\r", write_termination="\r"))
        assert await link.query("A\nB") == "A\nB"
        await link.close()
        server.close()
        await asyncio.sleep(0.1)

    virtual(scenario)
