"""Writing a Modbus meter's settings as the user types them: with the requests that a master would send."""

from __future__ import annotations

from emulators.errors import BadConfiguration
from emulators.modbus import Description, ModbusMeter
from emulators.modbus.description import PASSWORD, UNLOCK, Setting, code_of
from emulators.modbus.pdu import EXCEPTION_FLAG, WRITE_MULTIPLE, Request, WriteMultiple, WriteSingle, encode_request
from emulators.modbus.registers import packer
from rig.cli.modbus_meters import Assignment
from rig.errors import ConfigurationError


def write(meter: ModbusMeter, assignment: Assignment, now_s: float) -> str:
    """Write one setting, behind its lock too if it has one, and say what is so now.

    Raises ConfigurationError for a setting that the meter does not have, and for a value that it refuses.
    """
    description = meter.description
    row = _row(description, assignment.name)
    try:
        number = _number(row, assignment.value)
    except BadConfiguration as error:
        raise ConfigurationError(str(error)) from None
    password = description.setting(PASSWORD)
    if row.locked and password is not None:
        meter.request(_request(description, _row(description, UNLOCK), description.default_of(password)), now_s)
    answer = meter.request(_request(description, row, number), now_s)
    if answer[0] & EXCEPTION_FLAG:
        why = "; it can be set once" if row.once else ""
        raise ConfigurationError(f"{description.name} refuses {assignment} with exception {answer[1]}{why}")
    return f"{assignment}{', after a restart' if row.restart else ''}"


def _row(description: Description, name: str) -> Setting:
    row = description.setting(name)
    if row is None:
        known = ", ".join(setting.name for setting in description.settings) or "none"
        raise ConfigurationError(f"{description.name} has no setting {name!r}; there is {known}")
    return row


def _number(row: Setting, value: float | str) -> float:
    """What stands for a value in the register: a code, or the value itself."""
    return float(code_of(row, value)) if row.codes or isinstance(value, str) else value


def _request(description: Description, row: Setting, number: float) -> bytes:
    """Function 16 where the model has it, otherwise 6."""
    words = packer(row.type or description.defaults.type, description.defaults.word_order, 1.0, "max")(number)
    request: Request = WriteMultiple(row.at, words)
    if WRITE_MULTIPLE not in description.functions and len(words) == 2:
        request = WriteSingle(row.at, int.from_bytes(words, "big"))
    return encode_request(request)
