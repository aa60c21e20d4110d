"""How the station talks to a Modbus TCP/IP meter: who connects, what it asks, and what it makes of the answers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest

from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import charging, judge_offer, meters, settings
from rig.meters import KINDS, MeterKind
from rig.meters.kinds import custom, three

E27 = KINDS["e27"]
TCP_METERS = [kind for kind in KINDS.values() if kind.port == "tcp"]
MAX_A = 25.0
HOUSE_A = (9.0, 5.0, 3.0)
KEEP_ALIVE = timing("ALB-TCP-005")
E27_UNIT = 5
# A meter that is sold with an RS-485 port, behind a gateway: any Modbus meter can be read over TCP/IP.
GATEWAY = replace(
    KINDS["eem-ma370"],
    id="b23-gateway",
    title="ABB B23 behind a gateway",
    model="abb-b23",
    settings={
        **{key: value for key, value in KINDS["eem-ma370"].settings.items() if not key.startswith("modbus.")},
        **custom(three(0x5B0C, "unsigned 32 x0.01"), three(0x5B16, "signed 32 x0.01")),
    },
)


@meters([*TCP_METERS, GATEWAY])
@pytest.mark.clause("ALB-TCP-001", "ALB-TCP-004", "ALB-TCP-015", "ALB-TCP-049")
async def test_reading(rig: Case, meter: MeterKind) -> None:
    """The station connects, asks, and reads the Socomec by its preset and others by a custom register mapping

    Big endian throughout, high word first unless the mapping says otherwise. Panels on L2, so that the sign counts.
    """
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        bench.house(*HOUSE_A)
        bench.pv(0.0, 60.0, 0.0)
        await charging(rig, bench)
        for clause in ("ALB-TCP-004", "ALB-TCP-015"):
            judge_offer(rig, bench, clause, f"offer beside {HOUSE_A[0]:g} A on L1", MAX_A - HOUSE_A[0], meter)
        connections = rig.timeline.of("connection")
        accepted = [event for event in connections if event.data["what"] == "accepted"]
        rig.judge.holds(
            "ALB-TCP-001",
            "connections in 200 s",
            holds=len(accepted) == 1 and len(connections) == 1,
            seen=", ".join(str(event.data["what"]) for event in connections) or "none",
            promised="one, opened by the station, that stays",
        )
        wrong = rig.timeline.of("unheard")
        requests = rig.timeline.of("request")
        refused = [event for event in requests if event.data["answer"] != "ok"]
        rig.judge.holds(
            "ALB-TCP-049",
            "requests by the rules of Modbus on TCP/IP",
            holds=bool(requests) and not wrong and not refused,
            seen=f"{len(requests)} well formed, {len(wrong)} for nobody, {len(refused)} refused",
            promised="all well formed, for registers that the meter has",
        )


@pytest.mark.clause("ALB-TCP-002", "ALB-TCP-028")
async def test_factory_settings_of_the_socomec(rig: Case) -> None:
    """Unit 5 and port 502, without either being set: what a Socomec E27 leaves the factory with

    The bench maps the port; the log names the one that the station means.
    """
    async with rig.bench(settings(E27, meter_max_a=MAX_A), meter=E27) as bench:
        rig.need(bench.capabilities, "pilot", "log")
        await charging(rig, bench)
        units = sorted({event.data["unit"] for event in rig.timeline.of("request")})
        rig.judge.holds(
            "ALB-TCP-028",
            "unit in all requests",
            holds=units == [E27_UNIT],
            seen=", ".join(map(str, units)) or "no request",
            promised=str(E27_UNIT),
        )
        with bench.meter.broken("silent"):
            await rig.until(rig.now_s() + 70.0)
        await rig.until(rig.now_s() + 10.0)
        texts = [str(event.data["text"]) for event in rig.timeline.of("log")]
        back = [text for text in texts if "connected via" in text]
        rig.judge.holds(
            "ALB-TCP-002",
            "where the station says that it is connected",
            holds=any(text.endswith(":502") for text in back),
            seen=", ".join(back) or "nothing said",
            promised="port 502",
        )


@meters(TCP_METERS)
@pytest.mark.clause("ALB-TCP-005")
async def test_the_connection_is_kept_alive(rig: Case, meter: MeterKind) -> None:
    """Requests come often enough that no meter closes the connection as idle, which it does after 60 s

    Ten minutes in which nothing changes.
    """
    async with rig.bench(settings(meter, meter_max_a=63.0), meter=meter) as bench:
        since_s = bench.began_s
        await rig.until(since_s + 10 * KEEP_ALIVE.value_s)
        asked_s = [since_s, *(event.at_s for event in rig.timeline.of("request")), rig.now_s()]
        gaps_s = [after - before for before, after in pairwise(asked_s)]
        rig.judge.value(
            "ALB-TCP-005",
            "longest time without a request",
            measured=max(gaps_s),
            limit=KEEP_ALIVE.value_s,
            unit="s",
            early=None,
        )
        ended = [event for event in rig.timeline.of("connection") if event.data["what"] != "accepted"]
        rig.judge.never(
            "ALB-TCP-005",
            "an end of the connection",
            event=ended[0] if ended else None,
            watched_s=rig.now_s() - since_s,
            promised="none",
        )


SOUND = {
    "two segments": "in two segments",
    "late": "0.4 s late",
}


@pytest.mark.parametrize("how", SOUND)
@meters(TCP_METERS)
@pytest.mark.clause("ALB-TCP-049")
async def test_answers_that_are_sound(rig: Case, meter: MeterKind, how: str) -> None:
    """Answers in two segments or a little late are answers: TCP is a stream, and meters take their time"""
    async with rig.bench(settings(meter, meter_max_a=MAX_A), meter=meter) as bench:
        rig.need(bench.capabilities, "pilot")
        await charging(rig, bench)
        with bench.meter.broken(how):
            bench.house(*HOUSE_A)
            await rig.until(rig.now_s() + 120.0)
            judge_offer(rig, bench, "ALB-TCP-049", f"offer with answers {SOUND[how]}", MAX_A - HOUSE_A[0], meter)
