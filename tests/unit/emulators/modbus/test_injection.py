"""Faults that are on a meter, and for how long."""

from __future__ import annotations

import pytest

from emulators.errors import BadConfiguration
from emulators.modbus import faults
from emulators.modbus.faults import Answer
from emulators.modbus.injection import Injections


def test_each_lasts_its_answers() -> None:
    injections = Injections()
    assert not injections
    injections.add(faults.late(1.0), 2)
    injections.add(faults.frozen(), None)
    injections.add(faults.zero_current(), 1)
    lasting = []
    for _ in range(3):
        lasting.append(injections.names)
        injections.count()
    assert lasting == [("late", "frozen", "zero-current"), ("late", "frozen"), ("frozen",)]
    assert injections.frozen
    injections.clear()
    assert (bool(injections), injections.frozen, injections.names) == (False, False, ())


def test_it_tells_when_one_ends() -> None:
    injections = Injections()
    injections.add(faults.zero_current(), 2)
    assert [injections.count() for _ in range(3)] == [False, True, False]


def test_they_act_one_after_the_other() -> None:
    injections = Injections()
    injections.add(faults.zero_current("current_l1_a"), None)
    injections.add(faults.overflow("power_w"), None)
    injections.add(faults.late(1.0), None)
    injections.add(faults.wrong_unit(2), None)
    values = {"current_l1_a": 5.0, "current_l2_a": 6.0, "power_w": 7.0}
    assert injections.values(values) == {"current_l1_a": 0.0, "current_l2_a": 6.0, "power_w": float("inf")}
    assert injections.answer(Answer(1, b"\x04", 0.5)) == Answer(3, b"\x04", 1.5)


def test_no_answer_at_all_is_no_time() -> None:
    with pytest.raises(BadConfiguration, match="lasts 1 answer or more, not 0"):
        Injections().add(faults.frozen(), 0)
