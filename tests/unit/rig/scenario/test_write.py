"""What is written reads as it was."""

from __future__ import annotations

import math

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from rig.scenario.file import parse
from rig.scenario.form import Anchor, BenchTable, Drive, Expect, LineFault, Plug, Range, Scenario, Step
from rig.scenario.write import text_of

TEXTS = st.text(st.characters(codec="utf-8"), max_size=20)
AMPERES = st.floats(0.0, 80.0) | st.tuples(*[st.floats(0.0, 80.0)] * 3)
CARS = TEXTS | st.dictionaries(TEXTS, TEXTS | st.integers(0, 99) | st.booleans() | st.floats(0, math.inf), max_size=3)
ACTIONS = st.one_of(
    st.builds(Step, after_s=st.none() | st.floats(0.0, 1e6), plug=st.builds(Plug, car=CARS, socket=st.integers(1, 2))),
    st.builds(Step, at_s=st.floats(0.0, 1e6), note=TEXTS, house_a=AMPERES),
    st.builds(Step, car=st.builds(Drive, draw_a=AMPERES | st.just("offer"), says=st.sampled_from(["ready", "asleep"]))),
    st.builds(Step, set=st.dictionaries(TEXTS, TEXTS | st.booleans() | st.integers(0, 99), max_size=2)),
    st.builds(
        Step,
        line_fault=st.builds(LineFault, fault=TEXTS, on=st.booleans(), with_=st.dictionaries(TEXTS, st.integers(0, 9))),
    ),
    st.builds(
        Step,
        expect=st.builds(
            Expect,
            offered_a=st.floats(0.0, 80.0) | st.builds(Range, at_least=st.floats(0.0, 80.0)),
            within_s=st.floats(0.0, 100.0),
            clause=TEXTS.filter(bool) | st.tuples(TEXTS, TEXTS),
            after=st.none() | st.builds(Anchor, pilot=TEXTS, within_s=st.floats(0.0, 100.0)),
        ),
    ),
)
SCENARIOS = st.builds(
    Scenario,
    name=TEXTS,
    description=TEXTS,
    seed=st.none() | st.integers(0, 10),
    station=st.dictionaries(TEXTS, TEXTS | st.integers(0, 99) | st.booleans(), max_size=3),
    bench=st.builds(BenchTable, sockets=st.sampled_from([1, 2]), house_a=AMPERES),
    steps=st.lists(ACTIONS, max_size=4).map(tuple),
)


@given(SCENARIOS)
def test_round_trip(scenario: Scenario) -> None:
    assert parse(text_of(scenario)) == scenario


def test_reads_well() -> None:
    scenario = Scenario(
        name="x",
        station={"Station-MaxCurrent": 16.0, "ocp.pause_s": 300},
        steps=(Step(plug=Plug(car="slow")), Step(after_s=5.0, house_a=(1.0, 2.0, 3.0))),
    )
    assert text_of(scenario) == (
        'name = "x"\n\n[station]\nStation-MaxCurrent = 16.0\n"ocp.pause_s" = 300\n\n'
        '[[step]]\nplug = { car = "slow" }\n\n[[step]]\nafter_s = 5.0\nhouse_a = [1.0, 2.0, 3.0]\n'
    )
    assert text_of(Scenario()) == ""
    assert msgspec.to_builtins(Scenario()) == {}
