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
from station.sources.tic.codec import CHECK_B, TicFrame

NOMINAL_V = 230.0
# A Linky carries at most 90 A per phase; figures beyond this are garbage.
CARRIES_A = 100.0
# Current groups are whole amperes; two figures for one current agree if they are not further apart than this.
AGREE_A = 1.0
# From here on a current that comes with no imported power flows out; below, it may be rounding.
EXPORTS_FROM_A = 1.0

# The groups that are read, by how many digits they have.
_LABELS = {
    3: (b"IINST", b"IINST1", b"IINST2", b"IINST3", b"IRMS1", b"IRMS2", b"IRMS3", b"URMS1", b"URMS2", b"URMS3"),
    5: (b"PAPP", b"SINSTS", b"SINSTS1", b"SINSTS2", b"SINSTS3", b"SINSTI"),
}
_DIGITS = {label: digits for digits, labels in _LABELS.items() for label in labels}
# What only three-phase meters send in standard mode.
_OF_THREE_PHASES = frozenset({b"IRMS2", b"IRMS3", b"URMS2", b"URMS3", b"SINSTS2", b"SINSTS3"})

Triple = tuple[float, float, float]
Tails = Mapping[bytes, bytes]


def currents_a(frame: TicFrame) -> tuple[Triple, int]:
    """Currents of L1, L2, L3 in A, import positive and 0.0 for phases the meter lacks, and how many phases it has.

    Raises Malformed, naming the group, when the frame does not tell.
    """
    if frame.mode == "standard":
        return _standard(frame.tails)
    return _historique(frame.tails)


def _number(tails: Tails, label: bytes) -> float | None:
    """The number in a group, None where there is no such group. Raises Malformed when it has not its digits."""
    tail = tails.get(label)
    if tail is None:
        return None
    number = tail[:-CHECK_B]
    if len(number) != _DIGITS[label] or not number.isdigit():
        raise Malformed(f"{label.decode()} {number.decode('ascii')!r}: {_DIGITS[label]} digits expected")
    return float(number)


def _per_phase(tails: Tails, one: bytes, two: bytes, three: bytes) -> Triple:
    """The groups of the three phases. Raises Malformed when one is missing: that is not a one-phase meter."""
    one_a, two_a, three_a = _number(tails, one), _number(tails, two), _number(tails, three)
    if one_a is None or two_a is None or three_a is None:
        missing = [label.decode() for label in (one, two, three) if label not in tails]
        raise Malformed(f"no {' and no '.join(missing)} in a frame about three phases")
    return one_a, two_a, three_a


def _historique(tails: Tails) -> tuple[Triple, int]:
    power_va = _number(tails, b"PAPP")
    if b"IINST1" in tails or b"IINST2" in tails or b"IINST3" in tails:
        return _historique_three(_per_phase(tails, b"IINST1", b"IINST2", b"IINST3"), power_va), 3
    current_a = _number(tails, b"IINST")
    if current_a is None:
        raise Malformed("no IINST in the frame: it does not tell the current")
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


def _standard(tails: Tails) -> tuple[Triple, int]:
    import_va, export_va = _number(tails, b"SINSTS"), _number(tails, b"SINSTI") or 0.0
    if not _OF_THREE_PHASES.isdisjoint(tails):
        return _standard_three(tails, import_va, export_va), 3
    current_a, voltage_v = _number(tails, b"IRMS1"), _number(tails, b"URMS1") or 0.0
    if current_a is None:
        raise Malformed("no IRMS1 in the frame: it does not tell the current")
    if import_va is None:
        return (current_a, 0.0, 0.0), 1
    if import_va == 0.0 and export_va > 0.0 and voltage_v > 0.0:
        finer_a = -export_va / voltage_v
        return (finer_a if finer_a >= -CARRIES_A else -current_a, 0.0, 0.0), 1
    return (_directed(current_a, voltage_v, import_va), 0.0, 0.0), 1


def _standard_three(tails: Tails, total_import_va: float | None, total_export_va: float) -> Triple:
    current_a = _per_phase(tails, b"IRMS1", b"IRMS2", b"IRMS3")
    voltage_v = _per_phase(tails, b"URMS1", b"URMS2", b"URMS3")
    import_va = _per_phase(tails, b"SINSTS1", b"SINSTS2", b"SINSTS3")
    signed_a = [_directed(*phase) for phase in zip(current_a, voltage_v, import_va, strict=True)]
    exporting = [n for n in range(3) if signed_a[n] < 0]
    if len(exporting) == 1 and total_import_va is not None:
        (n,) = exporting
        total_va = total_import_va or -total_export_va
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
