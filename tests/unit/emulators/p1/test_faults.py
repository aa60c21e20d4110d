"""Ready-made faults: each does what its sentence says, and the decoder sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from emulators.errors import BadConfiguration, Malformed
from emulators.p1 import Meter, decode, faults
from emulators.p1.codec import seal
from emulators.p1.meter import Corrupt
from emulators.site import Site

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EPOCH = datetime(2026, 7, 3, 11, 15, 0, tzinfo=UTC)


def stream(count: int, version: str = "5.0.2") -> list[bytes]:
    """Telegrams, one a second, of a site whose L1 draws 1 A more every second."""
    site = Site()
    site.add_load("house", lambda now_s: now_s)
    meter = Meter(
        version,
        site.read,
        lambda now_s: (EPOCH + timedelta(seconds=now_s)).astimezone(AMSTERDAM),
        interval_s=1.0,
    )
    meter.request(True, 0.0)
    return [meter.step(float(second)) for second in range(1, count + 1)]


def through(fault: Corrupt, telegrams: list[bytes]) -> list[bytes]:
    return [fault(telegram, number) for number, telegram in enumerate(telegrams, start=1)]


def crc_fails(data: bytes) -> bool:
    try:
        decode(data)
    except Malformed as error:
        return "the CRC should be" in str(error)
    return False


def test_bad_crc_leaves_the_data() -> None:
    for telegram in stream(40):
        damaged = faults.bad_crc()(telegram, 1)
        assert damaged[:-6] == telegram[:-6]
        assert len(damaged) == len(telegram)
        assert crc_fails(damaged)


def test_a_bit_error_changes_a_value_that_still_looks_like_one() -> None:
    (telegram,) = stream(1)
    damaged = faults.bit_error("1-0:31.7.0")(telegram, 1)
    assert b"\r\n1-0:31.7.0(001*A)\r\n" in telegram
    assert b"\r\n1-0:31.7.0(101*A)\r\n" in damaged
    assert sum((a ^ b).bit_count() for a, b in zip(telegram, damaged, strict=True)) == 1
    assert crc_fails(damaged)
    with pytest.raises(BadConfiguration, match=r"no line 1-0:99\.7\.0"):
        faults.bit_error("1-0:99.7.0")(telegram, 1)


def test_truncated_and_started_in_the_middle_are_the_two_halves() -> None:
    (telegram,) = stream(1)
    first = faults.truncated()(telegram, 1)
    last = faults.started_in_the_middle()(telegram, 1)
    assert first + last == telegram
    assert faults.truncated(0.9)(telegram, 1) == telegram[: int(len(telegram) * 0.9)]
    assert faults.started_in_the_middle(0.1)(telegram, 1) == telegram[int(len(telegram) * 0.1) :]


def test_no_crc_and_nul_after_crc() -> None:
    (telegram,) = stream(1)
    assert faults.no_crc()(telegram, 1) == telegram[:-6] + b"\r\n"
    assert faults.nul_after_crc()(telegram, 1) == telegram[:-2] + b"\0\r\n"


def test_small_letters_and_missing_zeros_are_the_same_number() -> None:
    telegrams = stream(200)
    small = through(faults.small_letters(), telegrams)
    short = through(faults.crc_without_zeros(), telegrams)
    for telegram, lower, bare in zip(telegrams, small, short, strict=True):
        assert lower == telegram[:-6] + telegram[-6:].lower()
        assert bare[: bare.rindex(b"!") + 1] == telegram[:-6]
        digits = bare[bare.rindex(b"!") + 1 : -2]
        assert int(digits, 16) == int(telegram[-6:-2], 16)
        assert not digits.startswith(b"0") or digits == b"0"
    assert small != telegrams
    assert short != telegrams


@pytest.mark.parametrize(
    ("code", "text"),
    [("0-0:1.0.0", "(000101010000W)"), ("1-0:31.7.0", "(000*A)"), ("0-0:96.1.1", "()"), ("0-1:24.2.1", "(x)(y)")],
)
def test_a_meters_own_deviation_has_a_right_crc(code: str, text: str) -> None:
    (telegram,) = stream(1)
    sent = faults.rewritten(code, text)(telegram, 1)
    assert f"\r\n{code}{text}\r\n".encode() in sent
    assert sent == seal(sent[:-6])
    assert sent.count(b"\r\n") == telegram.count(b"\r\n")
    with pytest.raises(BadConfiguration, match=r"no line 1-0:99\.7\.0 to rewrite"):
        faults.rewritten("1-0:99.7.0", "()")(telegram, 1)


@pytest.mark.parametrize(
    "fault", [faults.bad_crc(), faults.nul_after_crc(), faults.small_letters(), faults.crc_without_zeros()]
)
def test_there_is_no_crc_to_damage_before_version_4(fault: Corrupt) -> None:
    (telegram,) = stream(1, "3.0")
    with pytest.raises(BadConfiguration, match="no CRC to damage"):
        fault(telegram, 1)


def test_other_faults_before_version_4() -> None:
    first, second = stream(2, "3.0")
    assert faults.no_crc()(first, 1) == first
    assert decode(faults.rewritten("1-0:1.7.0", "(002.30*kW)")(first, 1)).import_w == 2300
    assert through(faults.frozen(), [first, second]) == [first, first]
    (_, glued) = through(faults.glued(), [first, second])
    assert glued.count(b"/") == glued.count(b"!") == 1
    assert glued.count(b"\r\n1-0:1.7.0(") == 2


def test_glued_telegrams_say_everything_twice() -> None:
    first, second, third = stream(3)
    sent = through(faults.glued(), [first, second, third])
    assert sent[0] == first
    assert sent[1].startswith(first[: first.index(b"!")])
    assert sent[1].endswith(second[second.index(b"1-3:") :])
    assert sent[1].count(b"/") == sent[1].count(b"!") == 1
    assert sent[1].count(b"1-0:31.7.0(") == 2
    assert sent[2].startswith(second[: second.index(b"!")])
    assert crc_fails(sent[1])


def amperes(telegrams: list[bytes]) -> list[int]:
    return [decode(telegram).current_ma[0] // 1000 for telegram in telegrams]


def seconds(telegrams: list[bytes]) -> list[int]:
    return [int(decode(telegram).stamp[10:12]) for telegram in telegrams]


def test_frozen_values_under_a_running_clock() -> None:
    sent = through(faults.frozen(), stream(5))
    assert amperes(sent) == [1, 1, 1, 1, 1]
    assert seconds(sent) == [1, 2, 3, 4, 5]


def test_frozen_with_its_clock() -> None:
    sent = through(faults.frozen(clock_runs=False), stream(3))
    assert sent == sent[:1] * 3


def test_values_measured_only_now_and_then() -> None:
    sent = through(faults.frozen(3), stream(7))
    assert amperes(sent) == [1, 1, 1, 4, 4, 4, 7]
    assert seconds(sent) == [1, 2, 3, 4, 5, 6, 7]


def test_a_fault_for_some_telegrams() -> None:
    telegrams = stream(5)
    once = through(faults.during(faults.bad_crc(), 2, 3), telegrams)
    assert [crc_fails(data) for data in once] == [False, True, True, False, False]
    for_good = through(faults.during(faults.bad_crc(), 4), telegrams)
    assert [crc_fails(data) for data in for_good] == [False, False, False, True, True]
