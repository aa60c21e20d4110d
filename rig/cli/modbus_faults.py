"""The faults of Modbus meters as they are typed: of answers and values, for so many answers, and of connections."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from emulators.errors import BadConfiguration
from emulators.modbus import CONNECTION_FAULTS, FAULTS, Fault, ModbusMeter, TcpServer, faults
from emulators.modbus.faults import ConnectionFault, Medium
from rig.cli.telegram_faults import check_count
from rig.errors import ConfigurationError

# What each fault does, in words.
WORDS: Mapping[str, str] = {
    "crc": "answers have a wrong CRC",
    "exception": "every request gets an exception",
    "unit": "answers name the next unit",
    "transaction": "answers name another transaction",
    "late": "answers come too late",
    "segments": "answers come in two pieces",
    "frozen": "answers have the values of now for ever",
    "zero-current": "currents read 0 while powers do not",
    "nan": "currents read as no number, or the model's mark for that",
    "overflow": "currents read as infinite, or the model's mark for that",
}
# Likewise for connections, by the name that is typed.
CONNECTION_WORDS: Mapping[str, str] = {
    "refused": "nobody listens",
    "silent": "connections are taken, and nothing is answered",
    "reset": "every request ends its connection",
    "half-open": "who is connected hears nothing any more; a new connection works",
    "unplugged": "who is connected hears nothing any more, and a new connection gets no answer",
}
# Faults that take a figure, as in late=5: what the usual one is, and what makes them.
_WITH_FIGURE: Mapping[str, tuple[str, Callable[[float], Fault]]] = {
    "exception": ("4", lambda code: faults.exception(int(code))),
    "late": ("2", faults.late),
}


@dataclass(slots=True)
class ModbusFaults:
    """The faults of a bus, or of a server. `now_s` tells the time, `changed` is called after every change."""

    server: TcpServer | None
    now_s: Callable[[], float]
    changed: Callable[[], None]

    @property
    def help(self) -> Sequence[tuple[str, str]]:
        """What can be typed."""
        answers = [(f"fault {_usage(name)} [COUNT]", WORDS[name]) for name in self._names]
        connections = CONNECTION_WORDS.items() if self.server is not None else ()
        return (*answers, *((f"fault {name}", words) for name, words in connections), ("fault off", "all is well"))

    def status(self, meters: Iterable[ModbusMeter]) -> str:
        """What is wrong now; nothing when all is well."""
        names = list(dict.fromkeys(name for meter in meters for name in meter.faults))
        if self.server is not None and self.server.fault is not None:
            names.append(_typed(self.server.fault))
        return f"fault {', '.join(names)}" if names else ""

    def set(self, words: list[str], meters: Sequence[ModbusMeter]) -> str:
        """Carry out `fault …` on these meters. Raises ConfigurationError."""
        name, *count = words or [""]
        if (name, count) == ("off", []):
            self._clear(meters)
            return "all is well"
        connection = next((fault for fault in CONNECTION_FAULTS if _typed(fault) == name), None)
        if connection is not None and self.server is not None:
            if count:
                raise ConfigurationError(f"fault {name} lasts until fault off; leave the number out")
            self.server.set_fault(connection, self.now_s())
            self.changed()
            return f"fault {name}: {CONNECTION_WORDS[name]}"
        fault = self._make(name)
        answers = check_count(name, count, "answer")
        for meter in meters:
            meter.inject(fault, answers)
        self.changed()
        lasting = "" if answers is None else f", for {answers} answer{'' if answers == 1 else 's'}"
        return f"fault {name}{lasting}: {WORDS[fault.name]}"

    @property
    def _names(self) -> Sequence[str]:
        medium: Medium = "rtu" if self.server is None else "tcp"
        return [name for name, make in FAULTS.items() if medium in make().media]

    def _make(self, typed: str) -> Fault:
        name, equals, figure = typed.partition("=")
        if name not in self._names:
            known = [*self._names, *(CONNECTION_WORDS if self.server is not None else ())]
            raise ConfigurationError(f"there is no fault {name!r} here; there is off, {', '.join(known)}")
        if not equals:
            return FAULTS[name]()
        if name not in _WITH_FIGURE:
            raise ConfigurationError(f"fault {name} takes no figure; {', '.join(_WITH_FIGURE)} do")
        try:
            return _WITH_FIGURE[name][1](float(figure))
        except (BadConfiguration, ValueError, OverflowError) as error:
            raise ConfigurationError(f"fault {typed}: {error}") from None

    def _clear(self, meters: Iterable[ModbusMeter]) -> None:
        for meter in meters:
            meter.clear()
        if self.server is not None:
            self.server.set_fault(None, self.now_s())
        self.changed()


def _typed(fault: ConnectionFault) -> str:
    return fault.replace("_", "-")


def _usage(name: str) -> str:
    return f"{name}[={_WITH_FIGURE[name][0]}]" if name in _WITH_FIGURE else name
