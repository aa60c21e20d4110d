"""A scenario as a time line."""

from __future__ import annotations

import pytest

from rig.scenario.file import parse
from rig.scenario.script import script
from rig.scenario.show import lines, told


def shown(text: str, head: str = "") -> str:
    (timed,) = script(parse(f"{head}\n[[step]]\n{text}")).steps
    return told(timed.step)


CLAUSE = "clauses = ['M3-001']\n"
METER = CLAUSE + "[bench]\nmeter = 'dsmr5'\nsockets = 2"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("plug = { socket = 2, car = 'slow' }", "plug slow into socket 2"),
        ("plug = { car = { like = 'slow', max_a = 9 } }", "plug slow with max_a = 9 into socket 1"),
        ("plug = { car = { max_a = 9 } }", "plug a car with max_a = 9 into socket 1"),
        ("unplug = {}", "unplug socket 1"),
        ("car = { says = 'full', max_a = 8 }", "the car on socket 1 says it is full and takes 8 A at most"),
        ("car = { draw_a = [1, 2, 3] }", "the car on socket 1 draws 1, 2, 3 A"),
        ("car = { draw_a = 'offer' }", "the car on socket 1 follows its offer"),
        ("house_a = 10", "the house draws 10 A"),
        ("pv_a = [1, 2, 3]", "the panels feed in 1, 2, 3 A"),
        ("meter_fault = { fault = 'frozen' }", "meter: frozen begins"),
        ("line_fault = { fault = 'stuck', on = false }", "meter's line: stuck ends"),
        ("pilot_fault = { fault = 'open' }", "pilot of socket 1: open begins"),
        ("contact = 'closed'", "external contact closed"),
        ("set = { A = 1, B = 'x' }", "set A = 1, B = x"),
        ("reboot = true", "restart the station"),
        ("mains = { on = false }", "mains of socket 1 off"),
        ("expect = { offered_a = 12.5 }", "expect offered 12.5 A on socket 1"),
        ("expect = { grid_a = { at_most = 25 }, always_for_s = 9 }", "all the time for 9 s grid at most 25 A"),
        ("expect = { pilot = ['B1', 'C1'], within_s = 5 }", "expect pilot B1 or C1 on socket 1 within 5 s"),
        (
            "expect = { log = 'x', within_s = 5, not_before_s = 1 }",
            "expect log 'x' within 5 s, not before 1 s",
        ),
        (
            "expect = { charging = 2, never_for_s = 5, after = { contactor = 'open' } }",
            "never in 5 s charging 2, counted from contactor open on socket 1, which comes within 60 s",
        ),
    ],
)
def test_every_step(text: str, words: str) -> None:
    assert shown(text, METER) == words


def test_the_whole() -> None:
    text = (
        "name = 'A bug'\ndescription = 'Seen twice.'\n"
        + METER
        + "\n[[step]]\nplug = { car = 'slow' }\n[[step]]\nat_s = 90\nnote = 'then'\nexpect = { pilot = 'C2' }\n"
    )
    assert list(lines(script(parse(text)))) == [
        "A bug",
        "  Seen twice.",
        "",
        "  bench    two sockets on one cable, DSMR 5.0.2 meter on P1, without probing",
        "  setting  ALB-ProtocolSelection = DSMR4.x/SMR5.0 (P1)",
        "  setting  RJ11-Mode = DSMR P1",
        "",
        "        0 s  plug slow into socket 1",
        "       90 s  expect pilot C2 on socket 1  [M3-001]  (then)",
    ]
