"""Switching faults on and off."""

from __future__ import annotations

from random import Random

import pytest

from rig.errors import HarnessError
from rig.lines.faults import Drop, Fault, Stuck, Unplug
from rig.lines.injection import Faults, Injection

Changes = list[tuple[str, bool]]


def make(seed: int = 1) -> tuple[Faults, Changes]:
    changes: Changes = []

    def changed(fault: Fault, on: bool) -> None:
        changes.append((fault.kind, on))

    return Faults(Random(seed), changed), changes


def kinds(faults: Faults, direction: str) -> list[str]:
    return [fault.kind for fault, _rng in faults.acting(direction)]


def test_faults_act_in_their_direction_in_the_order_of_their_beginning() -> None:
    faults, changes = make()
    with Injection(faults, Stuck(direction="b>a")), Injection(faults, Drop()):
        assert kinds(faults, "a>b") == ["drop"]
        assert kinds(faults, "b>a") == ["stuck", "drop"]
        assert not faults.line_parted
    assert kinds(faults, "b>a") == []
    assert changes == [("stuck", True), ("drop", True), ("drop", False), ("stuck", False)]


def test_a_fault_ends_with_its_block_also_when_that_fails() -> None:
    faults, _ = make()

    def failing_case() -> None:
        with Injection(faults, Unplug()):
            assert kinds(faults, "a>b") == ["unplug"]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing_case()
    assert kinds(faults, "a>b") == []


def test_two_equal_faults_end_apart() -> None:
    faults, _ = make()
    first, second = Injection(faults, Unplug()), Injection(faults, Unplug())
    first.start()
    second.start()
    first.stop()
    assert faults.line_parted
    second.stop()
    assert not faults.line_parted


def test_a_fault_may_come_back_and_not_begin_twice() -> None:
    faults, changes = make()
    injection = Injection(faults, Drop())
    injection.stop()
    injection.start()
    with pytest.raises(HarnessError, match="drop acts already"):
        injection.start()
    injection.stop()
    injection.stop()
    injection.start()
    assert changes == [("drop", True), ("drop", False), ("drop", True)]


def test_each_fault_has_chance_of_its_own_fixed_by_the_seed() -> None:
    def draws(seed: int) -> list[float]:
        faults, _ = make(seed)
        for _ in range(3):
            Injection(faults, Drop()).start()
        return [rng.random() for _fault, rng in faults.acting("a>b")]

    assert draws(1) == draws(1)
    assert len({*draws(1), *draws(2)}) == 6
