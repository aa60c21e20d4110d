"""The faults that are on a meter now."""

from __future__ import annotations

from emulators.errors import BadConfiguration
from emulators.modbus.faults import Answer, Fault, Values


class Injections:
    """Faults in the order in which they came, each for a number of answers or until all are cleared."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        # How many answers each of them still lasts; None: until it is cleared.
        self._left: list[int | None] = []
        self.frozen = False

    def __bool__(self) -> bool:
        return bool(self._faults)

    @property
    def names(self) -> tuple[str, ...]:
        """What is wrong, by name."""
        return tuple([fault.name for fault in self._faults])

    def add(self, fault: Fault, answers: int | None) -> None:
        """One more. Raises BadConfiguration for less than one answer."""
        if answers is not None and answers < 1:
            raise BadConfiguration(f"a fault lasts 1 answer or more, not {answers}")
        self._keep([*self._faults, fault], [*self._left, answers])

    def remove(self, fault: Fault) -> None:
        """That one no more; harmless when it has ended by itself."""
        kept = [at for at, other in enumerate(self._faults) if other is not fault]
        self._keep([self._faults[at] for at in kept], [self._left[at] for at in kept])

    def clear(self) -> None:
        """None any more."""
        self._keep([], [])

    def values(self, values: Values) -> Values:
        """What the meter measures of these."""
        for fault in self._faults:
            if fault.values is not None:
                values = fault.values(values)
        return values

    def answer(self, answer: Answer) -> Answer:
        """What becomes of an answer."""
        for fault in self._faults:
            if fault.answer is not None:
                answer = fault.answer(answer)
        return answer

    def count(self) -> bool:
        """An answer went out; whether a fault ended with it."""
        left = [None if answers is None else answers - 1 for answers in self._left]
        last = [at for at, answers in enumerate(left) if answers != 0]
        ended = len(last) < len(left)
        self._keep([self._faults[at] for at in last], [left[at] for at in last])
        return ended

    def _keep(self, faults: list[Fault], left: list[int | None]) -> None:
        self._faults, self._left = faults, left
        self.frozen = any(fault.frozen for fault in faults)
