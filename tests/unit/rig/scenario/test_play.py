"""Scenarios on the bench: every action does what it says, and what is expected is judged."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from rig import paths
from rig.case import Case
from rig.errors import ConfigurationError, Finding
from rig.options import RunOptions
from rig.scenario import Script, found, load, play, script
from rig.scenario.file import parse
from rig.scenario.form import Drive, Expect, Plug, Scenario, Step
from rig.timeline import Event

HEAD = """
clauses = ["M3-001"]
[station]
Station-MaxCurrent = 16.0
Connector1-MaxCurrent = 16.0
"""
METER = """
clauses = ["ALB-GEN-009"]
[station]
FeatureLicenseKey = "ALB"
Active-LoadBalancing = "On"
SmartMeter-MaxCurrent = 25.0
Safe-MaxCurrent = 8.0
[bench]
meter = "dsmr5"
house_a = 10.0
"""


def played(told: Script) -> Case:
    case = Case("scenario/it", RunOptions())
    try:
        case.run(play(case, told))
    finally:
        case.close()
    return case


def scenario(*steps: str, head: str = HEAD) -> Script:
    return script(parse(head + "".join(f"\n[[step]]\n{step}\n" for step in steps)))


def kept(*steps: str, head: str = HEAD) -> Case:
    case = played(scenario(*steps, head=head))
    case.judge.finish()
    return case


def events(case: Case, kind: str, **fields: Any) -> list[Event]:
    return [event for event in case.timeline.of(kind) if fields.items() <= event.data.items()]


def test_a_car_comes_and_goes() -> None:
    case = kept(
        "plug = { car = 'obedient-3p' }",
        "at_s = 30\nexpect = { offered_a = 16.0 }",
        "expect = { loaded_phases = 3 }",
        "expect = { led = 'dark blue steady' }",
        "expect = { limit_source = 'connector' }",
        "expect = { display = '^11.0 of' }",
        "unplug = {}",
        "expect = { pilot = 'A1', within_s = 1 }",
        "after_s = 5\nexpect = { contactor = 'open' }",
    )
    assert [event.data["number"] for event in events(case, "step")] == list(range(1, 10))
    assert case.judge.beyond == {"M3-001", "M3-002"}
    assert {verdict.clause for verdict in case.judge.verdicts} == {"M3-001", "M3-002"}


def test_what_the_car_wants() -> None:
    kept(
        "plug = { car = 'light-sleeper' }",
        "at_s = 30\ncar = { max_a = 10 }",
        "after_s = 2\nexpect = { drawn_a = 10.0 }",
        "car = { draw_a = 7.5 }",
        "after_s = 2\nexpect = { drawn_a = 7.5 }",
        "car = { draw_a = 'offer' }",
        "after_s = 2\nexpect = { drawn_a = 10.0 }",
        "car = { says = 'full' }",
        "after_s = 2\nexpect = { pilot = 'B2' }",
        "car = { says = 'ready' }",
        "after_s = 20\nexpect = { drawn_a = 10.0 }",
        "car = { says = 'asleep' }",
        "after_s = 2\nexpect = { pilot = 'B2', always_for_s = 100 }",
    )


def test_the_site_and_its_meter() -> None:
    case = kept(
        "plug = { car = 'obedient-3p' }",
        "at_s = 60\nexpect = { offered_a = 15.0 }",
        "expect = { grid_a = 25.0 }",
        "house_a = [12, 5, 5]",
        "after_s = 30\nexpect = { offered_a = 13.0 }",
        "pv_a = [6, 0, 0]",
        "after_s = 60\nexpect = { offered_a = 19.0 }",
        "meter_fault = { fault = 'unplugged' }",
        "expect = { log = 'safeMode: 8.0A', within_s = 15, clause = 'LOG-003' }",
        "after_s = 20\nexpect = { offered_a = 8.0 }",
        "meter_fault = { fault = 'unplugged', on = false }",
        "after_s = 90\nexpect = { offered_a = 19.0 }",
        "line_fault = { fault = 'stuck', with = { value = 255 } }",
        "after_s = 20\nexpect = { offered_a = 8.0 }",
        head=METER,
    )
    assert [event.data["on"] for event in events(case, "break")] == [True, False]
    assert [event.data["on"] for event in events(case, "fault", fault="stuck")] == [True, False]  # ends with the bench
    assert {"ALB-GEN-008"} < case.judge.beyond


def test_defects_of_pilot_and_mains() -> None:
    kept(
        "plug = { car = 'obedient-3p' }",
        "at_s = 30\npilot_fault = { fault = 'open' }",
        "after_s = 5\nexpect = { pilot = 'A1' }",
        "pilot_fault = { fault = 'open', on = false }",
        "after_s = 30\nexpect = { drawn_a = 16.0 }",
        "mains = { on = false }",
        "after_s = 1\nexpect = { drawn_a = 0.0 }",
        "mains = { on = true }",
        "after_s = 10\nexpect = { drawn_a = 16.0 }",
    )


def test_a_finding_says_which_step() -> None:
    case = played(scenario("plug = { car = 'obedient-3p' }", "at_s = 30\nexpect = { offered_a = 10.0 }"))
    with pytest.raises(Finding, match=r"M3-001 fail: step 2: offered 10 A on socket 1: measured 16\.0 A"):
        case.judge.finish()


def test_with_a_meter_the_scenario_begins_when_it_was_heard() -> None:
    case = kept("plug = { car = 'obedient-3p' }", head=METER)
    (plugged,) = events(case, "vehicle", what="plugged")
    assert plugged.at_s > 1.0


TWO_SOCKETS = """
clauses = ["SLB-001"]
[station]
FeatureLicenseKey = "SLB"
Static-LoadBalancing = "On"
Station-MaxCurrent = 20.0
[bench]
sockets = 2
feeder = "L2L3L1"
"""


def test_two_sockets() -> None:
    case = kept(
        "plug = { car = 'obedient-1p' }",
        "plug = { socket = 2, car = 'obedient-3p' }",
        "at_s = 30\nexpect = { offered_a = 10.0 }",
        "expect = { socket = 2, offered_a = 10.0 }",
        "expect = { socket = 2, loaded_phases = 3 }",
        "expect = { charging = 2 }",
        "car = { socket = 2, says = 'full' }",
        "pilot_fault = { socket = 1, fault = 'open' }",
        "after_s = 3\nexpect = { socket = 1, pilot = 'A1' }",
        "mains = { socket = 2, on = false }",
        "unplug = { socket = 2 }",
        "after_s = 3\nexpect = { charging = 0 }",
        head=TWO_SOCKETS,
    )
    assert {event.data["socket"]: event.data["phases"] for event in case.timeline.of("wiring")} == {
        1: "L1L3L2",
        2: "L2L3L1",
    }
    assert case.judge.beyond == {"ALT-020", "M3-001", "M3-002", "SLB-005"}


def test_two_cables() -> None:
    head = TWO_SOCKETS.replace("20.0", "32.0") + 'feeders = 2\nfeeder_2 = "L3L1L2"\n'
    case = kept("plug = { car = 'obedient-1p' }", "at_s = 30\nexpect = { offered_a = 32.0 }", head=head)
    assert [event.data["phases"] for event in case.timeline.of("wiring")] == ["L1L3L2", "L3L1L2"]


def test_a_session_that_begins_with_its_minute() -> None:
    case = kept(
        "plug = { car = 'chameleon' }",
        "at_s = 30\nexpect = { offered_a = 14.0 }",
        "at_s = 90\nexpect = { offered_a = 16.0 }",
        head=HEAD + "[bench]\nprobing = true\n",
    )
    assert case.judge.beyond == {"M3-001", "M3-002", "PRB-008"}


def test_the_external_contact() -> None:
    suspends = 'RJ11-Mode = "Suspend when an external circuit is closed"\n'
    kept(
        "plug = { car = 'obedient-3p' }",
        "at_s = 30\ncontact = 'closed'",
        "after_s = 5\nexpect = { offered_a = 0.0 }",
        "contact = 'open'",
        "after_s = 30\nexpect = { offered_a = 16.0 }",
        head=HEAD + suspends,
    )


def test_settings_hold_from_the_reboot_on() -> None:
    case = kept(
        "plug = { car = 'obedient-3p' }",
        "at_s = 30\nset = { Station-MaxCurrent = 10.0 }",
        "expect = { refusal = '^$' }",
        "after_s = 60\nexpect = { offered_a = 16.0 }",
        "reboot = true",
        "after_s = 1\nexpect = { offered_a = 0.0 }",
        "after_s = 90\nexpect = { offered_a = 10.0 }",
    )
    assert [event.data["station_a"] for event in case.timeline.of("limits")] == [16.0, 10.0]


def test_what_happens_while_it_reboots_happens_at_its_time() -> None:
    case = kept(
        "reboot = true",
        "after_s = 2\nplug = { car = 'obedient-3p' }",
        "after_s = 2\nset = { Station-MaxCurrent = 10.0 }",  # waits until somebody is there to be told
        "reboot = true",
        "at_s = 200\nexpect = { offered_a = 10.0 }",
    )
    began, again = (event.at_s for event in case.timeline.of("reboot"))
    (plugged,) = events(case, "vehicle", what="plugged")
    assert plugged.at_s - began == pytest.approx(2.0)
    assert again > began + 4.0
    (changed,) = case.timeline.of("configured")
    assert changed.data == {"changes": {"Station-MaxCurrent": 10.0}, "refusal": ""}


def test_settings_that_are_refused() -> None:
    kept(
        "set = { Station-MaxCurrent = 5.0 }",
        "expect = { refusal = 'Station-MaxCurrent: 5.0 is not allowed' }",
        "reboot = true",
    )
    with pytest.raises(Finding, match=r"step 1: the station does not take its settings: Station-MaxCurrent: 5\.0"):
        played(scenario("set = { Station-MaxCurrent = 5.0 }", "after_s = 1\nexpect = { refusal = 'x' }"))


def test_a_limit_that_comes_with_a_reboot_is_watched() -> None:
    head = METER.replace('Active-LoadBalancing = "On"', 'Active-LoadBalancing = "Off"')
    without = kept("plug = { car = 'obedient-3p' }", head=head)
    assert "ALB-GEN-008" not in without.judge.beyond
    later = kept("set = { Active-LoadBalancing = 'On' }", "reboot = true", "plug = { car = 'obedient-3p' }", head=head)
    assert "ALB-GEN-008" in later.judge.beyond


def test_a_step_about_a_car_that_is_not_there() -> None:
    with pytest.raises(ConfigurationError, match="the car on socket 1, where none is plugged in"):
        played(scenario("car = { says = 'full' }"))


def test_twice_the_same() -> None:
    steps = (
        "plug = { car = 'toggling' }",
        "at_s = 20\nline_fault = { fault = 'bit_flip', with = { probability = 0.001 } }",
        "at_s = 60\nhouse_a = 5",
    )
    first, second = (list(played(scenario(*steps, head=METER)).timeline.lines()) for _ in range(2))
    assert first == second


def test_invariants_can_be_left_out() -> None:
    case = kept("plug = { car = 'obedient-3p' }", head=HEAD + "[invariants]\ncontactor = false\n")
    assert case.judge.beyond == {"M3-002"}


@pytest.mark.parametrize("path", found(paths.fixtures() / "scenarios" / "examples"), ids=lambda path: path.name[:12])
def test_the_examples_are_kept(path: Path) -> None:
    played(load(path)).judge.finish()


def test_a_scenario_made_by_a_program() -> None:
    """As a state machine does it: whatever it tries, what has to hold all the time holds."""
    chance = random.Random(3)
    steps = [Step(plug=Plug(car="obedient-3p"))]
    steps += [Step(after_s=chance.uniform(1.0, 30.0), house_a=chance.uniform(0.0, 25.0)) for _ in range(20)]
    steps += [Step(after_s=5.0, car=Drive(says="full")), Step(expect=Expect(pilot="B2", within_s=5.0, clause="M3-001"))]
    told = script(
        Scenario(
            station={**parse(METER).station, "Safe-MaxCurrent": 6.0},
            bench=parse(METER).bench,
            steps=tuple(steps),
        )
    )
    case = played(told)
    assert [verdict.what for verdict in case.judge.verdicts if verdict.clause == "ALB-GEN-008"]
    assert all(verdict.verdict == "pass" for verdict in case.judge.verdicts if verdict.clause != "M3-001")
