"""Several features limit the same sockets: the one that leaves least leads."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.kit.balancing import car, meters, one_of_each_port, settings
from rig.kit.sharing import judge_share, plugged_in
from rig.meters import MeterKind

# What leaves least, as station, socket and meter limit; and what each of two cars then has.
LEAST = {
    "station": (18.0, 32.0, 40.0, 9.0),
    "sockets": (32.0, 8.0, 40.0, 8.0),
    "meter": (32.0, 32.0, 24.0, 7.0),
}
# The house, on every phase; the meter's limit is for the house too.
HOUSE_A = 10.0


@pytest.mark.parametrize("least", LEAST)
@meters(one_of_each_port())
@pytest.mark.clause("CFG-058")
async def test_the_lowest_of_three(rig: Case, meter: MeterKind, least: str) -> None:
    """Standard and active load balancing together: station, socket or meter, whichever leaves least, leads (O-46)"""
    station_a, connector_a, meter_a, share_a = LEAST[least]
    config = {
        **settings(meter, meter_max_a=meter_a, station_max_a=station_a),
        "Static-LoadBalancing": "On",
        "Connector1-MaxCurrent": connector_a,
        "Connector2-MaxCurrent": connector_a,
    }
    async with rig.bench(config, meter=meter, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(HOUSE_A)
        await plugged_in(rig, bench, *[car(meter.phases)] * 2)
        for outlet in bench.outlets:
            judge_share(rig, outlet, "CFG-058", f"{least} leaves least", share_a, meter.error_a)
