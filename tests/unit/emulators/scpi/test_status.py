"""Event register, masks and status byte, bit by bit."""

from __future__ import annotations

import pytest

from emulators.scpi.errors import ScpiError
from emulators.scpi.status import Status


@pytest.mark.parametrize(("code", "event"), [(-113, 32), (-222, 16), (-363, 8), (-350, 8)])
def test_an_error_sets_its_event(code: int, event: int) -> None:
    status = Status()
    assert status.take_events() == 128
    status.put(ScpiError(code))
    assert status.take_events() == event
    assert status.take_events() == 0


def test_the_byte_sums_up_what_the_masks_let_through() -> None:
    status = Status()
    status.clear()
    assert status.byte() == 0
    status.put(ScpiError(-113))
    assert status.byte() == 4
    status.event_mask = 16
    assert status.byte() == 4
    status.event_mask = 32
    assert status.byte() == 4 + 32
    status.service_mask = 8
    assert status.byte() == 4 + 32
    status.service_mask = 4
    assert status.byte() == 4 + 32 + 64
    status.errors.take()
    assert status.byte() == 32
    status.take_events()
    assert status.byte() == 0


def test_clear_keeps_the_masks() -> None:
    status = Status()
    status.event_mask, status.service_mask = 1, 2
    status.put(ScpiError(-113))
    status.complete()
    status.clear()
    assert (status.take_events(), len(status.errors), status.event_mask, status.service_mask) == (0, 0, 1, 2)
