"""The Ethernet side of a meter: connections, the requests that come over them, and when they end. Pure.

Source: MODBUS Messaging on TCP/IP Implementation Guide V1.0b, section 4.2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from emulators.errors import BadConfiguration
from emulators.events import Emit, silent
from emulators.listening.server import End, Output
from emulators.modbus.faults import CONNECTION_FAULTS, Answer, ConnectionFault
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.pdu import EXCEPTION_FLAG, GATEWAY_TARGET_SILENT, Refused, encode_answer
from emulators.modbus.tcp import Frame, FrameReader, encode


class TcpServer:
    """Serves meters by their units: one meter, or several behind a gateway. The first one's `tcp` rules hold.

    A connection on which no request came for `idle_s` is closed (ALB-TCP-005, O-66). Requests of one connection are
    answered in their order, each after the meter's time. A stream that is no Modbus is closed.

    Events: `connection` with `server`, `connection` (its number), `what` ("accepted", "refused", "closed", "reset",
    "lost", "half-open") and `why`; `unheard` with `server`, `connection`, `why` for requests that nobody answers.
    """

    def __init__(self, meters: Sequence[ModbusMeter], *, name: str = "modbus tcp", emit: Emit = silent) -> None:
        if not meters:
            raise BadConfiguration("a Modbus server without a meter has nothing to say; give it one")
        self.meters = tuple(meters)
        self.name = name
        self._rules = meters[0].description.tcp
        self._emit = emit
        self._connections: dict[int, _Connection] = {}
        self._ending: list[Output] = []
        self._fault: ConnectionFault | None = None

    # -- faults --------------------------------------------------------------------------------------------------

    @property
    def fault(self) -> ConnectionFault | None:
        """What is wrong with its connections."""
        return self._fault

    def set_fault(self, fault: ConnectionFault | None, now_s: float) -> None:
        """From now on that is wrong, None: nothing; see CONNECTION_FAULTS. Step it afterwards.

        Raises BadConfiguration for another name.
        """
        if fault is not None and fault not in CONNECTION_FAULTS:
            raise BadConfiguration(f"there is no connection fault {fault!r}; there is {', '.join(CONNECTION_FAULTS)}")
        self._fault = fault
        for number, connection in tuple(self._connections.items()):
            if fault == "refused":
                self._end(number, "close", "the service stopped", now_s)
            elif fault == "unplugged":
                connection.due.clear()
            elif fault == "half_open" and not connection.dead:
                connection.dead = True
                self._report(number, "half-open", "the meter knows it no more", now_s)

    @property
    def listening(self) -> bool:
        """Whether connections are taken at all."""
        return self._fault != "refused"

    @property
    def unplugged(self) -> bool:
        """Whether nothing gets through to it: no bytes, and no new connections."""
        return self._fault == "unplugged"

    # -- what the port tells -------------------------------------------------------------------------------------

    def connected(self, number: int, peer: str, now_s: float) -> None:
        """A connection was accepted by the operating system; `number` is new, `peer` is for the events."""
        alive = [known for known, connection in self._connections.items() if not connection.dead]
        if len(alive) >= self._rules.max_connections:
            if self._rules.when_full == "refuse":
                self._report(number, "refused", f"{len(alive)} connections are all there is, {peer} came", now_s)
                self._ending.append(Output(number, b"", "close"))
                return
            self._end(alive[0], "close", f"{peer} takes its place", now_s)
        self._connections[number] = _Connection(now_s)
        self._report(number, "accepted", peer, now_s)

    def disconnected(self, number: int, why: str, now_s: float) -> None:
        """The other end closed a connection, or it was lost."""
        if self._connections.pop(number, None) is not None:
            self._report(number, "lost", why, now_s)

    def receive(self, number: int, data: bytes, now_s: float) -> None:
        """Bytes that came over a connection."""
        connection = self._connections.get(number)
        if connection is None or connection.dead or self._fault in ("silent", "unplugged"):
            return
        if self._fault == "reset":
            self._end(number, "reset", "the meter knows it no more", now_s)
            return
        for frame in connection.reader.receive(data):
            connection.heard_s = now_s
            self._request(number, connection, frame, now_s)
        if connection.reader.error is not None:
            self._end(number, "close", str(connection.reader.error), now_s)

    # -- time ----------------------------------------------------------------------------------------------------

    def step(self, now_s: float) -> list[Output]:
        """What goes out at `now_s`, connection by connection."""
        for meter in self.meters:
            meter.step(now_s)
        outputs = []
        for number, connection in tuple(self._connections.items()):
            if connection.due and connection.due[0][0] <= now_s:
                outputs.append(Output(number, connection.take(now_s)))
            if now_s >= self._idle_at_s(connection):
                self._end(number, "close", f"no request for {self._rules.idle_s:g} s", now_s)
        outputs += self._ending
        self._ending = []
        return outputs

    def next_deadline_s(self) -> float:
        """When something happens by itself: a meter takes over values, an answer is due, a connection was idle."""
        deadline_s = min([meter.next_deadline_s() for meter in self.meters])
        for connection in self._connections.values():
            deadline_s = min(deadline_s, self._idle_at_s(connection))
            if connection.due:
                deadline_s = min(deadline_s, connection.due[0][0])
        return -math.inf if self._ending else deadline_s

    def _idle_at_s(self, connection: _Connection) -> float:
        """When it has been idle for too long. Who does not know of a connection, or hangs, does not close it."""
        mute = connection.dead or self._fault in ("silent", "unplugged")
        return math.inf if mute else connection.heard_s + self._rules.idle_s

    # -- requests ------------------------------------------------------------------------------------------------

    def _request(self, number: int, connection: _Connection, frame: Frame, now_s: float) -> None:
        answer = self._answer(number, frame, now_s)
        if answer is None:
            return
        data = encode(frame.transaction ^ answer.transaction_xor, answer.unit, answer.pdu)
        begin_s = max(now_s, connection.free_s) + answer.delay_s
        connection.due += [(due_s, piece) for due_s, piece in answer.pieces(data, begin_s)]
        connection.free_s = connection.due[-1][0]

    def _answer(self, number: int, frame: Frame, now_s: float) -> Answer | None:
        for meter in self.meters:
            if meter.unit == frame.unit:
                return meter.answer(frame.unit, frame.pdu, now_s)
        rule = self._rules.other_units
        if rule == "answer":
            return self.meters[0].answer(frame.unit, frame.pdu, now_s)
        if rule == "exception" and 0 < frame.pdu[0] < EXCEPTION_FLAG:
            refused = encode_answer(Refused(frame.pdu[0], GATEWAY_TARGET_SILENT))
            return Answer(frame.unit, refused, self.meters[0].response_s)
        why = f"no meter is unit {frame.unit}"
        self._emit(now_s, "unheard", {"server": self.name, "connection": number, "why": why})
        return None

    # -- connections ---------------------------------------------------------------------------------------------

    def _end(self, number: int, how: End, why: str, now_s: float) -> None:
        del self._connections[number]
        self._ending.append(Output(number, b"", how))
        self._report(number, "closed" if how == "close" else "reset", why, now_s)

    def _report(self, number: int, what: str, why: str, now_s: float) -> None:
        self._emit(now_s, "connection", {"server": self.name, "connection": number, "what": what, "why": why})


class _Connection:
    """One client. `dead`: the meter has forgotten it, and it never hears of that."""

    __slots__ = ("dead", "due", "free_s", "heard_s", "reader")

    def __init__(self, now_s: float) -> None:
        self.reader = FrameReader()
        self.heard_s = now_s
        self.free_s = now_s
        self.dead = False
        # When a piece of an answer goes out, and the piece; in order of time.
        self.due: list[tuple[float, bytes]] = []

    def take(self, now_s: float) -> bytes:
        """What is due, which is then gone."""
        count = sum(due_s <= now_s for due_s, _ in self.due)
        data = b"".join([piece for _, piece in self.due[:count]])
        del self.due[:count]
        return data
