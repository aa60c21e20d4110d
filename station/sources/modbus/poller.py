"""Asks a Modbus meter for its registers at a fixed pace and makes readings of the answers. Pure; told the time.

Each poll is one request or a few, one at a time, each with a time-out of its own (O-29). Whatever is wrong with one
answer spoils that poll and nothing else; the next poll begins at its time. What a poll gives is as old as its answer:
nothing is ever reported again, so a meter that stops answering stops giving readings. A meter that answers but no
longer measures cannot be told from a steady one.
"""

from station.errors import Malformed
from station.sources.modbus.currents import currents_a
from station.sources.modbus.framing import Framing, OutOfStep
from station.sources.modbus.mapping import RegisterMap
from station.sources.modbus.pdu import decode_answer, encode_request
from station.sources.modbus.registers import REGISTER_B
from station.sources.modbus.rtu import BadCrc
from station.sources.reading import BadTelegram, Reading

# A meter renews its registers at least this often.
MEASURED_EVERY_S = 1.0
# Time-outs in a row after which a connection counts as dead, whatever it says of itself.
DEAD_AFTER = 3


class Poller:
    """A Modbus meter at `meter`, read by `register_map` over `framing`, every `poll_s` with `timeout_s` per request.

    Whoever has the port says when it is there (`opened`) and gone (`closed`), sends what `take_request` gives after
    every call, and closes the port when `hang_up` says why.
    """

    def __init__(
        self, register_map: RegisterMap, framing: Framing, *, meter: str, poll_s: float = 1.0, timeout_s: float = 1.0
    ) -> None:
        self._map = register_map
        self._framing = framing
        self._meter = meter
        self._poll_s = poll_s
        self._timeout_s = timeout_s
        self._requests = list(register_map.requests())
        self._words: dict[int, bytes] = {}
        self._done = 0  # requests of this poll
        self._poll_due_s: float | None = None
        self._request_due_s: float | None = None
        self._timeout_due_s: float | None = None
        self._began_s = 0.0
        self._not_before_s = 0.0
        self._unanswered = 0
        self._absent = "port not open"  # why; "" while the port is there
        self._to_send = b""
        self.hang_up = ""

    def opened(self, now_s: float) -> None:
        """The port is there; the first poll is due, or the next one when it was due anyway."""
        self._framing.clear()
        self._to_send = b""
        self._absent = ""
        self._unanswered = 0
        self.hang_up = ""
        if self._poll_due_s is None:
            self._poll_due_s = now_s

    def closed(self, reason: str, now_s: float) -> list[Reading | BadTelegram]:
        """The port is gone, or could not be opened; polls fail with this reason until it is there again."""
        self._absent = reason
        self.hang_up = ""
        if self._poll_due_s is None:
            self._poll_due_s = now_s
        asking = self._request_due_s is not None or self._timeout_due_s is not None
        return [self._failed(reason, now_s)] if asking else []

    def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
        """Take bytes that arrived at `now_s`."""
        heard = self._wait(now_s)
        self._not_before_s = now_s + self._framing.quiet_s
        asked = self._timeout_due_s is not None
        try:
            pdu = self._framing.receive(data, now_s)
            if asked and pdu is not None:
                heard += self._answered(pdu, now_s)
        except Malformed as error:
            if isinstance(error, OutOfStep):
                self.hang_up = str(error)
            if asked:
                heard.append(self._failed(str(error), now_s, crc=isinstance(error, BadCrc)))
        return heard + self.step(now_s)

    def step(self, now_s: float) -> list[Reading | BadTelegram]:
        """Send the request that is due, and report an answer that did not come."""
        heard = self._wait(now_s)
        poll_due_s = self._next_poll_s()
        if poll_due_s is not None and now_s >= poll_due_s:
            self._poll_due_s = max(poll_due_s + self._poll_s, now_s)
            self._done = 0
            if self._absent:
                heard.append(BadTelegram(self._absent, now_s, "malformed", self._meter))
            else:
                self._request_due_s = now_s
        if self._request_due_s is not None and now_s >= max(self._request_due_s, self._not_before_s):
            heard += self._ask(now_s)
        return heard

    def take_request(self) -> bytes:
        """What to send now; empty when there is nothing."""
        to_send, self._to_send = self._to_send, b""
        return to_send

    def next_deadline_s(self) -> float | None:
        """When step() has something to do if nothing comes before."""
        if self._timeout_due_s is not None:
            cut_off_s = self._framing.next_deadline_s()
            return self._timeout_due_s if cut_off_s is None else min(self._timeout_due_s, cut_off_s)
        if self._request_due_s is not None:
            return max(self._request_due_s, self._not_before_s)
        return self._next_poll_s()

    def _next_poll_s(self) -> float | None:
        """When the next poll begins; None during one, and while a new connection is waited for."""
        asking = self._request_due_s is not None or self._timeout_due_s is not None
        return None if asking or self.hang_up else self._poll_due_s

    def _ask(self, now_s: float) -> list[Reading | BadTelegram]:
        self._request_due_s = None
        # Without transaction numbers, an answer may belong to the request before that timed out, and be as old.
        if self._done == 0 and (self._framing.resets or not self._unanswered):
            self._began_s = now_s
        try:
            self._to_send += self._framing.request(encode_request(self._requests[self._done]))
        except Malformed as error:
            return [self._failed(str(error), now_s)]
        self._timeout_due_s = now_s + self._timeout_s
        return []

    def _wait(self, now_s: float) -> list[Reading | BadTelegram]:
        """Report an answer that was cut off or did not come."""
        if self._timeout_due_s is None:
            return []
        try:
            self._framing.step(now_s)
        except Malformed as error:
            return [self._failed(str(error), now_s, crc=isinstance(error, BadCrc))]
        if now_s < self._timeout_due_s:
            return []
        reason = f"no answer within {self._timeout_s:g} s{self._framing.unanswered()}"
        self._unanswered += 1
        if self._unanswered >= DEAD_AFTER and self._framing.resets:
            self.hang_up = reason
        return [self._failed(reason, now_s)]

    def _answered(self, pdu: bytes, now_s: float) -> list[Reading | BadTelegram]:
        request = self._requests[self._done]
        values = decode_answer(pdu, request)
        self._unanswered = 0
        self._timeout_due_s = None
        for n in range(request.registers):
            self._words[request.address + n] = values[n * REGISTER_B : (n + 1) * REGISTER_B]
        self._done += 1
        if self._done < len(self._requests):
            self._request_due_s = now_s
            return []
        current_a, phases = currents_a(self._map, self._words)
        self._words.clear()
        oldest_s = MEASURED_EVERY_S + now_s - self._began_s
        return [Reading(self._map.name, self._poll_s, current_a, phases, now_s, self._meter, oldest_s)]

    def _failed(self, reason: str, now_s: float, *, crc: bool = False) -> BadTelegram:
        """End this poll. The next begins with the same request, so that its answer, if it is only late, fits."""
        self._requests = self._requests[self._done :] + self._requests[: self._done]
        self._words.clear()
        self._request_due_s = self._timeout_due_s = None
        return BadTelegram(reason, now_s, "crc" if crc else "malformed", self._meter)
