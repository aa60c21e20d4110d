"""The limits over the one socket, put to the allocator; the lowest leads (O-46, CFG-058)."""

from typing import NamedTuple

from station.balancing.allocator import Claim, Limit, allocate
from station.settings import Settings
from station.units import MA_PER_DA, da_from_a

SOCKET = 1


class Offer(NamedTuple):
    """What the socket may have in mA, 0 for nothing, and the limit that leads."""

    current_ma: int
    source: str


class SocketLimits:
    """Station and connector limit from the settings; cable and grid change and are told."""

    def __init__(self, settings: Settings) -> None:
        self._station_da = da_from_a(settings.station_max_a)
        self._connector_da = da_from_a(settings.connector1_max_a)
        self._phases = settings.grid_phases
        self._for: tuple[int | None, tuple[int, int, int] | None, str] | None = None
        self._offer = Offer(0, "")

    def offer(
        self, cable_da: int | None, grid_da: tuple[int, int, int] | None = None, grid_source: str = "active"
    ) -> Offer:
        """The offer under these limits, in dA; None where there is no such limit. Remembered until they change."""
        if self._for != (cable_da, grid_da, grid_source):
            self._for = (cable_da, grid_da, grid_source)
            self._offer = self._decide(cable_da, grid_da, grid_source)
        return self._offer

    def _decide(self, cable_da: int | None, grid_da: tuple[int, int, int] | None, grid_source: str) -> Offer:
        caps = {"station": self._station_da, "connector": self._connector_da}
        if cable_da is not None:
            caps["cable"] = cable_da
        limits = [Limit("station", frozenset({SOCKET}), (self._station_da,) * 3)]
        if grid_da is not None:
            caps[grid_source] = min(grid_da[phase] for phase in self._phases)
            limits.append(Limit("grid", frozenset({SOCKET}), grid_da))
        cap_da = self._connector_da if cable_da is None else min(self._connector_da, cable_da)
        offer_da = allocate([Claim(SOCKET, self._phases, cap_da)], limits)[SOCKET]
        return Offer(offer_da * MA_PER_DA, min(caps, key=caps.__getitem__))
