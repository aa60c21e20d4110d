"""The error queue and how errors are written."""

from __future__ import annotations

import re
from pathlib import Path

from emulators.scpi.errors import EVENT_BITS, MAX_QUEUED, QUEUE_OVERFLOW, TEXTS, UNDEFINED_HEADER, ErrorQueue, ScpiError

EMULATORS = Path(__file__).resolve().parents[4] / "emulators"


def test_first_in_first_out() -> None:
    queue = ErrorQueue()
    for number in range(3):
        queue.put(ScpiError(UNDEFINED_HEADER, str(number)))
    assert len(queue) == 3
    assert [str(queue.take()) for _ in range(4)] == [
        '-113,"Undefined header;0"',
        '-113,"Undefined header;1"',
        '-113,"Undefined header;2"',
        '0,"No error"',
    ]


def test_it_is_bounded_and_keeps_the_oldest() -> None:
    queue = ErrorQueue()
    for number in range(10 * MAX_QUEUED):
        queue.put(ScpiError(UNDEFINED_HEADER, str(number)))
        assert len(queue) <= MAX_QUEUED
    codes = [queue.take().code for _ in range(MAX_QUEUED + 1)]
    assert codes == [UNDEFINED_HEADER] * (MAX_QUEUED - 1) + [QUEUE_OVERFLOW, 0]


def test_after_a_clear_there_is_none() -> None:
    queue = ErrorQueue()
    queue.put(ScpiError(UNDEFINED_HEADER))
    queue.clear()
    assert queue.take().code == 0


def test_quotes_and_what_cannot_be_printed() -> None:
    assert str(ScpiError(UNDEFINED_HEADER, 'a"b\x00\n\xff')) == '-113,"Undefined header;a""b???"'


def test_a_long_text_is_cut() -> None:
    assert len(str(ScpiError(UNDEFINED_HEADER, "x" * 1000))) == len('-113,""') + 255


def test_every_code_has_a_text_and_a_bit_and_is_used() -> None:
    names = re.findall(r"^([A-Z_]+) = -?\d+$", (EMULATORS / "scpi" / "errors.py").read_text(), re.MULTILINE)
    sources = "".join(path.read_text() for path in EMULATORS.rglob("*.py"))
    assert [name for name in names if len(re.findall(rf"\b{name}\b", sources)) < 3] == []
    assert all(-code // 100 in EVENT_BITS for code in TEXTS if code)
