"""The status word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.tic.status import Status

USED = 0xFFFFFFFF & ~(1 << 5) & ~(1 << 18)


@pytest.mark.parametrize(
    ("status", "word"),
    [
        # Words of the protocol facts: seen in the field, and of the examples.
        (Status(), 0x003A0001),
        (Status(export=1, distributor_index=1), 0x003A4201),
        (Status(index=1, distributor_index=1), 0x003A4401),
        (Status(producer=1, export=1), 0x003A0301),
        (Status(contact_open=0, colour_today=1), 0x013A0000),
        (Status(contact_open=0, breaker=6), 0x003A000C),
        (Status(index=9), 0x003A2401),
        (Status(clock_degraded=1), 0x003B0001),
        (Status(colour_tomorrow=3, peak_notice=2, peak=1), 0x6C3A0001),
    ],
)
def test_words(status: Status, word: int) -> None:
    assert status.word == word
    assert Status.of(word) == status


@settings(derandomize=True, max_examples=100)
@given(st.integers(0, 0xFFFFFFFF))
def test_any_word(word: int) -> None:
    assert Status.of(word).word == word & USED


def test_fields_have_a_width() -> None:
    with pytest.raises(BadConfiguration, match="breaker in STGE has 3 bits, 8 does not fit"):
        _ = Status(breaker=8).word
