"""Connections, lines and answers, without a socket."""

from __future__ import annotations

from typing import Any

import pytest

from emulators.listening.server import Output
from emulators.scpi.server import MAX_CONNECTIONS, MAX_MESSAGE_BYTES, MAX_WAITING_BYTES, ScpiServer

Event = tuple[float, str, dict[str, object]]


@pytest.fixture
def events() -> list[Event]:
    return []


@pytest.fixture
def server(toy: Any, events: list[Event]) -> ScpiServer:
    server = ScpiServer(toy, name="toy", emit=lambda *event: events.append(event))
    server.connected(1, "10.0.0.1", 0.0)
    return server


def said(server: ScpiServer, data: bytes, number: int = 1, now_s: float = 0.0) -> list[bytes]:
    server.receive(number, data, now_s)
    return [output.data for output in server.step(now_s) if output.connection == number]


def test_lines_in_any_pieces(server: ScpiServer) -> None:
    assert said(server, b"*ID") == []
    assert said(server, b"N?\r") == []
    assert said(server, b"\nMEAS") == [b"ACME,TOY,7,1.2\n"]
    assert said(server, b"? CHAN3\nEV:STAT B\n\n\n*OPC?\n*OP") == [b"3\n1\n"]
    assert server.next_deadline_s() is None


def test_clients_do_not_mix_and_share_the_errors(server: ScpiServer) -> None:
    server.connected(2, "10.0.0.2", 0.0)
    said(server, b"*I", 1)
    assert said(server, b"NO\n*OPC?\n", 2) == [b"1\n"]
    assert said(server, b"DN?\n", 1) == [b"ACME,TOY,7,1.2\n"]
    assert said(server, b"SYST:ERR?\n", 1) == [b'-113,"Undefined header;NO"\n']


def test_an_endless_line(server: ScpiServer) -> None:
    for _ in range(1000):
        assert said(server, b"x" * MAX_MESSAGE_BYTES) == []
        assert len(server._connections[1]._heard) <= MAX_MESSAGE_BYTES
    assert said(server, b"*OPC?\n*OPC?\nSYST:ERR?\nSYST:ERR?\n") == [
        b'1\n-363,"Input buffer overrun;more than 4096 bytes"\n0,"No error"\n'
    ]


def test_the_longest_line(server: ScpiServer) -> None:
    line = b"*OPC?".ljust(MAX_MESSAGE_BYTES)
    assert said(server, line + b"\n") == [b"1\n"]
    assert said(server, line + b" \n") == []


def test_one_connection_too_many(server: ScpiServer, events: list[Event]) -> None:
    for number in range(2, MAX_CONNECTIONS + 1):
        server.connected(number, "10.0.0.2", 0.0)
    server.connected(99, "10.0.0.9", 1.0)
    assert server.step(1.0) == [Output(99, b"", "close")]
    assert server.connections == MAX_CONNECTIONS
    assert events[-1][2] == {
        "server": "toy",
        "connection": 99,
        "what": "refused",
        "why": "8 connections are all there is, 10.0.0.9 came",
    }
    assert said(server, b"*OPC?\n", 99) == []
    server.disconnected(1, "gone", 2.0)
    server.connected(100, "10.0.0.9", 2.0)
    assert said(server, b"*OPC?\n", 100) == [b"1\n"]


def test_answers_in_their_time(toy: Any) -> None:
    server = ScpiServer(toy, name="toy", answer_after_s=0.5)
    server.connected(1, "10.0.0.1", 0.0)
    assert said(server, b"*IDN?\n", now_s=1.0) == []
    assert said(server, b"*OPC?\n", now_s=1.2) == []
    assert server.next_deadline_s() == 1.5
    assert [output.data for output in server.step(1.5)] == [b"ACME,TOY,7,1.2\n"]
    assert server.next_deadline_s() == 1.7
    assert [output.data for output in server.step(9.0)] == [b"1\n"]


def test_one_that_reads_no_answers_is_closed(toy: Any, events: list[Event]) -> None:
    server = ScpiServer(toy, name="toy", answer_after_s=1e9, emit=lambda *event: events.append(event))
    server.connected(1, "10.0.0.1", 0.0)
    sent = 0
    while server.connections:
        server.receive(1, b"*IDN?;" * 600 + b"\n", 0.0)
        sent += 1
        assert sent < 2 * MAX_WAITING_BYTES / 600 / 15
    assert server.step(0.0) == [Output(1, b"", "close")]
    assert events[-1][2]["why"] == "it leaves its answers unread"
    server.receive(1, b"*IDN?\n", 0.0)
    assert server.next_deadline_s() is None


def test_one_that_hangs(server: ScpiServer) -> None:
    server.mute = True
    assert said(server, b"*OPC?\n") == []
    server.mute = False
    assert said(server, b"*OPC?\n") == [b"1\n"]


def test_events(server: ScpiServer, events: list[Event]) -> None:
    said(server, b"*OPC?;NO\n", now_s=3.0)
    said(server, b"DATA?\n", now_s=4.0)
    said(server, b"\xff" * 100 + b"\n", now_s=5.0)
    said(server, b"x" * 5000 + b"\n", now_s=6.0)
    server.disconnected(1, "gone", 7.0)
    server.disconnected(1, "gone", 8.0)
    whose = ("instrument", "server")
    shown = [
        (at_s, kind, {key: value for key, value in fields.items() if key not in whose}) for at_s, kind, fields in events
    ]
    assert shown == [
        (0.0, "connection", {"connection": 1, "what": "accepted", "why": "10.0.0.1"}),
        (3.0, "scpi", {"connection": 1, "message": "*OPC?;NO", "answer": "1", "errors": 1}),
        (4.0, "scpi", {"connection": 1, "message": "DATA?", "answer": "block of 6 bytes", "errors": 0}),
        (5.0, "scpi", {"connection": 1, "message": "?" * 80 + "...", "answer": None, "errors": 1}),
        (6.0, "scpi", {"connection": 1, "message": None, "answer": None, "errors": 1}),
        (7.0, "connection", {"connection": 1, "what": "lost", "why": "gone"}),
    ]
