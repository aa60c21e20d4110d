"""What the watch holds against each kind of meter, and that no two kinds share a time or a word they should not."""

from dataclasses import replace

import pytest

from station.messages import LogLine
from station.setting_rows import P1_PROTOCOL, PROTOCOLS, RTU_PROTOCOL, TCP_PROTOCOL, TIC_PROTOCOL
from station.settings import Settings
from station.sources.reading import BadTelegram, Reading
from station.sources.rules import WatchRules, rules_for
from station.sources.watch import SourceWatch

EPS_S = 1e-6
SAFE = "Enter ActiveLB safeMode: 7.0A"
TCP_LOST = "Modbus TCP/IP lost, in safe mode max 7.0A"
WHERE = "192.168.0.4:502"


def of(protocol: str, **setting: object) -> Settings:
    return replace(Settings(safe_a=7.0, protocol=protocol), **setting)  # type: ignore[arg-type]


def reading(at_s: float, meter: str = "") -> Reading:
    return Reading("test", 1.0, (1.0, 2.0, 3.0), 3, at_s, meter)


def bad(at_s: float, reason: str = "why") -> BadTelegram:
    return BadTelegram(reason, at_s, "malformed", WHERE)


class Log:
    def __init__(self, settings: Settings, rules: WatchRules | None = None) -> None:
        self.watch = SourceWatch(settings, rules)
        self.lines: list[LogLine] = []
        self.step(0.0)

    @property
    def texts(self) -> list[str]:
        return [line.text for line in self.lines]

    def step(self, now_s: float, *heard: Reading | BadTelegram) -> str:
        report = self.watch.step(now_s, heard)
        self.lines += report.logs
        return report.state


def test_every_protocol_has_rules() -> None:
    for protocol, _ in PROTOCOLS:
        assert rules_for(of(protocol)).first_timeout_s > 0


@pytest.mark.parametrize(
    ("protocol", "timeout_s"), [(P1_PROTOCOL, 10.2), (TIC_PROTOCOL, 10.0), (RTU_PROTOCOL, 60.0), (TCP_PROTOCOL, 60.0)]
)
def test_each_source_has_its_own_time(protocol: str, timeout_s: float) -> None:  # O-22, O-26, O-29, O-31
    log = Log(of(protocol))
    log.step(100.0, reading(100.0))
    assert log.watch.next_deadline_s() == 100.0 + timeout_s
    assert log.step(100.0 + timeout_s - EPS_S) == "live"
    assert log.step(100.0 + timeout_s) == "lost"


@pytest.mark.parametrize("field", ["p1_timeout_floor_s", "tic_timeout_s", "meter_stale_s"])
def test_the_time_of_one_source_is_not_that_of_another(field: str) -> None:
    changed = [
        protocol
        for protocol, _ in PROTOCOLS
        if rules_for(of(protocol)).timeout_s(1.0) != rules_for(of(protocol, **{field: 33.0})).timeout_s(1.0)
    ]
    assert (
        changed
        == {
            "p1_timeout_floor_s": [P1_PROTOCOL],
            "tic_timeout_s": [TIC_PROTOCOL],
            "meter_stale_s": [TCP_PROTOCOL, RTU_PROTOCOL],  # O-29: as for TCP
        }[field]
    )


class TestTic:
    def test_words(self) -> None:  # LOG-019
        log = Log(of(TIC_PROTOCOL))
        log.step(1.0, reading(1.0))
        log.step(20.0)
        log.step(21.0, reading(21.0))
        assert log.texts == [
            "TIC communication lost, no valid frame in time",
            SAFE,
            "TIC communication restored, leaving ActiveLB safeMode",
        ]
        assert not any(line.documented for line in log.lines)

    def test_bad_frames_are_told_once_and_never_a_loss_by_themselves(self) -> None:
        log = Log(of(TIC_PROTOCOL))
        log.step(1.0, reading(1.0))
        for tenth in range(11, 110):
            assert log.step(tenth / 10, bad(tenth / 10)) == "live"
        assert log.texts == ["TIC frame not usable: why"]
        assert log.step(11.0, bad(11.0)) == "lost"


class TestTcp:
    def test_the_whole_story(self) -> None:
        log = Log(of(TCP_PROTOCOL))
        log.step(100.0, reading(100.0, WHERE))
        for second in range(102, 300):
            state = log.step(float(second), bad(second, "no answer within 1 s"))
            assert state == ("live" if second < 160 else "lost")
        assert log.texts == [
            "Communication warning for modbus unit 5",  # LOG-006
            "Modbus unit 5: no answer within 1 s",
            TCP_LOST,  # LOG-005
            SAFE,  # LOG-003
            f"Communication error for modbus unit 5 ({WHERE})",  # LOG-004, LOG-007
        ]
        assert [line.documented for line in log.lines] == [True, False, True, True, True]
        log.step(300.0, reading(300.0, WHERE))
        assert log.lines[5:] == [LogLine(f"TCP MODBUS unit 5 connected via {WHERE}", True)]  # LOG-008

    def test_times_of_loss_and_error(self) -> None:  # O-31, X-29
        log = Log(of(TCP_PROTOCOL))
        log.step(100.0, reading(100.0))
        assert log.watch.next_deadline_s() == 160.0
        assert log.step(160.0) == "lost"
        assert log.texts == ["Communication warning for modbus unit 5", TCP_LOST, SAFE]
        assert log.watch.next_deadline_s() == 220.0
        log.step(220.0 - EPS_S)
        assert len(log.texts) == 3
        log.step(220.0)
        assert log.texts[3:] == ["Communication error for modbus unit 5 (192.168.0.5:502)"]
        assert log.watch.next_deadline_s() is None
        log.step(1000.0)
        assert len(log.texts) == 4

    def test_stepped_late_it_says_everything_in_order(self) -> None:
        log = Log(of(TCP_PROTOCOL))
        log.step(1000.0)
        assert [text.split(" for ")[0].split(",")[0] for text in log.texts] == [
            "Communication warning",
            "Modbus TCP/IP lost",
            "Enter ActiveLB safeMode: 7.0A",
            "Communication error",
        ]

    def test_the_error_comes_back_with_the_next_loss(self) -> None:
        log = Log(of(TCP_PROTOCOL))
        log.step(120.0)
        log.step(130.0, reading(130.0, WHERE))
        log.step(250.0)
        assert [text for text in log.texts if text.startswith("Communication error")] == [
            "Communication error for modbus unit 5 (192.168.0.5:502)",
            f"Communication error for modbus unit 5 ({WHERE})",
        ]

    def test_warning_after_three_failures_in_a_row(self) -> None:  # O-29
        log = Log(of(TCP_PROTOCOL))
        for second in (1, 2, 3, 4):
            log.step(second, bad(second), bad(second), reading(second))
        assert log.texts == []
        log.step(5.0, bad(5.0), bad(5.0))
        assert log.texts == []
        log.step(6.0, bad(6.0))
        assert log.texts == ["Communication warning for modbus unit 5", "Modbus unit 5: why"]
        log.step(7.0, reading(7.0, WHERE))
        assert log.texts[2:] == [f"TCP MODBUS unit 5 connected via {WHERE}"]
        log.step(8.0, reading(8.0, WHERE))
        assert len(log.texts) == 3

    def test_a_new_reason_is_told(self) -> None:
        log = Log(of(TCP_PROTOCOL))
        for second, reason in enumerate(["a", "a", "a", "a", "b", "b", "a"], 1):
            log.step(second, bad(second, reason))
        assert log.texts[1:] == ["Modbus unit 5: a", "Modbus unit 5: b", "Modbus unit 5: a"]

    def test_a_stale_reading_is_not_a_live_one(self) -> None:
        log = Log(of(TCP_PROTOCOL))
        log.step(100.0, reading(100.0))
        assert log.step(161.0, reading(101.0)) == "lost"
        assert log.step(162.0, reading(101.0)) == "lost"

    def test_numbers_are_settings(self) -> None:
        settings = of(
            TCP_PROTOCOL, meter_stale_s=5.0, meter_error_s=9.0, modbus_warn_failures=1, mbtcp_unit=17, safe_a=6.5
        )
        log = Log(settings)
        log.step(1.0, bad(1.0))
        log.step(5.0)
        log.step(9.0)
        assert log.texts == [
            "Communication warning for modbus unit 17",
            "Modbus unit 17: why",
            "Modbus TCP/IP lost, in safe mode max 6.5A",
            "Enter ActiveLB safeMode: 6.5A",
            f"Communication error for modbus unit 17 ({WHERE})",
        ]


def test_words_of_rtu_are_our_own() -> None:  # LOG-019
    log = Log(of(RTU_PROTOCOL))
    for second in range(1, 200):
        log.step(second, BadTelegram("why", second, "crc", "/dev/rs485"))
    log.step(200.0, reading(200.0, "/dev/rs485"))
    assert log.texts == [
        "Communication warning for modbus unit 1",
        "Modbus unit 1: why",
        "Modbus RTU lost, in safe mode max 7.0A",
        SAFE,
        "Communication error for modbus unit 1 (/dev/rs485)",
        "RTU MODBUS unit 1 connected via /dev/rs485",
    ]
    assert not any(line.documented for line in log.lines)


def test_rules_of_one_s_own() -> None:
    settings = of(P1_PROTOCOL)
    log = Log(settings, replace(rules_for(settings), timeout_floor_s=1.0, timeout_factor=0.0, timeout_margin_s=0.0))
    log.step(1.0, reading(1.0))
    assert log.step(2.0) == "lost"


@pytest.mark.parametrize("protocol", [P1_PROTOCOL, TIC_PROTOCOL])
def test_no_error_line_where_there_is_none(protocol: str) -> None:
    log = Log(of(protocol))
    log.step(1.0, reading(1.0))
    log.step(500.0)
    assert log.watch.next_deadline_s() is None
    assert len(log.texts) == 2
