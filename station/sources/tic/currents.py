"""Signed current per phase from one frame, import positive. Pure.

No TIC group carries the direction of a phase (O-25, O-28). What tells it is the apparent power taken from the grid,
which reads 0 while power flows out:

- standard, per phase: SINSTSn above 0 is import, SINSTSn / URMSn (1 VA and 1 V, so finer than IRMSn). SINSTSn 0 with
  a current of 1 A or more is export: -IRMSn, in whole amperes. Where exactly one phase exports, the totals tell it
  finer: the meter adds the phases with their signs and prints the sum as SINSTS or, negative and for producers only,
  as SINSTI. The finer figure is taken when it agrees with IRMSn.
- standard, one phase: the same with SINSTS, SINSTI and URMS1.
- historique, one phase: PAPP 0 with a current of 1 A or more is export, -IINST. Import is the larger of IINST and
  PAPP at nominal voltage: neither is exact (whole amperes; a guessed voltage), so the more careful one counts.
- historique, three phases: PAPP is the sum, and PAPP 0 says only that the sum flows out. A phase whose current
  outweighs the two others then must export. Any other phase counts as importing, which is too careful rather than
  blind: an equal export on three phases is not seen.

A meter that prints an apparent power no Linky can carry (a known fault of its firmware) is read by IRMSn.
"""

from collections.abc import Mapping

from station.errors import Malformed
from station.sources.tic.codec import TicFrame

NOMINAL_V = 230.0
# A Linky carries at most 90 A per phase; figures beyond this are garbage.
CARRIES_A = 100.0
# Current groups are whole amperes; two figures for one current agree if they are not further apart than this.
AGREE_A = 1.0
# From here on a current that comes with no imported power flows out; below, it may be rounding.
EXPORTS_FROM_A = 1.0

# Groups that are read, by how many digits they have.
_LABELS = {
    3: ("IINST", "IINST1", "IINST2", "IINST3", "IRMS1", "IRMS2", "IRMS3", "URMS1", "URMS2", "URMS3"),
    5: ("PAPP", "SINSTS", "SINSTS1", "SINSTS2", "SINSTS3", "SINSTI"),
}
_DIGITS = {label.encode(): (label, digits) for digits, labels in _LABELS.items() for label in labels}

Triple = tuple[float, float, float]


def currents_a(frame: TicFrame) -> tuple[Triple, int]:
    """Currents of L1, L2, L3 in A, import positive and 0.0 for phases the meter lacks, and how many phases it has.

    Raises Malformed, naming the group, when the frame does not tell.
    """
    values = _values(frame.data)
    if frame.mode == "standard":
        return _standard(values)
    return _historique(values)


def _values(data: Mapping[bytes, bytes]) -> dict[str, float]:
    values: dict[str, float] = {}
    for printed in _DIGITS.keys() & data.keys():
        label, digits = _DIGITS[printed]
        number = data[printed]
        if len(number) != digits or not number.isdigit():
            raise Malformed(f"{label} {number.decode('ascii')!r}: {digits} digits expected")
        values[label] = float(number)
    return values


def _per_phase(values: Mapping[str, float], label: str) -> Triple:
    """The groups of the three phases. Raises Malformed when one is missing: that is not a one-phase meter."""
    missing = [f"{label}{n}" for n in (1, 2, 3) if f"{label}{n}" not in values]
    if missing:
        raise Malformed(f"no {' and no '.join(missing)} in a frame about three phases")
    return values[f"{label}1"], values[f"{label}2"], values[f"{label}3"]


def _historique(values: Mapping[str, float]) -> tuple[Triple, int]:
    power_va = values.get("PAPP")
    if any(f"IINST{n}" in values for n in (1, 2, 3)):
        return _historique_three(_per_phase(values, "IINST"), power_va), 3
    if "IINST" not in values:
        raise Malformed("no IINST in the frame: it does not tell the current")
    current_a = values["IINST"]
    if power_va is None:
        return (current_a, 0.0, 0.0), 1
    if power_va == 0.0:
        return (-current_a if current_a >= EXPORTS_FROM_A else current_a, 0.0, 0.0), 1
    return (max(current_a, _capped(power_va / NOMINAL_V)), 0.0, 0.0), 1


def _historique_three(current_a: Triple, power_va: float | None) -> Triple:
    if power_va != 0.0:  # short frames, sent on overload, have no PAPP: nothing flows out then
        return current_a
    total_a = sum(current_a)
    one, two, three = (-a if a >= EXPORTS_FROM_A and a > total_a - a else a for a in current_a)
    return one, two, three


def _standard(values: Mapping[str, float]) -> tuple[Triple, int]:
    if any(f"{label}{n}" in values for label in ("IRMS", "URMS", "SINSTS") for n in (2, 3)):
        return _standard_three(values), 3
    if "IRMS1" not in values:
        raise Malformed("no IRMS1 in the frame: it does not tell the current")
    current_a, voltage_v = values["IRMS1"], values.get("URMS1", 0.0)
    import_va, export_va = values.get("SINSTS"), values.get("SINSTI", 0.0)
    if import_va is None:
        return (current_a, 0.0, 0.0), 1
    if import_va == 0.0 and export_va > 0.0 and voltage_v > 0.0:
        finer_a = -export_va / voltage_v
        return (finer_a if finer_a >= -CARRIES_A else -current_a, 0.0, 0.0), 1
    return (_directed(current_a, voltage_v, import_va), 0.0, 0.0), 1


def _standard_three(values: Mapping[str, float]) -> Triple:
    current_a = _per_phase(values, "IRMS")
    voltage_v, import_va = _per_phase(values, "URMS"), _per_phase(values, "SINSTS")
    signed_a = [_directed(*phase) for phase in zip(current_a, voltage_v, import_va, strict=True)]
    exporting = [n for n in range(3) if signed_a[n] < 0]
    if len(exporting) == 1 and "SINSTS" in values:
        (n,) = exporting
        total_va = values["SINSTS"] or -values.get("SINSTI", 0.0)
        if total_va and voltage_v[n]:
            finer_a = (total_va - sum(import_va)) / voltage_v[n]
            if abs(finer_a - signed_a[n]) <= AGREE_A:
                signed_a[n] = finer_a
    one, two, three = signed_a
    return one, two, three


def _directed(current_a: float, voltage_v: float, import_va: float) -> float:
    """Current of one phase by the rule for standard mode."""
    if import_va == 0.0:
        return -current_a if current_a >= EXPORTS_FROM_A else current_a
    if voltage_v == 0.0:
        return current_a
    by_power_a = import_va / voltage_v
    return by_power_a if by_power_a <= CARRIES_A else current_a


def _capped(by_power_a: float) -> float:
    return by_power_a if by_power_a <= CARRIES_A else 0.0
