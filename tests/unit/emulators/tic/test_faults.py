"""Ready-made faults: each does what its sentence says, and the decoder sees it where it can be seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from emulators.errors import BadConfiguration, Malformed
from emulators.site import Site
from emulators.tic import Meter, decode, faults
from emulators.tic.meter import Corrupt

PARIS = ZoneInfo("Europe/Paris")
EPOCH = datetime(2026, 7, 3, 11, 15, 0, tzinfo=UTC)
MODES = ("historique", "standard")


def stream(mode: str, count: int, **options: Any) -> list[bytes]:
    """Frames of a site whose L1 draws 1 A more in every one."""
    site = Site(phases=1)
    site.add_load("house", lambda now_s: 1.0 + now_s)
    meter = Meter(
        mode, site.read, lambda now_s: (EPOCH + timedelta(seconds=now_s)).astimezone(PARIS), phases=1, **options
    )
    # Slowly, so that a frame is through before the next step.
    return [meter.step(float(number)) for number in range(0, 2 * count, 2)]


def through(fault: Corrupt, frames: list[bytes]) -> list[bytes]:
    return [fault(frame, number) for number, frame in enumerate(frames, start=1)]


def complaint(data: bytes) -> str:
    with pytest.raises(Malformed) as error:
        decode(data)
    return str(error.value)


def amperes(frames: list[bytes], label: str) -> list[Any]:
    return [decode(frame)[label] for frame in frames]


@pytest.mark.parametrize(("mode", "label"), [("historique", "IINST"), ("standard", "IRMS1"), ("standard", "DATE")])
def test_bad_checksum_leaves_the_data(mode: str, label: str) -> None:
    for frame in stream(mode, 40):
        damaged = faults.bad_checksum(label)(frame, 1)
        assert len(damaged) == len(frame)
        assert sum(a != b for a, b in zip(frame, damaged, strict=True)) == 1
        assert re.match(rf"the checksum of group b['\"]\\n{label}", complaint(damaged))


def test_a_bit_error_changes_a_value_that_still_looks_like_one() -> None:
    (frame,) = stream("standard", 1)
    damaged = faults.bit_error("IRMS1")(frame, 1)
    assert b"\nIRMS1\t001\t" in frame
    assert b"\nIRMS1\t101\t" in damaged
    assert sum((a ^ b).bit_count() for a, b in zip(frame, damaged, strict=True)) == 1
    assert "the checksum of group" in complaint(damaged)


def test_an_unnoticed_loss_is_four_characters_that_no_checksum_misses() -> None:
    (frame,) = stream("standard", 1)
    damaged = faults.unnoticed_loss()(frame, 1)
    assert len(damaged) == len(frame) - 4
    assert re.match(r"the group '\\nPJOURF\+1.* should match", complaint(damaged))


@pytest.mark.parametrize("mode", MODES)
def test_other_checksums_are_those_of_the_other_rule(mode: str) -> None:
    (frame,) = stream(mode, 1)
    damaged = faults.other_checksum()(frame, 1)
    for line in damaged[1:-2].split(b"\r"):
        covered = line[1:-1] if mode == "historique" else line[1:-2]
        assert line[-1] == (sum(covered) & 0x3F) + 0x20
    assert "the checksum of group" in complaint(damaged)


@pytest.mark.parametrize(("mode", "label"), [("historique", "IINST"), ("standard", "SMAXSN")])
def test_a_missing_group(mode: str, label: str) -> None:
    (frame,) = stream(mode, 1)
    damaged = faults.missing(label)(frame, 1)
    assert label.encode() + b"\t" not in damaged.replace(b" ", b"\t")
    assert f"but {label} comes before it" in complaint(damaged)


@pytest.mark.parametrize("pair", [("IINST", "PAPP"), ("PAPP", "IINST")])
def test_swapped_groups(pair: tuple[str, str]) -> None:
    (frame,) = stream("historique", 1)
    damaged = faults.swapped(*pair)(frame, 1)
    assert sorted(damaged) == sorted(frame)
    assert damaged.index(b"PAPP") < damaged.index(b"IMAX") < damaged.index(b"IINST")
    assert "is PAPP, but IINST comes before it" in complaint(damaged)


@pytest.mark.parametrize(
    ("mode", "label", "data", "value"),
    [
        ("historique", "PAPP", "48370", 48370),
        ("standard", "SINSTS", "48370", 48370),
        ("standard", "SMAXSN", "00042", 42),
        ("standard", "LTARF", "INDEX NON CONSO ", "INDEX NON CONSO "),
    ],
)
def test_a_group_that_shows_something_else(mode: str, label: str, data: str, value: int | str) -> None:
    (frame,) = stream(mode, 1)
    told, meant = decode(faults.showing(label, data)(frame, 1)), decode(frame)
    assert told[label] == value
    assert told.labels == meant.labels
    assert [a == b for a, b in zip(told.groups, meant.groups, strict=True)].count(False) == 1
    stamps = [(told.get(label), meant.get(label))]
    assert all(a is not None and b is not None and a.stamp == b.stamp for a, b in stamps)


def test_zero_current_with_a_power() -> None:
    for mode, label, power in (("historique", "IINST", "PAPP"), ("standard", "IRMS1", "SINSTS")):
        frame = stream(mode, 10)[-1]
        told, meant = decode(faults.zero_current()(frame, 1)), decode(frame)
        assert (told[label], meant[label]) == (0, 19)
        assert told[power] == meant[power] != 0
        assert [a == b for a, b in zip(told.groups, meant.groups, strict=True)].count(False) == 1


def test_zero_current_of_three_phases() -> None:
    site = Site()
    site.add_load("house", 5.0, 6.0, 7.0)
    for mode, label in (("historique", "IINST{}"), ("standard", "IRMS{}")):
        frame = Meter(mode, site.read, lambda _now_s: EPOCH.astimezone(PARIS)).step(0.0)
        told = decode(faults.zero_current()(frame, 1))
        assert [told[label.format(n)] for n in (1, 2, 3)] == [0, 0, 0]


def test_a_nul_in_the_status() -> None:
    (frame,) = stream("standard", 1)
    damaged = faults.nul_in("STGE")(frame, 1)
    assert b"\nSTGE\t003A000\0\t" in damaged
    assert "the checksum of group" in complaint(damaged)


@pytest.mark.parametrize("mode", MODES)
def test_parity_in_the_eighth_bit(mode: str) -> None:
    (frame,) = stream(mode, 1)
    damaged = faults.parity_left_in()(frame, 1)
    assert {byte.bit_count() % 2 for byte in damaged} == {0}
    assert bytes(byte & 0x7F for byte in damaged) == frame
    assert "no frame" in complaint(damaged) or "checksum" in complaint(damaged)


def test_truncated_and_started_in_the_middle_are_the_two_halves() -> None:
    (frame,) = stream("historique", 1)
    first, last = faults.truncated()(frame, 1), faults.started_in_the_middle()(frame, 1)
    assert first + last == frame
    assert "no frame" in complaint(first)
    assert "no frame" in complaint(last)
    assert faults.truncated(0.9)(frame, 1) == frame[: int(len(frame) * 0.9)]


def test_interrupted_silent_and_standby() -> None:
    (frame,) = stream("historique", 1)
    assert faults.interrupted(0.25)(frame, 1) == frame[: len(frame) // 4] + b"\x04"
    assert "no frame" in complaint(faults.interrupted()(frame, 1))
    assert faults.silence()(frame, 1) == b""
    assert faults.standby()(frame, 1) == b"\x02\nADCO 042361000001 (\r\x03"
    (frame,) = stream("standard", 1)
    assert faults.standby()(frame, 1) == b"\x02\nADSC\t042361000001\t^\r\x03"
    assert complaint(faults.standby()(frame, 1)) == "the frame ends without VTIC"


def test_frozen_values_under_a_running_clock() -> None:
    sent = through(faults.frozen(), stream("standard", 4))
    assert amperes(sent, "IRMS1") == [1, 1, 1, 1]
    dates = [decode(frame).get("DATE") for frame in sent]
    assert [date.stamp[-2:] for date in dates if date] == ["00", "02", "04", "06"]


def test_frozen_with_its_clock_or_without_one() -> None:
    sent = through(faults.frozen(clock_runs=False), stream("standard", 3))
    assert sent == sent[:1] * 3
    sent = through(faults.frozen(), stream("historique", 3))
    assert sent == sent[:1] * 3


def test_values_measured_only_now_and_then() -> None:
    sent = through(faults.frozen(3), stream("historique", 7))
    assert amperes(sent, "IINST") == [1, 1, 1, 7, 7, 7, 13]


def test_a_fault_for_some_frames() -> None:
    frames = stream("historique", 5)
    good = [
        frame == sent
        for frame, sent in zip(frames, through(faults.during(faults.silence(), 2, 3), frames), strict=True)
    ]
    assert good == [True, False, False, True, True]
    good = [
        frame == sent for frame, sent in zip(frames, through(faults.during(faults.silence(), 4), frames), strict=True)
    ]
    assert good == [True, True, True, False, False]


@pytest.mark.parametrize(
    "fault",
    [
        lambda: faults.bad_checksum("IRMS1"),
        lambda: faults.bit_error("IINST1"),
        lambda: faults.missing("ADPS"),
        lambda: faults.swapped("PAPP", "SINSTS"),
        lambda: faults.showing("EAST", "000000000"),
        lambda: faults.nul_in("STGE"),
        faults.unnoticed_loss,
    ],
)
def test_a_group_that_is_not_there_cannot_be_damaged(fault: Callable[[], Corrupt]) -> None:
    (frame,) = stream("historique", 1)
    with pytest.raises(BadConfiguration, match="the frame has no group"):
        fault()(frame, 1)
