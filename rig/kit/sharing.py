"""Cases with a car at each of two sockets: settings, waiting until both are probed, what each is offered."""

from __future__ import annotations

from emulators.vehicle.spec import VehicleSpec
from rig.bench import Bench, Outlet
from rig.case import Case
from rig.clauses.timings import timing
from rig.kit.balancing import OFFER_STEP_A, PWM_STEP_A, SETTLE_S, STANDS_STILL_S, offers_since

PROBING = timing("PRB-006")
# Where there is not enough for two at once, sessions are probed one after the other (O-14).
PROBED_WITHIN_S = 2 * (PROBING.value_s + PROBING.tolerance_late_s)
# A share is rounded down to a tenth of an ampere (O-20), and set in steps of the pilot's generator.
SHARE_OFF_A = OFFER_STEP_A + PWM_STEP_A


def settings(station_max_a: float, connector_max_a: float | None = None) -> dict[str, object]:
    """A station that shares so much per phase between two sockets, each of which may have all of it unless given."""
    connector_a = station_max_a if connector_max_a is None else connector_max_a
    return {
        "FeatureLicenseKey": "SLB",
        "Static-LoadBalancing": "On",
        "Station-MaxCurrent": station_max_a,
        "Connector1-MaxCurrent": connector_a,
        "Connector2-MaxCurrent": connector_a,
    }


async def plugged_in(rig: Case, bench: Bench, *cars: VehicleSpec) -> None:
    """Plug in one car after the other, from socket 1 on, and wait until all are probed and share what there is."""
    for outlet, spec in zip(bench.outlets, cars, strict=False):
        outlet.plug_in(spec)
    await rig.until(rig.now_s() + PROBED_WITHIN_S)
    await settled(rig, bench)


async def settled(rig: Case, bench: Bench, off_a: float = SHARE_OFF_A) -> None:
    """Wait until the offers of all sockets stand still, but for `off_a`, or have had all the time they need."""
    began_s = rig.now_s()
    while rig.now_s() < began_s + SETTLE_S:
        await rig.until(max(began_s + STANDS_STILL_S, rig.now_s() + 1.0))
        since_s = rig.now_s() - STANDS_STILL_S
        spreads_a = [max(offers) - min(offers) for one in bench.outlets if (offers := offers_a(rig, one, since_s))]
        if max(spreads_a, default=0.0) <= off_a:
            return


def offers_a(rig: Case, outlet: Outlet, since_s: float) -> list[float]:
    """What a socket offered at that time and has offered since, A; 0 for none."""
    return [offer_a for _, offer_a in offers_since(rig, since_s, outlet.number)]


def judge_share(rig: Case, outlet: Outlet, clause: str, what: str, exact_a: float, error_a: float = 0.0) -> None:
    """What a socket offers now, compared with its exact share: rounded down to 0.1 A (O-20), to a step of the pilot.

    `error_a` is how far off what is shared may be, such as the error of a meter.
    """
    rig.judge.value(
        clause,
        f"{what}, socket {outlet.number}",
        measured=outlet.observed.offered_a,
        limit=exact_a,
        unit="A",
        early=SHARE_OFF_A + error_a,
        late=PWM_STEP_A + error_a,
        evidence={"at_s": rig.now_s(), "socket": outlet.number},
    )
