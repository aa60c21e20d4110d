"""Faults of Modbus meters by name, and meters by name."""

from __future__ import annotations

import struct

import pytest

from emulators.modbus import faults
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.pdu import Read, encode_request
from emulators.site import Site
from rig.meters.modbus import ANSWER_FAULTS, described, inject


def test_every_fault_of_an_answer_has_a_name_and_a_medium() -> None:
    assert {fault.name for fault, _ in ANSWER_FAULTS.values()} == set(faults.FAULTS)
    assert len(ANSWER_FAULTS) == len(faults.FAULTS)
    only = {name: media for name, (_, media) in ANSWER_FAULTS.items() if len(media) == 1}
    assert only == {"wrong CRC": ("rtu",), "wrong transaction": ("tcp",)}


def test_late_is_still_in_time() -> None:
    """A station waits for 1 s; what comes later is no answer at all."""
    fault, _ = ANSWER_FAULTS["late"]
    assert fault.answer is not None
    answer = fault.answer(faults.Answer(1, b"", delay_s=0.1))
    assert answer.delay_s == pytest.approx(0.5)


def test_a_fault_is_there_until_it_is_ended() -> None:
    site = Site()
    site.add_load("house", 5.0)
    meter = ModbusMeter(described("sdm72d"), site.read)

    def read_a() -> float:
        meter.step(10.0)
        answer = meter.request(encode_request(Read(4, 6, 2)), 10.0)
        return float(struct.unpack(">f", answer[2:6])[0])

    assert read_a() == pytest.approx(5.0)
    end = inject(meter, faults.zero_current())()
    assert read_a() == 0.0
    end()
    assert read_a() == pytest.approx(5.0)


def test_a_description_is_read_once() -> None:
    assert described("sdm72d") is described("sdm72d")
