"""Telegrams out of a byte stream: noise, glue, cuts, bit errors, floods, silence, and any chunking."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.sources.p1.framer import GAP_S, MAX_TELEGRAM_B, Frame, TelegramFramer
from station.sources.reading import BadTelegram

SHORT = b"/EMU5X\r\n\r\n1-3:0.2.8(50)\r\n!A1B2\r\n"
OTHER = b"/EMU5Y\r\n\r\n1-3:0.2.8(42)\r\n!00ff\r\n"


def frames(data: bytes, *, then_silence: bool = False) -> list[bytes | str]:
    """What one chunk gives: telegrams as bytes, refusals as the first words of their reason."""
    framer = TelegramFramer()
    found = framer.receive(data, 0.0)
    if then_silence:
        found += framer.step(GAP_S)
    return [item.telegram if isinstance(item, Frame) else item.reason.split(" after")[0] for item in found]


def test_whole_telegram_in_one_chunk() -> None:
    framer = TelegramFramer()
    assert framer.receive(SHORT, 7.5) == [Frame(SHORT, 7.5)]
    assert framer.next_deadline_s() is None


def test_byte_by_byte_with_the_time_of_the_last() -> None:
    framer = TelegramFramer()
    found = [item for n, byte in enumerate(SHORT) for item in framer.receive(bytes([byte]), n / 100)]
    assert found == [Frame(SHORT, (len(SHORT) - 1) / 100)]


@pytest.mark.parametrize("noise", [b"\0", b"\xff" * 9000, b"\r\n", b"24.2.1(0)(1*m3)\r\n!1234\r\n", b"!", b"\n!\n"])
def test_noise_around_telegrams_is_ignored(noise: bytes) -> None:
    assert frames(noise + SHORT + noise + OTHER + noise, then_silence=True) == [SHORT, OTHER]


def test_two_telegrams_glued() -> None:
    assert frames(SHORT + OTHER) == [SHORT, OTHER]


def test_telegram_without_line_end_glued_to_the_next() -> None:
    assert frames(SHORT[:-2] + OTHER) == [SHORT[:-2], OTHER]


@pytest.mark.parametrize("cut", [SHORT[:10], SHORT[:25], b"/\n"])
def test_next_telegram_in_the_middle_restarts_and_reports_the_cut_one(cut: bytes) -> None:
    cut = cut.rstrip(b"\r\n") + b"\r\n"
    assert frames(cut + SHORT) == ["telegram cut off", SHORT]


def test_telegram_full_to_the_last_byte_without_end_is_reported_at_once() -> None:
    framer = TelegramFramer()
    assert framer.receive(b"/" * (MAX_TELEGRAM_B - 1), 0.0) == []
    assert [type(item) for item in framer.receive(b"/", 0.0)] == [BadTelegram]
    assert framer.next_deadline_s() is None


def test_slash_inside_a_line_is_text() -> None:
    telegram = b"/EMU5X\r\n\r\n0-0:96.13.0(a/b)\r\n!A1B2\r\n"
    assert frames(telegram) == [telegram]


@pytest.mark.parametrize(
    "damaged",
    [
        SHORT.replace(b"0.2.8", b"0!2.8"),  # digit or point to "!"
        SHORT.replace(b"(50)\r", b"(50!\r"),  # ")" to "!" at the end of a line
        SHORT.replace(b"\n1-3", b"\n!-3"),  # "!" where a line starts
        SHORT.replace(b"\n!A1B2", b"\x0b!A1B2"),  # the line end before the real "!"
        SHORT.replace(b"!A1B2", b"!!1B2"),
        SHORT.replace(b"!A1B2", b"!A1q2"),
        SHORT.replace(b"!A1B2", b"!"),
        SHORT.replace(b"!A1B2", b"!1B2"),
        SHORT.replace(b"!A1B2\r", b"!A1B2\0\0\r"),
        SHORT.replace(b"\r\n", b"\n"),
    ],
)
def test_damage_near_an_end_mark_still_gives_one_whole_telegram(damaged: bytes) -> None:
    assert damaged != SHORT
    assert frames(damaged + OTHER) == [damaged, OTHER]


def test_deadline_is_a_gap_after_the_last_byte() -> None:
    framer = TelegramFramer()
    assert framer.next_deadline_s() is None
    framer.receive(b"\xff\xff", 1.0)
    assert framer.next_deadline_s() is None
    framer.receive(SHORT[:10], 2.0)
    assert framer.next_deadline_s() == 2.0 + GAP_S
    framer.receive(SHORT[10:20], 2.25)
    assert framer.next_deadline_s() == 2.25 + GAP_S
    framer.receive(b"", 2.5)
    assert framer.next_deadline_s() == 2.25 + GAP_S


def test_silence_in_a_telegram_reports_it_once_and_not_early() -> None:
    framer = TelegramFramer()
    framer.receive(SHORT[:10], 2.0)
    assert framer.step(2.0 + GAP_S - 0.001) == []
    (bad,) = framer.step(2.0 + GAP_S)
    assert isinstance(bad, BadTelegram)
    assert (bad.kind, bad.at_s) == ("malformed", 2.0 + GAP_S)
    assert "cut off after 10 bytes" in bad.reason
    assert framer.step(2.0 + GAP_S) == []
    assert framer.next_deadline_s() is None


def test_a_late_step_and_a_late_byte_report_the_same() -> None:
    stepped, fed = TelegramFramer(), TelegramFramer()
    stepped.receive(SHORT[:10], 2.0)
    fed.receive(SHORT[:10], 2.0)
    assert [*stepped.step(60.0), *stepped.receive(OTHER, 60.0)] == fed.receive(OTHER, 60.0)
    assert TelegramFramer().step(60.0) == []


@pytest.mark.parametrize("last_line", [b"!A1B2", b"!"])
def test_missing_last_line_end_is_forgiven_after_silence(last_line: bytes) -> None:
    telegram = SHORT[:-7] + last_line
    assert telegram.endswith(b"\n" + last_line)
    framer = TelegramFramer()
    assert framer.receive(telegram, 3.0) == []
    assert framer.step(3.0 + GAP_S) == [Frame(telegram, 3.0)]


@pytest.mark.parametrize("last_line", [b"!A", b"!A1", b"!A1B", b"!A1B2\r", b"!A1B2\r\x0b"])
def test_half_an_end_before_silence_is_cut_off(last_line: bytes) -> None:
    assert frames(SHORT[:-7] + last_line, then_silence=True) == ["telegram cut off"]


def test_longest_telegram_fits_and_one_more_byte_does_not() -> None:
    head, tail = b"/EMU5X\r\n\r\n0-0:96.13.0(", b")\r\n!A1B2\r\n"
    fits = head + b"3" * (MAX_TELEGRAM_B - len(head) - len(tail)) + tail
    too_long = head + b"3" * (MAX_TELEGRAM_B - len(head) - len(tail) + 1) + tail
    assert frames(fits + SHORT) == [fits, SHORT]
    assert frames(too_long + SHORT) == [f"no end within {MAX_TELEGRAM_B} bytes of a telegram's start", SHORT]


@pytest.mark.parametrize("pattern", [b"/", b"/!", b"\n/", b"\n!", b"!0D7", b"!0D77", b"/!0D77\0", b"\0", b"/\n!0D77\r"])
@pytest.mark.parametrize("chunk_b", [1, 1000, 1_000_000])
def test_floods_are_survived_and_the_next_telegram_is_read(pattern: bytes, chunk_b: int) -> None:
    flood = b"/" + pattern * (200_000 // len(pattern))
    framer = TelegramFramer()
    for start in range(0, len(flood), chunk_b):
        for item in framer.receive(flood[start : start + chunk_b], 0.0):
            assert len(item.telegram if isinstance(item, Frame) else b"") <= MAX_TELEGRAM_B
    assert framer.receive(SHORT, GAP_S)[-1] == Frame(SHORT, GAP_S)


END_MARKS = [
    *(b"\r\n!" + b"1" * digits + b"\n" for digits in range(12)),
    *(b"!A1B2" + b"\0" * nuls + b"\r\n" for nuls in range(6)),
    *(b"\n!A1B2" + b"\0" * nuls + b"\r\n" for nuls in range(6)),
]


@pytest.mark.parametrize("end", END_MARKS)
def test_any_end_mark_is_the_same_in_one_chunk_and_byte_by_byte(end: bytes) -> None:
    stream = SHORT[:-7] + b"X" + end + OTHER
    framer = TelegramFramer()
    found = [item for byte in stream for item in framer.receive(bytes([byte]), 0.0)]
    assert found == TelegramFramer().receive(stream, 0.0)
    assert found[-1] == Frame(OTHER, 0.0)


FRAGMENTS = st.sampled_from(
    [
        SHORT,
        OTHER,
        SHORT[:-2],
        b"/",
        b"!",
        b"\n",
        b"\r\n",
        b"\n!",
        b"\n/",
        b"!A1B2",
        b"\0",
        b"A1B2",
        b"\xff",
        *END_MARKS,
    ]
    + [b"/" + b"7" * (MAX_TELEGRAM_B - n) for n in (2, 7, 9, 12)]
)


@settings(derandomize=True, max_examples=400, deadline=None)
@given(st.lists(FRAGMENTS | st.binary(max_size=6), max_size=12).map(b"".join), st.data())
def test_chunking_makes_no_difference(stream: bytes, data: st.DataObject) -> None:
    whole, chunked, bytewise = TelegramFramer(), TelegramFramer(), TelegramFramer()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    expected = whole.receive(stream, 0.0) + whole.step(GAP_S)
    assert [i for c in chunks for i in chunked.receive(c, 0.0)] + chunked.step(GAP_S) == expected
    assert [i for b in stream for i in bytewise.receive(bytes([b]), 0.0)] + bytewise.step(GAP_S) == expected
