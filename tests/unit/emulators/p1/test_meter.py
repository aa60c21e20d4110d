"""The meter's behaviour in time: slots, Data Request, cadence, faults and events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.p1 import Meter, Nameplate, decode
from emulators.site import Site

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
EPOCH = datetime(2026, 7, 3, 11, 15, 0, tzinfo=UTC)

Event = tuple[float, str, dict[str, object]]


def civil(now_s: float) -> datetime:
    return (EPOCH + timedelta(seconds=now_s)).astimezone(AMSTERDAM)


def site(*current_a: float) -> Site:
    made = Site()
    made.add_load("house", *(current_a or (5.0, 6.0, 7.0)))
    return made


def meter(version: str = "5.0.2", **options: Any) -> Meter:
    return Meter(version, options.pop("read", site().read), civil, **options)


def sent_at(of: Meter, until_s: float) -> list[float]:
    """Step at each deadline, and report when a telegram came."""
    times = []
    while (due_s := of.next_deadline_s()) is not None and due_s <= until_s:
        assert of.step(due_s)
        times.append(due_s)
    return times


@pytest.mark.parametrize(("version", "interval_s"), [("4.2.2", 10.0), ("5.0.2", 1.0)])
def test_a_telegram_per_slot_while_requested(version: str, interval_s: float) -> None:
    made = meter(version)
    assert made.interval_s == interval_s
    made.request(True, 0.0)
    assert sent_at(made, 5 * interval_s) == [n * interval_s for n in range(1, 6)]


def test_nothing_unless_requested() -> None:
    made = meter()
    assert made.next_deadline_s() is None
    assert made.step(100.0) == b""
    assert not made.requested


@pytest.mark.parametrize(
    ("version", "requested_at_s", "first_s"),
    [("5.0.2", 12.3, 13.0), ("5.0.2", 12.0, 13.0), ("4.2.2", 12.3, 20.0), ("4.2.2", 20.0, 30.0)],
)
def test_the_first_telegram_comes_in_the_next_slot(version: str, requested_at_s: float, first_s: float) -> None:
    made = meter(version)
    made.request(True, requested_at_s)
    assert made.next_deadline_s() == first_s
    assert made.step(requested_at_s) == b""


def test_the_first_telegram_may_come_at_once() -> None:
    made = meter("4.2.2", first_after_s=0.06)
    made.request(True, 12.0)
    assert sent_at(made, 30.0) == [12.06, 20.0, 30.0]


def test_slots_have_an_offset() -> None:
    made = meter("4.2.2", offset_s=3.5)
    made.request(True, 0.0)
    assert sent_at(made, 24.0) == [3.5, 13.5, 23.5]


def test_the_cadence_does_not_drift() -> None:
    made = meter(interval_s=0.1)
    made.request(True, 0.0)
    for number in range(1, 5000):
        assert made.next_deadline_s() == number * 0.1
        assert made.step(number * 0.1)


def test_late_steps_send_one_telegram_and_keep_to_the_slots() -> None:
    made = meter()
    made.request(True, 0.0)
    assert made.step(0.999) == b""
    late = made.step(4.4)
    assert decode(late).stamp == "260703131504S"
    assert made.step(4.4) == b""
    assert made.step(4.999) == b""
    assert made.next_deadline_s() == 5.0
    assert made.telegrams == 1


def test_a_released_meter_stops_at_once() -> None:
    made = meter()
    assert made.request(True, 0.0) is False
    assert made.request(True, 0.5) is False
    assert made.step(1.0)
    assert made.request(False, 1.02) is True
    assert made.request(False, 1.03) is False
    assert made.next_deadline_s() is None
    assert made.step(2.0) == b""
    made.request(True, 5.5)
    assert made.next_deadline_s() == 6.0


def test_the_cadence_can_be_changed() -> None:
    made = meter()
    made.request(True, 0.0)
    assert made.step(1.0)
    made.set_interval(10.0, 1.5)
    assert sent_at(made, 20.0) == [10.0, 20.0]
    made.set_interval(5.0, 20.0)
    assert made.interval_s == 5.0
    assert made.next_deadline_s() == 25.0
    made.request(False, 21.0)
    made.set_interval(1.0, 22.0)
    assert made.next_deadline_s() is None


def test_the_numbers_are_those_of_the_site_at_that_moment() -> None:
    grid = site(5.0, 6.0, 7.0)
    made = meter(read=grid.read, import_wh=(100, 200), export_wh=(300, 400))
    made.request(True, 0.0)
    first = decode(made.step(1.0))
    assert first.current_ma == (5000, 6000, 7000)
    assert first.phase_import_w == (1150, 1380, 1610)
    assert first.import_w == 4140
    assert first.stamp == "260703131501S"
    assert (first.import_wh, first.export_wh) == ((100, 200), (300, 400))
    grid.add_pv("roof", 20.0)
    second = decode(made.step(2.0))
    assert second.current_ma == (15_000, 6000, 7000)
    assert second.phase_export_w == (3450, 0, 0)
    assert second.phase_import_w == (0, 1380, 1610)
    assert (second.import_w, second.export_w) == (0, 460)
    assert second.import_wh == (100, 201)


def test_the_nameplate_can_be_changed() -> None:
    made = meter()
    made.request(True, 0.0)
    made.nameplate = Nameplate(text="Hello", sub_meters=())
    telegram = decode(made.step(1.0))
    assert telegram.text == "Hello"
    assert telegram.mbus == ()


def test_every_telegram_is_reported() -> None:
    events: list[Event] = []
    grid = site(5.4)
    grid.add_pv("roof", 0.0, 3.0)
    made = meter("4.2.2", read=grid.read, name="p1 a", emit=lambda *event: events.append(event))
    made.request(True, 0.0)
    data = made.step(10.0)
    assert events == [
        (
            10.0,
            "telegram",
            {
                "meter": "p1 a",
                "version": "4.2.2",
                "length": len(data),
                "crc": data[-6:-2].decode(),
                "i_a": [5.4, -3.0, 0.0],
                "corrupted": False,
            },
        )
    ]


def test_faults_change_what_is_sent_and_are_reported() -> None:
    events: list[Event] = []
    seen: list[int] = []

    def halve_the_second(telegram: bytes, number: int) -> bytes:
        seen.append(number)
        return telegram[:400] if number == 2 else telegram

    made = meter(corrupt=halve_the_second, emit=lambda *event: events.append(event))
    made.request(True, 0.0)
    sent = [made.step(float(second)) for second in (1, 2, 3)]
    assert seen == [1, 2, 3]
    assert [len(data) == 400 for data in sent] == [False, True, False]
    assert [fields["corrupted"] for _, _, fields in events] == [False, True, False]
    assert events[1][2]["length"] == 400
    made.corrupt = None
    assert decode(made.step(4.0))


@settings(derandomize=True, max_examples=200)
@given(
    st.floats(0.05, 60),
    st.floats(-10, 10),
    st.lists(st.tuples(st.floats(0, 30), st.sampled_from(["step", "raise", "release"])), max_size=30),
)
def test_however_it_is_stepped(interval_s: float, offset_s: float, moves: list[tuple[float, str]]) -> None:
    made = meter(interval_s=interval_s, offset_s=offset_s)
    now_s = 0.0
    slots: list[int] = []
    for pause_s, move in moves:
        now_s += pause_s
        due_s = made.next_deadline_s()
        if move == "step":
            sent = made.step(now_s)
            assert bool(sent) == (due_s is not None and due_s <= now_s)
            if sent:
                assert due_s is not None
                slots.append(round((due_s - offset_s) / interval_s))
                assert due_s == offset_s + slots[-1] * interval_s
            assert made.step(now_s) == b""
        else:
            made.request(move == "raise", now_s)
        after_s = made.next_deadline_s()
        assert (after_s is not None) == made.requested
        assert after_s is None or after_s > now_s or after_s == due_s
    # Never two telegrams for one slot.
    assert slots == sorted(set(slots))


def test_meters_that_do_not_exist_are_refused() -> None:
    with pytest.raises(BadConfiguration, match=r"no P1 version '5\.0'; there is 4\.2\.2, 5\.0\.2"):
        meter("5.0")
    with pytest.raises(BadConfiguration, match="longer than 0 s"):
        meter(interval_s=0.0)
    with pytest.raises(BadConfiguration, match="longer than 0 s"):
        meter().set_interval(-1.0, 0.0)


def test_a_site_beyond_the_format_is_named() -> None:
    made = meter(read=site(500.0).read)
    made.request(True, 0.0)
    with pytest.raises(BadConfiguration, match=r"1-0:1\.7\.0 counts steps of 1 from 0 to 99999"):
        made.step(1.0)
