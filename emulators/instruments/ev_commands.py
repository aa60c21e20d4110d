"""The commands of the EV simulator box. Data."""

from __future__ import annotations

import math
from collections.abc import Callable

from emulators.instruments.ev_box import EvBox
from emulators.instruments.numbers import NOTHING, nr3, nr3_list
from emulators.instruments.pilot import OutletReading, PilotReading
from emulators.pilot.proximity import CABLES, ohm_for, rating_of
from emulators.scpi.commands import Call, Command
from emulators.scpi.errors import ILLEGAL_VALUE, ScpiError
from emulators.scpi.parameters import AMPERE, OHM, Boolean, Choice, Kind, Number
from emulators.site.reading import PerPhase

# Beyond these a resistor models nothing that was ever found in a car or a plug.
_PILOT_RESISTOR = Number(10.0, 100_000.0, OHM)
_PLUG_RESISTOR = Number(1.0, 100_000.0, OHM, words={"OPEN": math.inf})
_RATING = Number(CABLES[0].rating_a, CABLES[-1].rating_a, AMPERE)
# On each phase; more than any AC socket offers, for cars that draw too much.
_LOAD = Number(0.0, 80.0, AMPERE)
_FACTOR = Number(0.0, 1.0)


def _setting(header: str, name: str, kind: Kind, does: str) -> Command[EvBox]:
    """A setting of the box that can be set and asked for as it is."""
    return Command(
        header,
        does,
        (kind,),
        change=lambda box, call: box.change(call.now_s, **{name: call.values[0]}),
        query=lambda box, _: _written(getattr(box.settings, name)),
    )


def _written(value: object) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return nr3(value)
    # Words are answered in their short form (SCPI-99 volume 1, 7.3).
    return "".join(character for character in str(value) if not character.islower())


def _measured(header: str, of: Callable[[PilotReading], float | None], does: str) -> Command[EvBox]:
    return Command(header, does, query=lambda box, call: nr3(of(box.read(call.now_s))))


def _at_outlet(header: str, of: Callable[[OutletReading], PerPhase], does: str) -> Command[EvBox]:
    return Command(header, does, query=lambda box, call: nr3_list(of(box.read_outlet(call.now_s))))


def _set_plug(box: EvBox, call: Call) -> None:
    ohm = call.values[0]
    box.change(call.now_s, pp_ohm=None if ohm == math.inf else ohm)


def _set_rating(box: EvBox, call: Call) -> None:
    rating_a = call.values[0]
    if rating_a not in [cable.rating_a for cable in CABLES]:
        ratings = ", ".join(str(cable.rating_a) for cable in CABLES)
        raise ScpiError(ILLEGAL_VALUE, f"{rating_a:g} A is none of {ratings}")
    box.change(call.now_s, pp_ohm=float(ohm_for(round(rating_a))))


def _rating(box: EvBox) -> str:
    ohm = box.settings.pp_ohm
    return str(0 if ohm is None else rating_of(ohm) or 0)


def _total(box: EvBox) -> str:
    load = box.settings.load
    return nr3(NOTHING if load is None else load.total_ohm)


COMMANDS: tuple[Command[EvBox], ...] = (
    _setting(":EV:STATe", "state", Choice(("A", "B", "C", "D", "E")), "what it plays"),
    _setting(":EV:RESistor[:BASE]", "r2_ohm", _PILOT_RESISTOR, "R2, in states B, C and D"),
    _setting(":EV:RESistor:CHARge", "r3_c_ohm", _PILOT_RESISTOR, "R3 of state C, parallel to R2"),
    _setting(":EV:RESistor:VENTilate", "r3_d_ohm", _PILOT_RESISTOR, "R3 of state D, parallel to R2"),
    Command(":EV:RESistor:TOTal", "what stands behind the diode now", query=lambda box, _: _total(box)),
    _setting(":EV:DIODe", "diode", Choice(("PRESent", "SHORted", "MISSing")), "the diode; missing is open"),
    _setting(":EV:SHORt", "short", Choice(("NONE", "PILot", "DIODe")), "to earth: the pilot, or behind the diode"),
    _setting(":EV:PILot", "pilot", Boolean(), "whether the pilot wire is whole"),
    _setting(":EV:EARTh", "earth", Boolean(), "whether the earth wire is whole"),
    Command(
        ":EV:PROXimity:RESistor",
        "between proximity contact and earth",
        (_PLUG_RESISTOR,),
        change=_set_plug,
        query=lambda box, _: nr3(box.settings.pp_ohm),
    ),
    Command(
        ":EV:PROXimity:RATing",
        "13, 20, 32 or 63 A: the nominal resistor of that cable; asked: what its resistor stands for, 0 for none",
        (_RATING,),
        change=_set_rating,
        query=lambda box, _: _rating(box),
    ),
    Command(
        ":EV:LOAD:CURRent",
        "what the load bank draws on L1, L2, L3 in states C and D while there is mains",
        (_LOAD, _LOAD, _LOAD),
        change=lambda box, call: box.change(call.now_s, load_a=call.values),
        query=lambda box, _: nr3_list(box.settings.load_a),
    ),
    Command(
        ":EV:LOAD:PFACtor",
        "how much of that is in phase with the voltage, L1, L2, L3; 1 is all of it",
        (_FACTOR, _FACTOR, _FACTOR),
        change=lambda box, call: box.change(call.now_s, power_factors=call.values),
        query=lambda box, _: nr3_list(box.settings.power_factors),
    ),
    _measured(":MEASure:PILot:FREQuency", lambda each: each.frequency_hz, "in Hz"),
    _measured(":MEASure:PILot:DUTY", lambda each: None if each.duty is None else each.duty * 100, "in percent"),
    _measured(":MEASure:PILot:HIGH", lambda each: each.high_v, "the positive half-wave, in V"),
    _measured(":MEASure:PILot:LOW", lambda each: each.low_v, "the negative half-wave, in V"),
    _at_outlet(":MEASure:VOLTage", lambda each: each.volts, "L1, L2, L3 behind the contactor, in V"),
    _at_outlet(":MEASure:CURRent", lambda each: each.amps, "what flows into the box on L1, L2, L3, in A"),
)
