"""The meter's behaviour in time: frame after frame, short frames, interruptions, modes, faults and events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.site import Site
from emulators.tic import Meter, Nameplate, decode
from emulators.tic.contracts import EJP, OFF_PEAK, PRODUCER, TEMPO
from emulators.tic.status import Status

PARIS = ZoneInfo("Europe/Paris")
EPOCH = datetime(2026, 7, 3, 11, 15, 2, tzinfo=UTC)
GAP_S = 0.025

Event = tuple[float, str, dict[str, object]]


def civil(now_s: float) -> datetime:
    return (EPOCH + timedelta(seconds=now_s)).astimezone(PARIS)


def site(*current_a: Any, phases: int = 3) -> Site:
    made = Site(phases=phases)
    made.add_load("house", *(current_a or (5.0,)))
    return made


def meter(mode: str = "historique", **options: Any) -> Meter:
    return Meter(mode, options.pop("read", site().read), options.pop("civil", civil), **options)


def frames_until(of: Meter, until_s: float) -> list[tuple[float, bytes]]:
    """Step at each deadline: when bytes came, and which."""
    sent = []
    while (due_s := of.next_deadline_s()) <= until_s:
        sent.append((due_s, of.step(due_s)))
    return sent


@pytest.mark.parametrize(
    ("mode", "phases", "length", "duration_s"),
    [
        # Lengths and times of the protocol facts.
        ("historique", 1, 170, 170 * 10 / 1200),
        ("historique", 3, 251, 251 * 10 / 1200),
        ("standard", 1, 865, 865 * 10 / 9600),
        ("standard", 3, 1214, 1214 * 10 / 9600),
    ],
)
def test_the_next_frame_begins_when_this_one_is_through_and_the_gap_has_passed(
    mode: str, phases: int, length: int, duration_s: float
) -> None:
    sent = frames_until(meter(mode, phases=phases, contract=OFF_PEAK), 10.0)
    assert {len(data) for _, data in sent} == {length}
    assert sent[0][0] == 0.0
    assert [at_s for at_s, _ in sent] == pytest.approx([n * (duration_s + GAP_S) for n in range(len(sent))])


def test_it_is_always_on_and_stepping_too_early_gives_nothing() -> None:
    made = meter(offset_s=0.5)
    assert made.step(0.4) == b""
    assert made.next_deadline_s() == 0.5
    assert made.step(0.5)
    assert made.step(0.5) == b""
    assert made.step(made.next_deadline_s() - 1e-6) == b""
    assert made.frames == 1


def test_a_late_step_moves_all_that_follows() -> None:
    made = meter()
    on_time = made.step(0.0)
    due_s = made.next_deadline_s()
    assert made.step(due_s + 5.0)
    assert made.next_deadline_s() == pytest.approx(due_s + 5.0 + len(on_time) * 10 / 1200 + GAP_S)
    assert made.frames == 2


def test_historique_at_9600_baud_and_another_gap() -> None:
    made = meter(baud=9600, gap_s=0.0334)
    length = len(made.step(0.0))
    assert made.baud == 9600
    assert made.next_deadline_s() == pytest.approx(length * 10 / 9600 + 0.0334)


def test_the_numbers_are_those_of_the_site_at_that_moment() -> None:
    grid = site(32.0, phases=1)
    grid.set_voltage((233.0, 0.0, 0.0))
    made = meter("standard", read=grid.read, phases=1, contract=OFF_PEAK, index_wh=(8_214_305, 11_240_032))
    first = decode(made.step(0.0))
    assert (first["IRMS1"], first["URMS1"], first["SINSTS"]) == (32, 233, 7456)
    assert (first["EAST"], first["EASF01"], first["EASF02"]) == (19_454_337, 8_214_305, 11_240_032)
    assert (first["EASD01"], first["EASD02"]) == (8_214_305, 11_240_032)
    assert (first["NTARF"], first["LTARF"]) == (2, "  HEURE  PLEINE ")
    date = first.get("DATE")
    assert date is not None
    assert date.stamp == "E260703131502"
    grid.add_pv("roof", 40.0)
    second = decode(made.step(360.0))
    # 7456 W for 6 minutes.
    assert second["EASF02"] == 11_240_032 + 746
    assert (second["IRMS1"], second["SINSTS"]) == (8, 0)
    assert Status.of(int(second["STGE"])) == Status(export=1, index=1, distributor_index=1)


def test_only_producers_show_export() -> None:
    grid = Site(phases=1)
    grid.add_pv("roof", 10.0)
    shown = decode(meter("standard", read=grid.read, phases=1).step(0.0))
    assert shown.get("SINSTI") is None
    assert shown.get("EAIT") is None
    made = meter("standard", read=grid.read, phases=1, producer=True, contract=PRODUCER, export_wh=500)
    made.step(0.0)
    shown = decode(made.step(3600.0))
    assert (shown["SINSTI"], shown["SINSTS"], shown["EAIT"]) == (2300, 0, 2800)
    assert Status.of(int(shown["STGE"])) == Status(producer=1, export=1)
    assert decode(meter(read=grid.read, phases=1, producer=True).step(3600.0))["PAPP"] == 0


def test_one_phase_warns_while_its_current_is_above_the_subscribed_one() -> None:
    current_a = 45.4
    made = meter(read=site(lambda _now_s: current_a, phases=1).read, phases=1)
    shown = decode(made.step(0.0))
    assert (shown["ISOUSC"], shown["IINST"], shown.get("ADPS")) == (45, 45, None)
    current_a = 45.5
    shown = decode(made.step(10.0))
    assert (shown["IINST"], shown["ADPS"]) == (46, 46)
    current_a = 45.0
    assert decode(made.step(20.0)).get("ADPS") is None


def test_three_phases_send_short_frames_during_an_overload_and_a_minute_after() -> None:
    grid = site(lambda now_s: 23.4 if 10.0 <= now_s < 60.0 else 17.0, 2.0, lambda now_s: 21.0 if now_s < 12.0 else 9.0)
    made = meter(read=grid.read, nameplate=Nameplate(reference_kva=12))
    sent = [(at_s, decode(data)) for at_s, data in frames_until(made, 150.0)]
    short = [(at_s, frame) for at_s, frame in sent if frame.get("PAPP") is None]
    # The overload of L3 is there from the start.
    assert sent[0][1].labels == ("ADIR3", "ADCO", "IINST1", "IINST2", "IINST3")
    last_overload_s = max(at_s for at_s, frame in short if frame.get("ADIR1"))
    assert 59.0 < last_overload_s < 60.0
    tail_s = max(at_s for at_s, _ in short) - last_overload_s
    assert 59.0 < tail_s < 60.0
    assert next(frame.labels for at_s, frame in short if 10.0 <= at_s < 11.5) == (
        "ADIR1",
        "ADIR3",
        "ADCO",
        "IINST1",
        "IINST2",
        "IINST3",
    )
    assert {frame.labels[0] for at_s, frame in short if at_s > 61.0} == {"ADCO"}
    # Twenty short frames, one long one.
    kinds = "".join("s" if frame.get("PAPP") is None else "L" for at_s, frame in sent if at_s < last_overload_s)
    assert kinds.startswith("s" * 20 + "L" + "s" * 20 + "L")
    long_after = [frame for at_s, frame in sent if at_s > last_overload_s + 60.0]
    assert len(long_after) > 5
    assert all(frame["ISOUSC"] == 20 for frame in long_after)


def test_a_meter_that_never_sends_short_frames() -> None:
    made = meter(read=site(99.0, 99.0, 99.0).read, short_frames=False)
    shown = decode(made.step(0.0))
    assert shown["IINST1"] == 99
    assert not [label for label in shown.labels if label.startswith("AD") and label != "ADCO"]


def test_standard_mode_tells_an_overload_in_its_status() -> None:
    made = meter("standard", read=site(40.0, phases=1).read, phases=1, nameplate=Nameplate(reference_kva=9))
    assert Status.of(int(decode(made.step(0.0))["STGE"])) == Status(over_reference=1)


def test_the_mode_can_be_switched_in_operation() -> None:
    made = meter("standard")
    assert (made.baud, decode(made.step(0.0)).mode) == (9600, "standard")
    due_s = made.next_deadline_s()
    made.set_mode("historique")
    assert made.next_deadline_s() == due_s
    data = made.step(due_s)
    assert (made.baud, decode(data).mode) == (1200, "historique")
    assert made.next_deadline_s() == pytest.approx(due_s + len(data) * 10 / 1200 + GAP_S)
    with pytest.raises(BadConfiguration, match="no TIC mode 'tempo'"):
        made.set_mode("tempo")


def test_tempo_and_ejp_frames() -> None:
    shown = decode(meter(contract=TEMPO, day_kind=lambda _day: 2, index_wh=(1, 2, 3, 4, 5, 6)).step(0.0))
    assert (shown["OPTARIF"], shown["PTEC"], shown["DEMAIN"], shown["BBRHPJR"]) == ("BBR(", "HPJR", "ROUG", 6)
    status = decode(meter("standard", contract=TEMPO, day_kind=lambda _day: 2).step(0.0))["STGE"]
    assert Status.of(int(status)).colour_today == Status.of(int(status)).colour_tomorrow == 3
    early = datetime(2026, 1, 15, 6, 40, tzinfo=PARIS)
    shown = decode(meter(contract=EJP, day_kind=lambda _day: 1, civil=lambda _now_s: early).step(0.0))
    assert (shown["PEJP"], shown["PTEC"]) == (30, "HN..")


# --- interruptions ------------------------------------------------------------------------------------------------


def test_an_interruption_cuts_the_frame_off_and_begins_a_new_one_later() -> None:
    events: list[Event] = []
    made = meter(phases=1, emit=lambda *event: events.append(event))
    frame = made.step(0.0)
    assert made.interrupt(0.5, for_s=3.0) is True
    assert made.next_deadline_s() == 0.5
    assert made.step(0.5) == b"\x04"
    assert made.step(0.5) == b""
    assert made.next_deadline_s() == 3.5
    assert decode(made.step(3.5)).labels == decode(frame).labels
    assert [kind for _, kind, _ in events] == ["telegram", "interrupted", "telegram"]
    assert events[1] == (0.5, "interrupted", {"meter": "tic", "for_s": 3.0, "cut": True})


def test_an_interruption_between_frames_only_delays_the_next_one() -> None:
    made = meter(phases=1)
    made.step(0.0)
    due_s = made.next_deadline_s()
    between_s = due_s - GAP_S / 2
    assert made.interrupt(between_s, for_s=0.001) is False
    assert made.next_deadline_s() == due_s
    assert made.interrupt(between_s, for_s=2.0) is False
    assert made.next_deadline_s() == between_s + 2.0


def test_after_a_short_interruption_eot_and_gap_still_pass() -> None:
    made = meter(phases=1)
    made.step(0.0)
    made.interrupt(0.5, for_s=0.0)
    assert made.step(0.5) == b"\x04"
    assert made.next_deadline_s() == pytest.approx(0.5 + 10 / 1200 + GAP_S)


@pytest.mark.parametrize("for_s", [-1.0, float("nan"), float("inf")])
def test_interruptions_that_cannot_be(for_s: float) -> None:
    with pytest.raises(BadConfiguration, match="an interruption cannot last"):
        meter().interrupt(0.0, for_s)


# --- faults and events --------------------------------------------------------------------------------------------


def test_every_frame_is_reported() -> None:
    events: list[Event] = []
    grid = site(5.4)
    grid.add_pv("roof", 0.0, 3.0)
    made = meter("standard", read=grid.read, name="linky", emit=lambda *event: events.append(event))
    data = made.step(0.0)
    fields = {"meter": "linky", "version": "standard", "length": len(data), "i_a": [5.4, -3.0, 0.0], "corrupted": False}
    assert events == [(0.0, "telegram", fields)]


def test_faults_change_what_is_sent_and_are_reported() -> None:
    events: list[Event] = []
    seen: list[int] = []

    def halve_the_second(frame: bytes, number: int) -> bytes:
        seen.append(number)
        return frame[:100] if number == 2 else frame

    made = meter(corrupt=halve_the_second, emit=lambda *event: events.append(event))
    times_s = [at_s for at_s, _ in frames_until(made, 6.0)]
    assert seen[:3] == [1, 2, 3]
    assert [fields["corrupted"] for _, _, fields in events[:3]] == [False, True, False]
    assert events[1][2]["length"] == 100
    # What is shorter is through earlier.
    assert times_s[2] - times_s[1] == pytest.approx(100 * 10 / 1200 + GAP_S)
    made.corrupt = None
    assert decode(made.step(10.0))


def test_a_frame_that_is_not_sent_leaves_its_time_empty() -> None:
    made = meter()
    length = len(made.step(0.0))
    cycle_s = made.next_deadline_s()
    made.corrupt = lambda _frame, _number: b""
    assert made.step(cycle_s) == b""
    assert made.next_deadline_s() == pytest.approx(2 * cycle_s)
    assert cycle_s == pytest.approx(length * 10 / 1200 + GAP_S)


@settings(derandomize=True, max_examples=100, deadline=None)
@given(
    st.sampled_from(["historique", "standard"]),
    st.lists(st.tuples(st.floats(0, 5), st.sampled_from(["step", "step", "interrupt", "mode"])), max_size=20),
)
def test_however_it_is_stepped_two_frames_never_overlap(mode: str, moves: list[tuple[float, str]]) -> None:
    made = meter(mode, phases=1)
    now_s = 0.0
    free_s = 0.0
    for pause_s, move in moves:
        now_s += pause_s
        if move == "step":
            due_s = made.next_deadline_s()
            sent = made.step(now_s)
            assert bool(sent) == (due_s <= now_s)
            if sent:
                assert now_s >= free_s
                free_s = now_s + len(sent) * 10 / made.baud
            assert made.step(now_s) == b""
        elif move == "interrupt":
            cut = made.interrupt(now_s, 1.0)
            assert cut == (now_s < free_s)
            free_s = min(free_s, now_s)
            if cut:
                assert made.step(now_s) == b"\x04"
                free_s = now_s + 10 / made.baud
            assert made.next_deadline_s() >= now_s + 1.0
        else:
            made.set_mode("standard" if made.mode.name == "historique" else "historique")
    assert made.next_deadline_s() >= free_s


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"mode": "linky"}, "no TIC mode 'linky'; there is historique, standard"),
        ({"phases": 2}, "a meter has 1 or 3 phases, not 2"),
        ({"gap_s": -0.1}, "the gap between frames cannot be -0.1 s"),
        ({"baud": 0}, "a baud rate is above 0, not 0"),
        ({"curve_s": 0}, "does not fit into a day"),
        ({"index_wh": (1,) * 11}, "there are 10 indexes"),
    ],
)
def test_meters_that_do_not_exist_are_refused(options: dict[str, Any], message: str) -> None:
    with pytest.raises(BadConfiguration, match=message):
        meter(**options)


def test_a_site_beyond_the_format_is_named() -> None:
    with pytest.raises(BadConfiguration, match="PAPP: a whole number from 0 to 99999 is needed, not 115000"):
        meter(read=site(500.0, phases=1).read, phases=1).step(0.0)
