"""The words for what happens to each kind of meter.

What the documents print for P1 and Modbus TCP/IP is verbatim. For TIC and Modbus RTU they print nothing, so those
texts are our own and marked so (LOG-019).
"""

from collections.abc import Callable
from dataclasses import dataclass

from station import messages
from station.messages import LogLine
from station.sources.reading import BadTelegram


@dataclass(frozen=True, slots=True)
class SourceTexts:
    """What the log says about one kind of meter.

    `bad`: about something that could not be used. `timed_out`, `too_many_bad`: falling back to the safe current, and
    why. `back`: there again, after a loss or a warning. `warning`: once, when trouble begins. `error`: still not there
    when the loss has become an error. `back` and `error` are told where the meter is.
    """

    bad: Callable[[BadTelegram], LogLine]
    timed_out: tuple[LogLine, ...]
    too_many_bad: tuple[LogLine, ...]
    back: Callable[[str], LogLine]
    warning: LogLine | None = None
    error: Callable[[str], LogLine] | None = None


def p1_texts(safe_a: float) -> SourceTexts:
    """LOG-001 to LOG-003; the words for an old version (ALB-P1-002) and for the return (O-68) are our own."""
    safe_mode = messages.safe_mode(safe_a)
    return SourceTexts(
        bad=_bad_p1_telegram,
        timed_out=(messages.P1_TIMEOUT, safe_mode),  # ALB-P1-018, ALB-P1-019
        too_many_bad=(safe_mode,),
        back=lambda _meter: messages.P1_RESTORED,
    )


def tic_texts(safe_a: float) -> SourceTexts:
    """All our own (ALB-TIC-008, O-26)."""
    lost = (_own("TIC communication lost, no valid frame in time"), _own(messages.safe_mode(safe_a).text))
    return SourceTexts(
        bad=lambda telegram: _own(f"TIC frame not usable: {telegram.reason}"),
        timed_out=lost,
        too_many_bad=lost,
        back=lambda _meter: _own("TIC communication restored, leaving ActiveLB safeMode"),
    )


def tcp_texts(unit: int, safe_a: float) -> SourceTexts:
    """LOG-003 to LOG-008, with the unit id of the meter (X-28); LOG-004 and LOG-007 are one line."""
    lost = (_documented(f"Modbus TCP/IP lost, in safe mode max {safe_a:.1f}A"), messages.safe_mode(safe_a))
    return SourceTexts(
        bad=lambda telegram: _own(f"Modbus unit {unit}: {telegram.reason}"),
        timed_out=lost,
        too_many_bad=lost,
        back=lambda meter: _documented(f"TCP MODBUS unit {unit} connected via {meter}"),
        warning=_documented(f"Communication warning for modbus unit {unit}"),
        error=lambda meter: _documented(f"Communication error for modbus unit {unit} ({meter})"),
    )


def rtu_texts(unit: int, safe_a: float) -> SourceTexts:
    """Our own, after the model of those for TCP/IP (O-29)."""
    lost = (_own(f"Modbus RTU lost, in safe mode max {safe_a:.1f}A"), _own(messages.safe_mode(safe_a).text))
    return SourceTexts(
        bad=lambda telegram: _own(f"Modbus unit {unit}: {telegram.reason}"),
        timed_out=lost,
        too_many_bad=lost,
        back=lambda meter: _own(f"RTU MODBUS unit {unit} connected via {meter}"),
        warning=_own(f"Communication warning for modbus unit {unit}"),
        error=lambda meter: _own(f"Communication error for modbus unit {unit} ({meter})"),
    )


def _bad_p1_telegram(telegram: BadTelegram) -> LogLine:
    return messages.p1_unsupported(telegram.reason) if telegram.kind == "unsupported" else messages.P1_CRC_ERROR


def _documented(text: str) -> LogLine:
    return LogLine(text, documented=True)


def _own(text: str) -> LogLine:
    return LogLine(text, documented=False)
