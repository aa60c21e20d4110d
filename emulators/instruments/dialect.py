"""What differs between families of oscilloscopes, and the families there are. Data.

A dialect is a table of commands and a few figures; to add one, write the table and put it into DIALECTS.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from emulators.instruments.numbers import NOTHING
from emulators.instruments.oscilloscope import USUAL_SCALE_V, USUAL_TIME_S, VERTICAL_DIVISIONS, Channel, Oscilloscope
from emulators.instruments.record import Record
from emulators.scpi.commands import Call, Command, Omissible
from emulators.scpi.instrument import Identity
from emulators.scpi.parameters import SECOND, VOLT, Boolean, Choice, Number, Numbered

DutyUnit = Literal["percent", "fraction"]

_MOST_CHANNELS = 4
_CHANNEL = Numbered("CHANnel", _MOST_CHANNELS)
_TIME = Number(1e-9, 50.0, SECOND)
_SCALE = Number(1e-3, 10.0, VOLT)
_OFFSET = Number(-100.0, 100.0, VOLT)
_BLOCK_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Dialect:
    """A family of scopes.

    `duty_unit` is how it answers a duty cycle, `number` writes a value, and `nothing` is what it answers when there is
    nothing to measure. The screen has `divisions` to the right and `codes_per_division` upwards, with code
    `centre_code` in the middle; `points` of a record go over the wire.
    """

    name: str
    identity: Identity
    commands: tuple[Command[Oscilloscope], ...]
    duty_unit: DutyUnit
    number: Callable[[float], str]
    divisions: int
    codes_per_division: int
    centre_code: int
    points: int
    nothing: str
    channels: int = _MOST_CHANNELS

    def measured(self, scope: Oscilloscope, name: str, channel: int, now_s: float) -> str:
        """A measured value as this family answers it."""
        value = scope.measure(name, channel, now_s)
        if value is None:
            return self.nothing
        return self.number(value * 100 if name == "duty" and self.duty_unit == "percent" else value)


# -- rows that several families have ---------------------------------------------------------------------------------


def _change_channel(scope: Oscilloscope, call: Call, **changes: object) -> None:
    number = call.numbers[0] - 1
    scope.channels[number] = replace(scope.channels[number], **changes)  # type: ignore[arg-type]


def _of_channel(read: Callable[[Channel], float]) -> Callable[[Oscilloscope, Call], str]:
    return lambda scope, call: scope.dialect.number(read(scope.channels[call.numbers[0] - 1]))


def _set_time(scope: Oscilloscope, call: Call) -> None:
    scope.time_s = float(call.values[0])


def _set_source(scope: Oscilloscope, call: Call) -> None:
    scope.waveform_source = int(call.values[0])


def _usual(scope: Oscilloscope, _call: Call) -> None:
    scope.time_s = USUAL_TIME_S
    scope.channels[0] = Channel(USUAL_SCALE_V)


def _shared(centre_sign: int) -> tuple[Command[Oscilloscope], ...]:
    """What Keysight's and Rigol's have in common. An offset is the voltage in the middle, or that negated."""
    return (
        Command(
            ":CHANnel#:SCALe",
            "volts per division",
            (_SCALE,),
            change=lambda scope, call: _change_channel(scope, call, scale_v=call.values[0]),
            query=_of_channel(lambda channel: channel.scale_v),
            most=_MOST_CHANNELS,
        ),
        Command(
            ":CHANnel#:OFFSet",
            "where 0 V is on the screen, in volts",
            (_OFFSET,),
            change=lambda scope, call: _change_channel(scope, call, centre_v=centre_sign * float(call.values[0])),
            query=_of_channel(lambda channel: centre_sign * channel.centre_v),
            most=_MOST_CHANNELS,
        ),
        Command(
            ":CHANnel#:DISPlay",
            "whether a channel is shown",
            (Boolean(),),
            change=lambda scope, call: _change_channel(scope, call, shown=call.values[0]),
            query=lambda scope, call: str(int(scope.channels[call.numbers[0] - 1].shown)),
            most=_MOST_CHANNELS,
        ),
        Command(
            ":TIMebase[:MAIN]:SCALe",
            "seconds per division",
            (_TIME,),
            change=_set_time,
            query=lambda scope, _: scope.dialect.number(scope.time_s),
        ),
        Command(":AUToscale", "set the screen so that a pilot fits on it", change=_usual),
        Command(":RUN", "acquire; it always does", change=lambda _scope, _: None),
        Command(
            ":WAVeform:SOURce",
            "the channel whose points are asked for",
            (_CHANNEL,),
            change=_set_source,
            query=lambda scope, _: f"CHAN{scope.waveform_source}",
        ),
        Command(
            ":WAVeform:FORMat",
            "the form of the points; there is BYTE",
            (Choice(("BYTE",)),),
            change=lambda _scope, _: None,
            query=lambda _scope, _: "BYTE",
        ),
        Command(":WAVeform:DATA", "the points, a block of one byte each", query=_block),
    )


def _points(scope: Oscilloscope, call: Call) -> Record:
    return scope.points(scope.waveform_source, call.now_s)


def _block(scope: Oscilloscope, call: Call) -> bytes:
    """A definite length block: #, how many digits, how many bytes, the bytes (IEEE 488.2, 8.7.9)."""
    codes = bytes(_points(scope, call).codes)
    return f"#{_BLOCK_DIGITS}{len(codes):0{_BLOCK_DIGITS}d}".encode() + codes


def _preamble(scope: Oscilloscope, call: Call, y_origin: float) -> str:
    """Format, type, points, count, then step, origin and reference to the right and upwards."""
    record, number = _points(scope, call), scope.dialect.number
    return ",".join(
        [
            f"0,0,{len(record.codes)},1",
            number(record.step_s),
            number(0.0),
            "0",
            number(record.scaling.volt_per_code),
            number(y_origin),
            str(scope.dialect.centre_code),
        ]
    )


# -- Keysight InfiniiVision ------------------------------------------------------------------------------------------
# Levels are VTOP and VBASe, duty is in percent (A). A voltage is (code - reference) x step + origin.


def _measure(header: str, name: str, does: str) -> Command[Oscilloscope]:
    return Command(
        header,
        does,
        asked=(Omissible(_CHANNEL, 1),),
        query=lambda scope, call: scope.dialect.measured(scope, name, int(call.values[0]), call.now_s),
    )


def _keysight_preamble(scope: Oscilloscope, call: Call) -> str:
    return _preamble(scope, call, scope.channels[scope.waveform_source - 1].centre_v)


KEYSIGHT = Dialect(
    name="keysight",
    identity=Identity("KEYSIGHT TECHNOLOGIES", "DSO-X 4024A"),
    commands=(
        *_shared(centre_sign=1),
        _measure(":MEASure:FREQuency", "frequency", "in Hz"),
        _measure(":MEASure:DUTYcycle", "duty", "in percent"),
        _measure(":MEASure:VTOP", "high", "the commonest level above the middle, in V"),
        _measure(":MEASure:VBASe", "low", "the commonest level below the middle, in V"),
        _measure(":MEASure:VMAX", "max", "in V"),
        _measure(":MEASure:VMIN", "min", "in V"),
        Command(
            ":MEASure:VRMS",
            "in V, the constant part included",
            asked=(
                Omissible(Choice(("DISPlay", "CYCLe")), "DISPlay"),
                Omissible(Choice(("DC",)), "DC"),
                Omissible(_CHANNEL, 1),
            ),
            query=lambda scope, call: scope.dialect.measured(scope, "rms", int(call.values[2]), call.now_s),
        ),
        Command(":WAVeform:PREamble", "how the points are to be read", query=_keysight_preamble),
    ),
    duty_unit="percent",
    number=lambda value: f"{value:+.5E}",
    divisions=10,
    codes_per_division=256 // VERTICAL_DIVISIONS,
    centre_code=128,
    points=1000,
    nothing=f"{NOTHING:+.1E}",
)

# -- Rigol DS1000Z and its kin ---------------------------------------------------------------------------------------
# All measurements are items of one command; what is invalid is 9.9E37 (A). Whether a duty cycle is a fraction or in
# percent differs between models (fraction on a DS2000, C; either on DS1000B and CA, !): `duty_unit` can be replaced.
# A voltage is (code - origin - reference) x step.

_ITEMS: Mapping[str, str] = {
    "FREQuency": "frequency",
    "PDUTy": "duty",
    "VTOP": "high",
    "VBASe": "low",
    "VMAX": "max",
    "VMIN": "min",
    "VRMS": "rms",
}


def _item(scope: Oscilloscope, call: Call) -> str:
    item, channel = call.values
    return scope.dialect.measured(scope, _ITEMS[str(item)], int(channel), call.now_s)


def _rigol_preamble(scope: Oscilloscope, call: Call) -> str:
    channel = scope.channels[scope.waveform_source - 1]
    return _preamble(scope, call, 0.0 - channel.centre_v / channel.scale_v * scope.dialect.codes_per_division)


RIGOL = Dialect(
    name="rigol",
    identity=Identity("RIGOL TECHNOLOGIES", "DS1104Z"),
    commands=(
        *_shared(centre_sign=-1),
        Command(
            ":MEASure:ITEM",
            "one of the items: duty as a fraction, levels in V, frequency in Hz",
            asked=(Choice(tuple(_ITEMS)), Omissible(_CHANNEL, 1)),
            query=_item,
        ),
        Command(
            ":WAVeform:MODE",
            "which points; there is what is on the screen",
            (Choice(("NORMal",)),),
            change=lambda _scope, _: None,
            query=lambda _scope, _: "NORM",
        ),
        Command(":WAVeform:PREamble", "how the points are to be read", query=_rigol_preamble),
    ),
    duty_unit="fraction",
    number=lambda value: f"{value:.6e}",
    divisions=12,
    codes_per_division=25,
    centre_code=127,
    points=1200,
    nothing=f"{NOTHING:.1E}",
)

# -- Siglent, the older ones -----------------------------------------------------------------------------------------
# Answers repeat the header and carry a unit, unless CHDR is OFF; **** is no signal (A). Points are not emulated.

_PARAMETERS: Mapping[str, tuple[str, str]] = {
    "FREQ": ("frequency", "Hz"),
    "DUTY": ("duty", "%"),
    "TOP": ("high", "V"),
    "BASE": ("low", "V"),
    "MAX": ("max", "V"),
    "MIN": ("min", "V"),
    "RMS": ("rms", "V"),
}


def _parameter(scope: Oscilloscope, call: Call) -> str:
    word, channel = str(call.values[0]), call.numbers[0]
    name, unit = _PARAMETERS[word]
    value = scope.dialect.measured(scope, name, channel, call.now_s)
    return f"C{channel}:PAVA {word},{value}{'' if value == scope.dialect.nothing else unit}"


SIGLENT = Dialect(
    name="siglent",
    identity=Identity("Siglent Technologies", "SDS1104X-E"),
    commands=(
        Command(
            "C#:PAVA",
            "one of the parameters: duty in percent, levels in V, frequency in Hz",
            asked=(Choice(tuple(_PARAMETERS)),),
            query=_parameter,
            most=_MOST_CHANNELS,
        ),
        Command(
            "C#:VDIV",
            "volts per division",
            (_SCALE,),
            change=lambda scope, call: _change_channel(scope, call, scale_v=call.values[0]),
            query=_of_channel(lambda channel: channel.scale_v),
            most=_MOST_CHANNELS,
        ),
        Command(
            "TDIV",
            "seconds per division",
            (_TIME,),
            change=_set_time,
            query=lambda scope, _: scope.dialect.number(scope.time_s),
        ),
    ),
    duty_unit="percent",
    number=lambda value: f"{value:.2E}",
    divisions=14,
    codes_per_division=25,
    centre_code=128,
    points=1400,
    nothing="****",
)

DIALECTS: Mapping[str, Dialect] = {dialect.name: dialect for dialect in (KEYSIGHT, RIGOL, SIGLENT)}
