"""Panels on the roof: what the meter shows then, and what that leaves for the car (table S-PV)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from rig.case import Case
from rig.kit.balancing import SETTLE_S, STATION_MAX_A, car, heard, is_below, judge_offer, settings, settled
from rig.meters import KINDS, MeterKind

MAX_A = 16.0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table, A: the meter's figure with its sign as the identity house + EV - PV gives it."""

    clause: str
    pv_a: float
    ev_a: float
    house_a: float
    meter_a: float
    more: tuple[str, ...] = ()


# Row 6 prints 12 where the identity, and its own last column, give 10.
TABLE = (
    Row("ALB-GEN-023", 0, 0, 0, 0),
    Row("ALB-GEN-024", 0, 0, 2, 2, ("ALB-GEN-019",)),
    Row("ALB-GEN-025", 0, 12, 0, 12, ("ALB-GEN-019",)),
    Row("ALB-GEN-026", 12, 0, 0, -12, ("ALB-GEN-020", "ALB-GEN-022")),
    Row("ALB-GEN-027", 12, 0, 12, 0, ("ALB-GEN-018",)),
    Row("ALB-GEN-028", 12, 0, 2, -10, ("ALB-GEN-020", "ALB-GEN-022")),
    Row("ALB-GEN-029", 12, 6, 0, -6, ("ALB-GEN-020", "ALB-GEN-022")),
    Row("ALB-GEN-030", 12, 12, 0, 0, ("ALB-GEN-018",)),
    Row("ALB-GEN-031", 12, 6, 2, -4, ("ALB-GEN-020", "ALB-GEN-022")),
    Row("ALB-GEN-032", 12, 6, 6, 0, ("ALB-GEN-018",)),
    Row("ALB-GEN-033", 12, 16, 2, 6, ("ALB-GEN-019",)),
)
SIGN = "ALB-GEN-021"


def tells(row: Row, meter: MeterKind) -> bool:
    """Whether the meter can tell what the row is about: most show an export, one way or another (ALB-GEN-021).

    Before the car draws, all that the panels give beyond the house is exported.
    """
    return row.pv_a <= row.house_a or meter.export_error_a is not None


def rows() -> list[object]:
    return [
        pytest.param(row, meter, id=f"{row.clause}-{meter}", marks=pytest.mark.clause(row.clause, SIGN, *row.more))
        for row in TABLE
        for meter in KINDS.values()
        if tells(row, meter)
    ]


@pytest.mark.parametrize(("row", "meter"), rows())
async def test_table(rig: Case, row: Row, meter: MeterKind) -> None:
    """A row of the solar table: many meters show currents without a sign, the station has to find it

    House, panels and car draw and feed in what the row says. The station must offer 16 A less what the house takes and
    more what the panels give, up to its own 32 A: that shows which figure, with which sign, it read from the meter.
    """
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(row.house_a)
        bench.pv(row.pv_a)
        await heard(rig, bench)
        vehicle = bench.plug_in(car(meter.phases))
        if row.ev_a:
            # A station may begin with less than that, and rise.
            await bench.observed.next("pilot", lambda event: not is_below(event, row.ev_a), within_s=SETTLE_S)
            vehicle.set_fixed_draw(row.ev_a)
        else:
            vehicle.stop()
        bench.poke()
        await settled(rig, bench)
        left_a = min(STATION_MAX_A, MAX_A - (row.house_a - row.pv_a))
        for clause in (row.clause, SIGN, *row.more):
            what = f"offer when the meter carries {row.meter_a:g} A"
            judge_offer(rig, bench, clause, what, left_a, meter, exporting=row.meter_a < 0)


@pytest.mark.parametrize("phase", [0, 1, 2], ids=["L1", "L2", "L3"])
@pytest.mark.parametrize(
    "meter", [kind for kind in KINDS.values() if kind.phases == 3 and kind.export_error_a is not None], ids=str
)
@pytest.mark.clause("ALB-GEN-020", "ALB-GEN-021")
async def test_panels_on_one_phase(rig: Case, meter: MeterKind, phase: int) -> None:
    """One-phase panels: one phase exports and two import, and each is taken for what it is

    The house draws 4 A on every phase, the panels feed 14 A into one. A three-phase car is offered what the two others
    leave; when they leave more, what the exporting phase leaves does not matter.
    """
    house_a, pv_a = 4.0, 14.0
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(house_a)
        bench.pv(*(pv_a if index == phase else 0.0 for index in range(3)))
        await heard(rig, bench)
        await bench.charge(car())
        await settled(rig, bench)
        for clause in ("ALB-GEN-020", "ALB-GEN-021"):
            judge_offer(rig, bench, clause, f"offer with panels on L{phase + 1}", MAX_A - house_a, meter)
        # Now the exporting phase is the fullest but for what the panels give.
        bench.house(*(house_a + pv_a if index == phase else 0.0 for index in range(3)))
        await settled(rig, bench)
        for clause in ("ALB-GEN-020", "ALB-GEN-021"):
            judge_offer(rig, bench, clause, f"offer with {house_a + pv_a:g} A beside them", MAX_A - house_a, meter)
