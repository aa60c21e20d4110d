"""What goes wrong with an instrument, and what is said then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from rig.errors import HarnessError
from rig.instruments import ScpiInstrument, VisaSettings
from rig.instruments.visa import NoAnswer

Quick = Callable[[str], VisaSettings]


def test_every_error_in_the_queue_is_told(lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = ScpiInstrument(VisaSettings(resource))
            await box.open()
            with pytest.raises(HarnessError, match=r"'EV:STAT Q;RES 0' was refused: -224,.*; -222,"):
                await box.command("EV:STAT Q;RES 0")
            await box.command("EV:STAT B")
            await box.close()

    virtual(scenario)


def test_errors_from_before_are_forgotten(lab: Any, virtual: Any) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            lab.servers["box"].instrument.execute(b"NONSENSE", 0.0)
            box = ScpiInstrument(VisaSettings(resource))
            await box.open()
            await box.command("EV:STAT B")
            await box.close()

    virtual(scenario)


def test_several_questions_in_one_message(lab: Any, virtual: Any, quick: Quick) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = ScpiInstrument(quick(resource))
            await box.open()
            assert await box.query_all([":EV:STAT?", ":EV:DIOD?", "*OPC?"]) == ["A", "PRES", "1"]
            assert lab.timeline.of("scpi")[-1].data["message"] == ":EV:STAT?;:EV:DIOD?;*OPC?"
            with pytest.raises(HarnessError, match=r"'.*COLOUR\?' was answered 'A': 1 answers, .* to 2 .*: -113,"):
                await box.query_all([":EV:STAT?", ":EV:COLOUR?"])
            with pytest.raises(HarnessError, match=r"within .* s: -113,"):
                await box.query_all([":EV:COLOUR?", ":EV:STAT?"])
            await box.command("EV:STAT B")  # the queue is empty again
            await box.close()

    virtual(scenario)


def test_answers_that_come_one_by_one_are_not_taken_for_those_of_later_questions(virtual: Any) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            writer.writelines(question + b"\n" for question in line.strip().split(b";"))
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        box = ScpiInstrument(VisaSettings(f"TCPIP::127.0.0.1::{server.sockets[0].getsockname()[1]}::SOCKET"))
        with pytest.raises(
            HarnessError, match=r"'A\?;B\?' was answered 'A\?': 1 answers, separated by ';', to 2 questions$"
        ):
            await box.query_all(["A?", "B?"])
        assert await box.query("C?") == "C?"
        await box.close()
        server.close()

    virtual(scenario)


def test_a_question_that_is_not_understood(lab: Any, virtual: Any, quick: Quick) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = ScpiInstrument(quick(resource))
            await box.open()
            with pytest.raises(
                HarnessError, match=r"no answer to 'EV:COLOUR\?' within 0\.3 s: -113,\"Undefined header;EV:COLOUR\?\""
            ):
                await box.query("EV:COLOUR?")
            assert await box.query("EV:STAT?") == "A"
            with pytest.raises(HarnessError, match="-113"):
                await box.query_block("WAV:DATA?")
            assert await box.query("EV:STAT?") == "A"
            await box.close()

    virtual(scenario)


def test_one_that_hangs(lab: Any, virtual: Any, quick: Quick) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = ScpiInstrument(quick(resource))
            await box.open()
            lab.servers["box"].mute = True
            with pytest.raises(NoAnswer, match=r"no answer to 'EV:STAT\?' within 0\.3 s"):
                await box.query("EV:STAT?")
            lab.servers["box"].mute = False
            assert await box.query("EV:STAT?") == "A"
            await box.close()

    virtual(scenario)


def test_one_that_went_away_and_came_back(lab: Any, virtual: Any, quick: Quick) -> None:
    async def scenario() -> None:
        async with lab.box() as resource:
            box = ScpiInstrument(quick(resource))
            await box.open()
        with pytest.raises(HarnessError, match=r"TCPIP::127\.0\.0\.1::\d+::SOCKET"):
            await box.query("EV:STAT?")
        await box.close()
        await box.close()
        with pytest.raises(HarnessError, match="the connection was closed"):
            await box.query("EV:STAT?")

    virtual(scenario)


def test_no_error_queue_of_scpi(virtual: Any) -> None:
    """A program that answers everything in the same way."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.readline():
            writer.write(b"hello\n")
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        instrument = ScpiInstrument(VisaSettings(f"TCPIP::127.0.0.1::{port}::SOCKET"))
        with pytest.raises(HarnessError, match=r"'hello' is no answer to :SYSTem:ERRor\?"):
            await instrument.open()
        server.close()

    virtual(scenario)


def test_an_error_queue_without_an_end(virtual: Any) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            if line.endswith(b"?\n"):
                writer.write(b'-350,"Queue overflow"\n')
        writer.close()

    async def scenario() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        instrument = ScpiInstrument(VisaSettings(f"TCPIP::127.0.0.1::{port}::SOCKET"))
        with pytest.raises(HarnessError, match=r"more than 64 errors: -350"):
            await instrument.open()
        server.close()

    virtual(scenario)
