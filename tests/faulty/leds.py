"""Stations with two sockets that are wrong on purpose in one state of an LED."""

from __future__ import annotations

from typing import Any

from station.balancing.allocator import Share
from station.face import Around, Event, Face, situation_of
from station.panel import Situation
from station.runtime import StationRuntime
from station.settings import Settings
from tests.faulty.building import station


def _wrong(settings: Settings, ports: dict[str, Any], state: Situation, pattern: str) -> StationRuntime:
    """In this state the LED shows that pattern; in all others it is right."""

    class Wrong(Face):
        situation: Situation | None = None

        def report(self, share: Share, around: Around, events: list[Event]) -> None:
            self.situation = situation_of(self._outlet, share.current_da, around)
            super().report(share, around, events)

        def _say(self, events: list[Event], kind: str, fields: dict[str, object]) -> None:
            wrong = kind == "led" and self.situation is state
            super()._say(events, kind, {**fields, "pattern": pattern} if wrong else fields)

    return station(settings, ports, face=Wrong)


def charging_is_light_blue(settings: Settings, **ports: Any) -> StationRuntime:
    """Steady light blue instead of dark blue."""
    return _wrong(settings, ports, Situation.CHARGING, "light blue steady")


def charging_flashes(settings: Settings, **ports: Any) -> StationRuntime:
    """Goes on flashing when the speed has been reduced, as the French guide has it (X-42)."""
    return _wrong(settings, ports, Situation.CHARGING, "dark blue flashing")


def asked_for_less_is_steady(settings: Settings, **ports: Any) -> StationRuntime:
    """Shows nothing of the request to reduce."""
    return _wrong(settings, ports, Situation.REDUCING, "dark blue steady")


def asked_for_less_is_light_blue(settings: Settings, **ports: Any) -> StationRuntime:
    """The request flashes in the colour of a pause."""
    return _wrong(settings, ports, Situation.REDUCING, "light blue flashing")


def its_turn_is_awaited_in_dark_blue(settings: Settings, **ports: Any) -> StationRuntime:
    """Who waits for the other car flashes in the colour of charging."""
    return _wrong(settings, ports, Situation.TURN, "dark blue flashing")


def its_turn_is_awaited_steadily(settings: Settings, **ports: Any) -> StationRuntime:
    """Who waits for the other car does not flash."""
    return _wrong(settings, ports, Situation.TURN, "light blue steady")


def suspended_is_steady(settings: Settings, **ports: Any) -> StationRuntime:
    """The blue of a suspension does not flash."""
    return _wrong(settings, ports, Situation.SUSPENDED, "light blue steady")


def suspended_is_red(settings: Settings, **ports: Any) -> StationRuntime:
    """A suspension looks like a fault."""
    return _wrong(settings, ports, Situation.SUSPENDED, "red flashing")


def over_current_is_red(settings: Settings, **ports: Any) -> StationRuntime:
    """An over-current has no blue."""
    return _wrong(settings, ports, Situation.OVER_CURRENT, "red steady")


def one_led_for_both(settings: Settings, **ports: Any) -> StationRuntime:
    """Both LEDs show what socket 1 is in."""
    shown: list[object] = ["off"]

    class Shared(Face):
        def _say(self, events: list[Event], kind: str, fields: dict[str, object]) -> None:
            if kind == "led" and self._outlet.number == 1:
                shown[0] = fields["pattern"]
            super()._say(events, kind, {**fields, "pattern": shown[0]} if kind == "led" else fields)

    return station(settings, ports, face=Shared)
