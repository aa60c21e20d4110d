"""Stations that are wrong on purpose about the phases behind their sockets and the power cables they hang on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from station.balancing.allocator import Claim
from station.balancing.classifiers import PowerFactor
from station.balancing.probing import Probing
from station.balancing.sharing import Sharing
from station.phases import STRAIGHT, Order, order
from station.runtime import StationRuntime
from station.settings import Settings
from station.socket_rows import SAME_ORDER
from station.units import da_from_a
from tests.faulty.building import station

REVERSED: Order = (2, 1, 0)


def _behind(settings: Settings, ports: dict[str, Any], behind: Sequence[Order]) -> StationRuntime:
    """A station that takes these phases of the grid to be behind its sockets."""
    runtime = station(settings, ports)
    for outlet, phases in zip(runtime.core.outlets, behind, strict=True):
        outlet.behind = phases
    return runtime


def _feeders(settings: Settings) -> list[Order]:
    """The order of the feeder of each socket."""
    second = settings.phases if settings.phases_2 == SAME_ORDER else settings.phases_2
    return [order(settings.phases), order(second)][: settings.sockets]


def _rotated(settings: Settings, inside: Sequence[Order]) -> list[Order]:
    """As a three-phase station would be that is wired like this inside; all other stations as they are."""
    if settings.sockets == 1 or settings.one_phase:
        return list(settings.behind)
    return [tuple(feeder[at] for at in turn) for feeder, turn in zip(_feeders(settings), inside, strict=True)]


def no_internal_rotation(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes both sockets to be connected as their feeder is."""
    return _behind(settings, ports, _rotated(settings, (STRAIGHT, STRAIGHT)))


def rotates_the_other_socket(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes socket 2 for the one that is turned round."""
    return _behind(settings, ports, _rotated(settings, (STRAIGHT, REVERSED)))


def rotates_by_one_phase(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes socket 1 for L3L1L2: its first phase is right, the others are not."""
    return _behind(settings, ports, _rotated(settings, ((2, 0, 1), STRAIGHT)))


def rotates_one_phase_stations(settings: Settings, **ports: Any) -> StationRuntime:
    """Rotates a station on L1 too, so that socket 1 is on L3."""
    first: dict[Order, Order] = {(0,): (2,), (1,): (1,), (2,): (0,)}
    behind = list(settings.behind)
    if settings.one_phase and settings.sockets > 1:
        behind[0] = first[behind[0]]
    return _behind(settings, ports, behind)


def ignores_the_second_feeder(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the second power cable for connected as the first one, whatever is set."""
    return station(replace(settings, phases_2=SAME_ORDER), ports)


def takes_any_feeder_for_straight(settings: Settings, **ports: Any) -> StationRuntime:
    """Ignores the order of its feeders; of a one-phase station, which phase it is."""
    straight = "L1" if settings.one_phase else "L1L2L3"
    return station(replace(settings, phases=straight, phases_2=SAME_ORDER), ports)


def two_cables_carry_as_much_as_one(settings: Settings, **ports: Any) -> StationRuntime:
    """Divides the current of one cable over both sockets where each has its own."""
    return station(replace(settings, station_max_a=settings.station_max_a / settings.feeders), ports)


def each_socket_has_a_cable(settings: Settings, **ports: Any) -> StationRuntime:
    """Gives each socket all there is, as if no cable were shared."""
    return station(replace(settings, station_max_a=settings.station_max_a * settings.sockets), ports)


class _AllPhases(Probing):
    """Does not look which phases a car loads."""

    def _claim(self, now_s: float, claim: Claim) -> Claim | None:
        changed = super()._claim(now_s, claim)
        return None if changed is None else replace(changed, phases=claim.phases)


def counts_any_car_on_all_phases(settings: Settings, **ports: Any) -> StationRuntime:
    """Sets a car of one or two phases against all phases of its socket."""
    if settings.probing_s == 0:
        return station(settings, ports)
    probing = _AllPhases(da_from_a(settings.chameleon_min_a), settings.probing_s, PowerFactor)
    return station(settings, ports, sharing=Sharing(settings, probing=probing))


class _FirstPhase(Probing):
    """Takes every car for one of one phase."""

    def _claim(self, now_s: float, claim: Claim) -> Claim | None:
        changed = super()._claim(now_s, claim)
        return None if changed is None else replace(changed, phases=changed.phases[:1])


def counts_any_car_on_one_phase(settings: Settings, **ports: Any) -> StationRuntime:
    """Sets every car against the first phase of its socket only."""
    if settings.probing_s == 0:
        return station(settings, ports)
    probing = _FirstPhase(da_from_a(settings.chameleon_min_a), settings.probing_s, PowerFactor)
    return station(settings, ports, sharing=Sharing(settings, probing=probing))
