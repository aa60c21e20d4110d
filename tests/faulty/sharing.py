"""Stations that are wrong on purpose in how two sockets share, and whose turn it is."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from station.balancing.allocator import Claim, Limit, Share
from station.balancing.alternating import Alternating
from station.balancing.alternating import _Turn as Turn
from station.balancing.classifiers import PowerFactor
from station.balancing.idle import Idle
from station.balancing.sharing import Sharing, new_probing
from station.balancing.unused import Unused
from station.face import Event, Face
from station.mode3 import Mode3, Permission, State
from station.pilot import MINIMUM_MA, Vehicle
from station.runtime import StationRuntime
from station.settings import Settings
from tests.faulty.building import station

ALL_PHASES = (0, 1, 2)
UNUSED_MA, UNUSED_S = 3000, 180.0


def _with_turns(settings: Settings, ports: dict[str, Any], alternating: Alternating) -> StationRuntime:
    return station(settings, ports, sharing=Sharing(settings, alternating=alternating))


def _with_period(settings: Settings, ports: dict[str, Any], period_s: float) -> StationRuntime:
    alternating = Alternating(settings.alternating_s)
    alternating._period_s = period_s
    return _with_turns(settings, ports, alternating)


def _with_unused(settings: Settings, ports: dict[str, Any], unused: Unused) -> StationRuntime:
    return station(settings, ports, sharing=Sharing(settings, unused=unused))


# -- turns -------------------------------------------------------------------------------------------------------


def turns_10_s_long(settings: Settings, **ports: Any) -> StationRuntime:
    """A turn takes 10 s more than the period."""
    return _with_period(settings, ports, settings.alternating_s + 10.0)


def turns_10_s_short(settings: Settings, **ports: Any) -> StationRuntime:
    """A turn takes 10 s less than the period."""
    return _with_period(settings, ports, settings.alternating_s - 10.0)


def always_15_minutes(settings: Settings, **ports: Any) -> StationRuntime:
    """A turn takes 15 minutes, whatever is set."""
    return _with_period(settings, ports, 900.0)


def starves_one(settings: Settings, **ports: Any) -> StationRuntime:
    """The first turn never ends."""
    return _with_period(settings, ports, 1e9)


def lowest_socket_first(settings: Settings, **ports: Any) -> StationRuntime:
    """The queue begins with the lowest socket."""

    class LowestFirst(Alternating):
        def step(
            self, now_s: float, claims: Sequence[Claim], limits: Sequence[Limit], probed: Collection[int] = ()
        ) -> list[Claim]:
            mirrored = [replace(claim, socket=-claim.socket) for claim in claims]
            above = [replace(limit, sockets=frozenset(-socket for socket in limit.sockets)) for limit in limits]
            planned = super().step(now_s, mirrored, above, [-socket for socket in probed])
            return [replace(claim, socket=-claim.socket) for claim in planned]

    return _with_turns(settings, ports, LowestFirst(settings.alternating_s))


def pauses_both_for_30_s(settings: Settings, **ports: Any) -> StationRuntime:
    """At the end of a turn everybody pauses, and for 30 s nobody is served."""

    class Pausing(Alternating):
        before: frozenset[int] = frozenset()
        until_s: float | None = None

        def step(
            self, now_s: float, claims: Sequence[Claim], limits: Sequence[Limit], probed: Collection[int] = ()
        ) -> list[Claim]:
            planned = super().step(now_s, claims, limits, probed)
            if self.alternating and self._turn.served != self.before:
                self.until_s = now_s + 30.0 if self.before else None
                self.before = self._turn.served
            if self.until_s is not None and now_s >= self.until_s:
                self.until_s = None
            return planned if self.until_s is None else []

        def next_deadline_s(self) -> float | None:
            due_s = [at_s for at_s in (super().next_deadline_s(), self.until_s) if at_s is not None]
            return min(due_s, default=None)

    return _with_turns(settings, ports, Pausing(settings.alternating_s))


def alternates_at_12_a(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes more than 6 A for each for the least with which both can charge."""

    class Greedy(Alternating):
        def step(
            self, now_s: float, claims: Sequence[Claim], limits: Sequence[Limit], probed: Collection[int] = ()
        ) -> list[Claim]:
            more = [replace(claim, minimum_da=claim.minimum_da + 1) for claim in claims]
            return super().step(now_s, more, limits, probed)

    return _with_turns(settings, ports, Greedy(settings.alternating_s))


def less_than_6_a_for_each(settings: Settings, **ports: Any) -> StationRuntime:
    """Where there is too little for both, each has half of it, at a duty cycle of less than 10 %."""

    class Halves(Sharing):
        def step(self, *given: Any) -> dict[int, Share]:
            given_now = super().step(*given)
            shares = self._shares.values()
            together_da = sum(share.current_da for share in shares)
            if len(shares) < 2 or all(share.current_da for share in shares) or together_da < 100:
                return given_now
            return {socket: share._replace(current_da=together_da // 2) for socket, share in self._shares.items()}

    class Low(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            state = super().step(now_s, vehicle, permission, max(offer_ma, MINIMUM_MA))
            if isinstance(self.pilot, int) and offer_ma < MINIMUM_MA:
                self.pilot = round(offer_ma / 0.6)
            return state

    return station(settings, ports, sharing=Halves(settings), mode3=Low)


def forgets_the_turn(settings: Settings, **ports: Any) -> StationRuntime:
    """When a session begins or ends everything begins anew."""

    class Forgetful(Alternating):
        before: frozenset[int] = frozenset()

        def step(
            self, now_s: float, claims: Sequence[Claim], limits: Sequence[Limit], probed: Collection[int] = ()
        ) -> list[Claim]:
            there = frozenset(claim.socket for claim in claims)
            if there != self.before:
                self.before = there
                self._turn = Turn()
            return super().step(now_s, claims, limits, probed)

    return _with_turns(settings, ports, Forgetful(settings.alternating_s))


def a_new_turn_with_every_limit(settings: Settings, **ports: Any) -> StationRuntime:
    """When a limit changes the turn that runs begins once more."""

    class Restarting(Alternating):
        def step(
            self, now_s: float, claims: Sequence[Claim], limits: Sequence[Limit], probed: Collection[int] = ()
        ) -> list[Claim]:
            changed = self._limits != limits
            planned = super().step(now_s, claims, limits, probed)
            if changed and self._turn.ends_s is not None:
                self._turn.ends_s = now_s + self._period_s
            return planned

    return _with_turns(settings, ports, Restarting(settings.alternating_s))


def a_new_car_waits_for_two_periods(settings: Settings, **ports: Any) -> StationRuntime:
    """Whoever comes while turns run has to let a whole turn of the other one pass first."""

    class Unfair(Alternating):
        before: frozenset[int] = frozenset()

        def step(
            self, now_s: float, claims: Sequence[Claim], limits: Sequence[Limit], probed: Collection[int] = ()
        ) -> list[Claim]:
            there = frozenset(claim.socket for claim in claims)
            came, self.before = there - self.before, there
            planned = super().step(now_s, claims, limits, probed)
            if came and self._turn.ends_s is not None:
                self._turn.ends_s += self._period_s
            return planned

    return _with_turns(settings, ports, Unfair(settings.alternating_s))


def full_cars_take_turns(settings: Settings, **ports: Any) -> StationRuntime:
    """A car that draws nothing has its turns like the others."""

    class Never(Idle):
        def step(self, _now_s: float, _plugged: Any, claims: Sequence[Claim], *_: Any) -> tuple[list[Claim], Any]:
            return list(claims), []

    return station(settings, ports, sharing=Sharing(settings, idle=Never()))


def impatient_with_idle_cars(settings: Settings, **ports: Any) -> StationRuntime:
    """A car that draws nothing for 30 s counts as full."""

    class Impatient(Idle):
        def step(self, now_s: float, *given: Any) -> tuple[list[Claim], list[Claim]]:
            before = set(self._since_s)
            parted = super().step(now_s, *given)
            for socket in self._since_s.keys() - before:
                self._since_s[socket] -= 30.0
            return parted

    return station(settings, ports, sharing=Sharing(settings, idle=Impatient()))


def takes_every_car_for_6_a(settings: Settings, **ports: Any) -> StationRuntime:
    """Does not know of cars that need 14 A."""

    class Blind(PowerFactor):
        def needs_14_a(self) -> bool:
            return False

    probing = new_probing(settings)
    if probing is not None:
        probing._classifier = Blind
    return station(settings, ports, sharing=Sharing(settings, probing=probing))


def no_turns_with_a_meter(settings: Settings, **ports: Any) -> StationRuntime:
    """Looks at its own maximum alone to see whether cars have to take turns."""

    class OwnMaximum(Alternating):
        def step(
            self, now_s: float, claims: Sequence[Claim], limits: Sequence[Limit], probed: Collection[int] = ()
        ) -> list[Claim]:
            return super().step(now_s, claims, limits[:1], probed)

    return _with_turns(settings, ports, OwnMaximum(settings.alternating_s))


# -- shares ------------------------------------------------------------------------------------------------------


def ignores_its_maximum(settings: Settings, **ports: Any) -> StationRuntime:
    """Each socket may have what its own maximum says."""

    class Boundless(Sharing):
        def step(
            self, now_s: float, plugged: Sequence[int], claims: Sequence[Claim], _limits: Sequence[Limit], *seen: Any
        ) -> dict[int, Share]:
            return super().step(now_s, plugged, claims, [], *seen)

    return station(settings, ports, sharing=Boundless(settings))


def rounds_up(settings: Settings, **ports: Any) -> StationRuntime:
    """Shares are rounded up to 0.1 A."""

    class Up(Sharing):
        def _divide(self, claims: Sequence[Claim], limits: Sequence[Limit]) -> dict[int, Share]:
            shares = super()._divide(claims, limits)
            divided = [share for share in shares.values() if share.current_da and share.source == "station"]
            if len(divided) < 2 or sum(share.current_da for share in divided) == settings.station_da:
                return shares
            return {socket: share._replace(current_da=share.current_da + 1) for socket, share in shares.items()}

    return station(settings, ports, sharing=Up(settings))


def favours_socket_1(settings: Settings, **ports: Any) -> StationRuntime:
    """Socket 1 has 1 A more of what there is than socket 2."""

    class Favouring(Sharing):
        def step(self, *given: Any) -> dict[int, Share]:
            shares = super().step(*given)
            if len(shares) < 2 or shares[1].source != "station" or shares[2].current_da < 70:
                return shares
            more_da = 5 if shares[1].current_da == shares[2].current_da else 0
            return {
                1: shares[1]._replace(current_da=shares[1].current_da + more_da),
                2: shares[2]._replace(current_da=shares[2].current_da - more_da),
            }

    return station(settings, ports, sharing=Favouring(settings))


def divides_by_sockets(settings: Settings, **ports: Any) -> StationRuntime:
    """Divides by the sockets there are and not by those in use."""
    if settings.sockets == 1:
        return station(settings, ports)
    half_a = settings.station_max_a / 2
    halved = replace(
        settings,
        connector1_max_a=min(half_a, settings.connector1_max_a),
        connector2_max_a=min(half_a, settings.connector2_max_a),
    )
    return station(halved, ports)


def shares_without_a_feature(settings: Settings, **ports: Any) -> StationRuntime:
    """Balances without licence and setting."""
    return station(replace(settings, static_balancing=True), ports)


def halves_at_32_a(settings: Settings, **ports: Any) -> StationRuntime:
    """Balances on one cable of 32 A with the licence only."""
    if settings.sockets == 1 or settings.static_balancing or settings.active_balancing:
        return station(settings, ports)
    return divides_by_sockets(settings, **ports)


def one_cable_for_two(settings: Settings, **ports: Any) -> StationRuntime:
    """Shares what one cable brings, though there are two."""
    one_a = settings.station_max_a / settings.feeders
    return station(replace(settings, station_max_a=one_a), ports)


def every_car_on_all_phases(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes every car for one that loads all phases, whatever the probe saw."""

    class Coarse(Sharing):
        def _divide(self, claims: Sequence[Claim], limits: Sequence[Limit]) -> dict[int, Share]:
            return super()._divide([replace(claim, phases=ALL_PHASES) for claim in claims], limits)

    return station(settings, ports, sharing=Coarse(settings))


def keeps_a_place_for_who_left(settings: Settings, **ports: Any) -> StationRuntime:
    """For three minutes nobody else gets the current of a session that has ended."""

    class Keeping(Sharing):
        def __init__(self) -> None:
            super().__init__(settings)
            self.claimed: dict[int, Claim] = {}
            self.until_s: dict[int, float] = {}

        def step(
            self, now_s: float, plugged: Sequence[int], claims: Sequence[Claim], limits: Sequence[Limit], *seen: Any
        ) -> dict[int, Share]:
            gone = [socket for socket in self.claimed if socket not in plugged]
            for socket in gone:
                self.until_s.setdefault(socket, now_s + 180.0)
            self.until_s = {socket: at_s for socket, at_s in self.until_s.items() if socket in gone and now_s < at_s}
            self.claimed = {
                **{socket: self.claimed[socket] for socket in self.until_s},
                **{claim.socket: claim for claim in claims},
            }
            kept = [self.claimed[socket] for socket in self.until_s]
            return super().step(now_s, [*plugged, *self.until_s], [*claims, *kept], limits, *seen)

        def next_deadline_s(self) -> float | None:
            due_s = [at_s for at_s in (super().next_deadline_s(), *self.until_s.values()) if at_s is not None]
            return min(due_s, default=None)

    return station(settings, ports, sharing=Keeping())


def both_at_once(settings: Settings, **ports: Any) -> StationRuntime:
    """The second car starts before the first has adjusted."""

    class Hasty(Sharing):
        def step(self, *given: Any) -> dict[int, Share]:
            nothing_flows = [*given[:-1], {}]
            return super().step(*nothing_flows)

    return station(settings, ports, sharing=Hasty(settings))


def puts_up_with_a_load(settings: Settings, **ports: Any) -> StationRuntime:
    """Waits for ever for a car that does not go down."""
    return station(replace(settings, ocp_grace_s=1e6), ports)


# -- unused current ----------------------------------------------------------------------------------------------


def hands_over_3_a(settings: Settings, **ports: Any) -> StationRuntime:
    """More than 2.9 A unused go to the other one."""
    return _with_unused(settings, ports, Unused(UNUSED_MA - 100, UNUSED_S))


def keeps_3_1_a(settings: Settings, **ports: Any) -> StationRuntime:
    """3.1 A unused stay where they are."""
    return _with_unused(settings, ports, Unused(UNUSED_MA + 100, UNUSED_S))


def hands_over_after_170_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Unused current goes to the other one 10 s too soon."""
    return _with_unused(settings, ports, Unused(UNUSED_MA, UNUSED_S - 10.0))


def hands_over_after_190_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Unused current goes to the other one 10 s too late."""
    return _with_unused(settings, ports, Unused(UNUSED_MA, UNUSED_S + 10.0))


def adds_up_the_time(settings: Settings, **ports: Any) -> StationRuntime:
    """The 180 s go on where they were when a car has needed its current in between."""

    class Adding(Unused):
        def __init__(self) -> None:
            super().__init__()
            self.spent_s: dict[int, float] = {}

        def step(self, now_s: float, *given: Any) -> list[Claim]:
            before = {socket: watched.unused_since_s for socket, watched in self._watched.items()}
            claims = super().step(now_s, *given)
            for socket, watched in self._watched.items():
                began_s = before.get(socket)
                if watched.unused_since_s is None and began_s is not None:
                    self.spent_s[socket] = now_s - began_s
                elif watched.unused_since_s is not None and began_s is None:
                    watched.unused_since_s -= self.spent_s.pop(socket, 0.0)
            return claims

    return _with_unused(settings, ports, Adding())


def never_gives_back(settings: Settings, **ports: Any) -> StationRuntime:
    """A car that once left current unused does not get it again."""

    class Keeping(Unused):
        def step(self, *given: Any) -> list[Claim]:
            for watched in self._watched.values():
                watched.needed_since_s = None
            return super().step(*given)

    return _with_unused(settings, ports, Keeping())


def gives_back_after_5_s(settings: Settings, **ports: Any) -> StationRuntime:
    """A car that draws what it kept for 5 s has its share again."""

    class Hasty(Unused):
        def step(self, now_s: float, *given: Any) -> list[Claim]:
            before = {socket for socket, watched in self._watched.items() if watched.needed_since_s is not None}
            claims = super().step(now_s, *given)
            for socket, watched in self._watched.items():
                if watched.needed_since_s is not None and socket not in before:
                    watched.needed_since_s -= 5.0
            return claims

    return _with_unused(settings, ports, Hasty())


def hands_over_all_of_it(settings: Settings, **ports: Any) -> StationRuntime:
    """A car that leaves current unused keeps 6 A, whatever it draws."""

    class Hard(Unused):
        def step(self, *given: Any) -> list[Claim]:
            super().step(*given)
            for watched in self._watched.values():
                if watched.kept_da is not None:
                    watched.kept_da = 60
            return self._lowered(given[1], given[2])

    return _with_unused(settings, ports, Hard())


# -- faces -------------------------------------------------------------------------------------------------------


def _showing(
    settings: Settings, ports: dict[str, Any], kind: str, field: str, texts: Mapping[str, str]
) -> StationRuntime:
    """A field of what it shows is another text instead of some."""

    class Wrong(Face):
        def _say(self, events: list[Event], what: str, fields: dict[str, object]) -> None:
            if what == kind:
                fields = {**fields, field: texts.get(str(fields[field]), fields[field])}
            super()._say(events, what, fields)

    return station(settings, ports, face=Wrong)


def waits_without_flashing(settings: Settings, **ports: Any) -> StationRuntime:
    """The LED of a socket that waits for its turn or for the other one to adjust is steady."""
    return _showing(settings, ports, "led", "pattern", {"light blue flashing": "light blue steady"})


def asks_without_flashing(settings: Settings, **ports: Any) -> StationRuntime:
    """The LED of a socket whose car is asked for less is steady."""
    return _showing(settings, ports, "led", "pattern", {"dark blue flashing": "dark blue steady"})


def charges_in_light_blue(settings: Settings, **ports: Any) -> StationRuntime:
    """The LED of a socket that charges is light blue."""
    return _showing(settings, ports, "led", "pattern", {"dark blue steady": "light blue steady"})


def shows_the_last_power(settings: Settings, **ports: Any) -> StationRuntime:
    """The display of a paused session stays as it was."""

    class Stuck(Face):
        last = ""

        def _say(self, events: list[Event], kind: str, fields: dict[str, object]) -> None:
            if kind == "display" and str(fields["text"]).startswith("0.0 of") and self.last:
                fields = {**fields, "text": self.last}
            elif kind == "display":
                self.last = str(fields["text"])
            super()._say(events, kind, fields)

    return station(settings, ports, face=Stuck)


def shows_the_most(settings: Settings, **ports: Any) -> StationRuntime:
    """The display of a socket that charges shows the most there could be for the power."""

    class Boasting(Face):
        def _say(self, events: list[Event], kind: str, fields: dict[str, object]) -> None:
            power, of, most = str(fields.get("text", "")).partition(" of ")
            if kind == "display" and of and float(power) > 0.0:
                fields = {**fields, "text": f"{most.removesuffix(' kW')} of {most}"}
            super()._say(events, kind, fields)

    return station(settings, ports, face=Boasting)


def pauses_in_state_f(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the pilot away from a car that is not to charge."""

    class Hard(Mode3):
        waits = False

        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            there = vehicle in (Vehicle.B, Vehicle.C) or (self.waits and vehicle is Vehicle.UNKNOWN)
            self.waits = there and permission is Permission.NONE
            return super().step(now_s, vehicle, Permission.FAULT if self.waits else permission, offer_ma)

    return station(settings, ports, mode3=Hard)
