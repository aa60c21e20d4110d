"""The status of an instrument (IEEE 488.2, chapter 11): the event register, its mask, and the status byte. Pure."""

from __future__ import annotations

from emulators.scpi.errors import EVENT_BITS, ErrorQueue, ScpiError

OPERATION_COMPLETE = 1 << 0
POWER_ON = 1 << 7
ERROR_QUEUE_NOT_EMPTY = 1 << 2  # SCPI-99 volume 1, chapter 9
EVENT_SUMMARY = 1 << 5
MASTER_SUMMARY = 1 << 6
REGISTER_MAX = 255


class Status:
    """Event status, its enable mask, the service request mask, and the error queue behind one bit of the byte."""

    def __init__(self) -> None:
        self.errors = ErrorQueue()
        self.event_mask = 0
        self.service_mask = 0
        self._events = POWER_ON

    def put(self, error: ScpiError) -> None:
        """An error happened."""
        self.errors.put(error)
        self._events |= EVENT_BITS[-error.code // 100]

    def complete(self) -> None:
        """Everything that was asked for is done."""
        self._events |= OPERATION_COMPLETE

    def take_events(self) -> int:
        """The event status register; reading it clears it."""
        events, self._events = self._events, 0
        return events

    def byte(self) -> int:
        """The status byte; reading changes nothing."""
        byte = ERROR_QUEUE_NOT_EMPTY if self.errors else 0
        if self._events & self.event_mask:
            byte |= EVENT_SUMMARY
        return byte | MASTER_SUMMARY if byte & self.service_mask else byte

    def clear(self) -> None:
        """`*CLS`: no events and no errors; the masks stay."""
        self.errors.clear()
        self._events = 0
