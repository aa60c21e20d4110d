"""Faults change an answer, or the values in it, and nothing else."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest

from emulators.errors import BadConfiguration
from emulators.modbus import faults
from emulators.modbus.description import load
from emulators.modbus.faults import CONNECTION_FAULTS, FAULTS, Answer, Fault
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.pdu import Read, encode_request
from emulators.site import Site


def answered(fault: Fault | None, model: str = "sdm72d", address: int = 6, count: int = 12) -> Answer:
    site = Site()
    site.add_load("house", 10.0, 5.0, 1.0)
    meter = ModbusMeter(load(model), site.read)
    if fault is not None:
        meter.inject(fault)
    function = 4 if 4 in meter.description.functions else 3
    answer = meter.answer(1, encode_request(Read(function, address, count)), 0.0)
    assert answer is not None
    return answer


def shown(fault: Fault) -> list[float]:
    """Three currents and three powers."""
    return list(struct.unpack(">6f", answered(fault).pdu[2:]))


RIGHT = answered(None)


def test_every_fault_says_how_it_happens() -> None:
    for name, make in FAULTS.items():
        fault = make()
        assert fault.name == name
        assert fault.field.endswith(".")
        assert fault.values or fault.answer or fault.frozen
    assert all(words.endswith(".") for words in CONNECTION_FAULTS.values())


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        (faults.wrong_crc(0x0180), {"crc_xor": 0x0180}),
        (faults.exception(6), {"pdu": b"\x84\x06"}),
        (faults.wrong_unit(), {"unit": 2}),
        (faults.wrong_unit(-2), {"unit": 255}),
        (faults.wrong_transaction(), {"transaction_xor": 1}),
        (faults.late(1.5), {"delay_s": RIGHT.delay_s + 1.5}),
        (faults.two_segments(3, 0.1), {"split_at": 3, "pause_s": 0.1}),
        (faults.frozen(), {}),
    ],
)
def test_what_a_fault_changes(fault: Fault, change: dict[str, Any]) -> None:
    answer = answered(fault)
    assert {name for name in Answer.__slots__ if getattr(answer, name) != getattr(RIGHT, name)} == set(change)
    assert all(getattr(answer, name) == value for name, value in change.items())


def test_faults_add_up() -> None:
    site = Site()
    meter = ModbusMeter(load("sdm72d"), site.read)
    meter.inject(faults.late(1.0))
    meter.inject(faults.late(0.5))
    meter.inject(faults.wrong_unit())
    answer = meter.answer(1, encode_request(Read(4, 0, 2)), 0.0)
    assert answer is not None
    assert (answer.delay_s, answer.unit) == pytest.approx((meter.response_s + 1.5, 2))


def test_no_current_but_power() -> None:
    assert shown(faults.zero_current()) == [0, 0, 0, 2300, 1150, 230]


def test_marks_in_floats() -> None:
    values = shown(faults.not_a_number())
    assert [math.isnan(value) for value in values] == [True] * 3 + [False] * 3
    assert shown(faults.overflow("*")) == [math.inf] * 6
    assert shown(faults.overflow("power_l2_w")) == [10, 5, 1, 2300, math.inf, 230]


@pytest.mark.parametrize(
    ("model", "address", "mark"),
    [("e27", 50528, "ffffffff"), ("abb-b23", 0x5B0C, "ffffffff"), ("em340", 0x0C, "ffff7fff")],
)
def test_marks_in_integers(model: str, address: int, mark: str) -> None:
    for fault in (faults.not_a_number(), faults.overflow()):
        assert answered(fault, model, address, 2).pdu[2:] == bytes.fromhex(mark)


def test_pieces_of_a_frame() -> None:
    answer = faults.two_segments(3, 0.1).answer
    assert answer is not None
    split = answer(RIGHT)
    assert split.pieces(b"abcdef", 5.0) == [(5.0, b"abc"), (5.1, b"def")]
    assert split.pieces(b"abc", 5.0) == [(5.0, b"abc")]
    assert RIGHT.pieces(b"abcdef", 5.0) == [(5.0, b"abcdef")]


@pytest.mark.parametrize(
    "make",
    [
        lambda: faults.wrong_crc(0),
        lambda: faults.wrong_crc(0x10000),
        lambda: faults.exception(0),
        lambda: faults.exception(256),
        lambda: faults.late(-1.0),
        lambda: faults.late(math.nan),
    ],
)
def test_faults_that_cannot_be(make: Any) -> None:
    with pytest.raises(BadConfiguration):
        make()
