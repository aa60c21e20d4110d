"""32 meters of mixed kinds at one house, each on its own port and read at its own pace, in virtual time."""

from __future__ import annotations

from benchmarks.meters_32 import METERS, mixed, run
from rig.meters import KINDS

# The slowest meter tells every 10 s: twice in this time, once of a house that no longer swings.
FOR_S = 21.0


def test_all_meters_tell_the_same_house_at_their_pace() -> None:
    kinds = mixed(METERS)
    assert len(kinds) == METERS
    assert {kind.id for kind in kinds} == set(KINDS)
    meters, _ = run(kinds, FOR_S)
    assert [meter.kind for meter in meters] == kinds
    assert [fault for meter in meters for fault in meter.faults(FOR_S)] == []
    assert all(len(meter.readings) >= 2 for meter in meters)


def test_a_meter_that_tells_something_else_is_noticed() -> None:
    """What the check above is worth: a meter asked for more, in values and in time, than it gives."""
    (meter,), _ = run(mixed(1), FOR_S)
    assert meter.faults(FOR_S) == []
    (late,) = meter.faults(FOR_S + 2.0)
    assert "the first and the last" in late
    del meter.readings[5]
    (gap,) = meter.faults(FOR_S)
    assert "[1.0, 2.0] s between readings" in gap
    meter.readings.clear()
    assert len(meter.faults(FOR_S)) == 2
