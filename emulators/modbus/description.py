"""What a meter is, as data: the structure of the files in `meters/`, and of those that users write.

docs/adding-a-meter.md explains every key. A file with a mistake is refused with one line that says what and where.
"""

from __future__ import annotations

import tomllib
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from emulators.errors import BadConfiguration
from emulators.modbus.pdu import ILLEGAL_VALUE
from emulators.modbus.quantities import QUANTITIES
from emulators.modbus.registers import NoValue, NumberType, TableName, WordOrder
from emulators.modbus.rtu import SerialFormat
from emulators.modbus.tcp import PORT

MODELS = files("emulators.modbus").joinpath("meters")
SUFFIX = ".toml"

# Settings with these names do something, and so does the one that a transformer names; others are only kept.
UNIT, BAUD, CHAR_FORMAT, PASSWORD, UNLOCK, RESET = "unit", "baud", "char_format", "password", "unlock", "reset"
# What a code of the reset setting has to mean for the resettable energy registers to begin at 0 again.
RESET_ENERGY = "energy"

Address = Annotated[int, msgspec.Meta(ge=0, le=0xFFFF)]
Unit = Annotated[int, msgspec.Meta(ge=1, le=247)]
Count = Annotated[int, msgspec.Meta(ge=1, le=125)]
ExceptionCode = Annotated[int, msgspec.Meta(ge=1, le=255)]
Positive = Annotated[float, msgspec.Meta(gt=0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0)]


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the file: keys that are not listed here are mistakes."""


class Defaults(_Part, frozen=True):
    """What registers and settings have where they do not say otherwise; settings are always holding registers."""

    type: NumberType = "float32"
    table: TableName = "input"
    word_order: WordOrder = "high_first"
    scale: float = 1.0


class Register(_Part, frozen=True):
    """A measured quantity: what stands in the registers, times `scale`, is its value in the unit of its name."""

    at: Address
    quantity: str
    type: NumberType | None = None
    table: TableName | None = None
    word_order: WordOrder | None = None
    scale: float | None = None


class Fixed(_Part, frozen=True):
    """A number, or a text that fills `count` registers: "text" has two characters a register, "wide_text" one."""

    at: Address
    value: float | str
    type: NumberType | Literal["text", "wide_text"]
    count: Annotated[int, msgspec.Meta(ge=0, le=125)] = 0
    table: TableName = "holding"


class Setting(_Part, frozen=True):
    """A holding register that keeps what is written to it.

    What it takes: the numbers of `range`, or those of `codes`, each with its meaning; anything where neither is given.
    `restart`: it counts only after a restart. `locked`: it can be written only while the meter is unlocked, which is
    what writing the number in the setting "password" to the setting "unlock" does, for `unlock_s`. `once`: it can be
    written once and never again.
    """

    at: Address
    name: str
    default: float = 0.0
    type: NumberType | None = None
    range: tuple[float, float] | None = None
    codes: tuple[tuple[int, int | str], ...] = ()
    restart: bool = False
    locked: bool = False
    once: bool = False
    read_only: bool = False
    write_only: bool = False


class Zeros(_Part, frozen=True):
    """Registers that the meter answers with 0 although nothing stands there."""

    first: Address
    last: Address
    table: TableName = "input"


class Rtu(_Part, frozen=True):
    """On a serial line. `quiet_s`: a request that begins sooner after the meter's last answer is not heard."""

    baud: int = 9600
    char_format: str = "8N1"
    quiet_s: NotNegative = 0.0
    broadcast: bool = False


class Tcp(_Part, frozen=True):
    """On Ethernet. `other_units`: what becomes of requests for a unit that is not there."""

    port: Annotated[int, msgspec.Meta(ge=1, le=65535)] = PORT
    idle_s: Positive = 60.0  # ALB-TCP-005, O-66
    max_connections: Annotated[int, msgspec.Meta(ge=1)] = 4
    when_full: Literal["refuse", "drop_oldest"] = "refuse"
    other_units: Literal["silent", "answer", "exception"] = "silent"


class Transformer(_Part, frozen=True):
    """Current transformers of `ratio` to 1 before the meter, which multiplies by the setting over `secondary`."""

    setting: str
    secondary: Positive
    ratio: Positive


class Description(_Part, frozen=True):
    """A model of meter."""

    name: str
    transport: Literal["rtu", "tcp"]
    registers: tuple[Register, ...]
    unit: Unit = 1
    phases: Literal[1, 3] = 3
    functions: tuple[Literal[3, 4, 6, 8, 16], ...] = (3, 4, 6, 16)
    max_registers: Count = 125
    same_tables: bool = False
    split_values: bool = True
    single_writes: bool = False
    no_value: NoValue = "max"
    too_many_exception: ExceptionCode = ILLEGAL_VALUE
    refused_exception: ExceptionCode = ILLEGAL_VALUE
    update_s: Positive = 1.0
    response_s: NotNegative = 0.02
    start_up_s: NotNegative = 2.0
    unlock_s: NotNegative = 60.0
    defaults: Defaults = Defaults()
    fixed: tuple[Fixed, ...] = ()
    settings: tuple[Setting, ...] = ()
    zeros: tuple[Zeros, ...] = ()
    rtu: Rtu = Rtu()
    tcp: Tcp = Tcp()
    transformer: Transformer | None = None

    def setting(self, name: str) -> Setting | None:
        """The setting of that name, if the meter has it."""
        return next((setting for setting in self.settings if setting.name == name), None)

    def default_of(self, setting: Setting) -> float:
        """What a setting is when the meter leaves the factory. Raises BadConfiguration when no code says so."""
        if setting.name == BAUD:
            return code_of(setting, self.rtu.baud)
        if setting.name == CHAR_FORMAT:
            return code_of(setting, self.rtu.char_format)
        if setting.name == UNIT:
            return self.unit
        return setting.default


def code_of(setting: Setting, meaning: float | str) -> int:
    """The number that says `meaning`. Raises BadConfiguration when there is none."""
    found = [code for code, what in setting.codes if what == meaning]
    if not found:
        raise BadConfiguration(f"setting {setting.name} has no code for {meaning!r}")
    return found[0]


def models() -> tuple[str, ...]:
    """The meters that come with the package."""
    return tuple(sorted(entry.name.removesuffix(SUFFIX) for entry in MODELS.iterdir() if entry.name.endswith(SUFFIX)))


def load(meter: str | Path) -> Description:
    """A meter by its name in `models()`, or from a file whose name ends in .toml. Raises BadConfiguration."""
    if str(meter).endswith(SUFFIX):
        try:
            return parse(Path(meter).read_text(encoding="utf-8"), str(meter))
        except OSError as error:
            raise BadConfiguration(f"{meter}: cannot be read ({error.strerror})") from None
        except UnicodeDecodeError as error:
            raise BadConfiguration(f"{meter}: a TOML file is UTF-8, which byte {error.start} is not") from None
    if meter not in models():
        raise BadConfiguration(f"there is no meter {str(meter)!r}; there is {', '.join(models())}, or FILE.toml")
    name = f"{meter}{SUFFIX}"
    return parse(MODELS.joinpath(name).read_text(encoding="utf-8"), name)


def parse(text: str, source: str) -> Description:
    """The description in a TOML text; `source` is named in messages. Raises BadConfiguration."""
    try:
        description = msgspec.convert(tomllib.loads(text), Description)
        _check(description)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, BadConfiguration) as error:
        raise BadConfiguration(f"{source}: {error}") from None
    return description


def _check(description: Description) -> None:
    """What types cannot say. What needs the tables (overlaps, room for a text) shows when a meter is made of it."""
    SerialFormat(description.rtu.baud, description.rtu.char_format)
    if description.defaults.scale == 0:
        raise BadConfiguration("defaults.scale cannot be 0")
    for number, register in enumerate(description.registers):
        if register.quantity not in QUANTITIES:
            near = get_close_matches(register.quantity, QUANTITIES, n=1)
            meant = f"; is {near[0]} meant?" if near else "; docs/adding-a-meter.md lists them"
            raise BadConfiguration(f"registers[{number}]: {register.quantity!r} is no quantity{meant}")
        if register.scale == 0:
            raise BadConfiguration(f"registers[{number}].scale cannot be 0")
    for zeros in description.zeros:
        if zeros.first > zeros.last:
            raise BadConfiguration(f"zeros from {zeros.first} to {zeros.last} are none")
    names = [setting.name for setting in description.settings]
    for setting in description.settings:
        _check_setting(setting, description.default_of(setting))
        if names.count(setting.name) > 1:
            raise BadConfiguration(f"setting {setting.name} is there twice")
    if UNLOCK in names and PASSWORD not in names:
        raise BadConfiguration("setting unlock takes the number in a setting password, which is missing")
    transformer = description.transformer
    if transformer is not None and transformer.setting not in names:
        raise BadConfiguration(f"transformer.setting: there is no setting {transformer.setting!r}")


def _check_setting(setting: Setting, default: float) -> None:
    if setting.codes and not setting.write_only and default not in dict(setting.codes):
        raise BadConfiguration(f"setting {setting.name}: the default {default:g} is none of its codes")
    if setting.range is not None and not setting.range[0] <= default <= setting.range[1]:
        raise BadConfiguration(f"setting {setting.name}: the default {default:g} lies outside its range")
    if setting.name == BAUD and not all(isinstance(meaning, int) for _, meaning in setting.codes):
        raise BadConfiguration("setting baud: codes are pairs of a number and a baud rate, such as [2, 9600]")
    if setting.name == CHAR_FORMAT:
        for _, meaning in setting.codes:
            SerialFormat(1, str(meaning))
