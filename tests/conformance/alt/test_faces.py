"""What a driver sees and what the car sees while cars take turns."""

from __future__ import annotations

import re

import msgspec
import pytest

from emulators.vehicle import garage
from emulators.vehicle.spec import VehicleSpec
from rig.case import Case
from rig.clauses.timings import limit
from rig.kit.balancing import car
from rig.kit.turns import connected, sharing

PERIOD_S = limit("ALT-013.min").value
CONFIG = sharing(11.9, period_s=PERIOD_S)
# Texts of displays are our own; that it is no power at all, and which LED, are printed.
NO_POWER = re.compile(r"0(\.0+)? (k?W|of \d+(\.\d+)? kW)")
POWER = re.compile(r"(\d+(?:\.\d+)?)\b.*kW")
STAYS_IN_C = msgspec.structs.replace(garage.load("keeps-drawing").spec, draw_fraction=0.97)
# Half a period after a swap everything has settled, and nothing is about to change.
SETTLED_S, TURNS = PERIOD_S / 2, 4


@pytest.mark.clause("ALT-018", "ALT-019", "ALT-020", "UI-005")
async def test_display_and_led(rig: Case) -> None:
    """Who waits sees 0 W and a light blue flashing LED, who charges its power and a dark blue one; then the other

    In the middle of four turns.
    """
    async with rig.bench(CONFIG, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot", "panel")
        await connected(rig, bench, car(), car())
        for _ in range(TURNS):
            await rig.until(_next_middle(rig))
            waits = [outlet for outlet in bench.outlets if not outlet.observed.offered_a]
            charges = [outlet for outlet in bench.outlets if outlet.observed.offered_a]
            texts = [str(outlet.observed.field("display", "text")) for outlet in (*charges, *waits)]
            leds = [str(outlet.observed.field("led", "pattern")) for outlet in (*charges, *waits)]
            when = f"of the one that charges and the one that waits, at {rig.now_s():g} s"
            power = POWER.match(texts[0])
            rig.judge.holds(
                "ALT-018",
                f"displays {when}",
                holds=len(waits) == 1
                and power is not None
                and float(power[1]) > 0.0
                and NO_POWER.fullmatch(texts[1]) is not None,
                seen="; ".join(texts),
                promised="its power; 0 W",
            )
            for clause in ("ALT-019", "ALT-020", "UI-005"):
                as_promised = leds[1:] if clause != "ALT-019" else leds
                promised = ["dark blue steady", "light blue flashing"][-len(as_promised) :]
                rig.judge.holds(
                    clause,
                    f"LEDs {when}",
                    holds=len(waits) == 1 and as_promised == promised,
                    seen="; ".join(leds),
                    promised="; ".join(promised),
                )


@pytest.mark.parametrize(("spec", "paused"), [(car(), "B1"), (STAYS_IN_C, "C1")], ids=["opens S2", "stays in C"])
@pytest.mark.clause("ALT-017", "M3-006")
async def test_the_control_pilot(rig: Case, spec: VehicleSpec, paused: str) -> None:
    """Who charges is in C2; who is paused goes to B1 when its car opens S2, and stays in C1 when it does not

    With mains off and no PWM, in the middle of four turns.
    """
    async with rig.bench(CONFIG, sockets=2) as bench:
        rig.need(bench.capabilities, "pilot")
        await connected(rig, bench, spec, spec)
        for _ in range(TURNS):
            await rig.until(_next_middle(rig))
            states = sorted(outlet.observed.pilot_state for outlet in bench.outlets)
            # Before its first turn a car has not closed S2 yet.
            allowed = [sorted(["C2", paused])] + ([["B1", "C2"]] if _first_turns(rig) else [])
            for clause in ("ALT-017", "M3-006"):
                rig.judge.holds(
                    clause,
                    f"states at {rig.now_s():g} s",
                    holds=states in allowed,
                    seen=", ".join(states),
                    promised=f"C2 and {paused}",
                )
            for outlet in bench.outlets:
                if not outlet.observed.offered_a:
                    seen = f"signal {outlet.observed.field('pilot', 'signal')}, contactor "
                    seen += "closed" if outlet.observed.contactor_closed else "open"
                    rig.judge.holds(
                        "ALT-017",
                        f"socket {outlet.number} while it waits",
                        holds=seen == "signal high, contactor open",
                        seen=seen,
                        promised="no PWM, no mains",
                    )


def _next_middle(rig: Case) -> float:
    """Half a period after the next swap, or after the latest one when that is still to come."""
    swaps = [event.at_s for event in rig.timeline.of("pilot") if not event.data["offered_a"]]
    middle_s = swaps[-1] + SETTLED_S
    return middle_s if middle_s > rig.now_s() else middle_s + PERIOD_S


def _first_turns(rig: Case) -> bool:
    return {event.data["socket"] for event in rig.timeline.of("pilot") if event.data["state"] == "C2"} != {1, 2}
