"""The P1 Data Request: the wire by which a consumer tells the meter to send."""

from __future__ import annotations

import asyncio
from asyncio import TimerHandle
from collections.abc import Callable

from rig.errors import HarnessError
from rig.lines.end import End, EndSpec, Loop

# How often a modem line is looked at. A USB adapter takes about a millisecond for it; 20 ms are 230 bytes at 115200.
REQUEST_POLL_S = 0.02
# How long a port behind a URL may take to show its modem lines; rfc2217 servers tell them after connecting.
_FIRST_LOOK_WITHIN_S = 3.0

OnRequest = Callable[[bool, float], None]


class DataRequest:
    """The request as the meter's end sees it: active when the consumer drives it and the plug is in."""

    def __init__(self, driven: bool) -> None:
        self._driven = driven
        self._plugged_in = True
        self._listeners: list[OnRequest] = []

    @property
    def active(self) -> bool:
        """Whether the meter is asked to send."""
        return self._driven and self._plugged_in

    def drive(self, driven: bool, now_s: float) -> None:
        """The consumer drives the request or releases it."""
        self._change(driven, self._plugged_in, now_s)

    def plug(self, plugged_in: bool, now_s: float) -> None:
        """The plug goes in or out."""
        self._change(self._driven, plugged_in, now_s)

    def listen(self, listener: OnRequest) -> Callable[[], None]:
        """Call `listener(active, now_s)` at every change; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def _change(self, driven: bool, plugged_in: bool, now_s: float) -> None:
        before = self.active
        self._driven, self._plugged_in = driven, plugged_in
        if self.active != before:
            for listener in tuple(self._listeners):
                listener(self.active, now_s)


class RequestPoll:
    """Reads the request from a modem line of a port, every REQUEST_POLL_S."""

    def __init__(self, loop: Loop, end: End, spec: EndSpec, request: DataRequest) -> None:
        self._loop = loop
        self._end = end
        self._spec = spec
        self._request = request
        self._timer: TimerHandle | None = None

    async def start(self) -> None:
        """Look now and from now on. Raises HarnessError when the port has no modem lines."""
        give_up_s = self._loop.time() + (_FIRST_LOOK_WITHIN_S if "://" in self._end.path else 0.0)
        while self._end.modem_lines() is None:
            if self._loop.time() >= give_up_s:
                raise HarnessError(
                    f"{self._end.name}: {self._end.path} has no modem lines, so {self._spec.request_line} cannot carry "
                    "the Data Request; use an adapter that has them, or leave request_line out"
                )
            await asyncio.sleep(REQUEST_POLL_S)
        self._look()

    def stop(self) -> None:
        """Look no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _look(self) -> None:
        lines = self._end.modem_lines()
        if lines is not None:  # None: the port went away, which its end reports
            asserted = lines.cts if self._spec.request_line == "CTS" else lines.dsr
            self._request.drive(asserted != self._spec.request_inverted, self._loop.time())
        self._timer = self._loop.call_later(REQUEST_POLL_S, self._look)
