"""The self-test passes on a sound machine and says so when the property is broken."""

from __future__ import annotations

import selectors

import pytest

from rig.clock import VirtualLoop, self_test
from rig.errors import HarnessError


def test_passes_here() -> None:
    self_test(round_trips=50)


class _Careless(VirtualLoop):
    """Jumps without asking the descriptors or the ledger: what a naive virtual clock does."""

    def __init__(self) -> None:
        super().__init__()
        loop = self
        real_select = self._selector.select  # type: ignore[attr-defined]
        calls = iter(range(10**9))

        def select(timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            if timeout and next(calls) % 3 == 2:
                loop.jump(timeout)
                return []
            events: list[tuple[selectors.SelectorKey, int]] = real_select(timeout)
            return events

        self._selector.select = select  # type: ignore[attr-defined]


def test_a_clock_that_jumps_too_early_is_caught() -> None:
    with pytest.raises(HarnessError, match="virtual time does not hold on this machine"):
        self_test(_Careless)
