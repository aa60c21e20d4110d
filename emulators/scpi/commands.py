"""Commands as data: a table of headers, their parameters and what they do, and how a header is found in it.

A header is written as in a manual: `:EV:RESistor[:BASE]`. Capital letters are the short form, what stands in brackets
may be left out, and `#` stands for a number that may be left out when it is 1: `:CHANnel#:SCALe`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from emulators.errors import BadConfiguration
from emulators.scpi.errors import (
    MISSING_PARAMETER,
    PARAMETER_NOT_ALLOWED,
    SUFFIX_OUT_OF_RANGE,
    UNDEFINED_HEADER,
    ScpiError,
)
from emulators.scpi.message import Parameter, Unit
from emulators.scpi.parameters import Kind, Value, is_form_of, short_form

DeviceT = TypeVar("DeviceT")


@dataclass(frozen=True, slots=True)
class Call:
    """A command that came: its parameters as values, the numbers in its header, and when."""

    values: tuple[Value, ...]
    numbers: tuple[int, ...]
    now_s: float


@dataclass(frozen=True, slots=True)
class Omissible:
    """A parameter that may be left out at the end; `value` is taken then."""

    kind: Kind
    value: Value


Given = Kind | Omissible


@dataclass(frozen=True, slots=True)
class Command(Generic[DeviceT]):
    """A row: the header, what it is for, and what the command and the query do; None: there is no such form.

    `change` takes `parameters`, `query` takes `asked`. Both may raise ScpiError, having changed nothing. A query
    answers text, or bytes as they are. `most` is the highest number that may stand for a `#`.
    """

    header: str
    does: str
    parameters: tuple[Given, ...] = ()
    change: Callable[[DeviceT, Call], None] | None = None
    asked: tuple[Given, ...] = ()
    query: Callable[[DeviceT, Call], str | bytes] | None = None
    most: int = 1


@dataclass(frozen=True, slots=True)
class _Node:
    mnemonic: str
    numbered: bool


_MNEMONIC = re.compile(r"\*?[A-Z]+[a-z0-9]*#?", re.ASCII)
_OPTIONAL = re.compile(r"\[(:[^\[\]]*)\]")
_NUMBERED = re.compile(r"(.*?)(\d*)", re.ASCII)
# No instrument has as many channels.
_MAX_NUMBER_DIGITS = 4
# Of the ways to write headers; no client uses as many.
_MAX_REMEMBERED = 1000


class CommandTable(Generic[DeviceT]):
    """Finds rows by what was written. Raises BadConfiguration for a header that cannot be, or that is there twice."""

    def __init__(self, commands: Sequence[Command[DeviceT]]) -> None:
        # A client asks the same again and again, and a search is most of what an answer costs.
        self._found: dict[tuple[str, ...], tuple[Command[DeviceT], tuple[int, ...]]] = {}
        self._by_length: dict[int, list[tuple[tuple[_Node, ...], Command[DeviceT]]]] = {}
        written: set[str] = set()
        for command in commands:
            for path in _paths(command.header):
                if path in written:
                    raise BadConfiguration(f"two commands have the header {path}")
                written.add(path)
                nodes = tuple([_node(mnemonic, command.header) for mnemonic in path.split(":")])
                self._by_length.setdefault(len(nodes), []).append((nodes, command))

    def find(self, unit: Unit) -> tuple[Command[DeviceT], tuple[int, ...]] | None:
        """The row of a header, and the numbers in it; None: there is no such header. Raises ScpiError."""
        found = self._found.get(unit.path)
        if found is None and (found := self._search(unit)) is not None and len(self._found) < _MAX_REMEMBERED:
            self._found[unit.path] = found
        return found

    def _search(self, unit: Unit) -> tuple[Command[DeviceT], tuple[int, ...]] | None:
        for nodes, command in self._by_length.get(len(unit.path), ()):
            numbers = _numbers(unit.path, nodes)
            if numbers is not None:
                if any(not 1 <= number <= command.most for number in numbers):
                    raise ScpiError(SUFFIX_OUT_OF_RANGE, str(unit))
                return command, numbers
        return None


def carry_out(
    command: Command[DeviceT], device: DeviceT, unit: Unit, numbers: tuple[int, ...], now_s: float
) -> str | bytes | None:
    """Do what the unit says; the answer, None for a command. Raises ScpiError, with nothing changed."""
    if unit.query:
        if command.query is None:
            raise ScpiError(UNDEFINED_HEADER, f"{unit} cannot be queried")
        return command.query(device, Call(_values(unit, command.asked), numbers, now_s))
    if command.change is None:
        raise ScpiError(UNDEFINED_HEADER, f"{unit} can only be queried")
    command.change(device, Call(_values(unit, command.parameters), numbers, now_s))
    return None


def _values(unit: Unit, wanted: tuple[Given, ...]) -> tuple[Value, ...]:
    given = unit.parameters
    if len(given) > len(wanted):
        raise ScpiError(PARAMETER_NOT_ALLOWED, f"{unit} takes {len(wanted) or 'none'}")
    return tuple([_value(unit, at, given, each) for at, each in enumerate(wanted)])


def _value(unit: Unit, at: int, given: tuple[Parameter, ...], wanted: Given) -> Value:
    if at < len(given):
        return (wanted.kind if isinstance(wanted, Omissible) else wanted).read(given[at])
    if isinstance(wanted, Omissible):
        return wanted.value
    raise ScpiError(MISSING_PARAMETER, str(unit))


def _paths(header: str) -> Iterator[str]:
    """All ways to write a header: with and without what is in brackets, and no colon before it."""
    match = _OPTIONAL.search(header)
    if match is None:
        yield header.lstrip(":")
        return
    before, after = header[: match.start()], header[match.end() :]
    yield from _paths(before + match.group(1) + after)
    yield from _paths(before + after)


def _node(mnemonic: str, header: str) -> _Node:
    if _MNEMONIC.fullmatch(mnemonic) is None:
        raise BadConfiguration(f"header {header}: {mnemonic!r} is no mnemonic; it would be like RESistor or CHANnel#")
    return _Node(mnemonic.rstrip("#"), mnemonic.endswith("#"))


def _numbers(path: tuple[str, ...], nodes: tuple[_Node, ...]) -> tuple[int, ...] | None:
    """The numbers in a header that was written, None when it is another one."""
    numbers = []
    for word, node in zip(path, nodes, strict=True):
        if not node.numbered:
            if not is_form_of(word, node.mnemonic):
                return None
            continue
        match = _NUMBERED.fullmatch(word)
        assert match is not None  # any word matches
        name, digits = match.groups()
        if not is_form_of(name, node.mnemonic):
            return None
        numbers.append(int(digits[:_MAX_NUMBER_DIGITS] or 1))
    return tuple(numbers)


def shortest(header: str) -> str:
    """A header in its shortest form, for examples and tests: `:EV:RES`."""
    path = list(_paths(header))[-1]
    return ":".join(short_form(mnemonic.rstrip("#")) for mnemonic in path.split(":"))
