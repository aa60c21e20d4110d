"""What the report has to know of an installation to draw it: which phases are behind a socket, and what may flow."""

from __future__ import annotations

from collections.abc import Mapping

from rig.timeline import Timeline

# The settings that limit each phase of the station and of the grid connection, as names are compared.
_LIMITS = {"stationmaxcurrent": "station_a", "smartmetermaxcurrent": "meter_a"}


def note_installation(
    timeline: Timeline, at_s: float, feeders: Mapping[int, str], settings: Mapping[str, object]
) -> None:
    """Record the order of the grid's phases at each socket, and the limits per phase that the case sets, in A."""
    for socket, order in feeders.items():
        timeline.record(at_s, "rig", "wiring", {"socket": socket, "phases": order})
    note_limits(timeline, at_s, settings)


def note_limits(timeline: Timeline, at_s: float, settings: Mapping[str, object]) -> None:
    """Record the limits per phase that hold from now on, in A, as far as the case sets them."""
    limits: dict[str, float | None] = dict.fromkeys(_LIMITS.values())
    for key, value in settings.items():
        name = _LIMITS.get(plain(key))
        if name is not None and isinstance(value, int | float):
            limits[name] = float(value)
    if any(value is not None for value in limits.values()):
        timeline.record(at_s, "rig", "limits", dict(limits))


def plain(key: str) -> str:
    """A setting's name as names are compared."""
    return key.casefold().replace("-", "").replace(" ", "")


def changed(settings: Mapping[str, object], changes: Mapping[str, object]) -> dict[str, object]:
    """The settings with changes over them, in whichever spelling of the same name."""
    names = {plain(key) for key in changes}
    return {**{key: value for key, value in settings.items() if plain(key) not in names}, **changes}
