"""Signed current per phase from registers, and values that cannot be measurements."""

import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.errors import Malformed
from station.sources.modbus.currents import currents_a
from station.sources.modbus.mapping import EASTRON, SOCOMEC, RegisterMap
from station.sources.modbus.registers import Register

SDM230, SDM72D, SDM72CT = (EASTRON[f"Eastron {name}"] for name in ("SDM230", "SDM72D", "SDM72CT"))


def words(*, at: int, data: bytes) -> dict[int, bytes]:
    return {at + n // 2: data[n : n + 2] for n in range(0, len(data), 2)}


def eastron(currents: list[float], powers: list[float]) -> dict[int, bytes]:
    return words(at=6, data=struct.pack(">3f", *currents)) | words(at=12, data=struct.pack(">3f", *powers))


def read(registers: RegisterMap, values: dict[int, bytes]) -> list[float]:
    current_a, phases = currents_a(registers, values)
    assert phases == len(registers.currents)
    return [round(a, 2) for a in current_a]


def refused(registers: RegisterMap, values: dict[int, bytes]) -> str:
    with pytest.raises(Malformed) as caught:
        currents_a(registers, values)
    return str(caught.value)


@pytest.mark.parametrize(
    ("current", "power", "signed"),
    [
        (10.0, 2300.0, 10.0),
        (12.0, -2760.0, -12.0),  # O-25
        (12.0, -1.0, -12.0),
        (0.0, 0.0, 0.0),
        (6.0, 0.0, 6.0),  # reactive only: careful
        (0.4, 0.0, 0.4),
        (10.0, 2000.0, 10.0),  # power factor below 1
        (10.0, 2530.0, 10.0),  # 253 V
        (0.0, 2300.0, 10.0),  # no current, yet power: the power counts
        (0.1, 2300.0, 10.0),  # current a hundredth of what it should be
        (0.0, 200.0, 0.0),  # too little to be sure
        (0.0, -2300.0, 0.0),
        (-5.0, 1150.0, -5.0),  # a current with a sign of its own
        (-5.0, -1150.0, -5.0),
    ],
)
def test_direction_and_size(current: float, power: float, signed: float) -> None:
    assert read(SDM72D, eastron([current, 1.0, 2.0], [power, 230.0, 460.0])) == [signed, 1.0, 2.0]


def test_each_phase_has_its_own_direction() -> None:
    assert read(SDM72D, eastron([5.0, 6.0, 7.0], [-1150.0, 1380.0, -1610.0])) == [-5.0, 6.0, -7.0]


def test_one_phase() -> None:
    assert read(SDM230, eastron([5.0, 9.0, 9.0], [-1150.0, 0.0, 0.0])) == [-5.0, 0.0, 0.0]


def test_current_transformers() -> None:  # ALB-RTU-013, ALB-RTU-015
    """What the registers say is a hundredth; scaling both keeps them consistent."""
    assert read(SDM72CT, eastron([0.16, 0.1, 0.05], [36.8, -23.0, 11.5])) == [16.0, -10.0, 5.0]


def test_socomec_units() -> None:
    data = struct.pack(">3I", 16000, 10000, 5) + bytes(20) + struct.pack(">3i", 368, -230, 0)
    assert read(SOCOMEC, words(at=50528, data=data)) == [16.0, -10.0, 0.01]  # 5 mA, rounded here


def test_without_powers() -> None:
    registers = RegisterMap("test", currents=(Register(0, "signed", 16),))
    assert read(registers, {0: b"\x00\x05"}) == [5.0, 0.0, 0.0]
    assert read(registers, {0: b"\xff\xfb"}) == [-5.0, 0.0, 0.0]


class TestWrongWordOrder:
    def test_floats(self) -> None:
        wrong = replace(SDM72D, low_word_first=True)
        reason = refused(wrong, eastron([10.0, 10.0, 10.0], [2300.0] * 3))
        assert reason == (
            "register 6: 2.336e-41 A cannot be (0x41200000); "
            "with the high word first it would be 10 A: wrong word order?"
        )

    def test_whole_numbers(self) -> None:
        wrong = replace(SOCOMEC, low_word_first=True)
        data = struct.pack(">3I", 16000, 10000, 5) + bytes(20) + struct.pack(">3i", 368, -230, 0)
        reason = refused(wrong, words(at=50528, data=data))
        assert reason == (
            "register 50528: 1.049e+06 A cannot be (0x00003E80); "
            "with the high word first it would be 16 A: wrong word order?"
        )


@pytest.mark.parametrize("value", [5001.0, -5001.0, 1e30])
def test_a_current_that_cannot_be(value: float) -> None:
    reason = refused(SDM72D, eastron([1.0, value, 1.0], [0.0, 0.0, 0.0]))
    assert reason.startswith("register 8: ")
    assert reason.endswith("?")


def test_a_power_that_cannot_be() -> None:
    assert refused(SDM72D, eastron([1.0] * 3, [0.0, 0.0, 1e8])).startswith("register 16: 1e+08 W cannot be")


def test_one_register_has_no_other_order() -> None:
    registers = RegisterMap("test", currents=(Register(0, "unsigned", 16),))
    assert refused(registers, {0: b"\x20\x00"}) == (
        "register 0: 8192 A cannot be (0x2000); wrong register, type or scale?"
    )


def test_a_value_the_meter_does_not_have() -> None:
    reason = refused(SDM72D, eastron([1.0, float("nan"), 1.0], [0.0] * 3))
    assert reason == "register 8: the meter has no value there (0x7FC00000)"


def test_a_marker_in_the_other_order_is_no_hint() -> None:
    registers = RegisterMap("test", currents=(Register(0, "float", 32),))
    reason = refused(registers, {0: b"\x00\x00", 1: b"\x7f\xc0"})
    assert reason == "register 0: 4.583e-41 A cannot be (0x00007FC0); wrong register, type or scale?"


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.binary(min_size=24, max_size=24), st.booleans())
def test_any_registers_are_plausible_or_refused(data: bytes, low: bool) -> None:
    try:
        current_a, _ = currents_a(replace(SDM72D, low_word_first=low), words(at=6, data=data))
    except Malformed:
        return
    assert all(abs(a) <= 10_000 for a in current_a)


_AMPERES = st.floats(0.125, 1000.0, width=32)


@settings(derandomize=True, max_examples=300, deadline=None)
@given(st.lists(st.tuples(_AMPERES, st.booleans()), min_size=3, max_size=3))
def test_any_site_is_read_back(phases: list[tuple[float, bool]]) -> None:
    values = eastron([a for a, _ in phases], [a * (-230.0 if out else 230.0) for a, out in phases])
    current_a, _ = currents_a(SDM72D, values)
    assert list(current_a) == pytest.approx([-a if out else a for a, out in phases], rel=1e-6)
