"""Stations that are wrong on purpose in how they probe, and in what they make of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from station.balancing.active import ActiveBalancing
from station.balancing.allocator import MINIMUM_DA, Claim, Limit, Share
from station.balancing.classifiers import PowerFactor, Sample
from station.balancing.probing import PROBING_DA, Known, Probing, _Probe, _Session
from station.balancing.sharing import Sharing
from station.face import Around, Event, Face
from station.mode3 import Mode3, Permission, State
from station.pilot import Vehicle
from station.runtime import StationRuntime
from station.settings import Settings
from tests.faulty.building import SharingOtherwise, station


def _probing(settings: Settings, ports: dict[str, Any], kind: type[Probing], **how: Any) -> StationRuntime:
    """A station with another room for probing, set as the settings say."""
    probing = kind(round(settings.chameleon_min_a * 10), settings.probing_s, **how)
    return station(settings, ports, sharing=Sharing(settings, probing=probing))


# -- the minute ----------------------------------------------------------------------------------------------------


def does_not_probe(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes every car for one that is content with 6 A, and gives it what there is."""
    return station(replace(settings, probing_s=0.0), ports)


def probes_for_50_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Ten seconds too short."""
    return station(replace(settings, probing_s=50.0), ports)


def probes_for_57_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Just too short for about a minute."""
    return station(replace(settings, probing_s=57.0), ports)


def probes_for_63_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Just too long for about a minute."""
    return station(replace(settings, probing_s=63.0), ports)


def probes_for_70_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Ten seconds too long."""
    return station(replace(settings, probing_s=70.0), ports)


def counts_from_the_offer(settings: Settings, **ports: Any) -> StationRuntime:
    """The minute begins when the car is offered something, not when it is ready."""

    class Early(Probing):
        def _look(self, now_s: float, probe: _Probe | None, sample: Sample | None) -> None:
            super()._look(now_s, probe, sample)
            if probe is not None and probe.c2_s is None:
                probe.c2_s = probe.seen_s = now_s

    return _probing(settings, ports, Early)


def waits_for_c2_for_ever(settings: Settings, **ports: Any) -> StationRuntime:
    """A car that does not go to C2 is probed until it does."""

    class Patient(Probing):
        def _ends_s(self, probe: _Probe) -> float:
            return math.inf if probe.c2_s is None else super()._ends_s(probe)

        def next_deadline_s(self) -> float | None:
            due_s = super().next_deadline_s()
            return None if due_s == math.inf else due_s

    return _probing(settings, ports, Patient)


def remembers_the_last_car(settings: Settings, **ports: Any) -> StationRuntime:
    """Only the first car at a socket is probed."""

    class Remembering(Probing):
        def _follow(self, plugged: Sequence[int]) -> None:
            known = [socket for socket, session in self._sessions.items() if session.known is not None]
            super()._follow([*plugged, *(socket for socket in known if socket not in plugged)])

    return _probing(settings, ports, Remembering)


def goes_on_where_it_was_cut_short(settings: Settings, **ports: Any) -> StationRuntime:
    """After an interrupted probe only the rest of the minute follows."""

    class Continuing(Probing):
        rest: dict[int, _Probe] = {}  # noqa: RUF012 - one station, one run

        def _choose(self, now_s: float, claims: Mapping[int, Claim], limits: Sequence[Limit]) -> None:
            before = {socket: session.probe for socket, session in self._sessions.items()}
            super()._choose(now_s, claims, limits)
            for socket, session in self._sessions.items():
                cut = before[socket]
                if session.probe is None and cut is not None:
                    self.rest[socket] = replace(cut, offered_s=now_s)
                elif session.probe is not None and cut is None and socket in self.rest:
                    kept = self.rest.pop(socket)
                    kept.c2_s = None if kept.c2_s is None else now_s - (kept.offered_s - kept.c2_s)
                    kept.seen_s = now_s
                    session.probe = kept

    return _probing(settings, ports, Continuing)


# -- the current ---------------------------------------------------------------------------------------------------


def probes_at_13_a(settings: Settings, **ports: Any) -> StationRuntime:
    """One ampere too little, whatever is set."""
    return station(replace(settings, chameleon_min_a=13.0), ports)


def always_probes_at_14_a(settings: Settings, **ports: Any) -> StationRuntime:
    """Whatever is set."""
    return station(replace(settings, chameleon_min_a=14.0), ports)


def probes_at_14_a_where_less_is_there(settings: Settings, **ports: Any) -> StationRuntime:
    """The probing current is offered whether it is there or not, and so it is afterwards."""

    class Generous(SharingOtherwise):
        def changed(
            self, now_s: float, shares: dict[int, Share], claiming: Sequence[int], offers_da: Mapping[int, int]
        ) -> dict[int, Share]:
            return {socket: share._replace(current_da=max(PROBING_DA, share[0])) for socket, share in shares.items()}

    return station(settings, ports, sharing=Generous(settings))


def starts_with_5_9_a(settings: Settings, **ports: Any) -> StationRuntime:
    """Rounds what the meter leaves to half an ampere."""

    class Rounding(ActiveBalancing):
        def _available(self, meter_a: float, drawn_ma: int) -> int:
            return round(super()._available(meter_a, drawn_ma) / 5) * 5

    return station(settings, ports, active=Rounding(settings))


# -- the others ----------------------------------------------------------------------------------------------------


def pauses_all_others(settings: Settings, **ports: Any) -> StationRuntime:
    """During a probe nobody else charges, whatever is left."""

    class Alone(SharingOtherwise):
        def changed(
            self, now_s: float, shares: dict[int, Share], claiming: Sequence[int], offers_da: Mapping[int, int]
        ) -> dict[int, Share]:
            probed = self.probed
            return {s: share if not probed or s in probed else Share(0, "probing") for s, share in shares.items()}

    return station(settings, ports, sharing=Alone(settings))


def takes_nothing_from_the_others(settings: Settings, **ports: Any) -> StationRuntime:
    """During a probe the others keep what they had."""

    class Additional(SharingOtherwise):
        def changed(
            self, now_s: float, shares: dict[int, Share], claiming: Sequence[int], offers_da: Mapping[int, int]
        ) -> dict[int, Share]:
            probed = self.probed
            kept = {s: Share(max(offers_da.get(s, 0), share[0]), "probing") for s, share in shares.items()}
            new = {s: Share(PROBING_DA, "probing") for s in probed}
            return {**kept, **new} if probed else shares

    return station(settings, ports, sharing=Additional(settings))


def gives_the_others_all_that_is_left(settings: Settings, **ports: Any) -> StationRuntime:
    """What a probe leaves goes to the others, also less than 6 A, with the duty cycle for that."""
    left = Share(settings.station_da - PROBING_DA, "probing")

    class Scraping(SharingOtherwise):
        def changed(
            self, now_s: float, shares: dict[int, Share], claiming: Sequence[int], offers_da: Mapping[int, int]
        ) -> dict[int, Share]:
            probed = self.probed
            return {
                socket: left if probed and socket not in probed and not share.current_da else share
                for socket, share in shares.items()
            }

    class Low(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            state = super().step(now_s, vehicle, permission, max(MINIMUM_DA * 100, offer_ma))
            if offer_ma < MINIMUM_DA * 100 and isinstance(self.pilot, int):
                self.pilot = offer_ma * 5 // 3
            return state

    return station(settings, ports, sharing=Scraping(settings), mode3=Low)


def probes_two_at_once(settings: Settings, **ports: Any) -> StationRuntime:
    """A second car is offered the probing current at once, whatever is left."""

    class Crowding(SharingOtherwise):
        def changed(
            self, now_s: float, shares: dict[int, Share], claiming: Sequence[int], offers_da: Mapping[int, int]
        ) -> dict[int, Share]:
            return {**dict.fromkeys(claiming, Share(PROBING_DA, "probing")), **shares}

    return station(settings, ports, sharing=Crowding(settings))


def probes_one_after_the_other(settings: Settings, **ports: Any) -> StationRuntime:
    """Never two at once, also where 14 A are there for both."""

    class Single(Probing):
        def _offered(self, claim: Claim, limits: Sequence[Limit], chosen: Sequence[Claim]) -> Claim | None:
            return None if chosen else super()._offered(claim, limits, chosen)

    return _probing(settings, ports, Single)


def pauses_the_probed_one(settings: Settings, **ports: Any) -> StationRuntime:
    """Whoever is probed has a break of five seconds after twenty."""

    class Interrupting(SharingOtherwise):
        break_s = math.inf
        now_s = 0.0

        def changed(
            self, now_s: float, shares: dict[int, Share], claiming: Sequence[int], offers_da: Mapping[int, int]
        ) -> dict[int, Share]:
            self.now_s = now_s
            if not self.probed:
                self.break_s = math.inf
            elif self.break_s == math.inf:
                self.break_s = now_s + 20.0
            if not self.break_s <= now_s < self.break_s + 5.0:
                return shares
            return {s: Share(0, "probing") if s in self.probed else share for s, share in shares.items()}

        def next_deadline_s(self) -> float | None:
            edges_s = [edge_s for edge_s in (self.break_s, self.break_s + 5.0) if self.now_s < edge_s < math.inf]
            due_s = super().next_deadline_s()
            return min([*edges_s, *([] if due_s is None else [due_s])], default=None)

    return station(settings, ports, sharing=Interrupting(settings))


def pauses_in_state_f(settings: Settings, **ports: Any) -> StationRuntime:
    """Who has to wait is put into state F, as after an over-current."""

    class Harsh(Mode3):
        def step(self, now_s: float, vehicle: Vehicle, permission: Permission, offer_ma: int) -> State:
            held = vehicle in (Vehicle.B, Vehicle.C) or (vehicle is Vehicle.UNKNOWN and self.state == "F")
            if permission is Permission.NONE and held:
                permission = Permission.FAULT
            return super().step(now_s, vehicle, permission, offer_ma)

    return station(settings, ports, mode3=Harsh)


# -- the class -----------------------------------------------------------------------------------------------------


def takes_every_car_for_6_a(settings: Settings, **ports: Any) -> StationRuntime:
    """Finds no 14 A car."""

    class Blind(PowerFactor):
        def needs_14_a(self) -> bool:
            return False

    return _probing(settings, ports, Probing, classifier=Blind)


def takes_every_car_for_14_a(settings: Settings, **ports: Any) -> StationRuntime:
    """Finds nothing but 14 A cars."""

    class Anxious(PowerFactor):
        def needs_14_a(self) -> bool:
            return True

    return _probing(settings, ports, Probing, classifier=Anxious)


def takes_idle_cars_for_14_a(settings: Settings, **ports: Any) -> StationRuntime:
    """A car that draws nothing while it is probed is taken for one that needs more than it was offered."""

    class Guessing(PowerFactor):
        def needs_14_a(self) -> bool:
            return self._current_mas == 0 or super().needs_14_a()

    return _probing(settings, ports, Probing, classifier=Guessing)


def leaves_a_14_a_car_13_a(settings: Settings, **ports: Any) -> StationRuntime:
    """Finds 14 A cars, and gives them no less than 13 A."""

    class Short(Probing):
        def _conclude(self, socket: int, session: _Session, probe: _Probe) -> None:
            super()._conclude(socket, session, probe)
            if session.known is not None and session.known.minimum_da == PROBING_DA:
                session.known = session.known._replace(minimum_da=130)

    return _probing(settings, ports, Short)


def never_probes_a_second_time(settings: Settings, **ports: Any) -> StationRuntime:
    """A car that drew nothing while it was probed stays in the 6 A class for good."""

    class Once(Probing):
        def _conclude(self, socket: int, session: _Session, probe: _Probe) -> None:
            super()._conclude(socket, session, probe)
            if session.known is not None:
                session.known = session.known._replace(surely=True)

    return _probing(settings, ports, Once)


class _Paused(Probing):
    """Does something else to a session whose car is known and does not charge any more."""

    def _catch_up(self, now_s: float, socket: int, session: _Session, sample: Sample | None) -> None:
        super()._catch_up(now_s, socket, session, sample)
        if session.known is not None and session.known.surely and sample is not None and not sample.charging:
            self.paused(session, session.known)

    def paused(self, session: _Session, known: Known) -> None:
        raise NotImplementedError


def probes_again_after_a_pause(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the end of a pause for the beginning of a session."""

    class Again(_Paused):
        def paused(self, session: _Session, known: Known) -> None:
            session.known, session.waits, session.probes = None, True, 0

    return _probing(settings, ports, Again)


def forgets_the_class_in_a_pause(settings: Settings, **ports: Any) -> StationRuntime:
    """After a pause every car is content with 6 A."""

    class Forgetful(_Paused):
        def paused(self, session: _Session, known: Known) -> None:
            session.known = known._replace(minimum_da=MINIMUM_DA)

    return _probing(settings, ports, Forgetful)


def forgets_the_cars_in_a_reboot(settings: Settings, **ports: Any) -> StationRuntime:
    """After a reboot every car is a new one."""

    class New(Sharing):
        def recall(self, known: Mapping[int, Known]) -> None:
            """Nothing."""

    return station(settings, ports, sharing=New(settings))


def does_not_probe_behind_a_meter(settings: Settings, **ports: Any) -> StationRuntime:
    """With active load balancing the meter is asked, and not the car."""
    return station(replace(settings, probing_s=0.0) if settings.active_balancing else settings, ports)


# -- the face ------------------------------------------------------------------------------------------------------


def flashes_dark_blue_while_paused(settings: Settings, **ports: Any) -> StationRuntime:
    """The LED of the one that waits says that it is asked for less."""

    class Dark(Face):
        def _say(self, events: list[Event], kind: str, fields: dict[str, object]) -> None:
            if fields.get("pattern") == "light blue flashing":
                fields = {**fields, "pattern": "dark blue flashing"}
            super()._say(events, kind, fields)

    return station(settings, ports, face=Dark)


def flashes_while_probing(settings: Settings, **ports: Any) -> StationRuntime:
    """The LED of the probed one flashes light blue until its class is known."""

    class Light(Face):
        probed = False

        def report(self, share: Share, around: Around, events: list[Event]) -> None:
            self.probed = share.source == "probing"
            super().report(share, around, events)

        def _say(self, events: list[Event], kind: str, fields: dict[str, object]) -> None:
            if self.probed and fields.get("pattern") == "dark blue steady":
                fields = {**fields, "pattern": "light blue flashing"}
            super()._say(events, kind, fields)

    return station(settings, ports, face=Light)
