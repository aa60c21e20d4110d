"""station/sources/watch.py: when a meter counts as heard, and what is logged about it."""

import pytest

from station.settings import Settings
from station.sources.reading import BadTelegram, Reading
from station.sources.watch import SourceWatch

EPS_S = 1e-6
CRC = "P1 Device failure: Read CRC Error"
TIMEOUT = "Unable to start P1 communications, Read Timeout Error"
SAFE = "Enter ActiveLB safeMode: 7.0A"
# 3 x 10 s for DSMR 4, 10 s for 5 (O-22), and the margin.
TIMEOUT_S = {10.0: 30.2, 1.0: 10.2}


def reading(at_s: float, interval_s: float = 10.0) -> Reading:
    return Reading("42" if interval_s == 10.0 else "50", interval_s, (1.0, 2.0, 3.0), 3, at_s)


def bad(at_s: float, kind: str = "crc") -> BadTelegram:
    return BadTelegram("why", at_s, kind)  # type: ignore[arg-type]


class Log:
    def __init__(self, **setting: float) -> None:
        self.watch = SourceWatch(Settings(safe_a=7.0, **setting))  # type: ignore[arg-type]
        self.texts: list[str] = []
        self.last: Reading | None = None
        self.step(0.0)

    def state(self) -> str:
        return self.watch.state

    def step(self, now_s: float, *heard: Reading | BadTelegram) -> str:
        report = self.watch.step(now_s, heard)
        self.texts += [line.text for line in report.logs]
        self.last = report.reading
        assert report.state == self.watch.state
        return report.state


def test_the_margin_is_a_setting_with_this_default() -> None:
    assert Settings().p1_timeout_margin_s == 0.2


def test_waiting_until_the_first_reading() -> None:
    log = Log()
    assert log.state() == "waiting"
    assert log.step(10.0, reading(10.0)) == "live"
    assert log.last == reading(10.0)
    assert log.watch.step(11.0) == ("live", None, ())
    assert log.texts == []


@pytest.mark.parametrize("interval_s", [10.0, 1.0])
def test_lost_when_nothing_came_for_the_time_out(interval_s: float) -> None:  # O-22
    log = Log()
    log.step(5.0, reading(5.0, interval_s))
    due_s = 5.0 + TIMEOUT_S[interval_s]
    assert log.watch.next_deadline_s() == due_s
    assert log.step(due_s - EPS_S) == "live"
    assert log.texts == []
    assert log.step(due_s) == "lost"
    assert log.texts == [TIMEOUT, SAFE]  # ALB-P1-018, ALB-P1-019
    assert log.watch.next_deadline_s() is None
    assert log.step(due_s + 1000.0) == "lost"
    assert log.texts == [TIMEOUT, SAFE]


def test_a_meter_that_never_speaks() -> None:
    log = Log()
    assert log.step(30.2 - EPS_S) == "waiting"
    assert log.step(30.2) == "lost"
    assert log.texts == [TIMEOUT, SAFE]


def test_a_telegram_due_at_the_end_of_the_time_out_is_on_time() -> None:
    log = Log()
    log.step(0.1, reading(0.1))
    assert log.step(30.1, reading(30.1)) == "live"
    assert log.texts == []


def test_a_change_of_cadence_changes_the_time_out() -> None:
    log = Log()
    log.step(1.0, reading(1.0, 1.0))
    log.step(2.0, reading(2.0, 10.0))
    assert log.step(32.2 - EPS_S) == "live"
    log.step(32.2 - EPS_S, reading(32.2 - EPS_S, 1.0))
    assert log.step(42.4) == "lost"


@pytest.mark.parametrize("kind", ["crc", "malformed"])
def test_three_bad_telegrams_in_a_row(kind: str) -> None:  # O-23
    log = Log()
    log.step(10.0, reading(10.0))
    assert log.step(20.0, bad(20.0, kind)) == "live"
    assert log.step(21.0, bad(21.0, kind)) == "live"
    assert log.texts == [CRC, CRC]  # ALB-P1-017
    assert log.step(22.0, bad(22.0, kind)) == "lost"
    assert log.texts == [CRC, CRC, CRC, SAFE]
    log.step(23.0, bad(23.0, kind))
    assert log.texts[4:] == [CRC]


def test_a_good_one_in_between_starts_the_count_afresh() -> None:
    log = Log()
    for second in range(0, 60, 3):
        log.step(float(second), bad(second), bad(second))
        assert log.step(second + 1.0, reading(second + 1.0)) == "live"
    assert set(log.texts) == {CRC}


def test_bad_ones_before_the_first_good_one() -> None:
    log = Log()
    log.step(1.0, bad(1.0))
    log.step(2.0, bad(2.0))
    assert log.step(3.0, bad(3.0)) == "lost"
    assert log.texts == [CRC, CRC, CRC, SAFE]


def test_bad_ones_do_not_stretch_the_time_out() -> None:
    log = Log()
    log.step(0.0, reading(0.0))
    log.step(29.0, bad(29.0))
    assert log.step(30.2) == "lost"
    assert log.texts == [CRC, TIMEOUT, SAFE]


def test_reconnection_has_its_own_line() -> None:  # O-68
    log = Log()
    log.step(0.0, reading(0.0))
    log.step(40.0)
    assert log.step(50.0, reading(50.0)) == "live"
    assert log.texts == [TIMEOUT, SAFE, "P1 communication restored, leaving ActiveLB safeMode"]
    assert log.last == reading(50.0)
    assert log.watch.step(90.0).logs[0].documented
    assert not log.watch.step(91.0, [reading(91.0)]).logs[0].documented


def test_an_old_version_is_no_data() -> None:  # ALB-P1-002
    log = Log()
    for second in range(1, 30):
        assert log.step(second, bad(second, "unsupported")) == "waiting"
    assert log.texts == ["P1 telegram not usable: why"]
    assert log.step(30.2, bad(30.2, "unsupported")) == "lost"
    assert log.texts[1:] == [TIMEOUT, SAFE]
    log.step(31.0, reading(31.0))
    log.step(32.0, bad(32.0, "unsupported"))
    assert log.texts[-1] == "P1 telegram not usable: why"


def test_a_repetition_is_no_data_and_nothing_is_said_of_it() -> None:
    log = Log()
    log.step(0.0, reading(0.0))
    for second in range(1, 30):
        assert log.step(second, bad(second, "repeated")) == "live"
    assert log.texts == []
    assert log.step(30.2, bad(30.2, "repeated")) == "lost"
    assert log.texts == [TIMEOUT, SAFE]
    assert log.step(31.0, bad(31.0, "repeated")) == "lost"


def test_a_repetition_does_not_end_a_row_of_bad_ones() -> None:
    log = Log()
    log.step(0.0, reading(0.0))
    assert log.step(1.0, bad(1.0), bad(1.0), bad(1.0, "repeated")) == "live"
    assert log.step(2.0, bad(2.0)) == "lost"


def test_several_at_once_are_judged_together() -> None:
    log = Log()
    assert log.step(5.0, bad(5.0), bad(5.0), bad(5.0), reading(5.0)) == "live"
    assert log.texts == [CRC, CRC, CRC]
    assert log.step(6.0, reading(6.0), bad(6.0), bad(6.0), bad(6.0)) == "lost"
    assert log.last is None


def test_a_reading_handed_over_too_late_is_not_a_live_one() -> None:
    log = Log()
    log.step(0.0, reading(0.0))
    assert log.step(100.0, reading(60.0)) == "lost"
    assert log.last is None
    assert log.texts == [TIMEOUT, SAFE]
    assert log.step(101.0, reading(70.0)) == "lost"
    assert log.texts == [TIMEOUT, SAFE]


def test_a_late_old_reading_does_not_undo_a_newer_one() -> None:
    log = Log()
    log.step(90.0, reading(90.0))
    assert log.step(100.0, reading(60.0)) == "live"
    assert log.last is None
    assert log.watch.next_deadline_s() == 120.2


def test_the_numbers_are_settings() -> None:
    log = Log(p1_timeout_factor=1.5, p1_timeout_floor_s=2.0, p1_timeout_margin_s=0.0, p1_max_bad=1)
    log.step(0.0, reading(0.0, 1.0))
    assert log.watch.next_deadline_s() == 2.0
    log.step(1.0, reading(1.0, 10.0))
    assert log.watch.next_deadline_s() == 16.0
    assert log.step(2.0, bad(2.0)) == "lost"
