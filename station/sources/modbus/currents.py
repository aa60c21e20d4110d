"""Signed current per phase from what the registers say, import positive. Pure.

Meters on Modbus give currents without a sign as a rule; the direction is that of the active power of the phase
(O-25). A current with a sign of its own keeps it. A phase for which there is no power counts as importing.

A current that is too small for the imported power beside it, whatever the voltage, is not believed: the power at
nominal voltage takes its place, which is too careful rather than blind.
"""

from collections.abc import Mapping

from station.errors import Malformed
from station.sources.modbus.mapping import RegisterMap
from station.sources.modbus.registers import Register

NOMINAL_V = 230.0
# Below this current a power is too little to contradict it; the highest voltage there is: 230 V and 10 %.
SURE_A = 1.0
HIGHEST_V = 253.0
# What no meter of a site says: wrong word order, wrong type or wrong register.
IMPLAUSIBLE_A = 5000.0
IMPLAUSIBLE_W = 2_000_000.0
# A float that is neither zero nor at least this is not a measurement either: its words are swapped.
TINY = 1e-9

Triple = tuple[float, float, float]


def currents_a(register_map: RegisterMap, words: Mapping[int, bytes]) -> tuple[Triple, int]:
    """Currents of L1, L2, L3 in A, 0.0 for phases the map lacks, and how many phases it has.

    `words` has the two bytes of every register that the map names. Raises Malformed, naming the register, when a
    value is missing or cannot be a measurement.
    """
    currents = [_value(register_map, words, register, IMPLAUSIBLE_A, "A") for register in register_map.currents]
    powers = [_value(register_map, words, register, IMPLAUSIBLE_W, "W") for register in register_map.powers]
    signed = [_signed(current_a, powers[n] if powers else None) for n, current_a in enumerate(currents)]
    one, two, three = [*signed, 0.0, 0.0][:3]
    return (one, two, three), len(signed)


def _signed(current_a: float, power_w: float | None) -> float:
    if power_w is None or current_a < 0:
        return current_a
    if power_w < 0:
        return -current_a
    return current_a if power_w <= (current_a + SURE_A) * HIGHEST_V else power_w / NOMINAL_V


def _value(
    register_map: RegisterMap, words: Mapping[int, bytes], register: Register, implausible: float, unit: str
) -> float:
    raw = b"".join(words[register.address + n] for n in range(register.count))
    value = register.value(raw, low_word_first=register_map.low_word_first)
    if _plausible(value, register, implausible):
        return value
    hint = "wrong register, type or scale?"
    if register.count > 1:
        other = _other_order(register_map, register, raw)
        if other is not None and _plausible(other, register, implausible):
            order = "high" if register_map.low_word_first else "low"
            hint = f"with the {order} word first it would be {other:.4g} {unit}: wrong word order?"
    raise Malformed(f"register {register.address}: {value:.4g} {unit} cannot be (0x{raw.hex().upper()}); {hint}")


def _plausible(value: float, register: Register, implausible: float) -> bool:
    tiny = register.type == "float" and value != 0.0 and abs(value) < TINY
    return abs(value) <= implausible and not tiny


def _other_order(register_map: RegisterMap, register: Register, raw: bytes) -> float | None:
    try:
        return register.value(raw, low_word_first=not register_map.low_word_first)
    except Malformed:
        return None
