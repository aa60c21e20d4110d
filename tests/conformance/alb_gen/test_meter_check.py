"""The button 'Test Smart Meter': the actual current per phase, or words from which somebody can tell what is wrong."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest

from rig.case import Case
from rig.kit.balancing import meters, settings
from rig.meters import KINDS, MeterKind

HOUSE_A = (9.0, 5.0, 3.0)
# A meter has renewed its registers by then.
RENEWED_S = 2.0
CURRENT = re.compile(r"L([123]) (-?\d+\.\d\d) A")


@meters()
@pytest.mark.clause("ALB-GEN-048")
async def test_currents_are_shown(rig: Case, meter: MeterKind) -> None:
    """If the meter is configured correctly its currents are shown, phase by phase, as they are"""
    async with rig.bench(settings(meter, meter_max_a=25.0), meter=meter, station_on=False) as bench:
        bench.house(*HOUSE_A[: meter.phases])
        await rig.until(rig.now_s() + RENEWED_S)
        said = await bench.check_meter()
        shown_a = {int(phase): float(current) for line in said for phase, current in CURRENT.findall(line)}
        flowing_a = dict(enumerate(HOUSE_A[: meter.phases], 1))
        rig.judge.holds(
            "ALB-GEN-048",
            "what the test of the meter says",
            holds=shown_a.keys() == flowing_a.keys()
            and all(abs(shown_a[phase] - current_a) <= meter.error_a + 0.01 for phase, current_a in flowing_a.items()),
            seen="; ".join(said) or "nothing",
            promised=", ".join(f"L{phase} {current_a:.2f} A" for phase, current_a in flowing_a.items()),
        )


@dataclass(frozen=True, slots=True)
class Wrong:
    """A setting that does not fit the meter, and what has to be in the words about it."""

    meter: str
    change: dict[str, object]
    told: str


WRONG = {
    "unit of a TCP meter": Wrong("e27", {"MBTCPSmart-SlaveUnitID": 7}, r"unit 7|no answer"),
    "unit of an RTU meter": Wrong("sdm72d", {"mbrtu.unit": 3}, r"no answer"),
    "speed of the bus": Wrong("sdm72d", {"mbrtu.baud": "19200"}, r"no answer"),
    "preset": Wrong("sdm230", {"mbrtu.preset": "Eastron SDM72D"}, r"L2 0\.00 A|exception 2"),
    "register": Wrong("iem3155", {"modbus.current_2": "0x9999 float 32"}, r"exception 2.*39321"),
    "function": Wrong("iem3155", {"modbus.function": "Input registers (FC 04)"}, r"exception 1.*function 4"),
    "word order": Wrong("em340", {"modbus.word_order": "High to Low"}, r"word order"),
    "word order of floats": Wrong("eem-ma370", {"modbus.word_order": "High to Low"}, r"word order"),
    "type": Wrong("b23", {"modbus.current_1": "0x5B0C float 32"}, r"implausible|no value|type"),
}


@pytest.mark.parametrize("wrong", WRONG)
@pytest.mark.clause("ALB-GEN-048")
async def test_what_is_wrong_is_told(rig: Case, wrong: str) -> None:
    """A setting that does not fit the meter: no wrong current is shown, and the words lead to the mistake"""
    row = WRONG[wrong]
    meter = KINDS[row.meter]
    config = {**settings(meter, meter_max_a=25.0), **row.change}
    async with rig.bench(config, meter=meter, station_on=False) as bench:
        bench.house(*HOUSE_A[: meter.phases])
        await rig.until(rig.now_s() + RENEWED_S)
        said = await bench.check_meter()
        text = "; ".join(said)
        rig.judge.holds(
            "ALB-GEN-048",
            f"what is said with a wrong {wrong}",
            holds=re.search(row.told, text) is not None,
            seen=text or "nothing",
            promised=f"words like {row.told}",
        )
