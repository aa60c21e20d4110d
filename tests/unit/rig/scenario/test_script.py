"""Checking a scenario: its times, its words, and the settings that follow from its bench."""

from __future__ import annotations

import pytest

from rig.errors import ConfigurationError
from rig.scenario.file import parse
from rig.scenario.script import Script, refusal, script


def steps(*texts: str, head: str = "") -> Script:
    return script(parse(head + "".join(f"\n[[step]]\n{text}\n" for text in texts)))


METER = '[bench]\nmeter = "dsmr5"\n'


def test_times() -> None:
    told = steps("reboot = true", "reboot = true", "after_s = 2.5\nreboot = true", "at_s = 10\nreboot = true",
                 "after_s = 1\nexpect = { pilot = 'A1', within_s = 30, clause = 'M3-001' }")  # fmt: skip
    assert [timed.at_s for timed in told.steps] == [0.0, 0.0, 2.5, 10.0, 11.0]
    assert [timed.number for timed in told.steps] == [1, 2, 3, 4, 5]
    assert told.ends_s == 41.0


def test_the_end_includes_what_is_counted_from() -> None:
    told = steps(
        "expect = { pilot = 'F', never_for_s = 5, after = { pilot = 'C2', within_s = 60 }, clause = 'M3-001' }"
    )
    assert told.ends_s == 65.0


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("at_s = 1\nafter_s = 1\nreboot = true", "step 2: at_s and after_s; give one of them"),
        ("after_s = -1\nreboot = true", "step 2: after_s is -1; 0 or more, please"),
        ("at_s = 4\nreboot = true", "step 2: at_s is 4, before the step above it at 5 s"),
        ("note = 'x'", "step 2: nothing happens in it; a step has one of plug, unplug,"),
        ("reboot = true\nhouse_a = 3", "step 2: house_a and reboot in one step; give each a step of its own"),
        ("house_a = [1, 2]", "step 2, house_a: 2 currents; give one for all phases, or L1, L2 and L3"),
        ("unplug = { socket = 2 }", "step 2, unplug: socket = 2; [bench] sockets = 1, so there is socket 1"),
        (
            "plug = { car = 'slwo' }",
            "step 2, plug: car: 'slwo' is no car; FILE.toml names one of yours; is slow meant?",
        ),
        ("plug = { car = { phase = 1 } }", "step 2, plug: car: 'phase' is no key; is phases meant?"),
        ("plug = { car = 'no.toml' }", "step 2, plug: no.toml: cannot be read"),
        ("car = {}", "step 2, car: nothing changes; give says, max_a or draw_a"),
        (
            "meter_fault = { fault = 'frosen' }",
            "step 2, meter_fault: fault: 'frosen' is no fault of a DSMR 5.0.2 meter on P1; is frozen meant?",
        ),
        (
            "line_fault = { fault = 'bitflip' }",
            "step 2, line_fault: fault: 'bitflip' is no fault of a line; is bit_flip meant?",
        ),
        ("line_fault = { fault = 'delay' }", "step 2, line_fault: with: Delay.__init__() missing"),
        (
            "line_fault = { fault = 'delay', with = { by = 3 } }",
            "step 2, line_fault: with.by: 'by' is no figure of this fault; is by_s meant?",
        ),
        (
            "pilot_fault = { fault = 'opne' }",
            "step 2, pilot_fault: fault: 'opne' is no fault of a pilot; is open meant?",
        ),
        ("pilot_fault = { fault = 'resistor_ohm' }", "step 2, pilot_fault: resistor_ohm: ohm goes with"),
        ("expect = { pilot = 'F' }", "step 2, expect: no clause judges it; give clause here"),
        ("expect = { clause = 'M3-002' }", "step 2, expect: nothing is expected; give one of offered_a,"),
        ("expect = { pilot = 'F', led = 'x', clause = 'M3-002' }", "step 2, expect: pilot and led at once"),
        (
            "expect = { pilot = 'C3', clause = 'M3-002' }",
            "step 2, expect: pilot: 'C3' is no state of a pilot; there is A1, A2,",
        ),
        ("expect = { pilot = 'F', clause = 'M3-02' }", "step 2, expect: clause: unknown clause 'M3-02'; did you mean"),
        (
            "expect = { pilot = 'F', clause = 'M3-002', within_s = 1, never_for_s = 1 }",
            "step 2, expect: within_s and never_for_s; give one",
        ),
        ("expect = { pilot = 'F', clause = 'M3-002', within_s = -1 }", "step 2, expect: within_s is -1; 0 or more"),
        (
            "expect = { pilot = 'F', clause = 'M3-002', not_before_s = 1 }",
            "step 2, expect: not_before_s goes with within_s",
        ),
        ("expect = { log = 'x', clause = 'M3-002' }", "step 2, expect: a log line is said at some time; give within_s"),
        ("expect = { log = '(', clause = 'M3-002', within_s = 1 }", "step 2, expect: log: '(' is no pattern:"),
        ("expect = { offered_a = {}, clause = 'M3-002' }", "step 2, expect: offered_a: give at_least, at_most or both"),
        (
            "expect = { offered_a = { at_least = 6 }, tolerance_a = 1, clause = 'M3-002' }",
            "step 2, expect: offered_a: a range needs no",
        ),
        (
            "expect = { pilot = 'F', clause = 'M3-002', after = { pilot = 'C2' } }",
            "step 2, expect: after goes with within_s",
        ),
        (
            "expect = { pilot = 'F', within_s = 1, clause = 'M3-002', after = { socket = 2, pilot = 'C2' } }",
            "step 2, expect: after: socket = 2;",
        ),
    ],
)
def test_what_is_wrong_with_a_step(text: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        steps("at_s = 5\nreboot = true", text, head=METER)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize(
    ("head", "message"),
    [
        ('[bench]\nmeter = "dsmr6"', "[bench] meter: 'dsmr6' is no meter; is dsmr5 meant?"),
        ('[bench]\nfeeder = "L3L3L3"', "[bench] feeder: 'L3L3L3' is no order of the phases; is"),
        ("[bench]\nfeeders = 2", "[bench]: a bench with sockets = 1 and feeders = 2; a station has"),
        (
            '[bench]\nsockets = 2\nfeeder_2 = "L1"',
            "[bench]: a bench with feeder_2 = L1 and one feeder; set feeders = 2",
        ),
        ("[bench]\nhouse_a = [1, 2, 3, 4]", "[bench] house_a: 4 currents"),
        ("clauses = ['XYZ-1']", "clauses: unknown clause 'XYZ-1'"),
    ],
)
def test_what_is_wrong_with_the_bench(head: str, message: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        steps(head=head)
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("text", ["meter_fault = { fault = 'frozen' }", "line_fault = { fault = 'stuck' }"])
def test_faults_of_a_meter_that_is_not_there(text: str) -> None:
    with pytest.raises(ConfigurationError, match="there is no"):
        steps(text)


def test_a_meter_on_tcp_has_no_serial_line() -> None:
    with pytest.raises(ConfigurationError, match="there is no serial line"):
        steps("line_fault = { fault = 'stuck' }", head='[bench]\nmeter = "e27"')


def test_settings_follow_from_the_bench_and_the_file_has_the_last_word() -> None:
    head = '[station]\nRJ11-Mode = "x"\n[bench]\nmeter = "dsmr5-1p"\nsockets = 2\nfeeders = 2\nfeeder_2 = "L2"\n'
    told = steps(head=head)
    assert told.settings == {
        "ALB-ProtocolSelection": "DSMR4.x/SMR5.0 (P1)",
        "RJ11-Mode": "x",
        "Phase-Connected": "L1",
    }
    assert steps().settings == {}


def test_what_the_station_says_to_the_settings() -> None:
    assert refusal(steps(head="[station]\nStation-MaxCurrent = 16.0")) == ""
    assert "Station-MaxCurrent" in refusal(steps(head="[station]\nStation-MaxCurrent = 99.0"))


def test_what_the_station_says_to_settings_of_what_is_built_into_it() -> None:
    sharing = '[station]\nStatic-LoadBalancing = "On"\nFeatureLicenseKey = "SLB"\nStation-MaxCurrent = 64.0\n'
    assert refusal(steps(head=sharing + "[bench]\nsockets = 2\nfeeders = 2\n")) == ""
    assert "[station]: Station-MaxCurrent" in refusal(steps(head=sharing + "[bench]\nsockets = 2\n"))


def test_what_the_station_says_to_a_change() -> None:
    assert refusal(steps("set = { Station-MaxCurrent = 10.0 }")) == ""
    why = refusal(steps("reboot = true", "set = { Station-MaxCurrent = 5.0 }"))
    assert why.startswith("step 2, set: Station-MaxCurrent: 5.0 is not allowed")
    expected = "expect = { refusal = 'not allowed', clause = 'CFG-003' }"
    assert refusal(steps("set = { Station-MaxCurrent = 5.0 }", expected)) == ""
    assert refusal(steps("set = { Station-MaxCurrent = 5.0 }", f"after_s = 1\n{expected}")) == why.replace("p 2", "p 1")


def test_clauses_are_those_of_the_expectations() -> None:
    told = steps(
        "expect = { pilot = 'A1' }",
        "expect = { pilot = 'A1', clause = ['M3-002', 'M3-001'] }",
        "expect = { pilot = 'A1', clause = 'OCP-024' }",
        head="clauses = ['M3-001']",
    )
    assert told.clauses == ("M3-001", "M3-002", "OCP-024")
