"""What the watch holds against each kind of meter: times, counts and words. Data, one row per source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from station.setting_rows import P1_PROTOCOL, RTU_PROTOCOL, TCP_PROTOCOL, TIC_PROTOCOL
from station.settings import Settings
from station.sources.texts import SourceTexts, p1_texts, rtu_texts, tcp_texts, tic_texts

# Before the first P1 telegram the cadence is unknown; the slowest meter must have its chance (DSMR 4: 10 s).
P1_SLOWEST_INTERVAL_S = 10.0


@dataclass(frozen=True, slots=True)
class WatchRules:
    """Times in s, counted from the last valid reading or, before one, from the start.

    The meter is lost after `timeout_factor` times the cadence of its last reading, at least `timeout_floor_s`, plus
    `timeout_margin_s`, or after `max_bad` bad ones in a row (None: never); its loss is an error after `error_after_s`
    (None: never). Bad ones are spoken of from the `say_from`-th in a row on; with `say_every` each of them, otherwise
    only when there is something new to say. `meter` is where the meter is, as long as none was heard.
    """

    texts: SourceTexts
    first_timeout_s: float
    timeout_floor_s: float
    timeout_factor: float = 0.0
    timeout_margin_s: float = 0.0
    max_bad: int | None = None
    error_after_s: float | None = None
    say_from: int = 1
    say_every: bool = False
    meter: str = ""

    def timeout_s(self, interval_s: float) -> float:
        """From one valid reading to the loss if none follows."""
        return max(self.timeout_factor * interval_s, self.timeout_floor_s) + self.timeout_margin_s


def rules_for(settings: Settings) -> WatchRules:
    """The rules for the meter that the settings select."""
    return _RULES[settings.protocol](settings)


def _p1(settings: Settings) -> WatchRules:
    """O-22 and O-23; the documents give the words."""
    slowest_s = max(settings.p1_timeout_factor * P1_SLOWEST_INTERVAL_S, settings.p1_timeout_floor_s)
    return WatchRules(
        texts=p1_texts(settings.safe_a),
        first_timeout_s=slowest_s + settings.p1_timeout_margin_s,
        timeout_floor_s=settings.p1_timeout_floor_s,
        timeout_factor=settings.p1_timeout_factor,
        timeout_margin_s=settings.p1_timeout_margin_s,
        max_bad=settings.p1_max_bad,
        say_every=True,  # ALB-P1-017
    )


def _tic(settings: Settings) -> WatchRules:
    """O-26: one time-out, words of our own."""
    timeout_s = settings.tic_timeout_s
    return WatchRules(tic_texts(settings.safe_a), first_timeout_s=timeout_s, timeout_floor_s=timeout_s)


def _rtu(settings: Settings) -> WatchRules:
    """O-29: as for TCP, words of our own."""
    return _modbus(settings, rtu_texts(settings.mbrtu_unit, settings.safe_a), "RS485")


def _tcp(settings: Settings) -> WatchRules:
    """O-31, X-29; the documents give the words."""
    return _modbus(settings, tcp_texts(settings.mbtcp_unit, settings.safe_a), settings.mbtcp_address)


def _modbus(settings: Settings, texts: SourceTexts, meter: str) -> WatchRules:
    return WatchRules(
        texts=texts,
        first_timeout_s=settings.meter_stale_s,
        timeout_floor_s=settings.meter_stale_s,
        error_after_s=settings.meter_error_s,
        say_from=settings.modbus_warn_failures,
        meter=meter,
    )


_RULES: Mapping[str, Callable[[Settings], WatchRules]] = {
    P1_PROTOCOL: _p1,
    TIC_PROTOCOL: _tic,
    RTU_PROTOCOL: _rtu,
    TCP_PROTOCOL: _tcp,
}
