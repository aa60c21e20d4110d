"""What one socket shows and says, and only when it is different from what it showed and said before. Pure."""

from collections.abc import Mapping
from typing import NamedTuple

from station import messages, panel
from station.balancing.allocator import Share
from station.messages import Status
from station.outlet import Outlet
from station.overcurrent import Tripped
from station.panel import FACES, Situation
from station.units import MA_PER_DA

NOMINAL_V = 230
STATUS: Mapping[Situation, Status] = {
    Situation.IDLE: "Available",
    Situation.WAITING: "SuspendedEVSE",  # O-65
    Situation.TURN: "SuspendedEVSE",
    Situation.SUSPENDED: "SuspendedEVSE",
}


class Event(NamedTuple):
    """One thing to report: `kind` and `fields` as in docs/architecture.md, section Events."""

    kind: str
    fields: dict[str, object]


class Around(NamedTuple):
    """What a socket's face depends on besides the socket: the rest of the station."""

    safe: bool  # the meter is not heard
    suspended: bool  # by the external circuit
    others_served: bool  # another socket is offered current


class Face:
    """The face of one socket."""

    def __init__(self, outlet: Outlet) -> None:
        self._outlet = outlet
        self._full_power_w = outlet.connector_da / 10 * NOMINAL_V * len(outlet.behind)
        self._reported: object = None
        self._monitored: object = None
        self._said: dict[str, object] = {}

    def report(self, share: Share, around: Around, events: list[Event]) -> None:
        """Limit, status, display and LED."""
        outlet = self._outlet
        situation = situation_of(outlet, share.current_da, around)
        view = (situation, share, outlet.charged, outlet.power_w)
        if view == self._reported:
            return
        self._reported = view
        number = outlet.number
        limit_a = share.current_da * MA_PER_DA / 1000
        self._say(events, "limit", {"socket": number, "source": share.source, "limit_a": limit_a})
        if isinstance(outlet.change, Tripped):
            self._say(events, "status", dict(messages.over_current(number, outlet.change)))
        elif situation is Situation.PILOT_FAULT:
            self._say(events, "status", dict(messages.pilot_fault(number)))
        elif situation is not Situation.OVER_CURRENT:
            charging: Status = "Charging" if outlet.charged else "Preparing"
            status = STATUS.get(situation, charging)
            self._say(events, "status", dict(messages.status_notification(number, status)))
        text = panel.display(situation, outlet.power_w, self._full_power_w)
        self._say(events, "display", {"socket": number, "text": text})
        self._say(events, "led", {"socket": number, "pattern": FACES[situation].led})

    def monitor(self, meter_a: tuple[float, float, float] | None, events: list[Event]) -> None:
        """Currents, States, Communication car, when something of it has changed (ALB-GEN-053)."""
        outlet = self._outlet
        pilot = outlet.mode3.pilot
        view = (meter_a, outlet.measured_ma, outlet.state, pilot)
        if view == self._monitored:
            return
        self._monitored = view
        fields: dict[str, object] = {
            "socket": outlet.number,
            "meter_a": None if meter_a is None else [round(current_a, 1) for current_a in meter_a],
            "socket_a": [round(current_ma / 1000, 1) for current_ma in outlet.measured_ma],
            "state": outlet.state,
            "duty_pct": pilot / 1000 if isinstance(pilot, int) else None,
        }
        self._say(events, "monitor", fields)

    def _say(self, events: list[Event], kind: str, fields: dict[str, object]) -> None:
        if self._said.get(kind) != fields:
            self._said[kind] = fields
            events.append(Event(kind, fields))


def situation_of(outlet: Outlet, offer_da: int, around: Around) -> Situation:
    """What the socket is doing, as far as its user is concerned."""
    if outlet.overcurrent.paused:
        return Situation.OVER_CURRENT
    if not outlet.session:
        return Situation.IDLE
    if outlet.state in ("D1", "E"):
        return Situation.PILOT_FAULT
    if around.suspended:
        return Situation.SUSPENDED
    if not offer_da:
        return Situation.TURN if around.others_served else Situation.WAITING
    if outlet.state != "C2":
        return Situation.WAITING if outlet.resuming else Situation.READY  # O-49
    if around.safe:
        return Situation.SAFE
    # Within the time a vehicle has to follow a lower offer (O-03); after that it is an over-current.
    offer_ma = offer_da * MA_PER_DA
    following = outlet.overcurrent.allowed_ma > offer_ma < max(outlet.measured_ma)
    return Situation.REDUCING if following else Situation.CHARGING
