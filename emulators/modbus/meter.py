"""A Modbus meter as a model: registers filled from the site, settings that can be written, answers to requests."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import msgspec

from emulators.errors import BadConfiguration, Malformed
from emulators.events import Emit, silent
from emulators.modbus.description import Description
from emulators.modbus.energy import Energy
from emulators.modbus.faults import Answer, Fault
from emulators.modbus.image import Image
from emulators.modbus.injection import Injections
from emulators.modbus.pdu import (
    EXCEPTION_FLAG,
    ILLEGAL_FUNCTION,
    ILLEGAL_VALUE,
    READ_HOLDING,
    Echo,
    Other,
    Read,
    Refused,
    Registers,
    Request,
    WriteMultiple,
    WriteSingle,
    Written,
    decode_request,
    encode_answer,
)
from emulators.modbus.pdu import Answer as AnswerPdu
from emulators.modbus.quantities import QUANTITIES, Measured
from emulators.modbus.rtu import MAX_UNIT, SerialFormat
from emulators.modbus.settings import Settings, resets_energy
from emulators.site import GridReading


class ModbusMeter:
    """A meter of the model that `description` describes, on the connection that `read` reads.

    Values are taken over from the site at multiples of the model's update time from `offset_s`, so what is read is up
    to that old. A step that comes late takes over late, and leaves out what it missed.

    `unit` and `line` stand for the factory's address and line settings, `settings` for its other settings, by name: a
    number, or what a code means. `response_s` stands for the model's own. Energy registers begin at `import_kwh` and
    `export_kwh`. Raises BadConfiguration for a description or a setting that does not fit.
    """

    def __init__(
        self,
        description: Description,
        read: Callable[[float], GridReading],
        *,
        name: str | None = None,
        unit: int | None = None,
        line: SerialFormat | None = None,
        settings: Mapping[str, float | str] | None = None,
        response_s: float | None = None,
        offset_s: float = 0.0,
        import_kwh: float = 0.0,
        export_kwh: float = 0.0,
        emit: Emit = silent,
    ) -> None:
        if unit is not None:
            if not 1 <= unit <= MAX_UNIT:
                raise BadConfiguration(f"a meter's address is 1 to {MAX_UNIT}, not {unit}")
            description = msgspec.structs.replace(description, unit=unit)
        if line is not None:
            rtu = msgspec.structs.replace(description.rtu, baud=line.baud, char_format=line.char_format)
            description = msgspec.structs.replace(description, rtu=rtu)
        self.description = description
        self.name = name or description.name
        self.response_s = description.response_s if response_s is None else response_s
        self._read = read
        self._emit = emit
        self._offset_s = offset_s
        self._due_s = offset_s
        self._settings = Settings(description, settings or {})
        self._image = Image(description, self._settings.spans())
        self._energy = Energy(import_kwh, export_kwh)
        self._measured: Measured | None = None
        self._current_a: list[float] = []
        self._shown: dict[str, float] = {}
        self._image_is_old = True
        self._ready_s = -math.inf
        self._faults = Injections()

    # -- what it is ----------------------------------------------------------------------------------------------

    @property
    def unit(self) -> int:
        """The address that it answers to now."""
        return self._settings.unit

    @property
    def line(self) -> SerialFormat:
        """How it talks on a serial line now."""
        return self._settings.line

    def display(self, now_s: float) -> Mapping[str, float]:
        """What its registers hold at `now_s`, and its display shows: its quantities in their units."""
        self._refresh(now_s)
        return dict(self._shown)

    # -- time ----------------------------------------------------------------------------------------------------

    def next_deadline_s(self) -> float:
        """When it takes over values next."""
        return self._due_s

    def step(self, now_s: float) -> None:
        """Take over the site's values if that is due."""
        if now_s < self._due_s:
            return
        self._due_s = self._instant_after(now_s)
        if not self._faults.frozen:
            self._take(now_s)

    def restart(self, now_s: float) -> None:
        """Switch it off and on: settings that were written count, and it is silent while it starts."""
        self._settings.restart()
        self._ready_s = now_s + self.description.start_up_s

    def _instant_after(self, now_s: float) -> float:
        update_s, offset_s = self.description.update_s, self._offset_s
        number = math.floor((now_s - offset_s) / update_s) + 1
        instant_s = offset_s + number * update_s
        # The quotient is rounded, so its whole part may be one too few.
        return instant_s if instant_s > now_s else offset_s + (number + 1) * update_s

    def _take(self, now_s: float) -> None:
        reading = self._read(now_s)
        phases, ratio = self.description.phases, self._ratio()
        self._energy.count(reading, phases, ratio, now_s)
        self._measured = Measured(reading, self._energy, phases, ratio)
        self._energy.hold(self._measured.power_w, self._measured.reactive_var)
        self._current_a = list(reading.current_a)
        self._image_is_old = True

    def _ratio(self) -> float:
        """What the meter shows of the site's current: its own transformation by the transformers' before it."""
        transformer = self.description.transformer
        if transformer is None:
            return 1.0
        return self._settings[transformer.setting] / transformer.secondary / transformer.ratio

    # -- faults --------------------------------------------------------------------------------------------------

    def inject(self, fault: Fault, answers: int | None = None) -> None:
        """From now on this is wrong, for so many answers, or until `clear`. Raises BadConfiguration for 0 answers."""
        self._faults.add(fault, answers)
        self._image_is_old = True

    def withdraw(self, fault: Fault) -> None:
        """That is right again; other faults stay."""
        self._faults.remove(fault)
        self._image_is_old = True

    def clear(self) -> None:
        """Everything is right again."""
        self._faults.clear()
        self._image_is_old = True

    @property
    def faults(self) -> tuple[str, ...]:
        """The names of the faults that are there."""
        return self._faults.names

    # -- requests ------------------------------------------------------------------------------------------------

    def answer(self, unit: int, pdu: bytes, now_s: float) -> Answer | None:
        """How it answers a request to `unit` that ended at `now_s`, with its faults; None: not at all."""
        if now_s < self._ready_s:
            return None
        said = self.request(pdu, now_s, unit)
        if not said:
            return None
        answer = Answer(unit, said, self.response_s)
        if self._faults:
            answer = self._faults.answer(answer)
            self._image_is_old |= self._faults.count()
        return answer

    def request(self, pdu: bytes, now_s: float, unit: int | None = None) -> bytes:
        """The answer to a request, without faults of answers; nothing for what is no request at all.

        `unit` is whom it was for: 0 on a broadcast, which only has the effect. It is reported as a `request`.
        """
        if not pdu or not 0 < pdu[0] < EXCEPTION_FLAG:
            return b""
        self._refresh(now_s)
        request: Request | None = None
        answer: AnswerPdu = Refused(pdu[0], ILLEGAL_FUNCTION)
        if pdu[0] in self.description.functions:
            try:
                request = decode_request(pdu)
            except Malformed:
                answer = Refused(pdu[0], ILLEGAL_VALUE)
            else:
                answer = self._answer(request, now_s)
        if self._emit is not silent:
            self._report(request, pdu[0], answer, self.unit if unit is None else unit, now_s)
        return encode_answer(answer)

    def _answer(self, request: Request, now_s: float) -> AnswerPdu:
        if isinstance(request, Read):
            return self._read_registers(request, now_s)
        if isinstance(request, Echo):
            return request
        if isinstance(request, Other):
            return Refused(request.function, ILLEGAL_FUNCTION)
        data = request.data if isinstance(request, WriteMultiple) else request.value.to_bytes(2, "big")
        changes = self._settings.write(request.address, data, now_s)
        if isinstance(changes, int):
            return Refused(request.function, changes)
        for change in changes:
            if resets_energy(change):
                self._energy.reset()
                self._image_is_old = True
            self._emit(now_s, "setting", {"meter": self.name, "name": change.name, "value": change.meaning})
        return request if isinstance(request, WriteSingle) else Written(request.address, request.count)

    def _read_registers(self, request: Read, now_s: float) -> AnswerPdu:
        if not 1 <= request.count <= self.description.max_registers:
            return Refused(request.function, self.description.too_many_exception)
        if request.function == READ_HOLDING:
            self._image.show_settings(self._settings.words(now_s))
        words = self._image.read(request.function, request.address, request.count)
        return Refused(request.function, words) if isinstance(words, int) else Registers(request.function, words)

    def _refresh(self, now_s: float) -> None:
        """Bring the registers up to date."""
        self.step(now_s)
        if self._measured is None:
            self._take(now_s)
        if self._image_is_old and self._measured is not None:
            values = {name: QUANTITIES[name](self._measured) for name in self._image.quantities}
            self._shown = self._faults.values(values)
            self._image.show(self._shown)
            self._image_is_old = False

    def _report(self, request: Request | None, function: int, answer: AnswerPdu, unit: int, now_s: float) -> None:
        fields: dict[str, object] = {
            "meter": self.name,
            "unit": unit,
            "function": function,
            "address": None,
            "count": None,
            "answer": f"exception {answer.code}" if isinstance(answer, Refused) else "ok",
            "i_a": self._current_a,
        }
        if isinstance(request, Read | WriteMultiple):
            fields["address"], fields["count"] = request.address, request.count
        elif isinstance(request, WriteSingle):
            fields["address"], fields["count"] = request.address, 1
        self._emit(now_s, "request", fields)
