"""Settings as back office and installer meet them: what is refused, what is shown, what is advised against."""

from collections.abc import Mapping

from station.errors import SettingError
from station.meter_rows import HIGH_TO_LOW, LOW_TO_HIGH
from station.setting_lints import warnings
from station.setting_row import SettingRow
from station.setting_rows import ROWS, RTU_PROTOCOL, TCP_PROTOCOL
from station.setting_values import LICENCES
from station.settings import Settings, find_row
from station.sources.modbus.mapping import FUNCTIONS, register_map
from station.sources.modbus.registers import Register

UNLOCKED_FEATURES = "UnlockedFeatures"


class SettingsDesk:
    """Every answer is about the defaults with `given` on top, under any of their names; nothing is kept."""

    def refusal(self, given: Mapping[str, object]) -> str:
        """Why these settings are not taken; "" when they are."""
        try:
            Settings.from_mapping(given)
        except SettingError as error:
            return str(error)
        return ""

    def listed(self) -> list[str]:
        """Every setting once, by its back-office key."""
        return [row.key for row in ROWS]

    def shown(self, given: Mapping[str, object]) -> dict[str, str]:
        """Every setting that applies to the station, as it is written in the back office. Raises SettingError.

        A one-phase station shows the registers of phase 1 only (ALB-RTU-021); a meter with a preset shows what the
        preset fills in (ALB-RTU-011).
        """
        settings = Settings.from_mapping(given)
        texts = {row.key: _text(row, settings) for row in ROWS} | _preset(settings)
        return {key: text for key, text in texts.items() if not (settings.one_phase and key in _OTHER_PHASES)}

    def warnings(self, given: Mapping[str, object]) -> list[str]:
        """What is taken but advised against, a line each. Raises SettingError."""
        return warnings(Settings.from_mapping(given), [find_row(name).field for name in given])


_OTHER_PHASES = {f"modbus.{quantity}_{n}" for quantity in ("current", "power") for n in (2, 3)}


def _text(row: SettingRow, settings: Settings) -> str:
    if row.key == UNLOCKED_FEATURES:
        return ", ".join(name for name in LICENCES if name in settings.unlocked)
    value = getattr(settings, row.field)
    if row.kind == "switch":
        return row.choices[0 if value else 1][0]
    if row.kind == "number":
        return str(float(value))  # CFG-039
    if row.kind == "ipv4":  # ALB-TCP-025
        return ".".join(f"{int(octet):03d}" for octet in value.split("."))
    if row.kind == "count-or-unlimited" and value is None:
        return "unlimited"
    return "" if value is None else str(value)


def _preset(settings: Settings) -> dict[str, str]:
    """The registers of the Modbus meter that is selected: of its preset, or of the custom mapping."""
    if settings.protocol not in (RTU_PROTOCOL, TCP_PROTOCOL):
        return {}
    registers = register_map(settings)
    functions = {code: name for name, code in FUNCTIONS.items()}
    return {
        "modbus.function": functions[registers.function],
        "modbus.word_order": LOW_TO_HIGH if registers.low_word_first else HIGH_TO_LOW,
        "modbus.most_registers": str(registers.most),
        **_numbered("current", registers.currents),
        **_numbered("power", registers.powers),
    }


def _numbered(quantity: str, registers: tuple[Register, ...]) -> dict[str, str]:
    missing = [""] * (3 - len(registers))
    return {f"modbus.{quantity}_{n}": text for n, text in enumerate([*map(str, registers), *missing], 1)}
