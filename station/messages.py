"""What the station says to others: log lines and the StatusNotification payload.

Texts printed in the documents are used verbatim (`documented=True`); for what they do not print, our own texts say
so (`documented=False`, LOG-019).
"""

from typing import Literal, NamedTuple, TypedDict

from station.overcurrent import Tripped


class LogLine(NamedTuple):
    """One line of the station's log."""

    text: str
    documented: bool


P1_CRC_ERROR = LogLine("P1 Device failure: Read CRC Error", True)  # LOG-001 ALB-P1-017
P1_TIMEOUT = LogLine("Unable to start P1 communications, Read Timeout Error", True)  # LOG-002 ALB-P1-018
P1_RESTORED = LogLine("P1 communication restored, leaving ActiveLB safeMode", False)  # O-68


def safe_mode(safe_a: float) -> LogLine:
    """LOG-003, ALB-P1-019: one decimal."""
    return LogLine(f"Enter ActiveLB safeMode: {safe_a:.1f}A", True)


def p1_unsupported(reason: str) -> LogLine:
    """A meter below version 4.0: no data for load balancing (ALB-P1-002)."""
    return LogLine(f"P1 telegram not usable: {reason}", False)


def phase_order(socket: str, meter: str) -> LogLine:
    """ALB-GEN-040, in words of our own."""
    return LogLine(f"Meter phase order: what socket phase {socket} draws is seen on meter phase {meter}", False)


def probed(socket: int, minimum_a: float, phases: str) -> LogLine:
    """PRB-006, in words of our own."""
    return LogLine(f"Socket {socket}: vehicle needs {minimum_a:.0f} A, on {phases}", False)


OVER_CURRENT_VENDOR_CODE = "302"  # OCP-021
INFO_LENGTH = 50  # O-64: all that OCPP 1.6 lets through

Status = Literal["Available", "Preparing", "Charging", "SuspendedEVSE", "Faulted"]


class StatusNotification(TypedDict):
    """Payload of an OCPP 1.6 StatusNotification."""

    connectorId: int
    status: Status
    errorCode: Literal["NoError", "OverCurrentFailure", "EVCommunicationError"]
    info: str
    vendorErrorCode: str


def status_notification(connector: int, status: Status) -> StatusNotification:
    """A status without an error: O-64 at resume, O-65 while there is too little current."""
    return StatusNotification(connectorId=connector, status=status, errorCode="NoError", info="", vendorErrorCode="")


def over_current(connector: int, tripped: Tripped) -> StatusNotification:
    """OCP-018 to OCP-021, with allowed and measured current in A, one decimal (O-64)."""
    allowed_a, actual_a = tripped.allowed_ma / 1000, tripped.actual_ma / 1000
    info = f"Over current detected allowed {allowed_a:.1f}A actual {actual_a:.1f}A"
    return StatusNotification(
        connectorId=connector,
        status="Faulted",
        errorCode="OverCurrentFailure",
        info=info[:INFO_LENGTH],
        vendorErrorCode=OVER_CURRENT_VENDOR_CODE,
    )


def pilot_fault(connector: int) -> StatusNotification:
    """State E, a missing diode or a vehicle that wants ventilation: no current, our own choice of status."""
    return StatusNotification(
        connectorId=connector, status="Faulted", errorCode="EVCommunicationError", info="", vendorErrorCode=""
    )
