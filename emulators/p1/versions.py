"""The P1 versions as tables: which lines, in which order, in which format, how often, on what line settings.

Another version is another row in VERSIONS. The order is that of the companion standards; parsers may not rely on it
(meters of one maker differ), so the decoder accepts any.
"""

from __future__ import annotations

from dataclasses import dataclass

from emulators.p1.forms import FailureLog, Form, Number, Octets, Stamp

ENERGY = Number(9, 3, "kWh")
POWER = Number(5, 3, "kW")
VOLTAGE = Number(4, 1, "V")
WHOLE_AMPERE = Number(3, 0, "A", step=1000)
COUNTER = Number(5)
TARIFF = Number(4)
EQUIPMENT_ID = Octets(48)
TEXT_CODE = Octets(8)
TEXT = Octets(1024)


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity: the field of Telegram that holds it and the OBIS codes of its lines.

    Several codes are one line each for a tuple of values; `per_phase` rows stop after the phases that the meter has
    (L2 and L3 are left out on a one-phase meter, not sent as zero).
    """

    field: str
    form: Form
    codes: tuple[str, ...]
    per_phase: bool = False

    def codes_for(self, phases: int) -> tuple[str, ...]:
        """The codes of a meter with that many phases."""
        return self.codes[:phases] if self.per_phase else self.codes


@dataclass(frozen=True, slots=True)
class MbusLines:
    """The C.D.E parts of the three lines of a sub-meter (`0-n:` stands before them) and how often it is captured."""

    device_type: str
    equipment_id: str
    reading: str
    capture_s: int


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the P1 port. `line` is the data line by which a telegram tells its version."""

    name: str
    line: str
    interval_s: float
    baud: int
    char_format: str
    rows: tuple[Row, ...]
    mbus: MbusLines

    def row(self, field: str) -> Row | None:
        """The row of a field of Telegram, or None when this version has no line for it."""
        return next((row for row in self.rows if row.field == field), None)


MBUS_CHANNELS = (1, 2, 3, 4)
MBUS_DEVICE_TYPE = Number(3)
# By M-Bus device type (EN 13757-3): the reading, in thousandths of its unit.
MBUS_READINGS: dict[int, Number] = {
    2: Number(8, 3, "kWh"),
    3: Number(8, 3, "m3"),
    4: Number(8, 2, "GJ", step=10),
    7: Number(8, 3, "m3"),
}


def _phases(field: str, form: Form, first: str) -> Row:
    """A row of one line per phase: from the C.D.E of L1, `32.7.0`, come those of L2 and L3, 52.7.0 and 72.7.0."""
    group, rest = first.split(".", 1)
    return Row(field, form, tuple(f"1-0:{int(group) + 20 * n}.{rest}" for n in range(3)), per_phase=True)


_TIME = Row("stamp", Stamp(), ("0-0:1.0.0",))
_IDENTITY = Row("equipment_id", EQUIPMENT_ID, ("0-0:96.1.1",))
_REGISTERS = (
    Row("import_wh", ENERGY, ("1-0:1.8.1", "1-0:1.8.2")),
    Row("export_wh", ENERGY, ("1-0:2.8.1", "1-0:2.8.2")),
    Row("tariff", TARIFF, ("0-0:96.14.0",)),
    Row("import_w", POWER, ("1-0:1.7.0",)),
    Row("export_w", POWER, ("1-0:2.7.0",)),
)
_QUALITY = (
    Row("failures", COUNTER, ("0-0:96.7.21",)),
    Row("long_failures", COUNTER, ("0-0:96.7.9",)),
    Row("failure_log", FailureLog(), ("1-0:99.97.0",)),
    _phases("sags", COUNTER, "32.32.0"),
    _phases("swells", COUNTER, "32.36.0"),
)
_CURRENTS = _phases("current_ma", WHOLE_AMPERE, "31.7.0")
_PHASE_POWERS = (_phases("phase_import_w", POWER, "21.7.0"), _phases("phase_export_w", POWER, "22.7.0"))
_TEXT = Row("text", TEXT, ("0-0:96.13.0",))

DSMR_4_2_2 = Version(
    name="4.2.2",
    line="1-3:0.2.8(42)",
    interval_s=10.0,
    baud=115200,
    char_format="8N1",
    rows=(
        _TIME,
        _IDENTITY,
        *_REGISTERS,
        *_QUALITY,
        Row("text_code", TEXT_CODE, ("0-0:96.13.1",)),
        _TEXT,
        _CURRENTS,
        *_PHASE_POWERS,
    ),
    mbus=MbusLines("24.1.0", "96.1.0", "24.2.1", capture_s=3600),
)

DSMR_5_0_2 = Version(
    name="5.0.2",
    line="1-3:0.2.8(50)",
    interval_s=1.0,
    baud=115200,
    char_format="8N1",
    rows=(
        _TIME,
        _IDENTITY,
        *_REGISTERS,
        *_QUALITY,
        _TEXT,
        _phases("voltage_dv", VOLTAGE, "32.7.0"),
        _CURRENTS,
        *_PHASE_POWERS,
    ),
    mbus=MbusLines("24.1.0", "96.1.0", "24.2.1", capture_s=300),
)

VERSIONS: dict[str, Version] = {version.name: version for version in (DSMR_4_2_2, DSMR_5_0_2)}
