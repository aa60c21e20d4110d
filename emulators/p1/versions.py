"""The P1 versions as tables: which lines, in which order, in which format, how often, on what line settings.

Another version is another row in VERSIONS. The order of the lines is that of the companion standards; parsers may not
rely on it, meters of one maker differ.

Where the documents are open, disagree with each other or with meters, one reading stands in VERSIONS and the other is
a row of DIALECTS, which a meter takes by its name as well:

- 2.2: its text has other codes for identity and breaker, and a threshold in ampere, than the meters that were built.
  The text also has a 3 where they send a 5 in the identification (`Nameplate.ident`).
- 2.2 and 3.0: powers are printed with four or with three digits before the point. 2.2 has four here, as the meters,
  and 3.0 has three, as the sample in its document.
- 9600 baud 7E1 of 2.2 and 3.0 follows from IEC 62056-21 and from readers; the P1 documents do not spell it out. From
  4.0 on they say 8N1, and one reader opens 7E1 (`P1Port(char_format=...)`); both read what is plain ASCII.
- How a current is rounded to whole amperes is not documented (`Meter(current_rounding=...)`), nor in which letters the
  CRC is printed: capitals here, small ones by `faults.small_letters`.
- Belgium: no document was at hand; the tables are those of parsers and of real telegrams. 50213 stands for the meters
  without power per phase and with whole amperes, 50217 for those with both.
- Luxembourg: the document prints two codes for the threshold, 31.4.0 in its text and 34.4.0 in its table, and
  contradicts itself on whether Data Request is active low; it is active high here, as everywhere. How often sub-meters
  are captured is not known, so it is as in 5.0.2.
- Sweden: currents are declared signed, but no meter was seen to send a minus. The order of the lines is that of an
  Aidon meter; a Kamstrup prints all imports before all exports.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from emulators.p1.forms import FailureLog, Form, Number, Octets, PeakLog, Record, Signed, Stamp


@dataclass(frozen=True, slots=True)
class Row:
    """One quantity: the field of Telegram that holds it and the OBIS codes of its lines.

    `many` fields are tuples of values, one per code. `per_phase` rows stop after the phases that the meter has (L2 and
    L3 are left out on a one-phase meter, not sent as zero). The lines of `paired`, a second such field in the same
    format, alternate with those of the first.
    """

    field: str
    form: Form
    codes: tuple[str, ...]
    many: bool = False
    per_phase: bool = False
    paired: str = ""

    @property
    def fields(self) -> tuple[str, ...]:
        """The one or two fields whose values the lines hold in turn."""
        return (self.field, self.paired) if self.paired else (self.field,)

    def codes_for(self, phases: int) -> tuple[str, ...]:
        """The codes of a meter with that many phases."""
        return self.codes[: phases * len(self.fields)] if self.per_phase else self.codes


@dataclass(frozen=True, slots=True)
class MbusLine:
    """One line of a sub-meter: what it says, its C.D.E part (`0-n:` stands before it), and in which format.

    `says` is "type", which comes first, "identity", "valve", "reading" or "profile" (the reading of 2.2 and 3.0, with
    its value on a line of its own); the format of the last two is that of the stamp before the value, which has the
    format of its type. `other_codes` are (device type, C.D.E part) for types that have another one.
    """

    says: str
    code: str
    form: Form
    other_codes: tuple[tuple[int, str], ...] = ()

    def code_for(self, device_type: int) -> str:
        """The C.D.E part for a type of sub-meter."""
        return dict(self.other_codes).get(device_type, self.code)


@dataclass(frozen=True, slots=True, eq=False)
class MbusLines:
    """The lines of a sub-meter in their order, and how often it is captured.

    `never` is the stamp of a reading that was never valid; `stamp_chars` how much of a time stamp is printed. Compared
    by identity, since it is a key of what mbus.py remembers.
    """

    lines: tuple[MbusLine, ...]
    capture_s: int
    never: str = "632525252525W"
    stamp_chars: int = 13

    @property
    def has_valve(self) -> bool:
        """Whether the state of a valve can be told."""
        return "valve" in [line.says for line in self.lines]


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the P1 port.

    `line` is the data line by which a telegram tells its version, "" where there is none. Without `checksum` a
    telegram ends with its `!`. `low_tariff` is the number of the tariff of the night. Without `summer_time` the clock
    stays at winter time. `usual` are values that a Nameplate leaves to the version: (field of Telegram, value).
    """

    name: str
    line: str
    interval_s: float
    rows: tuple[Row, ...]
    mbus: MbusLines | None
    baud: int = 115200
    char_format: str = "8N1"
    checksum: bool = True
    low_tariff: int = 1
    summer_time: bool = True
    usual: tuple[tuple[str, object], ...] = ()

    def row(self, field: str) -> Row | None:
        """The row of a field of Telegram, or None when this version has no line for it."""
        return next((row for row in self.rows if field in row.fields), None)

    @property
    def phase_field(self) -> str:
        """A field of Telegram that has a value per phase of the meter; "" when the version tells nothing per phase."""
        fields = [row.field for row in self.rows if row.per_phase]
        return "current_ma" if "current_ma" in fields else next(iter(fields), "")


MBUS_CHANNELS = (1, 2, 3, 4)
# By M-Bus device type (EN 13757-3): the reading, in thousandths of its unit.
MBUS_READINGS: dict[int, Number] = {
    2: Number(8, 3, "kWh"),
    3: Number(8, 3, "m3"),
    4: Number(8, 2, "GJ", step=10),
    7: Number(8, 3, "m3"),
}
GAS = 3


def _phases(field: str, form: Form, first: str) -> Row:
    """A row of one line per phase: from the C.D.E of L1, `32.7.0`, come those of L2 and L3, 52.7.0 and 72.7.0."""
    return Row(field, form, _codes_of_phases(first), many=True, per_phase=True)


def _pairs(field: str, paired: str, form: Form, first: str, first_paired: str) -> Row:
    """A row of two lines per phase, one of each field."""
    both = zip(_codes_of_phases(first), _codes_of_phases(first_paired), strict=True)
    codes = tuple(code for phase in both for code in phase)
    return Row(field, form, codes, many=True, per_phase=True, paired=paired)


def _codes_of_phases(first: str) -> tuple[str, ...]:
    group, rest = first.split(".", 1)
    return tuple(f"1-0:{int(group) + 20 * n}.{rest}" for n in range(3))


def _powers(form: Number, import_code: str = "1-0:1.7.0", export_code: str = "1-0:2.7.0") -> tuple[Row, Row]:
    return Row("import_w", form, (import_code,)), Row("export_w", form, (export_code,))


def _two_tariffs(form: Number) -> tuple[Row, ...]:
    return (
        Row("import_wh", form, ("1-0:1.8.1", "1-0:1.8.2"), many=True),
        Row("export_wh", form, ("1-0:2.8.1", "1-0:2.8.2"), many=True),
        Row("tariff", Number(4), ("0-0:96.14.0",)),
    )


def _registers(digits: int, reactive_unit: str) -> tuple[Row, ...]:
    """One register each for active and reactive, import and export, without tariffs."""
    active, reactive = Number(digits, 3, "kWh"), Number(digits, 3, reactive_unit)
    return (
        Row("import_wh", active, ("1-0:1.8.0",), many=True),
        Row("export_wh", active, ("1-0:2.8.0",), many=True),
        Row("import_varh", reactive, ("1-0:3.8.0",)),
        Row("export_varh", reactive, ("1-0:4.8.0",)),
    )


_ENERGY = Number(9, 3, "kWh")
_POWER = Number(5, 3, "kW")
_COUNTER = Number(5)
_STATE = Number(1)
_EQUIPMENT_ID = Octets(48)
_TEXT = Row("text", Octets(1024), ("0-0:96.13.0",))
_TEXT_CODE = Row("text_code", Octets(8), ("0-0:96.13.1",))
_TIME = Row("stamp", Stamp(), ("0-0:1.0.0",))
_IDENTITY = Row("equipment_id", _EQUIPMENT_ID, ("0-0:96.1.1",))
_BREAKER = Row("switch", _STATE, ("0-0:96.3.10",))
_FAILURES = Row("failures", _COUNTER, ("0-0:96.7.21",))
_SAGS_AND_SWELLS = (_phases("sags", _COUNTER, "32.32.0"), _phases("swells", _COUNTER, "32.36.0"))
_QUALITY = (
    _FAILURES,
    Row("long_failures", _COUNTER, ("0-0:96.7.9",)),
    Row("failure_log", FailureLog(), ("1-0:99.97.0",)),
    *_SAGS_AND_SWELLS,
)
_VOLTAGES = _phases("voltage_dv", Number(4, 1, "V"), "32.7.0")
_WHOLE_AMPERES = _phases("current_ma", Number(3, 0, "A", step=1000), "31.7.0")
_PHASE_POWERS = (_phases("phase_import_w", _POWER, "21.7.0"), _phases("phase_export_w", _POWER, "22.7.0"))


def _threshold(digits: int, decimals: int, unit: str) -> Row:
    return Row("threshold_milli", Number(digits, decimals, unit, step=10 ** (3 - decimals)), ("0-0:17.0.0",))


# --- the Netherlands ----------------------------------------------------------------------------------------------

_TYPE, _MBUS_ID = MbusLine("type", "24.1.0", Number(3)), MbusLine("identity", "96.1.0", _EQUIPMENT_ID)
_READING, _VALVE = MbusLine("reading", "24.2.1", Stamp()), MbusLine("valve", "24.4.0", _STATE)
_HOUR_S, _FIVE_MINUTES_S = 3600, 300


def _before_4(type_digits: int) -> MbusLines:
    """The sub-meters of 2.2 and 3.0: a reading is a profile of one hour, its value on a line of its own."""
    profile = MbusLine("profile", "24.3.0", Stamp(letter=False))
    return MbusLines((replace(_TYPE, form=Number(type_digits)), _MBUS_ID, profile, _VALVE), _HOUR_S, stamp_chars=12)


def _rows_before_4(
    power: Number, threshold: Row, identity: Row = _IDENTITY, breaker: Row = _BREAKER
) -> tuple[Row, ...]:
    text_code = replace(_TEXT_CODE, form=Octets(16))
    return (identity, *_two_tariffs(Number(8, 3, "kWh")), *_powers(power), threshold, breaker, text_code, _TEXT)


DSMR_2_2 = Version(
    name="2.2",
    line="",
    interval_s=10.0,
    baud=9600,
    char_format="7E1",
    checksum=False,
    rows=_rows_before_4(Number(6, 2, "kW", step=10), _threshold(6, 2, "kW")),
    mbus=_before_4(type_digits=1),
    usual=(("threshold_milli", 999_000),),
)

DSMR_3_0 = replace(
    DSMR_2_2,
    name="3.0",
    rows=_rows_before_4(Number(5, 2, "kW", step=10), _threshold(3, 0, "A")),
    mbus=_before_4(type_digits=2),
    usual=(("threshold_milli", 16_000),),
)

_BEFORE_CURRENTS_4_0 = (
    _TIME,
    _IDENTITY,
    *_two_tariffs(_ENERGY),
    *_powers(_POWER),
    _threshold(4, 1, "kW"),
    _BREAKER,
    *_QUALITY,
    _TEXT_CODE,
    _TEXT,
)

DSMR_4_0_0 = Version(
    name="4.0.0",
    line="1-3:0.2.8(40)",
    interval_s=10.0,
    rows=_BEFORE_CURRENTS_4_0,
    mbus=MbusLines((_TYPE, _MBUS_ID, _READING, _VALVE), _HOUR_S),
    usual=(("threshold_milli", 999_900),),
)

# 4.0.4, the edition of 4.0 that has currents and powers per phase.
DSMR_4_0 = replace(DSMR_4_0_0, name="4.0", rows=(*_BEFORE_CURRENTS_4_0, _WHOLE_AMPERES, *_PHASE_POWERS))

DSMR_4_2_2 = Version(
    name="4.2.2",
    line="1-3:0.2.8(42)",
    interval_s=10.0,
    rows=(
        _TIME,
        _IDENTITY,
        *_two_tariffs(_ENERGY),
        *_powers(_POWER),
        *_QUALITY,
        _TEXT_CODE,
        _TEXT,
        _WHOLE_AMPERES,
        *_PHASE_POWERS,
    ),
    mbus=MbusLines((_TYPE, _MBUS_ID, _READING), _HOUR_S),
)

DSMR_5_0_2 = Version(
    name="5.0.2",
    line="1-3:0.2.8(50)",
    interval_s=1.0,
    rows=(
        _TIME,
        _IDENTITY,
        *_two_tariffs(_ENERGY),
        *_powers(_POWER),
        *_QUALITY,
        _TEXT,
        _VOLTAGES,
        _WHOLE_AMPERES,
        *_PHASE_POWERS,
    ),
    mbus=MbusLines((_TYPE, _MBUS_ID, _READING), _FIVE_MINUTES_S),
)

# --- Belgium ------------------------------------------------------------------------------------------------------

# What the limiter, 999.9 kW, and the fuse, 999 A, say while they are switched off.
_BELGIAN_USUAL = (("threshold_milli", 999_900), ("fuse_a", 999))
_BELGIAN_END = (_BREAKER, _threshold(4, 1, "kW"), Row("fuse_a", Number(3, 0, "A"), ("1-0:31.4.0",)), _TEXT)
_PEAK = Record((Stamp(), _POWER))

BE_50213 = Version(
    name="BE-50213",
    line="0-0:96.1.4(50213)",
    interval_s=1.0,
    low_tariff=2,
    rows=(
        _IDENTITY,
        _TIME,
        *_two_tariffs(_ENERGY),
        *_powers(_POWER),
        _VOLTAGES,
        _WHOLE_AMPERES,
        *_BELGIAN_END,
    ),
    mbus=MbusLines(
        (
            _TYPE,
            MbusLine("identity", "96.1.1", _EQUIPMENT_ID),
            _VALVE,
            MbusLine("reading", "24.2.1", Stamp(), other_codes=((GAS, "24.2.3"),)),
        ),
        _FIVE_MINUTES_S,
    ),
    usual=_BELGIAN_USUAL,
)

BE_50217 = replace(
    BE_50213,
    name="BE-50217",
    line="0-0:96.1.4(50217)",
    rows=(
        _IDENTITY,
        _TIME,
        *_two_tariffs(_ENERGY),
        Row("demand_w", _POWER, ("1-0:1.4.0",)),
        Row("peak", _PEAK, ("1-0:1.6.0",)),
        Row("peaks", PeakLog(Record((Stamp(), Stamp(), _POWER))), ("0-0:98.1.0",)),
        *_powers(_POWER),
        *_PHASE_POWERS,
        _VOLTAGES,
        _phases("current_ma", Number(5, 2, "A", step=10), "31.7.0"),
        *_BELGIAN_END,
    ),
)

# --- Luxembourg and Sweden ----------------------------------------------------------------------------------------

_REACTIVE = Number(5, 3, "kvar")
_AMPERES = Number(3, 0, "A")


def _luxembourg_rows(threshold_code: str) -> tuple[Row, ...]:
    return (
        _TIME,
        Row("equipment_id", _EQUIPMENT_ID, ("0-0:42.0.0",)),
        *_registers(9, "kvarh"),
        *_powers(_POWER),
        Row("import_var", _REACTIVE, ("1-0:3.7.0",)),
        Row("export_var", _REACTIVE, ("1-0:4.7.0",)),
        _threshold(4, 1, "kVA"),
        Row("import_va", Number(5, 3, "kVA"), ("1-0:9.7.0",)),
        Row("export_va", Number(5, 3, "kVA"), ("1-0:10.7.0",)),
        Row("limits_a", Record((_AMPERES, Signed(_AMPERES))), (threshold_code,)),
        _BREAKER,
        Row("relays", _STATE, ("0-1:96.3.10", "0-2:96.3.10"), many=True),
        _FAILURES,
        *_SAGS_AND_SWELLS,
        _TEXT,
        Row("more_texts", Octets(1024), tuple(f"0-0:96.13.{n}" for n in (2, 3, 4, 5)), many=True),
        _VOLTAGES,
        _WHOLE_AMPERES,
        *_PHASE_POWERS,
        _phases("phase_import_var", _REACTIVE, "23.7.0"),
        _phases("phase_export_var", _REACTIVE, "24.7.0"),
    )


# Smarty, as it is inside the encrypted frame.
LU = Version(
    name="LU",
    line="1-3:0.2.8(42)",
    interval_s=10.0,
    rows=_luxembourg_rows("1-1:31.4.0"),
    mbus=MbusLines((_TYPE, _MBUS_ID, _READING, _VALVE), _FIVE_MINUTES_S, never="632525252525S"),
    usual=(("threshold_milli", 69_000), ("limits_a", (100, -63)), ("relays", (0, 0)), ("more_texts", ("",) * 4)),
)

_POWER_H1 = Number(7, 3, "kW")
_REACTIVE_H1 = Number(7, 3, "kVAr")
_TENTH_AMPERES = Number(4, 1, "A", step=100)


def _swedish_rows(currents: Form) -> tuple[Row, ...]:
    return (
        _TIME,
        *_registers(11, "kVArh"),
        *_powers(_POWER_H1),
        Row("import_var", _REACTIVE_H1, ("1-0:3.7.0",)),
        Row("export_var", _REACTIVE_H1, ("1-0:4.7.0",)),
        _pairs("phase_import_w", "phase_export_w", _POWER_H1, "21.7.0", "22.7.0"),
        _pairs("phase_import_var", "phase_export_var", _REACTIVE_H1, "23.7.0", "24.7.0"),
        _VOLTAGES,
        _phases("current_ma", currents, "31.7.0"),
    )


# H1, the Swedish P1.
SE = Version(name="SE", line="", interval_s=10.0, summer_time=False, rows=_swedish_rows(_TENTH_AMPERES), mbus=None)

# The last one is the default of the command line.
VERSIONS: dict[str, Version] = {
    version.name: version
    for version in (DSMR_2_2, DSMR_3_0, DSMR_4_0_0, DSMR_4_0, DSMR_4_2_2, BE_50213, BE_50217, LU, SE, DSMR_5_0_2)
}

DIALECTS: dict[str, Version] = {
    version.name: version
    for version in (
        replace(
            DSMR_2_2,
            name="2.2-text",
            rows=_rows_before_4(
                Number(6, 2, "kW", step=10),
                _threshold(3, 0, "A"),
                identity=replace(_IDENTITY, codes=("0-0:42.0.0",)),
                breaker=replace(_BREAKER, codes=("0-0:24.4.0",)),
            ),
            usual=(("threshold_milli", 16_000),),
        ),
        replace(LU, name="LU-34.4.0", rows=_luxembourg_rows("1-1:34.4.0")),
        replace(SE, name="SE-signed", rows=_swedish_rows(Signed(_TENTH_AMPERES))),
    )
}


def version_named(name: str) -> Version | None:
    """The row of VERSIONS or DIALECTS with that name."""
    return VERSIONS.get(name) or DIALECTS.get(name)
