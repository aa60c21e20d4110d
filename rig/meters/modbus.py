"""Modbus meters by name, and what can be wrong with their answers, for the suites."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial

from emulators.modbus import faults
from emulators.modbus.description import Description, load
from emulators.modbus.faults import Fault, Medium
from emulators.modbus.meter import ModbusMeter
from rig.meters.base import Break

# The fault, and on which media it can be.
ANSWER_FAULTS: Mapping[str, tuple[Fault, tuple[Medium, ...]]] = {
    name: (fault, fault.media)
    for name, fault in (
        ("wrong CRC", faults.wrong_crc()),
        ("exception", faults.exception()),
        ("wrong unit", faults.wrong_unit()),
        ("wrong transaction", faults.wrong_transaction()),
        ("no values", faults.not_a_number()),
        ("overflow", faults.overflow()),
        ("two segments", faults.two_segments()),
        ("zero current", faults.zero_current()),
        ("frozen", faults.frozen()),
        ("late", faults.late(0.4)),
    )
}


@cache
def described(model: str) -> Description:
    """The meter of that name; a run reads each file once."""
    return load(model)


def inject(meter: ModbusMeter, fault: Fault) -> Break:
    """Has a fault on a meter, until it is ended."""

    def begin() -> Callable[[], None]:
        meter.inject(fault)
        return partial(meter.withdraw, fault)

    return begin
