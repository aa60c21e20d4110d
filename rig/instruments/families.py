"""Families of oscilloscopes: how each is set up and asked, and what its answers mean. Data.

`{channel}` stands for the number of the channel, `{time_s}` and `{scale_v}` for seconds and volts per division. The
confidence of each row is that of the shared facts (control_pilot, section 8).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from rig.errors import ConfigurationError, HarnessError
from rig.instruments.readings import DutyUnit
from rig.instruments.scpi import ERROR_QUERY


class Preamble(NamedTuple):
    """How points are to be read, as Keysight and Rigol answer it: step, origin and reference to the right, upwards."""

    points: int
    x_step_s: float
    x_origin_s: float
    x_reference: float
    y_step_v: float
    y_origin: float
    y_reference: float

    @classmethod
    def parse(cls, answer: str) -> Preamble:
        """Ten numbers with commas: format, type, points, count, and the six. Raises HarnessError."""
        try:
            numbers = [float(field) for field in answer.split(",")]
            _format, _type, points, _count, *scaling = numbers
            return cls(round(points), *scaling)
        except (TypeError, ValueError, OverflowError):
            raise HarnessError(f"{answer[:80]!r} is no preamble; one is ten numbers with commas") from None


@dataclass(frozen=True, slots=True)
class WaveformQueries:
    """How the points on the screen are fetched; `volt` is what a code stands for."""

    setup: Sequence[str]
    preamble: str
    data: str
    volt: Callable[[Preamble, int], float]


@dataclass(frozen=True, slots=True)
class Family:
    """`makers` are how `*IDN?` may begin. `duty_unit` is None where models differ: then the size of the number decides.

    `error_query` is None where there is no error queue, `waveform` where points cannot be fetched.
    """

    name: str
    makers: tuple[str, ...]
    setup: Sequence[str]
    queries: Mapping[str, str]
    duty_unit: DutyUnit | None
    error_query: str | None = ERROR_QUERY
    waveform: WaveformQueries | None = None


def _keysight_volt(preamble: Preamble, code: int) -> float:
    return (code - preamble.y_reference) * preamble.y_step_v + preamble.y_origin


def _rigol_volt(preamble: Preamble, code: int) -> float:
    return (code - preamble.y_origin - preamble.y_reference) * preamble.y_step_v


_SCREEN = (
    ":CHANnel{channel}:DISPlay ON",
    ":CHANnel{channel}:OFFSet 0",
    ":CHANnel{channel}:SCALe {scale_v}",
    ":TIMebase:SCALe {time_s}",
    ":RUN",
)

KEYSIGHT = Family(
    name="keysight",
    makers=("KEYSIGHT", "AGILENT"),
    setup=_SCREEN,
    queries={
        "frequency": ":MEASure:FREQuency? CHANnel{channel}",
        "duty": ":MEASure:DUTYcycle? CHANnel{channel}",
        "high": ":MEASure:VTOP? CHANnel{channel}",
        "low": ":MEASure:VBASe? CHANnel{channel}",
        "rms": ":MEASure:VRMS? DISPlay,DC,CHANnel{channel}",
    },
    duty_unit="percent",  # A
    waveform=WaveformQueries(
        setup=(":WAVeform:SOURce CHANnel{channel}", ":WAVeform:FORMat BYTE"),
        preamble=":WAVeform:PREamble?",
        data=":WAVeform:DATA?",
        volt=_keysight_volt,
    ),
)

RIGOL = Family(
    name="rigol",
    makers=("RIGOL",),
    setup=_SCREEN,
    queries={
        "frequency": ":MEASure:ITEM? FREQuency,CHANnel{channel}",
        "duty": ":MEASure:ITEM? PDUTy,CHANnel{channel}",
        "high": ":MEASure:ITEM? VTOP,CHANnel{channel}",
        "low": ":MEASure:ITEM? VBASe,CHANnel{channel}",
        "rms": ":MEASure:ITEM? VRMS,CHANnel{channel}",
    },
    duty_unit=None,  # !: percent or fraction, by model
    waveform=WaveformQueries(
        setup=(":WAVeform:SOURce CHANnel{channel}", ":WAVeform:MODE NORMal", ":WAVeform:FORMat BYTE"),
        preamble=":WAVeform:PREamble?",
        data=":WAVeform:DATA?",
        volt=_rigol_volt,
    ),
)

SIGLENT = Family(
    name="siglent",
    makers=("SIGLENT",),
    setup=("C{channel}:VDIV {scale_v}", "TDIV {time_s}"),
    queries={
        "frequency": "C{channel}:PAVA? FREQ",
        "duty": "C{channel}:PAVA? DUTY",
        "high": "C{channel}:PAVA? TOP",
        "low": "C{channel}:PAVA? BASE",
        "rms": "C{channel}:PAVA? RMS",
    },
    duty_unit="percent",  # A
    # Those that speak so have a register of the last error, which not all firmware clears.
    error_query=None,
)

FAMILIES: Mapping[str, Family] = {family.name: family for family in (KEYSIGHT, RIGOL, SIGLENT)}


def family_of(identity: str) -> Family:
    """The family of an instrument by what it answers to `*IDN?`. Raises ConfigurationError for an unknown one."""
    maker = identity.strip().upper()
    for family in FAMILIES.values():
        if maker.startswith(family.makers):
            return family
    raise ConfigurationError(
        f"oscilloscope {identity!r}: its family is not known; give one of {', '.join(FAMILIES)} that it speaks like"
    )
