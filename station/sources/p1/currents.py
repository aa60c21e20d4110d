"""Signed current per phase from one telegram, import positive. Pure.

The current lines of a P1 telegram carry no sign and mostly whole amperes; the direction of a phase is known only
from its import and export power (O-25, ALB-GEN-021). What there is to work with differs by version and country,
so per phase the best that the telegram allows is taken:

1. Power and voltage (5.x, most Belgian): I = (import - export) / U. Active current only.
2. Power without voltage (4.x): direction from the power; size from the power at nominal voltage and from the
   current line. Neither is exact (the voltage is a guess, the line is in whole amperes), so the one that leaves
   less for charging counts: the larger of two imports, the smaller of two exports.
3. No power for the phase (Belgian version 50213): the current line as it is, as import.

A one-phase meter without power lines per phase is read from its totals. On three phases totals say nothing.
A missing export line counts as no export.

Where there is no neutral (Belgian 3 x 230 V), meters print 0 kW, and sometimes 0 V, for a phase that carries a
current all the same. So when the power is exactly zero and the current line disagrees by more than rounding, or the
voltage is missing, the current line is taken, as import: too careful rather than blind.
"""

from math import copysign

from station.errors import Malformed
from station.sources.p1.codec import P1Telegram

NOMINAL_V = 230.0
# Less than this on a phase that carries power is a fault of the meter, not a voltage to divide by.
LIVE_V = 1.0
# Whole-ampere lines are off by up to one ampere; from here on a current that comes with 0.000 kW is real.
UNEXPLAINED_A = 2.0

_PHASES_OF_METER = {(True, False, False): 1, (True, True, True): 3}


def currents_a(telegram: P1Telegram) -> tuple[tuple[float, float, float], int]:
    """Currents of L1, L2, L3 in A, import positive and 0.0 for phases the meter lacks, and how many phases it has.

    Raises Malformed, naming the phase and what is missing, when the telegram does not tell.
    """
    phases = _PHASES_OF_METER.get(telegram.has_phase)
    if phases is None:
        seen = [f"L{n}" for n, there in enumerate(telegram.has_phase, 1) if there]
        raise Malformed(f"lines about {' and '.join(seen) or 'no phase at all'}: L1, or L1 to L3, expected")
    if phases == 1:
        return (_phase_a(telegram, 0, one_phase=True), 0.0, 0.0), phases
    return (_phase_a(telegram, 0), _phase_a(telegram, 1), _phase_a(telegram, 2)), phases


def _phase_a(telegram: P1Telegram, phase: int, *, one_phase: bool = False) -> float:
    import_kw, export_kw = telegram.phase_import_kw[phase], telegram.phase_export_kw[phase]
    if import_kw is None and one_phase:
        import_kw, export_kw = telegram.import_kw, telegram.export_kw
    voltage_v, current_a = telegram.voltage_v[phase], telegram.current_a[phase]

    if import_kw is None:
        if current_a is None:
            raise Malformed(f"L{phase + 1}: neither import power nor current in the telegram")
        return current_a
    power_w = (import_kw - (export_kw or 0.0)) * 1000.0
    if power_w == 0.0 and current_a is not None and (abs(current_a) >= UNEXPLAINED_A or (voltage_v or 0.0) < LIVE_V):
        return abs(current_a)
    if voltage_v is None:
        by_power_a = power_w / NOMINAL_V
        return by_power_a if current_a is None else max(by_power_a, copysign(current_a, power_w))
    if voltage_v < LIVE_V:
        raise Malformed(f"L{phase + 1}: {voltage_v} V with {power_w:.0f} W: no current can be told from that")
    return power_w / voltage_v
