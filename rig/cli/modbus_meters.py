"""Which Modbus meters the command line asks for, on one bus or behind one address."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from emulators.errors import BadConfiguration
from emulators.events import Emit
from emulators.modbus import Description, ModbusMeter, SerialFormat, load
from emulators.modbus.description import Register
from emulators.modbus.rtu import MAX_UNIT
from emulators.site import GridReading
from rig.cli.emulated import Options
from rig.errors import ConfigurationError

Read = Callable[[float], GridReading]

_ALSO = re.compile(r"(.+):([0-9]{1,3})")
_SETTING = re.compile(r"(?:([0-9]{1,3}):)?([a-z][a-z0-9_]*)=(.+)", re.IGNORECASE)
# Not all that Python reads as one: 8E1 is a character format.
_NUMBER = re.compile(r"-?[0-9]{1,9}(?:\.[0-9]{1,9})?")

# How mbpoll names the number types that it knows.
_MBPOLL_FORMS = {"uint16": "", "int16": "", "uint32": ":int", "int32": ":int", "float32": ":float"}
_MBPOLL_TABLES = {"input": "3", "holding": "4"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """A meter that is asked for: its model, and its address; None: as it leaves the factory."""

    description: Description
    unit: int | None

    @property
    def address(self) -> int:
        """The address that it has."""
        return self.description.unit if self.unit is None else self.unit


@dataclass(frozen=True, slots=True)
class Assignment:
    """`NAME=VALUE` for a setting of the meter at `unit`; None: of every meter. A number is a number."""

    unit: int | None
    name: str
    value: float | str

    @classmethod
    def parse(cls, text: str) -> Assignment:
        """Raises ConfigurationError for anything else than `NAME=VALUE` and `UNIT:NAME=VALUE`."""
        match = _SETTING.fullmatch(text)
        if match is None:
            raise ConfigurationError(f"{text!r} sets nothing: write NAME=VALUE or UNIT:NAME=VALUE, e.g. ct_ratio=100")
        unit, name, value = match.groups()
        return cls(None if unit is None else int(unit), name, _number(value))

    def __str__(self) -> str:
        return f"{self.name}={self.value if isinstance(self.value, str) else f'{self.value:g}'}"


def wanted(options: Options) -> list[Wanted]:
    """The meter and those that stand beside it. Raises ConfigurationError for a model or a file that is none."""
    asked = [Wanted(_load(options.model), options.unit)]
    for text in options.also:
        match = _ALSO.fullmatch(text)
        model, unit = (text, None) if match is None else match.groups()
        meter = Wanted(_load(model), None if unit is None else int(unit))
        taken = [other.address for other in asked]
        if meter.address in taken:
            raise ConfigurationError(
                f"two meters with address {meter.address} disturb each other; give the other one its own, "
                f"e.g. --also {model}:{max(taken) % MAX_UNIT + 1}"
            )
        asked.append(meter)
    return asked


def line_of(options: Options, first: Description) -> SerialFormat:
    """The line settings of the bus: those of its first meter unless the user gave others."""
    baud = first.rtu.baud if options.baud is None else options.baud
    char_format = first.rtu.char_format if options.char_format is None else options.char_format.upper()
    try:
        return SerialFormat(baud, char_format)
    except BadConfiguration as error:
        raise ConfigurationError(f"--baud, --format: {error}") from None


def made(
    asked: Sequence[Wanted], assignments: Sequence[Assignment], line: SerialFormat | None, read: Read, emit: Emit
) -> list[ModbusMeter]:
    """The meters, with settings and, on a serial bus, all with the same line settings.

    Raises ConfigurationError for settings that a meter does not have or take.
    """
    for assignment in assignments:
        if assignment.unit is not None and all(meter.address != assignment.unit for meter in asked):
            raise ConfigurationError(f"--set {assignment.unit}:{assignment}: there is no meter {assignment.unit}")
    meters = []
    for meter in asked:
        settings = {row.name: row.value for row in assignments if row.unit in (None, meter.address)}
        try:
            meters.append(
                ModbusMeter(meter.description, read, unit=meter.unit, line=line, settings=settings, emit=emit)
            )
        except BadConfiguration as error:
            raise ConfigurationError(_explained(str(error), meter.description, line)) from None
    return meters


def transformer_words(meter: Wanted, assignments: Sequence[Assignment]) -> list[str]:
    """What a meter with current transformers shows of what flows, in lines; none for a meter without."""
    description, transformer = meter.description, meter.description.transformer
    if transformer is None:
        return []
    name = transformer.setting
    row = description.setting(name)
    assert row is not None  # the description was checked for that
    given = [float(a.value) for a in assignments if a.name == name and a.unit in (None, meter.address)]
    value = given[-1] if given else description.default_of(row)
    shown, right = value / transformer.secondary / transformer.ratio, transformer.secondary * transformer.ratio
    what = f"behind transformers of {transformer.ratio:g} to 1; with {name} at {value:g} it shows"
    if shown == 1:
        return [f"{what} what flows"]
    return [f"{what} {shown:g} times what flows", f"set {name}={right:g} puts that right"]


def mbpoll_options(description: Description) -> str:
    """Options of mbpoll that read the meter's currents, or its first value that mbpoll can read; "" if there is none.

    They are table and type, where the words of a number have the high one first, and which registers.
    """
    rows = [row for row in description.registers if _type(row, description) in _MBPOLL_FORMS]
    if not rows:
        return ""
    first = next((row for row in rows if row.quantity.endswith("current_l1_a")), rows[0])
    step = 1 if _type(first, description).endswith("16") else 2
    wanted_names = [first.quantity.replace("_l1_", f"_l{phase}_") for phase in range(1, description.phases + 1)]
    at = {row.quantity: row.at for row in reversed(rows) if _type(row, description) == _type(first, description)}
    count = 1
    while count < len(wanted_names) and at.get(wanted_names[count]) == first.at + count * step:
        count += 1
    high_first = (first.word_order or description.defaults.word_order) == "high_first"
    table = _MBPOLL_TABLES[first.table or description.defaults.table]
    form = f"-t {table}{_MBPOLL_FORMS[_type(first, description)]}"
    return f"{form}{' -B' if step == 2 and high_first else ''} -r {first.at} -c {count}"


def _load(model: str) -> Description:
    """The model, which can be built: what no type can say of a file shows only then."""
    try:
        description = load(model)
    except BadConfiguration as error:
        raise ConfigurationError(str(error)) from None
    try:
        ModbusMeter(description, _nothing)
    except BadConfiguration as error:
        raise ConfigurationError(f"{model}: {error}") from None
    return description


def _nothing(_now_s: float) -> GridReading:
    none = (0.0, 0.0, 0.0)
    return GridReading(phases=3, current_a=none, voltage_v=none, power_w=none, import_kwh=0.0, export_kwh=0.0)


def _explained(message: str, description: Description, line: SerialFormat | None) -> str:
    if line is not None and ("setting baud" in message or "setting char_format" in message):
        return f"{description.name} cannot talk at {line}: {message}"
    return message


def _type(row: Register, description: Description) -> str:
    return row.type or description.defaults.type


def _number(text: str) -> float | str:
    return float(text) if _NUMBER.fullmatch(text) else text
