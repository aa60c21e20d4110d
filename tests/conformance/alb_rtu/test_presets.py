"""Eastron meters by their presets, others by a custom register mapping, and how the station asks on the bus."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rig.bench import Bench
from rig.case import Case
from rig.kit.balancing import OFFER_STEP_A, charging, judge_offer, meters, settings
from rig.meters import KINDS, MeterKind
from rig.meters.kinds import custom
from rig.meters.serial import RtuMeter

MAX_A = 25.0
HOUSE_A = (9.0, 5.0, 3.0)
INPUT_REGISTERS, FACTORY_UNIT = 4, 1
PRESETS = {"sdm230": "ALB-RTU-001", "sdm72d": "ALB-RTU-002", "sdm120ct": "ALB-RTU-003", "sdm72ct": "ALB-RTU-004"}
TRANSFORMERS = ["sdm120ct", "sdm72ct"]
# Without the factor of 100 the station would be off by nearly all of the current.
HUNDREDTH = 0.01


def rtu(bench: Bench) -> RtuMeter:
    assert isinstance(bench.meter, RtuMeter)
    return bench.meter


async def with_a_house(rig: Case, bench: Bench) -> None:
    """The house draws most on L1; a car of as many phases as the meter has charges beside it."""
    bench.house(*HOUSE_A[: bench.meter.kind.phases])
    await charging(rig, bench)


def presets() -> list[object]:
    return [
        pytest.param(
            KINDS[name],
            id=name,
            marks=pytest.mark.clause(clause, "ALB-RTU-006", "ALB-RTU-007", "ALB-RTU-008", "ALB-RTU-009"),
        )
        for name, clause in PRESETS.items()
    ]


@pytest.mark.parametrize("meter", presets())
async def test_preset(rig: Case, meter: MeterKind) -> None:
    """A meter with a preset: read over RS-485 by a station that polls it, at unit 1, by function 4"""
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await with_a_house(rig, bench)
        for clause in (PRESETS[meter.model], "ALB-RTU-006"):
            judge_offer(rig, bench, clause, f"offer beside {HOUSE_A[0]:g} A on L1", MAX_A - HOUSE_A[0], meter)
        requests = rig.timeline.of("request")
        sent = rig.timeline.of("frame", "rtu")
        rig.judge.holds(
            "ALB-RTU-007",
            "who speaks first on the bus",
            holds=bool(sent) and sent[0].data["dir"] == "b>a",
            seen="the station" if sent and sent[0].data["dir"] == "b>a" else "not the station",
            promised="the station polls, the meter answers (X-10)",
        )
        for clause, field, expected in (
            ("ALB-RTU-008", "unit", FACTORY_UNIT),
            ("ALB-RTU-009", "function", INPUT_REGISTERS),
        ):
            used = sorted({event.data[field] for event in requests})
            rig.judge.holds(
                clause,
                f"{field} in all requests",
                holds=used == [expected],
                seen=", ".join(map(str, used)) or "no request",
                promised=str(expected),
            )


@meters([KINDS[name] for name in ("b23", "em340", "iem3155", "sdm72ct-set")])
@pytest.mark.clause("ALB-RTU-012", "ALB-RTU-019")
async def test_custom_mapping(rig: Case, meter: MeterKind) -> None:
    """A meter without a preset, by the registers of its currents and of its real powers

    Integers and floats, high word first and low word first, A and mA, W and kW. The panels make L2 export, so the
    powers must have been read too: currents alone do not tell, on most of these meters.
    """
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.pv(0.0, 60.0, 0.0)
        await with_a_house(rig, bench)
        for clause in ("ALB-RTU-012", "ALB-RTU-019"):
            judge_offer(rig, bench, clause, f"offer beside {HOUSE_A[0]:g} A on L1", MAX_A - HOUSE_A[0], meter)


@meters([KINDS[name] for name in TRANSFORMERS])
@pytest.mark.clause("ALB-RTU-013", "ALB-RTU-015")
async def test_ratio_left_alone(rig: Case, meter: MeterKind) -> None:
    """Current transformers and a meter as it leaves the factory: it shows a hundredth, the station multiplies by 100"""
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await with_a_house(rig, bench)
        shown_a = rtu(bench).model.display(rig.now_s())["current_l1_a"]
        flowing_a = bench.site.read(rig.now_s()).current_a[0]
        assert abs(shown_a - flowing_a * HUNDREDTH) < OFFER_STEP_A * HUNDREDTH, "the emulated meter's own display"
        for clause in ("ALB-RTU-013", "ALB-RTU-015"):
            what = f"offer while the meter shows {shown_a:.4f} A"
            judge_offer(rig, bench, clause, what, MAX_A - HOUSE_A[0], meter)


_FLOATS_OF_ONE = custom(("0x0006 float 32",), ("0x000C float 32",), function="Input registers (FC 04)")
RATIO_SET = [
    pytest.param(
        replace(
            KINDS["sdm120ct"], id="sdm120ct-set", given={"ct_primary_a": 500},
            settings={"ALB-ProtocolSelection": "Modbus RTU", "mbrtu.preset": "Custom", **_FLOATS_OF_ONE},
        ),
        "ALB-RTU-016", id="sdm120ct", marks=pytest.mark.clause("ALB-RTU-016"),
    ),
    pytest.param(KINDS["sdm72ct-set"], "ALB-RTU-017", id="sdm72ct", marks=pytest.mark.clause("ALB-RTU-017")),
]  # fmt: skip


@pytest.mark.parametrize(("meter", "clause"), RATIO_SET)
async def test_ratio_set(rig: Case, meter: MeterKind, clause: str) -> None:
    """The ratio set in the meter and scaling factors of 1: the meter shows what flows, and the station reads that"""
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await with_a_house(rig, bench)
        shown_a = rtu(bench).model.display(rig.now_s())["current_l1_a"]
        judge_offer(rig, bench, clause, f"offer while the meter shows {shown_a:.2f} A", MAX_A - HOUSE_A[0], meter)


LINES = [(1, 2400, "8N1"), (1, 19200, "8E1"), (17, 9600, "8N2"), (247, 38400, "8O1")]


@pytest.mark.parametrize(("unit", "baud", "form"), LINES, ids=[f"{u}-{b}-{f}" for u, b, f in LINES])
@pytest.mark.clause("ALB-RTU-010")
async def test_line_settings(rig: Case, unit: int, baud: int, form: str) -> None:
    """Address, speed, parity and stop bits are settings: no document fixes them (O-29)"""
    meter = replace(
        KINDS["sdm72d"],
        given={"unit": unit, "baud": baud, "char_format": form},
        settings={
            **KINDS["sdm72d"].settings,
            "mbrtu.unit": unit, "mbrtu.baud": str(baud), "mbrtu.parity": form[1], "mbrtu.stop_bits": int(form[2]),
        },
    )  # fmt: skip
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot", "settings")
        await with_a_house(rig, bench)
        judge_offer(rig, bench, "ALB-RTU-010", f"offer at {baud} {form}", MAX_A - HOUSE_A[0], meter)


@meters([KINDS[name] for name in PRESETS])
@pytest.mark.clause("ALB-RTU-006")
async def test_silences_are_kept(rig: Case, meter: MeterKind) -> None:
    """Requests are whole and keep the silence before them: 3.5 characters, or what the meter needs

    Over ten minutes, with the meter's answers late now and then, so that requests come at odd times.
    """
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await with_a_house(rig, bench)
        for _ in range(10):
            with bench.meter.broken("late"):
                await rig.until(rig.now_s() + 5.0)
            await rig.until(rig.now_s() + 55.0)
        wrong = [*rig.timeline.of("hurried"), *rig.timeline.of("unheard")]
        rig.judge.never(
            "ALB-RTU-006",
            "a request that is no request, or that came too soon after an answer",
            event=wrong[0] if wrong else None,
            watched_s=rig.now_s() - bench.began_s,
            promised="none",
            clear_s=rtu(bench).model.line.gap_s,
        )
