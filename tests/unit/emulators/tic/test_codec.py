"""Frames to bytes and back, what the checksum of a group is worth, and nothing but Malformed for other bytes."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration, Malformed
from emulators.tic import MODES, Frame, Group, decode, encode
from emulators.tic.codec import checksum, reseal
from emulators.tic.forms import Digits, Form
from emulators.tic.labels import STAMP, STAMP_WITHOUT_SEASON, Row
from emulators.tic.modes import layout

DEEP = 100 if os.environ.get("EVSE_RIG_DEEP") == "1" else 1
MUTATIONS = 1_000_000 if DEEP > 1 else 3000
SEED = 42

# Example E2b of the protocol facts: the short frame of an overload.
SHORT = b"\x02\nADIR1 023 &\r\nADCO 042363000003 ,\r\nIINST1 023 M\r\nIINST2 002 K\r\nIINST3 009 S\r\x03"
SHORT_FRAME = Frame(
    "historique",
    (
        Group("ADIR1", 23),
        Group("ADCO", "042363000003"),
        Group("IINST1", 23),
        Group("IINST2", 2),
        Group("IINST3", 9),
    ),
)
FIXTURES = {path.stem: path.read_bytes() for path in (Path(__file__).parents[4] / "fixtures" / "tic").glob("*.txt")}
# One of each kind: every label but MSG2 is in one of them.
SAMPLES = [
    FIXTURES[name]
    for name in (
        "historique_1p_overload",
        "historique_1p_tempo",
        "historique_1p_ejp_notice",
        "historique_3p_import",
        "historique_3p_short_overload",
        "standard_1p_mobile_peaks",
        "standard_3p_producer_export",
    )
]
# Where any printable character is as good as another.
FREE_TEXTS = ("NGTF", "LTARF", "MSG1", "MSG2", "OPTARIF")


def summed(covered: bytes) -> int:
    """The checksum as the documents word it, character by character."""
    total = 0
    for byte in covered:
        total += byte
    return (total & 0b111111) + 0x20


def lines_of(data: bytes) -> list[bytes]:
    """The groups of a frame, each from LF to CR."""
    return [line + b"\r" for line in data[1:-1].split(b"\r")[:-1]]


def checksums_are_right(data: bytes) -> bool:
    """Whether every group has the checksum that the documents ask for, computed without the codec."""
    standard = b"\t" in data
    return all(line[-2] == summed(line[1:-2] if standard else line[1:-3]) for line in lines_of(data))


# --- examples -----------------------------------------------------------------------------------------------------


def test_the_example_both_ways() -> None:
    assert encode(SHORT_FRAME) == SHORT
    assert decode(SHORT) == SHORT_FRAME
    assert SHORT_FRAME["IINST2"] == 2


@pytest.mark.parametrize(
    "group",
    [
        b"ADCO 021861348497 L",
        b"PAPP 02830 .",
        b"HCHP 011240032  ",
        b"ADSC\t041876163178\tA",
        b"VTIC\t02\tJ",
        b"IRMS1\t007\t5",
        b"NGTF\t      BASE      \t<",
        b'EASF10\t000000000\t"',
        b"DATE\tE210519075608\t\tJ",
        b"DATE\te260703131502\t\t\\",
        b"DPM1\t 250123060000\t00\t ",
    ],
)
def test_checksums_of_meters_in_the_field(group: bytes) -> None:
    covered = group[:-1] if b"\t" in group else group[:-2]
    assert checksum(covered) == summed(covered) == group[-1]
    damaged = b"\n" + group[:-1] + b"?\r"
    assert reseal(damaged) == b"\n" + group + b"\r"


@settings(derandomize=True, max_examples=100)
@given(st.binary(max_size=200))
def test_the_checksum_is_the_sum_of_the_bytes(covered: bytes) -> None:
    assert checksum(covered) == summed(covered)


@pytest.mark.parametrize("data", SAMPLES)
def test_the_samples_both_ways(data: bytes) -> None:
    assert checksums_are_right(data)
    assert max(data) < 0x80
    assert encode(decode(data)) == data


# --- any frame ----------------------------------------------------------------------------------------------------


def values(form: Form) -> st.SearchStrategy[Any]:
    if isinstance(form, Digits):
        return st.integers(0, form.most or form.base**form.count - 1)
    return st.from_regex(form.pattern, fullmatch=True)


def stamps(pattern: str) -> st.SearchStrategy[str]:
    assert pattern in ("", STAMP, STAMP_WITHOUT_SEASON)
    return st.from_regex(pattern, fullmatch=True)


# Building strategies from regular expressions takes time, so each row has its own once and for all.
GROUPS: dict[Row, st.SearchStrategy[Group]] = {
    row: st.builds(Group, st.just(row.name), values(row.form), stamps(row.stamp))
    for mode in MODES.values()
    for row in (*mode.rows, *mode.short_rows)
}


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    mode = draw(st.sampled_from(list(MODES)))
    short = mode == "historique" and draw(st.booleans())
    phases = 3 if short else draw(st.sampled_from([1, 3]))
    option = draw(st.sampled_from(["BASE", "HC..", "EJP.", "BBR(", "BBR~"]))
    rows = layout(mode, phases=phases, producer=draw(st.booleans()), short=short, option=option)
    groups = [draw(GROUPS[row]) for row in rows if not (row.optional and draw(st.booleans()))]
    return Frame(
        mode,
        tuple(msgspec.structs.replace(group, value=option) if group.label == "OPTARIF" else group for group in groups),
    )


@settings(derandomize=True, max_examples=150 * DEEP, deadline=None)
@given(frames())
def test_what_is_written_is_read_back(frame: Frame) -> None:
    data = encode(frame)
    assert max(data) < 0x80
    assert checksums_are_right(data)
    assert decode(data) == frame


@pytest.mark.parametrize(
    ("sample", "right", "wrong"),
    [
        # As long as the frame that was read before, and of another kind, or of none.
        ("historique_1p_checksum_is_a_blank", b"OPTARIF HC..", b"OPTARIF EJP."),
        ("historique_1p_checksum_is_a_blank", b"HHPHC A", b"HHPHC B"),
        ("historique_1p_checksum_is_a_blank", b"IMAX 090", b"IMAX 09A"),
        ("historique_3p_import", b"IMAX2 060", b"IMAX3 060"),
        ("standard_1p_import", b"RELAIS\t000", b"RELAIS\t256"),
        ("standard_1p_import", b"VTIC\t02", b"VTIG\t02"),
        ("standard_1p_import", b"SMAXSN\tH", b"SMAXSN\tX"),
    ],
)
def test_a_kind_that_was_seen_before_is_read_no_less_strictly(sample: str, right: bytes, wrong: bytes) -> None:
    data = FIXTURES[sample]
    assert decode(data) == decode(data)
    assert data.count(right) == 1
    changed = data.replace(right, wrong)
    resealed = data[:1] + b"".join([reseal(line) for line in lines_of(changed)]) + data[-1:]
    assert checksums_are_right(resealed)
    assert len(resealed) == len(data)
    with pytest.raises(Malformed):
        decode(resealed)
    with pytest.raises(Malformed, match="checksum of group"):
        decode(data[:-3] + bytes([data[-3] ^ 1]) + data[-2:])
    assert encode(decode(data)) == data


def test_kinds_of_the_same_length_in_turns() -> None:
    """Two groups of the same length, of which a frame lacks either one."""
    data = FIXTURES["standard_1p_mobile_peaks"]
    without = [
        data.replace(next(line for line in lines_of(data) if line.startswith(b"\n" + label)), b"")
        for label in (b"DPM1", b"FPM1")
    ]
    assert len(without[0]) == len(without[1])
    for frame in (*without, *without):
        assert encode(decode(frame)) == frame


# --- what the checksum is worth -----------------------------------------------------------------------------------


def accepted(data: bytes) -> Frame | None:
    """What the decoder makes of damaged bytes; it may raise nothing but Malformed."""
    try:
        return decode(data)
    except Malformed:
        return None


@pytest.mark.parametrize("data", SAMPLES)
def test_every_wrong_bit_is_rejected_but_for_bit_6_of_free_text(data: bytes) -> None:
    right = decode(data)
    unnoticed = 0
    for at in range(len(data)):
        for bit in range(8):
            told = accepted(data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :])
            if told is None:
                continue
            # 64 is nothing to a sum of six bits; in free text nothing else can tell either.
            assert bit == 6
            changed = [pair for pair in zip(told.groups, right.groups, strict=True) if pair[0] != pair[1]]
            ((wrong, meant),) = changed
            assert wrong.label == meant.label
            assert wrong.label in FREE_TEXTS
            unnoticed += 1
    texts = b"".join(line for line in lines_of(data) if line[1:].split(b"\t")[0].decode() in FREE_TEXTS)
    # OPTARIF has one such character, and only with Tempo.
    assert (unnoticed > 0) == (bool(texts) or b"BBR" in data)


def test_what_the_checksum_cannot_tell() -> None:
    papp = b"\nPAPP 07460 2\r"
    data = FIXTURES["historique_1p_checksum_is_a_blank"]
    assert papp in data
    # Digits that changed places, and errors that cancel out.
    for damaged, value in ((b"\nPAPP 04760 2\r", 4760), (b"\nPAPP 06560 2\r", 6560)):
        assert decode(data.replace(papp, damaged))["PAPP"] == value
    # Lost characters whose sum is a multiple of 64 pass the checksum, but not the width of the data.
    profile = FIXTURES["standard_1p_import"]
    shorter = profile.replace(b"NONU", b"", 1)
    assert checksums_are_right(shorter)
    assert accepted(shorter) is None
    # Other damage: one in 64 wrong checksums is right by chance.
    chance = [
        decode(data.replace(papp, b"\nPAPP %05d 2\r" % va)) for va in range(1000) if summed(b"PAPP %05d" % va) == 50
    ]
    assert 0 < len(chance) < 100


@dataclass(frozen=True)
class Edit:
    """Replace `length` bytes at a share of the frame's length."""

    place: float
    length: int
    data: bytes

    def __call__(self, frame: bytes) -> bytes:
        at = int(self.place * len(frame))
        return frame[:at] + self.data + frame[at + self.length :]


wire_like = st.text(st.sampled_from("0123456789 \t\r\n\x02\x03\x04AEHINSTV.-+"), max_size=12).map(str.encode)
edits = st.builds(Edit, st.floats(0, 1), st.integers(0, 40), st.one_of(st.binary(max_size=12), wire_like))


@settings(derandomize=True, max_examples=400 * DEEP, deadline=None)
@given(st.sampled_from(SAMPLES), st.lists(edits, min_size=1, max_size=4), st.booleans())
def test_damage_is_rejected_or_what_the_encoder_writes(data: bytes, damage: list[Edit], right_checksums: bool) -> None:
    for edit in damage:
        data = edit(data)
    if right_checksums:
        # What no checksum can tell: damage before it was computed.
        data = data[:1] + b"".join([reseal(line) for line in lines_of(data)]) + data[-1:]
    frame = accepted(data)
    if frame is not None:
        assert checksums_are_right(data)
        assert encode(frame) == data


def test_very_many_damaged_frames() -> None:
    """The same as above for simple damage, in numbers."""
    rng = random.Random(SEED)
    for _ in range(MUTATIONS):
        data = bytearray(rng.choice(SAMPLES))
        for _ in range(rng.choice([1, 1, 2, 3])):
            at = rng.randrange(len(data))
            match rng.randrange(4):
                case 0:
                    data[at] ^= 1 << rng.randrange(8)
                case 1:
                    data[at] = rng.randrange(256)
                case 2:
                    del data[at : at + min(rng.choice([1, 1, 4, 40]), len(data) - 2)]
                case 3:
                    data[at:at] = data[at : at + rng.choice([1, 1, 4, 40])]
        damaged = bytes(data)
        frame = accepted(damaged)
        if frame is not None:
            assert checksums_are_right(damaged)
            assert encode(frame) == damaged


@settings(derandomize=True, max_examples=200 * DEEP, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda body: b"\x02" + body + b"\r\x03")))
def test_noise_is_rejected(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(data)


@pytest.mark.parametrize("data", SAMPLES)
def test_every_shortened_frame_is_rejected(data: bytes) -> None:
    for length in range(len(data)):
        assert accepted(data[:length]) is None
        assert accepted(data[len(data) - length :]) is None


@pytest.mark.parametrize("data", SAMPLES)
def test_every_missing_and_every_repeated_group_is_noticed(data: bytes) -> None:
    rows = {row.name: row for mode in MODES.values() for row in (*mode.rows, *mode.short_rows)}
    for line in lines_of(data):
        assert accepted(data.replace(line, line + line)) is None
        label = line[1:].replace(b"\t", b" ").split(b" ")[0].decode()
        frame = accepted(data.replace(line, b""))
        assert (frame is not None) == rows[label].optional


def changed(old: bytes, new: bytes) -> bytes:
    assert SHORT.count(old) == 1
    return SHORT.replace(old, new)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "0 bytes are no frame: it goes from STX to CR and ETX"),
        (SHORT[1:], "77 bytes are no frame"),
        (SHORT[:-1], "77 bytes are no frame"),
        (b"\x02\x03", "2 bytes are no frame"),
        (b"\x02\r\x03", r"the checksum of group b'' should be ' '"),
        (changed(b"ADIR1 023 &", b"ADIR1 123 &"), r"the checksum of group b'\\nADIR1 123 &' should be \"'\""),
        (changed(b"\nADIR1 023 &\r", b"ADIR1 023 &\r"), "the checksum of group b'ADIR1 023 &'"),
        (changed(b"ADIR1 023 &", b"ADIR7 023 ,"), "no label 'ADIR7' in historique mode"),
        (changed(b"ADIR1 023 &", b"ADIR1 23 6"), r"the group '\\nADIR1 23 ' should match "),
        (changed(b"ADIR1 023 &", b"ADIR1 02\xb3 &"), "byte 9 of group .* has its eighth bit set"),
        (changed(b"\nIINST1 023 M\r", b""), "group 3 is IINST2, but IINST1 comes before it"),
        (changed(b"\nIINST3 009 S\r", b""), "the frame ends without IINST3"),
        (changed(b"\nADCO 042363000003 ,\r", b"\nIINST1 023 M\r"), "group 2 is IINST1, but ADCO comes before it"),
        (changed(b"\nIINST3 009 S\r", b"\nIINST3 009 S\r\nADCO 042363000003 ,\r"), "group 6 is ADCO, which has no"),
        (b"\x02" + b"\nADCO 042363000003 ,\r" * 50 + b"\x03", "1 to [0-9]+ groups, not 50"),
        (SHORT + SHORT, "the checksum of group"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        decode(data)


def test_a_short_frame_after_the_overload_has_no_warning() -> None:
    assert decode(changed(b"\nADIR1 023 &\r", b"")).labels == ("ADCO", "IINST1", "IINST2", "IINST3")


# --- values that no frame holds -----------------------------------------------------------------------------------


def with_group(of: str, **change: Any) -> Frame:
    return Frame(
        "historique",
        tuple(msgspec.structs.replace(g, **change) if g.label == of else g for g in SHORT_FRAME.groups),
    )


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (Frame("pulses", ()), "no TIC mode 'pulses'; there is historique, standard"),
        (Frame("historique", ()), "a frame has 1 to [0-9]+ groups, not 0"),
        (Frame("standard", SHORT_FRAME.groups), "group 1 is ADIR1, but ADSC comes before it"),
        (Frame("historique", SHORT_FRAME.groups[:-1]), "the frame ends without IINST3"),
        (with_group("IINST1", value=1000), "IINST1: a whole number from 0 to 999 is needed, not 1000"),
        (with_group("IINST1", value=-1), "IINST1: a whole number from 0 to 999"),
        (with_group("IINST1", value="023"), "IINST1: a whole number from 0 to 999"),
        (with_group("ADCO", value=42), r"ADCO: text like \[0-9\]\{12\} is needed, not 42"),
        (with_group("ADCO", stamp="H260703131502"), "ADCO needs no time stamp, not 'H260703131502'"),
        (with_group("ADCO", label="ADCX"), "group 2 is ADCX, but ADCO comes before it"),
    ],
)
def test_impossible_frames_are_refused(frame: Frame, message: str) -> None:
    with pytest.raises(BadConfiguration, match=message):
        encode(frame)


def test_a_stamp_is_needed_where_there_is_one() -> None:
    frame = decode(FIXTURES["standard_1p_import"])
    groups = tuple(msgspec.structs.replace(g, stamp="") if g.label == "DATE" else g for g in frame.groups)
    with pytest.raises(BadConfiguration, match="DATE needs a time stamp like"):
        encode(Frame("standard", groups))
