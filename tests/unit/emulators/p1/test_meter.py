"""The meter's behaviour in time: slots, Data Request, cadence, faults and events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.p1 import DIALECTS, VERSIONS, Meter, Nameplate, decode
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


@pytest.mark.parametrize("phases", [1, 3])
@pytest.mark.parametrize("version", [*VERSIONS, *DIALECTS])
def test_every_version_and_dialect_speaks(version: str, phases: int) -> None:
    made = meter(version, phases=phases)
    assert (made.version.name, made.interval_s) == (version, made.version.interval_s)
    made.request(True, 0.0)
    telegram = decode(made.step(made.interval_s), version)
    field = made.version.phase_field
    assert not field or len(getattr(telegram, field)) == phases
    assert telegram.import_w == (1150 if phases == 1 else 4140)


@pytest.mark.parametrize(("version", "interval_s"), [("2.2", 10.0), ("4.2.2", 10.0), ("5.0.2", 1.0), ("SE", 10.0)])
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


SPRING = datetime(2026, 3, 29, 0, 59, 50, tzinfo=UTC)
AUTUMN = datetime(2026, 10, 25, 0, 59, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("version", "start", "stamps"),
    [
        ("4.0", SPRING, ["260329015950W", "260329030000S", "260329030010S"]),
        ("5.0.2", SPRING, ["260329015950W", "260329030000S", "260329030010S"]),
        ("BE-50217", AUTUMN, ["261025025950S", "261025020000W", "261025020010W"]),
        ("LU", AUTUMN, ["261025025950S", "261025020000W", "261025020010W"]),
        ("SE", SPRING, ["260329015950W", "260329020000W", "260329020010W"]),
        ("SE", AUTUMN, ["261025015950W", "261025020000W", "261025020010W"]),
    ],
)
def test_when_the_clock_is_changed(version: str, start: datetime, stamps: list[str]) -> None:
    def clock(now_s: float) -> datetime:
        return (start + timedelta(seconds=now_s - 10.0)).astimezone(AMSTERDAM)

    made = Meter(version, site().read, clock, interval_s=10.0)
    made.request(True, 0.0)
    assert [decode(made.step(now_s)).stamp for now_s in (10.0, 20.0, 30.0)] == stamps


def test_the_hour_of_a_gas_reading_of_before_4_has_no_season() -> None:
    made = Meter("2.2", site().read, lambda _now_s: AUTUMN.astimezone(AMSTERDAM))
    made.request(True, 0.0)
    assert decode(made.step(10.0)).mbus[0].stamp == "261025020000"


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


def test_before_4_there_is_no_crc_to_report() -> None:
    events: list[Event] = []
    made = meter("3.0", emit=lambda *event: events.append(event))
    made.request(True, 0.0)
    assert made.step(10.0)
    assert events[0][2]["crc"] == ""


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
    with pytest.raises(BadConfiguration, match=r"no P1 version '5\.0'; there is 2\.2, 3\.0, .*, 5\.0\.2, 2\.2-text"):
        meter("5.0")
    with pytest.raises(BadConfiguration, match="longer than 0 s"):
        meter(interval_s=0.0)
    with pytest.raises(BadConfiguration, match="longer than 0 s"):
        meter().set_interval(-1.0, 0.0)


@pytest.mark.parametrize(
    ("version", "amperes", "message"),
    [
        ("5.0.2", 500.0, r"1-0:1\.7\.0 counts steps of 1 from 0 to 99999"),
        ("2.2", 50_000.0, r"1-0:1\.7\.0 counts steps of 10 from 0 to 9999990"),
        ("3.0", 5_000.0, r"1-0:1\.7\.0 counts steps of 10 from 0 to 999990"),
        ("SE", 1_000.0, r"1-0:31\.7\.0 counts steps of 100 from 0 to 999900"),
    ],
)
def test_a_site_beyond_the_format_is_named(version: str, amperes: float, message: str) -> None:
    made = meter(version, read=site(amperes).read)
    made.request(True, 0.0)
    with pytest.raises(BadConfiguration, match=message):
        made.step(10.0)
