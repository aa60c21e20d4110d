"""Panels on the roof: what the meter shows then, and what that leaves for the car (table S-PV)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from rig.case import Case
from rig.kit.balancing import DSMR4, DSMR5, METER_ERROR_A, OFFER_STEP_A, STATION_MAX_A, car, settings

MAX_A = 16.0
SETTLE_S = 200.0


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


def rows() -> list[object]:
    return [
        pytest.param(row, meter, id=f"{row.clause}-{meter}", marks=pytest.mark.clause(row.clause, SIGN, *row.more))
        for row in TABLE
        for meter in (DSMR5, DSMR4)
    ]


@pytest.mark.parametrize(("row", "meter"), rows())
async def test_table(rig: Case, row: Row, meter: str) -> None:
    """A row of the solar table: the currents of a P1 telegram have no sign, the station has to find it

    House, panels and car draw and feed in what the row says. The station must offer 16 A less what the house takes and
    more what the panels give, up to its own 32 A: that shows which figure, with which sign, it read from the meter.
    """
    async with rig.bench(settings(meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(row.house_a)
        bench.pv(row.pv_a)
        await bench.telegrams(2)
        vehicle = bench.plug_in(car())
        if row.ev_a:
            vehicle.set_fixed_draw(row.ev_a)
        else:
            vehicle.stop()
        bench.poke()
        await rig.until(rig.now_s() + SETTLE_S)
        left_a = min(STATION_MAX_A, MAX_A - (row.house_a - row.pv_a))
        off_a = METER_ERROR_A[meter] + OFFER_STEP_A
        meter_a = bench.site.read(rig.now_s()).current_a[0]
        for clause in (row.clause, SIGN, *row.more):
            rig.judge.value(
                clause,
                f"offer when the meter carries {row.meter_a:g} A",
                measured=bench.observed.offered_a,
                limit=left_a,
                unit="A",
                early=off_a,
                late=off_a,
                evidence={"at_s": rig.now_s(), "meter_a": meter_a},
            )
