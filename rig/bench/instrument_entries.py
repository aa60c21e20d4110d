"""The instruments in a bench file: what stands where, how it is reached, how well it measures."""

from __future__ import annotations

from typing import Literal

import msgspec

from rig.errors import ConfigurationError

EMULATED = "emulated"
MAX_CHANNEL = 8
MAX_LOAD_A = 80.0
# More is no measurement of a pilot any more.
MAX_UNCERTAINTY_V, MAX_UNCERTAINTY_DUTY_PCT, MAX_UNCERTAINTY_A = 1.0, 5.0, 1.0
# A box that is looked at more often has no time for anything else; a car that looks less often is none.
POLL_S = (0.01, 1.0)
# Offers are told apart to a step of a pilot generator, 0.1 % of the duty cycle; both of two readings may be off.
MAX_SEEN_DUTY_PCT = 0.05


class EvBox(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[instruments.ev]`: an EV simulator box that is plugged into the socket. See Instruments for the rest.

    With `plays_cars` it plays the cars of all cases, and is looked at every `poll_s`. Its load bank draws up to
    `load_max_a` on each of `load_phases`; `uncertainty_a` is how far a current that it draws or measures may be off.
    """

    resource: str = EMULATED
    dialect: Literal["evse-rig"] = "evse-rig"
    timeout_s: float = 5.0
    baud: int = 9600
    backend: str = "@py"
    uncertainty_v: float = 0.05
    uncertainty_duty_pct: float = 0.05
    plays_cars: bool = False
    poll_s: float = 0.1
    load_phases: Literal[1, 3] = 3
    load_max_a: float = 80.0
    uncertainty_a: float = 0.05


class Scope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[instruments.scope]`: an oscilloscope on the control pilot. `family` "": by what it says that it is.

    The emulated one speaks like `family`, "keysight" unless given. The uncertainties are those of an eight-bit scope at
    4 V per division, and of edges that take microseconds.
    """

    resource: str = EMULATED
    family: Literal["", "keysight", "rigol", "siglent"] = ""
    channel: int = 1
    timeout_s: float = 5.0
    baud: int = 9600
    backend: str = "@py"
    uncertainty_v: float = 0.1
    uncertainty_duty_pct: float = 0.2


class Instruments(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`[instruments]`. One that is missing is not on the bench, and clauses that need it are not testable there.

    `ev_2` and `scope_2` stand at socket 2. `resource` is a VISA resource string, or "emulated": an instrument of the
    rig, on the socket of its own board. `timeout_s` is for an answer, in real seconds; `baud` for a serial port;
    `backend` "" is the VISA library of the machine. `uncertainty_v` and `uncertainty_duty_pct` (percentage points) are
    how far its readings may be off.
    """

    ev: EvBox | None = None
    scope: Scope | None = None
    ev_2: EvBox | None = None
    scope_2: Scope | None = None

    def ev_at(self, socket: int) -> EvBox | None:
        """The box at that socket."""
        return self.ev if socket == 1 else self.ev_2

    def scope_at(self, socket: int) -> Scope | None:
        """The oscilloscope at that socket."""
        return self.scope if socket == 1 else self.scope_2


def check_instruments(file: str, instruments: Instruments, *, sockets: int | None, linked: bool) -> None:
    """Raises ConfigurationError that says what is wrong where in `file`, and what would be right.

    `sockets` are those of an external station, None for the reference station; `linked` is a bench with a board link.
    """
    for name in Instruments.__struct_fields__:
        entry: EvBox | Scope | None = getattr(instruments, name)
        if entry is not None:
            _check_entry(f"{file}: [instruments.{name}]", entry)
            _check_resource(f"{file}: [instruments.{name}]", entry, sockets, second=name.endswith("_2"))
    _check_players(file, instruments, sockets, linked=linked)


def _check_entry(where: str, entry: EvBox | Scope) -> None:
    _within(where, "uncertainty_v", entry.uncertainty_v, 0.0, MAX_UNCERTAINTY_V)
    _within(where, "uncertainty_duty_pct", entry.uncertainty_duty_pct, 0.0, MAX_UNCERTAINTY_DUTY_PCT)
    if isinstance(entry, Scope):
        _within(where, "channel", entry.channel, 1, MAX_CHANNEL)
        return
    _within(where, "poll_s", entry.poll_s, *POLL_S)
    _within(where, "load_max_a", entry.load_max_a, 1.0, MAX_LOAD_A)
    _within(where, "uncertainty_a", entry.uncertainty_a, 0.0, MAX_UNCERTAINTY_A)


def _within(where: str, key: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ConfigurationError(f"{where}: {key} = {value:g}; it must be from {least:g} to {most:g}")


def _check_resource(where: str, entry: EvBox | Scope, sockets: int | None, *, second: bool) -> None:
    if entry.resource == EMULATED:
        return
    if sockets is None:
        raise ConfigurationError(
            f'{where}: resource = "{entry.resource}", but the pilot of the reference station is emulated; '
            'leave resource out, or set kind = "external" in [station]'
        )
    if second and sockets == 1:
        raise ConfigurationError(f"{where}: there is no socket 2; leave it out, or say sockets = 2 in [station]")
    from rig.instruments.visa import VisaSettings  # slow to import, and of no use to most benches

    try:
        VisaSettings(entry.resource, timeout_s=entry.timeout_s)
    except ConfigurationError as error:
        raise ConfigurationError(f'{where}: {error}; the one of the rig is "{EMULATED}"') from None


def _check_players(file: str, instruments: Instruments, sockets: int | None, *, linked: bool) -> None:
    """Boxes that play cars."""
    boxes = {"ev": instruments.ev, "ev_2": instruments.ev_2}
    players = {name: box for name, box in boxes.items() if box is not None and box.plays_cars}
    for name, box in players.items():
        where = f"{file}: [instruments.{name}]"
        if linked and box.resource != EMULATED:
            raise ConfigurationError(
                f"{where}: a real box plays the cars in a real socket, and the one of a board link is emulated; "
                "leave [lines.board] out, and name the other lines"
            )
        if not linked and box.resource == EMULATED:
            raise ConfigurationError(
                f"{where}: the emulated box stands in the socket of a board link, and this bench has none; "
                "give it a VISA resource, or add [lines.board]"
            )
        if not linked and box.uncertainty_duty_pct > MAX_SEEN_DUTY_PCT:
            raise ConfigurationError(
                f"{where}: uncertainty_duty_pct = {box.uncertainty_duty_pct:g}; without [lines.board] this box tells "
                f"one offer from the next, so it must be from 0 to {MAX_SEEN_DUTY_PCT:g}"
            )
    if players and not linked and sockets == 2 and len(players) == 1:
        (name,) = players
        raise ConfigurationError(
            f"{file}: only [instruments.{name}] has plays_cars = true, and of the other socket nothing is seen; "
            "give each of the two a box that plays cars"
        )
    resources = [box.resource for box in players.values() if box.resource != EMULATED]
    if len(set(resources)) < len(resources):
        raise ConfigurationError(
            f'{file}: [instruments.ev] and [instruments.ev_2] have the same resource "{resources[0]}"; '
            "one box plays the cars of one socket"
        )
