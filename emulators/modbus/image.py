"""What a meter lets others read: its two tables, compiled from its description and filled with values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from emulators.errors import BadConfiguration
from emulators.modbus.description import Description, Fixed, Register
from emulators.modbus.pdu import READ_HOLDING
from emulators.modbus.registers import Pack, Span, Table, TableName, packer, words_of

# Characters in a register, by the type of a text.
_TEXTS = {"text": 2, "wide_text": 1}


class Image:
    """The registers of one meter; `settings` are the spans of its settings. See Table for what is refused.

    Raises BadConfiguration for registers that overlap, or a fixed value that does not fit.
    """

    def __init__(self, description: Description, settings: Iterable[Span]) -> None:
        spans: dict[TableName, list[Span]] = {"input": [], "holding": list(settings)}
        rows: list[tuple[TableName, int, str, Pack]] = []
        for register in description.registers:
            table, pack, span = _compile(register, description)
            spans[table].append(span)
            rows.append((table, register.at, register.quantity, pack))
        fixed = [(row.table, row.at, _words(row, description)) for row in description.fixed]
        for name, at, words in fixed:
            spans[name].append(Span(at, len(words) // 2, "a fixed value"))
        zeros = {name: [(row.first, row.last) for row in description.zeros if row.table == name] for name in spans}
        split = description.split_values
        if description.same_tables:
            both = Table([*spans["input"], *spans["holding"]], zeros["input"] + zeros["holding"], split=split)
            tables = {"input": both, "holding": both}
        else:
            tables = {name: Table(spans[name], zeros[name], split=split) for name in spans}
        self._input, self._holding = tables["input"], tables["holding"]
        self._rows = [(tables[name].write, at, quantity, pack) for name, at, quantity, pack in rows]
        self.quantities = tuple(dict.fromkeys(quantity for _, _, quantity, _ in rows))
        for name, at, words in fixed:
            tables[name].write(at, words)

    def read(self, function: int, address: int, count: int) -> bytes | int:
        """The words that function 3 or 4 reads, or the code of an exception."""
        return (self._holding if function == READ_HOLDING else self._input).read(address, count)

    def show(self, values: Mapping[str, float]) -> None:
        """Fill the measured registers; `values` has one for each of `quantities`."""
        for write, at, quantity, pack in self._rows:
            write(at, pack(values[quantity]))

    def show_settings(self, words: Iterable[tuple[int, bytes]]) -> None:
        """Fill the registers of the settings."""
        for at, data in words:
            self._holding.write(at, data)


def _compile(register: Register, description: Description) -> tuple[TableName, Pack, Span]:
    defaults = description.defaults
    number_type = register.type or defaults.type
    scale = defaults.scale if register.scale is None else register.scale
    pack = packer(number_type, register.word_order or defaults.word_order, scale, description.no_value)
    return register.table or defaults.table, pack, Span(register.at, words_of(number_type), register.quantity)


def _words(row: Fixed, description: Description) -> bytes:
    where = f"the fixed value at {row.at}"
    if row.type == "text" or row.type == "wide_text":
        if not isinstance(row.value, str) or not row.value.isascii():
            raise BadConfiguration(f"{where} is a text in ASCII, which {row.value!r} is not")
        per_word = _TEXTS[row.type]
        if not row.count or len(row.value) > row.count * per_word:
            raise BadConfiguration(f"{where} needs a count of registers that its {len(row.value)} characters fit into")
        data = row.value.encode("ascii").ljust(row.count * per_word, b"\0")
        return data if per_word == 2 else b"".join([bytes((0, byte)) for byte in data])
    if isinstance(row.value, str):
        raise BadConfiguration(f"{where} is a number, which {row.value!r} is not")
    pack = packer(row.type, description.defaults.word_order, 1.0, description.no_value)
    return pack(row.value)
