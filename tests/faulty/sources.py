"""Stations that are wrong on purpose in how they read their meter or watch over it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from fastcrc import crc16

from station.meter_link import meter_url
from station.runtime import StationRuntime
from station.setting_rows import P1_MODE, P1_PROTOCOL
from station.settings import MeterPort, Settings
from station.sources.modbus.mapping import RegisterMap, register_map
from station.sources.modbus.poller import Poller
from station.sources.modbus.rtu import RtuFraming
from station.sources.modbus.tcp import TcpFrame, TcpFraming, encode_frame, take_frame
from station.sources.p1.reader import P1Reader
from station.sources.readers import poller_for
from station.sources.reading import BadTelegram, Reading
from station.sources.rules import WatchRules, rules_for
from station.sources.tic import reader as tic_reader
from station.sources.tic.reader import TicReader
from station.sources.watch import SourceWatch, WatchReport
from tests.faulty.building import Heard, station

# -- the watch over any meter ---------------------------------------------------------------------------------------


def _watching(settings: Settings, ports: dict[str, Any], change: Callable[[WatchRules], WatchRules]) -> StationRuntime:
    return station(settings, ports, watch=SourceWatch(settings, change(rules_for(settings))))


def one_timer_for_all_sources(settings: Settings, **ports: Any) -> StationRuntime:
    """Gives every meter the ten seconds of a P1 meter that sends each second."""
    return _watching(
        settings, ports, lambda rules: replace(rules, first_timeout_s=10.2, timeout_floor_s=10.0, timeout_factor=0.0)
    )


def one_long_timer_for_all_sources(settings: Settings, **ports: Any) -> StationRuntime:
    """Gives every meter the minute of a Modbus meter."""
    return _watching(settings, ports, lambda rules: replace(rules, first_timeout_s=60.0, timeout_floor_s=60.0))


def falls_back_at_61_s(settings: Settings, **ports: Any) -> StationRuntime:
    """A Modbus meter counts as lost one second late."""
    return station(replace(settings, meter_stale_s=61.0), ports)


def falls_back_at_59_s(settings: Settings, **ports: Any) -> StationRuntime:
    """A Modbus meter counts as lost one second early."""
    return station(replace(settings, meter_stale_s=59.0), ports)


def error_text_at_110_s(settings: Settings, **ports: Any) -> StationRuntime:
    """The error text of a lost Modbus meter comes ten seconds early."""
    return station(replace(settings, meter_error_s=110.0), ports)


def keeps_the_slowest_cadence(settings: Settings, **ports: Any) -> StationRuntime:
    """A meter that once sent every ten seconds is waited for as long ever after."""

    class Slow(SourceWatch):
        slowest_s = 0.0

        def step(self, now_s: float, heard: Heard = ()) -> WatchReport:
            return super().step(now_s, [self.slow(item) if isinstance(item, Reading) else item for item in heard])

        def slow(self, reading: Reading) -> Reading:
            self.slowest_s = max(self.slowest_s, reading.interval_s)
            return replace(reading, interval_s=self.slowest_s)

    return station(settings, ports, watch=Slow(settings))


def talks_of_losses_all_the_time(settings: Settings, **ports: Any) -> StationRuntime:
    """Writes into the log that it enters the safe mode whenever a reading arrives."""

    class Talkative(SourceWatch):
        def step(self, now_s: float, heard: Heard = ()) -> WatchReport:
            report = super().step(now_s, heard)
            return report._replace(logs=(*report.logs, *self._rules.texts.timed_out)) if report.reading else report

    return station(settings, ports, watch=Talkative(settings))


# -- Modbus ---------------------------------------------------------------------------------------------------------


def _asking(
    settings: Settings,
    ports: dict[str, Any],
    *,
    poller: type[Poller] = Poller,
    framing: Callable[[], object] | None = None,
    registers: Callable[[RegisterMap], RegisterMap] | None = None,
) -> StationRuntime:
    """With a Modbus master that is another one, has another framing, or reads other registers."""
    found = meter_url(settings, p1=ports.get("p1"), meter=ports.get("meter"))
    if found is None or found[0] not in ("rtu", "tcp"):
        return station(settings, ports)
    port: MeterPort = found[0]
    read = register_map(settings)
    made = poller_for(settings, port, "", read if registers is None else registers(read))
    made.__class__ = poller
    if framing is not None:
        made._framing = framing()  # type: ignore[assignment]
    return station(settings, ports, reader=made)


def takes_stale_values_for_live(settings: Settings, **ports: Any) -> StationRuntime:
    """When a Modbus meter does not answer, what it said last counts as what it says now."""

    class Stale(Poller):
        last: Reading | None = None

        def step(self, now_s: float) -> list[Reading | BadTelegram]:
            return self.keep(super().step(now_s), now_s)

        def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
            return self.keep(super().receive(data, now_s), now_s)

        def closed(self, reason: str, now_s: float) -> list[Reading | BadTelegram]:
            return self.keep(super().closed(reason, now_s), now_s)

        def keep(self, heard: list[Reading | BadTelegram], now_s: float) -> list[Reading | BadTelegram]:
            kept: list[Reading | BadTelegram] = []
            for item in heard:
                if isinstance(item, Reading):
                    self.last = item
                kept.append(item if self.last is None else replace(self.last, at_s=now_s))
            return kept

    return _asking(settings, ports, poller=Stale)


def misses_the_factor_of_100(settings: Settings, **ports: Any) -> StationRuntime:
    """Reads meters with current transformers as if they showed what flows."""

    def unscaled(found: RegisterMap) -> RegisterMap:
        if not found.name.endswith("CT"):
            return found
        return replace(
            found,
            currents=tuple(replace(register, scale=1.0) for register in found.currents),
            powers=tuple(replace(register, scale=1.0) for register in found.powers),
        )

    return _asking(settings, ports, registers=unscaled)


def always_multiplies_by_100(settings: Settings, **ports: Any) -> StationRuntime:
    """Applies the factor of current transformers to a meter whose ratio is set, too."""

    def scaled(found: RegisterMap) -> RegisterMap:
        if found.currents[0].address != 0x0006 or not settings.modbus_current_1:
            return found
        return replace(found, currents=tuple(replace(register, scale=100.0) for register in found.currents))

    return _asking(settings, ports, registers=scaled)


def ignores_low_word_first(settings: Settings, **ports: Any) -> StationRuntime:
    """Reads every value high word first."""
    return _asking(settings, ports, registers=lambda found: replace(found, low_word_first=False))


def forgets_the_powers(settings: Settings, **ports: Any) -> StationRuntime:
    """Reads currents alone, so that no export is ever seen."""
    return _asking(settings, ports, registers=lambda found: replace(found, powers=()))


def asks_with_function_3(settings: Settings, **ports: Any) -> StationRuntime:
    """Reads holding registers of every meter."""
    return _asking(settings, ports, registers=lambda found: replace(found, function=3))


def hurries_its_requests(settings: Settings, **ports: Any) -> StationRuntime:
    """Asks its RS-485 meter again as soon as it has answered."""

    class Hurried(RtuFraming):
        @property
        def quiet_s(self) -> float:
            return 0.0

        @quiet_s.setter
        def quiet_s(self, value: float) -> None:
            """Whatever is wanted."""

    if settings.meter_port != "rtu":
        return station(settings, ports)
    made = Hurried.__new__(Hurried)
    own = poller_for(settings, "rtu", "")._framing
    made.__dict__.update({name: value for name, value in vars(own).items() if name != "quiet_s"})
    return _asking(settings, ports, framing=lambda: made)


def ignores_the_crc_of_answers(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes an RTU frame for what it says, damaged or not."""

    class Careless(RtuFraming):
        def _answer(self, frame: bytes) -> bytes:
            body = frame[:-2]
            return super()._answer(body + crc16.modbus(body).to_bytes(2, "little"))

    if settings.meter_port != "rtu":
        return station(settings, ports)
    framing = poller_for(settings, "rtu", "")._framing
    framing.__class__ = Careless
    return _asking(settings, ports, framing=lambda: framing)


class _AnyAnswer(TcpFraming):
    """Takes every frame for the answer: its transaction and its unit may be any."""

    def receive(self, data: bytes, now_s: float) -> bytes | None:
        frame, rest = take_frame(self._stream + data)
        if frame is None:
            return super().receive(data, now_s)
        self._stream = b""
        return super().receive(encode_frame(TcpFrame(self._transaction, self._unit, frame.pdu)) + rest, now_s)


def takes_any_answer(settings: Settings, **ports: Any) -> StationRuntime:
    """Believes answers to other transactions and from other units."""
    if settings.meter_port != "tcp":
        return station(settings, ports)
    return _asking(settings, ports, framing=lambda: _AnyAnswer(settings.mbtcp_unit))


def one_segment_is_an_answer(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes what one read brings for the whole answer, and throws it away when it is not."""

    class Impatient(TcpFraming):
        def receive(self, data: bytes, now_s: float) -> bytes | None:
            self._stream = b""
            return super().receive(data, now_s)

    if settings.meter_port != "tcp":
        return station(settings, ports)
    return _asking(settings, ports, framing=lambda: Impatient(settings.mbtcp_unit))


def holds_on_to_a_dead_connection(settings: Settings, **ports: Any) -> StationRuntime:
    """Never opens a new connection while the old one has not been closed."""

    class Patient(TcpFraming):
        resets = False

    if settings.meter_port != "tcp":
        return station(settings, ports)
    return _asking(settings, ports, framing=lambda: Patient(settings.mbtcp_unit))


def asks_every_90_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Asks its Modbus meter so rarely that the meter closes the connection in between."""
    return station(replace(settings, modbus_poll_s=90.0, meter_stale_s=300.0, meter_error_s=600.0), ports)


def zero_is_a_loss(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes 0 A on every phase for a meter that is not there."""

    class Fussy(SourceWatch):
        def step(self, now_s: float, heard: Heard = ()) -> WatchReport:
            return super().step(now_s, [item for item in heard if not isinstance(item, Reading) or any(item.current_a)])

    return station(settings, ports, watch=Fussy(settings))


# -- TIC ------------------------------------------------------------------------------------------------------------


def _listening(settings: Settings, ports: dict[str, Any], reader: Callable[[], TicReader]) -> StationRuntime:
    return station(settings, ports, **({"reader": reader()} if settings.meter_port == "tic" else {}))


def knows_one_speed(settings: Settings, **ports: Any) -> StationRuntime:
    """Listens to a Linky at 1200 baud and never tries another speed."""

    class Fixed(TicReader):
        def _tune(self, now_s: float) -> None:
            self.line = tic_reader.LINES[0]

    return _listening(settings, ports, Fixed)


def goes_on_without_a_bad_group(settings: Settings, **ports: Any) -> StationRuntime:
    """Throws away a group of a Linky's frame with a bad check sum, and believes the rest."""

    class Lenient(TicReader):
        last: Reading | None = None

        def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
            heard: list[Reading | BadTelegram] = []
            for item in super().receive(data, now_s):
                if isinstance(item, Reading):
                    self.last = item
                elif item.kind == "crc" and self.last is not None:
                    item = replace(self.last, at_s=now_s)
                heard.append(item)
            return heard

    return _listening(settings, ports, Lenient)


def believes_repetitions(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes a telegram or frame that is repeated, date and all, for a new measurement."""

    class Believing(P1Reader):
        def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
            self._last = b""
            return super().receive(data, now_s)

    class BelievingToo(TicReader):
        def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
            self._last_frame = b""
            return super().receive(data, now_s)

    readers = {"p1": Believing, "tic": BelievingToo}
    made = readers.get(settings.meter_port or "")
    return station(settings, ports, **({"reader": made()} if made is not None else {}))


# -- P1 -------------------------------------------------------------------------------------------------------------


def falls_back_at_once(settings: Settings, **ports: Any) -> StationRuntime:
    """The first telegram that is late by a fifth of a second counts as a loss."""
    return station(replace(settings, p1_timeout_factor=1.0, p1_timeout_floor_s=1.0), ports)


def falls_back_5_s_late(settings: Settings, **ports: Any) -> StationRuntime:
    """The time-out is five seconds too long."""
    return station(replace(settings, p1_timeout_margin_s=5.0), ports)


def never_falls_back(settings: Settings, **ports: Any) -> StationRuntime:
    """Once heard, always believed."""

    class Trusting(SourceWatch):
        def step(self, now_s: float, heard: Heard = ()) -> WatchReport:
            report = super().step(now_s, heard)
            return report._replace(state="live" if report.state == "lost" else report.state)

    return station(settings, ports, watch=Trusting(settings))


def one_bad_telegram_is_a_loss(settings: Settings, **ports: Any) -> StationRuntime:
    """Falls back at the first bad CRC."""
    return station(replace(settings, p1_max_bad=1), ports)


def ignores_the_crc(settings: Settings, **ports: Any) -> StationRuntime:
    """Acts on whatever a damaged telegram says."""

    class Careless(P1Reader):
        def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
            start, end = data.find(b"/"), data.rfind(b"!")
            if 0 <= start < end:
                body = data[start : end + 1]
                data = data[:start] + body + b"%04X\r\n" % crc16.arc(body)
            return super().receive(data, now_s)

    return station(settings, ports, reader=Careless())


def believes_old_meters(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes a telegram of a version below 4.0 for a sign of life of the meter."""

    class Believing(SourceWatch):
        last: Reading | None = None

        def step(self, now_s: float, heard: Heard = ()) -> WatchReport:
            for index, item in enumerate(heard):
                if isinstance(item, Reading):
                    self.last = item
                elif item.kind == "unsupported" and self.last is not None:
                    heard = [*heard[:index], replace(self.last, at_s=now_s), *heard[index + 1 :]]
            return super().step(now_s, heard)

    return station(settings, ports, watch=Believing(settings))


def no_one_phase_meters(settings: Settings, **ports: Any) -> StationRuntime:
    """Telegrams of one-phase meters are thrown away."""

    class ThreePhase(P1Reader):
        def receive(self, data: bytes, now_s: float) -> list[Reading | BadTelegram]:
            return [item for item in super().receive(data, now_s) if not isinstance(item, Reading) or item.phases == 3]

    return station(settings, ports, reader=ThreePhase())


def reads_p1_in_any_mode(settings: Settings, **ports: Any) -> StationRuntime:
    """Reads telegrams although the port or the protocol is set to something else."""
    return station(replace(settings, rj11_mode=P1_MODE, protocol=P1_PROTOCOL), ports)


def never_asks_for_telegrams(settings: Settings, **ports: Any) -> StationRuntime:
    """Reads P1 without raising the Data Request."""
    runtime = station(settings, ports)
    runtime.core._request = False
    return runtime
