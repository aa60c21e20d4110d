"""The errors of SCPI-99 (volume 2, chapter 21.8) and the queue in which an instrument keeps them."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from emulators.errors import EmulatorError

NO_ERROR = 0
INVALID_CHARACTER = -101
SYNTAX_ERROR = -102
DATA_TYPE_ERROR = -104
PARAMETER_NOT_ALLOWED = -108
MISSING_PARAMETER = -109
MNEMONIC_TOO_LONG = -112
UNDEFINED_HEADER = -113
SUFFIX_OUT_OF_RANGE = -114
INVALID_NUMBER = -121
EXPONENT_TOO_LARGE = -123
INVALID_SUFFIX = -131
SUFFIX_NOT_ALLOWED = -138
INVALID_STRING = -151
DATA_OUT_OF_RANGE = -222
ILLEGAL_VALUE = -224
QUEUE_OVERFLOW = -350
INPUT_OVERRUN = -363

TEXTS: Mapping[int, str] = {
    NO_ERROR: "No error",
    INVALID_CHARACTER: "Invalid character",
    SYNTAX_ERROR: "Syntax error",
    DATA_TYPE_ERROR: "Data type error",
    PARAMETER_NOT_ALLOWED: "Parameter not allowed",
    MISSING_PARAMETER: "Missing parameter",
    MNEMONIC_TOO_LONG: "Program mnemonic too long",
    UNDEFINED_HEADER: "Undefined header",
    SUFFIX_OUT_OF_RANGE: "Header suffix out of range",
    INVALID_NUMBER: "Invalid character in number",
    EXPONENT_TOO_LARGE: "Exponent too large",
    INVALID_SUFFIX: "Invalid suffix",
    SUFFIX_NOT_ALLOWED: "Suffix not allowed",
    INVALID_STRING: "Invalid string data",
    DATA_OUT_OF_RANGE: "Data out of range",
    ILLEGAL_VALUE: "Illegal parameter value",
    QUEUE_OVERFLOW: "Queue overflow",
    INPUT_OVERRUN: "Input buffer overrun",
}

# Which bit of the standard event status register an error sets, by its hundreds (IEEE 488.2, 11.5.1).
EVENT_BITS: Mapping[int, int] = {1: 1 << 5, 2: 1 << 4, 3: 1 << 3, 4: 1 << 2}

MAX_QUEUED = 20
MAX_ANSWER_CHARS = 255  # of the text within the quotes


class ScpiError(EmulatorError):
    """A program message cannot be carried out. `code` is that of SCPI-99, `detail` what was wrong with what."""

    def __init__(self, code: int, detail: str = "") -> None:
        super().__init__(f"{TEXTS[code]};{detail}" if detail else TEXTS[code])
        self.code = code

    @property
    def is_command_error(self) -> bool:
        """Whether the message was not understood; otherwise it was, and could not be carried out."""
        return -199 <= self.code <= -100

    def __str__(self) -> str:
        """As an instrument answers `SYSTem:ERRor?`."""
        text = "".join(character if " " <= character <= "~" else "?" for character in self.args[0])
        return f'{self.code},"{text[:MAX_ANSWER_CHARS].replace(chr(34), chr(34) * 2)}"'


class ErrorQueue:
    """First in, first out; it never grows beyond MAX_QUEUED: then the last one is replaced by "Queue overflow"."""

    def __init__(self) -> None:
        self._errors: deque[ScpiError] = deque()

    def __len__(self) -> int:
        return len(self._errors)

    def put(self, error: ScpiError) -> None:
        """Append an error."""
        if len(self._errors) == MAX_QUEUED:
            self._errors[-1] = ScpiError(QUEUE_OVERFLOW)
        else:
            self._errors.append(error)

    def take(self) -> ScpiError:
        """The oldest error, which is then gone; with code 0 when there is none."""
        return self._errors.popleft() if self._errors else ScpiError(NO_ERROR)

    def clear(self) -> None:
        """Forget all."""
        self._errors.clear()
