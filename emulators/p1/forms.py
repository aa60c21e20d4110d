"""Value formats of P1: how a value stands between the brackets of its line.

Each form writes (`writer(codes)` gives a function from a tuple with one value per code to the text of those lines) and
reads (`pattern` is the bracketed text as a regular expression with one group, `read` turns that group back into the
value). Both are strict: what one accepts, the other gives back unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from emulators.errors import BadConfiguration, Malformed

Writer = Callable[[tuple[Any, ...]], str]
Reader = Callable[[str], Any]

EOL = "\r\n"
DIGITS_OF_STAMP = "[0-9]{12}"
STAMP = f"{DIGITS_OF_STAMP}[SW]"
PEAK_LOG_ENTRIES = 13
PEAK_CODE = "1-0:1.6.0"
FAILURE_LOG_ENTRIES = 10
FAILURE_DURATION_DIGITS = 10
FAILURE_DURATION_CODE = "0-0:96.7.19"


class Form(Protocol):
    """A value format."""

    @property
    def pattern(self) -> str:
        """The text in and with the brackets, as a regular expression with exactly one group."""

    def read(self, text: str) -> Any:
        """The value of the group of `pattern`. Raises Malformed where the pattern alone cannot tell."""

    def writer(self, codes: tuple[str, ...]) -> Writer:
        """A function that writes one value per code. It raises BadConfiguration for values that do not fit."""


@dataclass(frozen=True, slots=True)
class Number:
    """Fn(x,x): `digits` in all, `decimals` of them after the point, padded with zeros, with or without a unit.

    Values are integers; the last digit printed counts `step` of them.
    """

    digits: int
    decimals: int = 0
    unit: str = ""
    step: int = 1

    @property
    def pattern(self) -> str:
        """See Form."""
        fraction = rf"\.[0-9]{{{self.decimals}}}" if self.decimals else ""
        return rf"\(([0-9]{{{self.digits - self.decimals}}}{fraction}){re.escape(self.suffix)}\)"

    @property
    def suffix(self) -> str:
        """The star and the unit, or nothing."""
        return f"*{self.unit}" if self.unit else ""

    def read(self, text: str) -> int:
        """See Form."""
        return int(text.replace(".", "")) * self.step

    def writer(self, codes: tuple[str, ...]) -> Writer:
        """See Form."""
        width = self.digits + (1 if self.decimals else 0)
        template = "".join(f"{code}(%0{width}.{self.decimals}f{self.suffix}){EOL}" for code in codes)
        count = len(codes)
        step = self.step
        limit = step * 10**self.digits
        divisor = step * 10**self.decimals

        def write(values: tuple[int, ...]) -> str:
            for value in values:
                if not 0 <= value < limit or value % step:
                    raise BadConfiguration(
                        f"{codes[0]} counts steps of {step} from 0 to {limit - step}, which {value} is not"
                    )
            if len(values) != count:
                raise BadConfiguration(f"{codes[0]} and its like need {count} values, not {len(values)}")
            # The quotient of two integers prints exactly: a float carries 15 digits, and `digits` is below that.
            return template % tuple([value / divisor for value in values])

        return write


@dataclass(frozen=True, slots=True)
class Signed:
    """A number that may be below 0: a minus stands before its digits, nothing stands there otherwise."""

    number: Number

    @property
    def pattern(self) -> str:
        """See Form."""
        # Zero has no minus: what is read is what would be written.
        return self.number.pattern.replace("([", "((?!-[0.]+[*)])-?[", 1)

    @property
    def step(self) -> int:
        """What the last digit counts."""
        return self.number.step

    def read(self, text: str) -> int:
        """See Form."""
        return self.number.read(text)

    def writer(self, codes: tuple[str, ...]) -> Writer:
        """See Form."""
        writers = [self.number.writer((code,)) for code in codes]

        def write(values: tuple[int, ...]) -> str:
            if len(values) != len(writers):
                raise BadConfiguration(f"{codes[0]} and its like need {len(writers)} values, not {len(values)}")
            lines = [write_one((abs(value),)) for write_one, value in zip(writers, values, strict=True)]
            return "".join(
                line.replace("(", "(-", 1) if value < 0 else line for line, value in zip(lines, values, strict=True)
            )

        return write


@dataclass(frozen=True, slots=True)
class Stamp:
    """TST: `YYMMDDhhmmssX`, taken as it is; before DSMR 4 without its `letter`."""

    letter: bool = True

    @property
    def pattern(self) -> str:
        """See Form."""
        return rf"\(({STAMP if self.letter else DIGITS_OF_STAMP})\)"

    def read(self, text: str) -> str:
        """See Form."""
        return text

    def writer(self, codes: tuple[str, ...]) -> Writer:
        """See Form."""
        (code,) = codes

        def write(values: tuple[str]) -> str:
            return f"{code}({_checked_stamp(values[0], letter=self.letter)}){EOL}"

        return write


@dataclass(frozen=True, slots=True)
class Octets:
    """Text of at most `limit` characters of one byte, sent as pairs of capital hex digits."""

    limit: int

    @property
    def pattern(self) -> str:
        """See Form."""
        return rf"\(((?:[0-9A-F]{{2}}){{0,{self.limit}}})\)"

    def read(self, text: str) -> str:
        """See Form."""
        return bytes.fromhex(text).decode("latin-1")

    def writer(self, codes: tuple[str, ...]) -> Writer:
        """See Form."""
        limit = self.limit

        def line(code: str, value: str) -> str:
            if len(value) > limit:
                raise BadConfiguration(f"{code} holds {limit} characters, not {len(value)}")
            try:
                return f"{code}({value.encode('latin-1').hex().upper()}){EOL}"
            except UnicodeEncodeError as error:
                raise BadConfiguration(f"{code} holds characters of one byte: {error}") from error

        def write(values: tuple[str, ...]) -> str:
            if len(values) != len(codes):
                raise BadConfiguration(f"{codes[0]} and its like need {len(codes)} values, not {len(values)}")
            return "".join(map(line, codes, values))

        return write


@dataclass(frozen=True, slots=True)
class FailureLog:
    """`(n)(0-0:96.7.19)` and then n times `(end)(duration*s)`; n is at most ten and is written even when it is 0.

    The value is a tuple of (end, duration in s).
    """

    @property
    def pattern(self) -> str:
        """See Form."""
        entry = rf"\({STAMP}\)\([0-9]{{{FAILURE_DURATION_DIGITS}}}\*s\)"
        code = re.escape(FAILURE_DURATION_CODE)
        return rf"\(((?:[0-9]|10)\)\({code}\)(?:{entry}){{0,{FAILURE_LOG_ENTRIES}}})"

    def read(self, text: str) -> tuple[tuple[str, int], ...]:
        """See Form."""
        count, _code, *values = text.removesuffix(")").split(")(")
        if len(values) != 2 * int(count):
            raise Malformed(f"the failure log announces {count} failures, but {len(values) // 2} follow")
        durations_s = [int(value.removesuffix("*s")) for value in values[1::2]]
        return tuple(zip(values[::2], durations_s, strict=True))

    def writer(self, codes: tuple[str, ...]) -> Writer:
        """See Form."""
        (code,) = codes

        def write(values: tuple[tuple[tuple[str, int], ...]]) -> str:
            (entries,) = values
            if len(entries) > FAILURE_LOG_ENTRIES:
                raise BadConfiguration(f"{code} holds {FAILURE_LOG_ENTRIES} failures, not {len(entries)}")
            text = f"{code}({len(entries)})({FAILURE_DURATION_CODE})"
            for stamp, duration_s in entries:
                if not 0 <= duration_s < 10**FAILURE_DURATION_DIGITS:
                    raise BadConfiguration(f"{code} cannot hold a failure of {duration_s} s")
                text += f"({_checked_stamp(stamp)})({duration_s:0{FAILURE_DURATION_DIGITS}}*s)"
            return text + EOL

        return write


@dataclass(frozen=True, slots=True)
class Record:
    """Several bracketed values on one line. The value is a tuple of the values of `forms`."""

    forms: tuple[Form, ...]

    @property
    def pattern(self) -> str:
        """See Form. The group takes in the brackets."""
        return f"({''.join(_without_groups(form.pattern) for form in self.forms)})"

    def read(self, text: str) -> tuple[Any, ...]:
        """See Form."""
        found = re.fullmatch("".join(form.pattern for form in self.forms), text)
        if found is None:
            raise Malformed(f"{text[:60]!r} is not a record of {len(self.forms)} values")
        return tuple(form.read(group) for form, group in zip(self.forms, found.groups(), strict=True))

    def writer(self, codes: tuple[str, ...]) -> Writer:
        """See Form."""
        (code,) = codes
        writers = [form.writer((code,)) for form in self.forms]

        def write(values: tuple[tuple[Any, ...]]) -> str:
            (record,) = values
            if len(record) != len(writers):
                raise BadConfiguration(f"{code} is a record of {len(writers)} values, not {len(record)}")
            lines = [write_one((value,)) for write_one, value in zip(writers, record, strict=True)]
            return code + "".join(line.removeprefix(code).removesuffix(EOL) for line in lines) + EOL

        return write


@dataclass(frozen=True, slots=True)
class PeakLog:
    """`(n)(1-0:1.6.0)(1-0:1.6.0)` and then n times `(month)(time of the peak)(kW)`; n is at most thirteen.

    The value is a tuple of what `entry`, a Record, holds. What a meter without a single month prints is not known; here
    it is the announcement with n = 0, as in the failure log.
    """

    entry: Record

    @property
    def pattern(self) -> str:
        """See Form."""
        code = re.escape(PEAK_CODE)
        entry = _without_groups(self.entry.pattern)
        return rf"(\((?:[0-9]|1[0-3])\)\({code}\)\({code}\)(?:{entry}){{0,{PEAK_LOG_ENTRIES}}})"

    def read(self, text: str) -> tuple[tuple[Any, ...], ...]:
        """See Form."""
        announced, _, rest = text.removeprefix("(").partition(f")({PEAK_CODE})({PEAK_CODE})")
        entries = re.findall(_without_groups(self.entry.pattern), rest)
        if len(entries) != int(announced):
            raise Malformed(f"the list of peaks announces {announced} months, but {len(entries)} follow")
        return tuple(self.entry.read(entry) for entry in entries)

    def writer(self, codes: tuple[str, ...]) -> Writer:
        """See Form."""
        (code,) = codes
        write_entry = self.entry.writer((code,))

        def write(values: tuple[tuple[tuple[Any, ...], ...]]) -> str:
            (entries,) = values
            if len(entries) > PEAK_LOG_ENTRIES:
                raise BadConfiguration(f"{code} holds {PEAK_LOG_ENTRIES} months, not {len(entries)}")
            texts = [write_entry((entry,)).removeprefix(code).removesuffix(EOL) for entry in entries]
            return f"{code}({len(entries)})({PEAK_CODE})({PEAK_CODE}){''.join(texts)}{EOL}"

        return write


_GROUP = re.compile(r"(?<!\\)\((?!\?)")


def named_group(form: Form, name: str) -> str:
    """The pattern of a form, its group with a name."""
    return _GROUP.sub(f"(?P<{name}>", form.pattern, count=1)


def _without_groups(pattern: str) -> str:
    """A pattern of this module with its groups made plain brackets, to stand inside another group."""
    return _GROUP.sub("(?:", pattern)


def _checked_stamp(value: str, *, letter: bool = True) -> str:
    if re.fullmatch(STAMP if letter else DIGITS_OF_STAMP, value) is None:
        raise BadConfiguration(f"a time stamp is twelve digits{' and S or W' if letter else ''}, not {value!r}")
    return value
