"""Each fault on its own: what it does to characters, and that a seed fixes it."""

from __future__ import annotations

import os
from random import Random

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rig.errors import ConfigurationError
from rig.lines.faults import (
    BitFlip,
    Delay,
    Double,
    Drop,
    Fault,
    Noise,
    Stretch,
    Stuck,
    Truncate,
    Unplug,
    WrongBaud,
)

EXAMPLES = 1000 if os.environ.get("EVSE_RIG_DEEP") else 50
TELEGRAM = list(b"/XMX5LGBBFG10\r\n\r\n1-0:31.7.0(010*A)\r\n!0000\r\n")
EVERY_KIND: list[Fault] = [
    BitFlip(probability=0.01),
    BitFlip(positions=((3, 0), (7, 6))),
    Drop(probability=0.1),
    Double(probability=0.1),
    Delay(by_s=0.5),
    Truncate(after=20),
    Noise(least=2, most=9),
    Unplug(),
    Stuck(value=0xFF),
    WrongBaud(baud=9600),
]


def apply(fault: Fault, characters: list[int] = TELEGRAM, at: int = 0, bits: int = 8, seed: int = 1) -> list[int]:
    return fault.apply(list(characters), Stretch(at, bits, Random(seed)))


def test_bits_flip_exactly_where_asked() -> None:
    got = apply(BitFlip(positions=((0, 0), (4, 7))))
    assert [(i, a ^ b) for i, (a, b) in enumerate(zip(got, TELEGRAM, strict=True)) if a != b] == [(0, 0x01), (4, 0x80)]


def test_positions_count_from_the_start_of_what_was_handed_over() -> None:
    fault = BitFlip(positions=((2, 0), (9, 0), (1, 0)))
    assert apply(fault, [0, 0, 0], at=2) == [1, 0, 0]
    assert apply(fault, [0, 0, 0], at=7) == [0, 0, 1]
    assert apply(Drop(positions=(8,)), [10, 11, 12], at=7) == [10, 12]
    assert apply(Truncate(after=8), [10, 11, 12], at=7) == [10]
    assert apply(Truncate(after=8), [10, 11, 12], at=8) == []


def test_a_bit_that_the_character_does_not_have_stays() -> None:
    assert apply(BitFlip(positions=((0, 8),)), [0x41], bits=8) == [0x41]
    assert apply(BitFlip(positions=((0, 8),)), [0x41], bits=9) == [0x141]


def test_flips_come_at_the_asked_rate() -> None:
    zeros = [0] * 10_000
    ones = sum(c.bit_count() for c in apply(BitFlip(probability=0.01), zeros))
    assert 700 < ones < 900  # 800 expected, standard deviation 28
    assert apply(BitFlip(probability=1.0), [0x00, 0x0F]) == [0xFF, 0xF0]


def test_characters_are_dropped_and_doubled_where_asked() -> None:
    assert apply(Drop(positions=(0, 2)), [1, 2, 3, 4]) == [2, 4]
    assert apply(Double(positions=(0, 2)), [1, 2, 3, 4]) == [1, 1, 2, 3, 3, 4]
    assert apply(Drop(probability=1.0)) == []
    assert apply(Double(probability=1.0), [1, 2]) == [1, 1, 2, 2]
    assert 850 < len(apply(Drop(probability=0.1), [0] * 1000)) < 950
    assert 1050 < len(apply(Double(probability=0.1), [0] * 1000)) < 1150


def test_truncate_keeps_the_head() -> None:
    assert apply(Truncate(after=5)) == TELEGRAM[:5]
    assert apply(Truncate(after=0)) == []
    assert apply(Truncate(after=1000)) == TELEGRAM


def test_noise_comes_before_a_telegram_and_not_inside_one() -> None:
    lengths = set()
    for seed in range(50):
        got = apply(Noise(least=2, most=4), seed=seed)
        assert got[-len(TELEGRAM) :] == TELEGRAM
        lengths.add(len(got) - len(TELEGRAM))
    assert lengths == {2, 3, 4}
    assert apply(Noise(), at=3) == TELEGRAM


def test_stuck_and_unplugged_lines_carry_nothing_of_the_telegram() -> None:
    assert apply(Stuck(value=0x00)) == [0] * len(TELEGRAM)
    assert apply(Stuck(value=0xFF), bits=7) == [0x7F] * len(TELEGRAM)
    assert apply(Unplug()) == []


def test_delay_and_wrong_baud_act_on_the_line_and_leave_the_characters() -> None:
    assert (Delay(by_s=0.25).late_s, apply(Delay(by_s=0.25))) == (0.25, TELEGRAM)
    assert (WrongBaud(baud=9600).sender_baud, apply(WrongBaud(baud=9600))) == (9600, TELEGRAM)
    assert [fault.kind for fault in EVERY_KIND if fault.late_s] == ["delay"]
    assert [fault.kind for fault in EVERY_KIND if fault.sender_baud] == ["wrong_baud"]
    assert [fault.kind for fault in EVERY_KIND if fault.parts_the_line] == ["unplug"]


def test_faults_describe_themselves_for_the_timeline() -> None:
    assert BitFlip(probability=0.5, direction="a>b").describe() == {
        "fault": "bit_flip",
        "direction": "a>b",
        "probability": 0.5,
        "positions": (),
    }
    for fault in EVERY_KIND:
        assert msgspec.json.decode(msgspec.json.encode(fault.describe()))["fault"] == fault.kind


@pytest.mark.parametrize("fault", EVERY_KIND, ids=lambda fault: fault.kind)
@given(characters=st.lists(st.integers(0, 255), max_size=60), at=st.integers(0, 100), seed=st.integers(0, 2**32))
@settings(derandomize=True, max_examples=EXAMPLES)
def test_a_seed_fixes_what_happens_and_characters_stay_characters(
    fault: Fault, characters: list[int], at: int, seed: int
) -> None:
    before = list(characters)
    got = fault.apply(characters, Stretch(at, 8, Random(seed)))
    assert got == fault.apply(before, Stretch(at, 8, Random(seed)))
    assert characters == before, "a fault must not change what it was given"
    assert all(0 <= character <= 255 for character in got)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BitFlip(probability=1.5), "bit_flip: probability 1.5"),
        (lambda: Drop(probability=-0.1), "drop: probability -0.1"),
        (lambda: Double(probability=float("nan")), "double: probability nan"),
        (lambda: Delay(by_s=-1.0), "delay: by_s -1"),
        (lambda: Delay(by_s=float("inf")), "delay: by_s inf"),
        (lambda: Truncate(after=-1), "truncate: after -1"),
        (lambda: Noise(least=5, most=4), "noise: least 5 and most 4"),
        (lambda: Unplug(direction="a>b"), "unplug: a plug parts both"),
        (lambda: Stuck(value=256), "stuck: value 256"),
        (lambda: WrongBaud(baud=0), "wrong_baud: baud 0"),
    ],
)
def test_parameters_without_sense_are_refused(make: object, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        make()  # type: ignore[operator]
