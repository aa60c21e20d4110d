"""What the status line says of requests and connections."""

from __future__ import annotations

from typing import Any

import pytest

from rig.cli.modbus_traffic import Traffic


class Bench:
    def __init__(self, *, several: bool = False) -> None:
        self.line_changes = 0
        self.traffic = Traffic(self._changed, several=several)

    def _changed(self) -> None:
        self.line_changes += 1

    def request(self, **fields: Any) -> None:
        usual = {"meter": "m", "unit": 1, "function": 4, "address": 6, "count": 2, "answer": "ok", "i_a": []}
        self.traffic.note(0.0, "request", {**usual, **fields})

    def connection(self, number: int, what: str) -> None:
        self.traffic.note(0.0, "connection", {"server": "s", "connection": number, "what": what, "why": "so"})


def test_nothing_yet() -> None:
    traffic = Bench().traffic
    assert (traffic.requests, traffic.connections, traffic.last) == ("0 requests", "0 connections", "")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({}, "input 6 x2: ok"),
        ({"function": 3, "answer": "exception 2"}, "holding 6 x2: exception 2"),
        ({"function": 16}, "write 6 x2: ok"),
        ({"function": 8, "address": None, "count": None}, "echo: ok"),
        ({"function": 43, "address": None, "count": None, "answer": "exception 1"}, "function 43: exception 1"),
    ],
)
def test_the_last_request(fields: dict[str, Any], words: str) -> None:
    bench = Bench()
    bench.request(**fields)
    assert (bench.traffic.requests, bench.traffic.last) == ("1 request", f"last: {words}")


def test_with_several_meters_the_unit_is_told() -> None:
    bench = Bench(several=True)
    bench.request(unit=2)
    assert bench.traffic.last == "last: unit 2 input 6 x2: ok"


def test_what_came_to_nothing() -> None:
    bench = Bench()
    bench.request()
    bench.traffic.note(0.0, "unheard", {"bus": "b", "why": "no meter has address 3"})
    bench.traffic.note(0.0, "hurried", {"bus": "b"})
    assert (bench.traffic.requests, bench.traffic.last) == ("1 request", "last: not answered: no meter has address 3")


def test_what_the_user_asks_himself_is_no_traffic() -> None:
    bench = Bench()
    with bench.traffic.unseen():
        bench.request()
    assert (bench.traffic.requests, bench.traffic.last) == ("0 requests", "")
    bench.request()
    assert bench.traffic.requests == "1 request"


def test_who_is_connected() -> None:
    bench = Bench()
    bench.connection(1, "accepted")
    bench.connection(2, "accepted")
    assert bench.traffic.connections == "2 connections"
    bench.connection(3, "refused")
    assert bench.traffic.last == "last: connection refused: so"
    for number, how in ((1, "half-open"), (1, "lost"), (2, "reset")):
        bench.connection(number, how)
    assert bench.traffic.connections == "0 connections"


def test_line_settings_that_were_written() -> None:
    bench = Bench()
    for name in ("unit", "baud", "char_format"):
        bench.traffic.note(0.0, "setting", {"meter": "m", "name": name, "value": 1})
    assert bench.line_changes == 2
