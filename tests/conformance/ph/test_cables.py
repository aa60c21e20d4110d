"""Power cables in the settings: what one or two of them may carry to a station with two sockets of 32 A each."""

from __future__ import annotations

import pytest

from rig.case import Case
from rig.kit.settings import Given, SettingsCase

OUTLET_A = 32.0
STEP_A = 0.1
# A cable for two outlets is protected for one of them; two have a cable each (PH-026).
CABLES = {1: OUTLET_A, 2: 2 * OUTLET_A}


def cables(number: int, station_max_a: float, connector_max_a: float = OUTLET_A) -> Given:
    """A station of two sockets on so many cables."""
    return {
        "station.sockets": 2,
        "station.feeders": number,
        "Station-MaxCurrent": station_max_a,
        "Connector1-MaxCurrent": connector_max_a,
        "Connector2-MaxCurrent": connector_max_a,
    }


@pytest.mark.clause("PH-025")
async def test_more_on_a_cable_than_an_outlet_gives(rig: Case) -> None:
    """63 A on one cable with 32 A per socket does not go unsaid, on two cables it is in order"""
    case = SettingsCase(rig)
    key = "Station-MaxCurrent"
    for beyond_a in (OUTLET_A + STEP_A, 40.0, 63.0, 2 * OUTLET_A):
        case.advises("PH-025", f"{beyond_a:g} A on one cable", cables(1, beyond_a), key)
    case.is_content("PH-025", f"{OUTLET_A:g} A on one cable", cables(1, OUTLET_A), key)
    case.is_content("PH-025", "63 A on two cables", cables(2, 63.0), key)


@pytest.mark.parametrize("number", CABLES)
@pytest.mark.clause("PH-026")
async def test_32_a_for_each_cable(rig: Case, number: int) -> None:
    """A socket gives at most 32 A, so one cable brings 32 A and two bring 64 A, and not a tenth more"""
    case = SettingsCase(rig)
    most_a = CABLES[number]
    shown = {"Station-MaxCurrent": str(most_a)}
    case.takes("PH-026", f"{most_a:g} A, cables: {number}", cables(number, most_a), shown)
    case.advises("PH-026", "a tenth more", cables(number, most_a + STEP_A), "Station-MaxCurrent")
    case.refuses("PH-026", "more at a socket", cables(number, most_a, OUTLET_A + STEP_A))
