"""Telegrams that look like a meter's and that no supported meter sends."""

from __future__ import annotations

import pytest

from rig.kit.old_meters import OLD_TELEGRAMS
from station.sources.p1.reader import P1Reader
from station.sources.reading import BadTelegram


def test_the_versions_before_4() -> None:
    assert list(OLD_TELEGRAMS) == ["2.2", "3.0"]


@pytest.mark.parametrize("version", OLD_TELEGRAMS)
def test_they_have_the_form_of_a_telegram(version: str) -> None:
    telegram = OLD_TELEGRAMS[version]
    assert telegram.startswith(b"/")
    assert telegram.endswith(b"!\r\n")  # no CRC: it came with 4.0
    assert telegram.count(b"\n") == telegram.count(b"\r\n")
    assert telegram.isascii()
    assert b"0.2.8" not in telegram  # and no version


@pytest.mark.parametrize("version", OLD_TELEGRAMS)
def test_the_reader_takes_them_for_what_they_are(version: str) -> None:
    reader = P1Reader()
    heard = [*reader.receive(OLD_TELEGRAMS[version], 1.0), *reader.step(10.0)]
    assert [item.kind for item in heard if isinstance(item, BadTelegram)] == ["unsupported"]
    assert len(heard) == 1
