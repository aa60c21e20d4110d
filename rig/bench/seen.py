"""What is so on a bench at a moment, put together from the events up to it, socket by socket. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rig.bench.phases import STRAIGHT, to_grid
from rig.timeline import Event

# The kinds of events that change what is seen.
KINDS = frozenset({"pilot", "contactor", "currents", "site", "display", "led", "log", "limit", "configured"})
_NONE: Mapping[str, Any] = {}
NO_CURRENT = (0.0, 0.0, 0.0)


def socket_of(event: Event) -> int:
    """The socket that an event is about; one that does not say comes from a station with one."""
    return int(event.data.get("socket", 1))


class Seen:
    """The state after the events that were taken. `orders` are the grid's phases at the terminals of each socket."""

    def __init__(self, orders: Mapping[int, str]) -> None:
        self._orders = orders
        self._latest: dict[tuple[str, int], Mapping[str, Any]] = {}
        self.said: Sequence[str] = ()
        """The log lines of the present instant."""

    def take(self, event: Event) -> None:
        """What happens next."""
        if event.kind in KINDS:
            self._latest[event.kind, socket_of(event)] = event.data

    def field(self, kind: str, name: str, socket: int = 1) -> Any:
        """A field of the latest event of a kind on a socket, None before the first."""
        return self._latest.get((kind, socket), _NONE).get(name)

    @property
    def sockets(self) -> list[int]:
        """Those that were heard of."""
        return sorted({socket for kind, socket in self._latest if kind == "pilot"})

    def offered_a(self, socket: int) -> float:
        """What the pilot offers, A; 0 without PWM."""
        return float(self.field("pilot", "offered_a", socket) or 0.0)

    def drawn_a(self, socket: int) -> tuple[float, float, float]:
        """What the car draws at the terminals, A."""
        one, two, three = self.field("currents", "i_a", socket) or NO_CURRENT
        return one, two, three

    def closed(self, socket: int) -> bool:
        """Whether the contactor is."""
        return bool(self.field("contactor", "closed", socket))

    def pilot(self, socket: int) -> str:
        """The pilot's state, "" before the first sample."""
        return str(self.field("pilot", "state", socket) or "")

    def house_a(self) -> tuple[float, float, float]:
        """House less panels, per phase of the grid, A."""
        house, pv = (list(self.field("site", name) or ()) for name in ("house_a", "pv_a"))
        one, two, three = (a - b for a, b in zip(_three(house), _three(pv), strict=True))
        return one, two, three

    def at_grid_a(self, socket: int) -> tuple[float, float, float]:
        """What the car draws, per phase of the grid, A."""
        return to_grid(self.drawn_a(socket), self._orders.get(socket, STRAIGHT))

    def grid_a(self) -> tuple[float, float, float]:
        """The whole connection, import positive, A."""
        flowing = [self.house_a(), *map(self.at_grid_a, self.sockets)]
        one, two, three = (sum(per_phase) for per_phase in zip(*flowing, strict=True))
        return one, two, three


def _three(values: list[float]) -> list[float]:
    return values + [0.0] * (3 - len(values))


def instants(
    events: Sequence[Event], index: int, until_s: float, orders: Mapping[int, str]
) -> Iterator[tuple[Event, Seen]]:
    """The state at event `index`, and then after each instant in which something changed, up to `until_s`.

    Each comes with the last event of its instant. What is so for no time at all, between two events of one instant, is
    passed over.
    """
    seen = Seen(orders)
    for event in events[: index + 1]:
        seen.take(event)
    yield events[index], seen
    at: Event | None = None
    said: list[str] = []
    for event in events[index + 1 :]:
        if event.kind not in KINDS:
            continue
        if event.at_s > until_s:
            break
        if at is not None and event.at_s > at.at_s:
            seen.said = said
            yield at, seen
            said = []
        at = event
        seen.take(event)
        if event.kind == "log":
            said.append(str(event.data.get("text")))
    if at is not None:
        seen.said = said
        yield at, seen
