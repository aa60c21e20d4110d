"""A serial line: one cable with two ends, its pace, its faults, its capture and its Data Request."""

from __future__ import annotations

from binascii import crc32
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from types import TracebackType

from rig.errors import ConfigurationError, HarnessError
from rig.lines.cable import Lane
from rig.lines.capture import DIRECTIONS, Capture
from rig.lines.end import End, EndSpec, Loop
from rig.lines.endpoint import DeviceEnd
from rig.lines.faults import Fault
from rig.lines.format import CharFormat, PortSettings
from rig.lines.injection import Faults, Injection
from rig.lines.pty import PtyEnd
from rig.lines.request import DataRequest, OnRequest, RequestPoll
from rig.timeline import Timeline


class Line:
    """One serial cable from end a to end b. By convention an emulator stands at a, the station at b.

    `baud` and `fmt` hold for both ends unless an EndSpec has settings of its own. `a` and `b` are EndSpecs, or just
    where they lead ("pty", a device, a URL). `chunk_s` models a USB adapter's latency timer, see Lane; it applies
    between ptys. `capture` is the pcapng file to write, `capture_epoch_s` the date of second 0 in it. `request` is the
    Data Request at the start; None: the line has none, unless an end has a request_line. `rng` feeds the faults.
    Raises ConfigurationError for settings that make no sense.

    On the timeline, under the line's name: `frame` (every chunk that was delivered), `fault`, `request`, `cut`,
    `overrun` (a port had no room: nobody reads it), `line_failed`.
    """

    def __init__(
        self,
        name: str,
        *,
        loop: Loop,
        timeline: Timeline,
        rng: Random,
        baud: int = 115200,
        fmt: str | CharFormat = "8N1",
        a: str | EndSpec = "pty",
        b: str | EndSpec = "pty",
        chunk_s: float | None = None,
        capture: Path | None = None,
        capture_epoch_s: float = 0.0,
        request: bool | None = None,
    ) -> None:
        settings = PortSettings(baud, CharFormat.parse(fmt) if isinstance(fmt, str) else fmt)
        if chunk_s is not None and chunk_s <= 0:
            raise ConfigurationError(f"line {name}: chunk_s {chunk_s:g} must be above 0, e.g. 0.016; or leave it out")
        self.name = name
        self.failure: HarnessError | None = None
        self._loop = loop
        self._timeline = timeline
        self._capture_path = capture
        self._capture_epoch_s = capture_epoch_s
        self._capture: Capture | None = None
        self._failure_listeners: list[Callable[[HarnessError], None]] = []
        specs = [end if isinstance(end, EndSpec) else EndSpec(end) for end in (a, b)]
        self.a, self.b = (self._make_end(label, spec, settings) for label, spec in zip("ab", specs, strict=True))
        self._lanes = {
            direction: Lane(
                loop,
                sender.settings,
                receiver.settings,
                partial(self._arrived, index, receiver),
                paced=not (self.a.paces_itself or self.b.paces_itself),
                chunk_s=chunk_s,
            )
            for index, (direction, sender, receiver) in enumerate(
                zip(DIRECTIONS, (self.a, self.b), (self.b, self.a), strict=True)
            )
        }
        by_modem_line = specs[1].request_line is not None
        self._following = [end for end, spec in zip((self.a, self.b), specs, strict=True) if spec.follows_port]
        self._has_request = by_modem_line or request is not None
        self._request = DataRequest(driven=request is not False and not by_modem_line)
        self._request.listen(self._request_changed)
        self._faults = Faults(rng, self._fault_changed)
        self._poll = RequestPoll(loop, self.b, specs[1], self._request) if by_modem_line else None

    def _make_end(self, label: str, spec: EndSpec, settings: PortSettings) -> End:
        name = f"line {self.name}, end {label}"
        settings = spec.settings or settings
        if spec.request_line is not None and label == "a":
            raise ConfigurationError(f"{name}: the Data Request comes from end b; give end b the request_line")
        if spec.request_line is not None and spec.where.startswith(("pty", "socket:")):
            raise ConfigurationError(f"{name}: {spec.where} has no {spec.request_line}; leave request_line out")
        if spec.where == "pty":
            return PtyEnd(name, self._loop, settings)
        return DeviceEnd(name, self._loop, settings, spec.where)

    async def open(self) -> None:
        """Open both ends and the capture. Raises HarnessError, with nothing left open."""
        try:
            if self._capture_path is not None:
                self._capture = Capture(
                    self._capture_path,
                    self.name,
                    self._capture_epoch_s,
                    request_active=self._has_request and self._request.active,
                )
            await self.a.open(partial(self._send, "a>b"), self._fail)
            await self.b.open(partial(self._send, "b>a"), self._fail)
            if self._poll is not None:
                await self._poll.start()
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close everything; bytes on their way are lost. Harmless when not open."""
        if self._poll is not None:
            self._poll.stop()
        for lane in self._lanes.values():
            lane.clear()
        await self.a.close()
        await self.b.close()
        if self._capture is not None:
            self._capture.close()
            self._capture = None

    async def __aenter__(self) -> Line:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def idle(self) -> bool:
        """No byte is queued or on its way, in the cable or in its ends."""
        return all(lane.idle for lane in self._lanes.values()) and self.a.idle and self.b.idle

    def cut(self, direction: str) -> int:
        """The sender of `direction` ("a>b" or "b>a") stops now, also in the middle of a telegram.

        The bytes whose last bit has passed arrive at once; the rest is lost. Returns how many bytes are lost.
        """
        lost = self._lanes[direction].cut()
        (self.b if direction == "a>b" else self.a).discard()
        if lost:
            self._record("cut", {"line": self.name, "dir": direction, "lost": lost})
        return lost

    def retune(self, end: End, baud: int) -> None:
        """From the next byte on, the port at `end`, which is `a` or `b`, runs at another rate, a real UART too.

        Raises ConfigurationError for a rate that no port has.
        """
        end.retune(replace(end.settings, baud=baud))
        self._lanes["a>b"].retune(self.a.settings, self.b.settings)
        self._lanes["b>a"].retune(self.b.settings, self.a.settings)

    def fault(self, fault: Fault) -> Injection:
        """`fault` on this line, for a `with` statement or to be started and stopped by hand."""
        return Injection(self._faults, fault)

    @property
    def request(self) -> bool:
        """Whether the P1 Data Request is active, as end a sees it: driven by the consumer, and the plug is in.

        Setting it drives it. When it becomes inactive the bytes still to be sent a>b are cut, as a meter stops at
        once. True on a line that has no request. Raises HarnessError on setting it there, or where a modem line
        carries it.
        """
        return self._request.active

    @request.setter
    def request(self, active: bool) -> None:
        if self._poll is not None:
            raise HarnessError(f"line {self.name}: the Data Request is read from a modem line and cannot be set")
        if not self._has_request:
            raise HarnessError(f"line {self.name} has no Data Request; give it one with request=False or True")
        self._request.drive(active, self._loop.time())

    def on_request(self, listener: OnRequest) -> Callable[[], None]:
        """Call `listener(active, now_s)` whenever the request changes; the returned function ends it."""
        return self._request.listen(listener)

    def on_failure(self, listener: Callable[[HarnessError], None]) -> None:
        """Call `listener` when a port is lost while in use, or the capture's disk is full; once, for the first failure.

        Without a listener the loop's exception handler is told. `failure` keeps the error.
        """
        self._failure_listeners.append(listener)

    def _send(self, direction: str, data: bytes) -> None:
        for end in self._following:
            baud = end.port_baud()
            if baud is not None and baud != end.settings.baud:
                self.retune(end, baud)
        self._lanes[direction].send(data)

    def _arrived(self, index: int, receiver: End, data: bytes, from_s: float, to_s: float) -> None:
        accepted = receiver.write(data)
        if self._capture is not None:
            try:
                self._capture.data(index, to_s, data)
            except HarnessError as error:
                self._fail(error)
        fields = {
            "line": self.name,
            "dir": DIRECTIONS[index],
            "length": len(data),
            "crc32": f"{crc32(data):08x}",
            "from_s": round(from_s, 6),
            "to_s": round(to_s, 6),
        }
        self._timeline.record(to_s, self.name, "frame", fields)
        if accepted < len(data):
            lost = len(data) - accepted
            self._record("overrun", {"line": self.name, "dir": DIRECTIONS[index], "lost": lost})

    def _fault_changed(self, fault: Fault, on: bool) -> None:
        for direction, lane in self._lanes.items():
            lane.set_faults(self._faults.acting(direction))
        self._record("fault", {"line": self.name, "on": on, **fault.describe()})
        if self._has_request:
            self._request.plug(not self._faults.line_parted, self._loop.time())

    def _request_changed(self, active: bool, now_s: float) -> None:
        self._timeline.record(now_s, self.name, "request", {"line": self.name, "active": active})
        if self._capture is not None:
            self._capture.request(now_s, active)
        if not active:
            self.cut("a>b")

    def _fail(self, error: HarnessError) -> None:
        if self.failure is None:
            self.failure = error
            self._record("line_failed", {"line": self.name, "text": str(error)})
            for listener in self._failure_listeners:
                listener(error)
            if not self._failure_listeners:
                self._loop.call_exception_handler({"message": str(error), "exception": error})

    def _record(self, kind: str, fields: dict[str, object]) -> None:
        self._timeline.record(self._loop.time(), self.name, kind, fields)
