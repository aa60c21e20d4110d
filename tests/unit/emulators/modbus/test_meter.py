"""The meter: requests in, answers out, values from the site at its own pace."""

from __future__ import annotations

import os
import struct
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration
from emulators.modbus import faults
from emulators.modbus.description import load, models
from emulators.modbus.meter import ModbusMeter
from emulators.modbus.pdu import Answer as AnswerPdu
from emulators.modbus.pdu import (
    Echo,
    Read,
    Refused,
    Registers,
    Request,
    WriteMultiple,
    WriteSingle,
    Written,
    decode_answer,
    encode_request,
)
from emulators.modbus.rtu import SerialFormat
from emulators.site import Ramp, Site

EXAMPLES = 5000 if os.environ.get("EVSE_RIG_DEEP") == "1" else 200
Event = tuple[float, str, dict[str, object]]


def made(model: str = "sdm72d", *current_a: float, events: list[Event] | None = None, **options: Any) -> ModbusMeter:
    site = Site()
    site.add_load("house", *(current_a or (10.0, 5.0, 1.0)))
    if events is not None:
        options["emit"] = lambda at_s, kind, fields: events.append((at_s, kind, fields))
    return ModbusMeter(load(model), site.read, **options)


def ask(meter: ModbusMeter, request: Request, now_s: float = 0.0) -> AnswerPdu:
    return decode_answer(meter.request(encode_request(request), now_s))


def floats(meter: ModbusMeter, address: int, count: int, now_s: float = 0.0) -> list[float]:
    answer = ask(meter, Read(4, address, 2 * count), now_s)
    assert isinstance(answer, Registers)
    return list(struct.unpack(f">{count}f", answer.data))


def test_currents_and_powers_in_one_request() -> None:
    values = floats(made(), 0, 9)
    assert values == [230, 230, 230, 10, 5, 1, 2300, 1150, 230]


def test_values_are_taken_over_at_the_models_pace() -> None:
    site = Site()
    site.add_load("house", Ramp(0.0, 100.0, 0.0, 100.0))
    meter = ModbusMeter(load("sdm72d"), site.read, offset_s=0.25)
    assert floats(meter, 6, 1, 0.1) == [pytest.approx(0.1)], "asked before its first instant it measures then"
    assert meter.next_deadline_s() == 0.25
    for now_s in (0.25, 0.9, 1.2499):
        meter.step(now_s)
        assert floats(meter, 6, 1, now_s) == [0.25]
        assert meter.next_deadline_s() == 1.25
    assert floats(meter, 6, 1, 1.25) == [1.25], "a request at the instant is up to date without a step"
    meter.step(7.9)
    assert floats(meter, 6, 1, 7.9) == [pytest.approx(7.9)], "a late step takes over late"
    assert meter.next_deadline_s() == 8.25


def test_the_instants_do_not_drift() -> None:
    meter = made(offset_s=0.1)
    instants = []
    for _ in range(1000):
        instants.append(meter.next_deadline_s())
        meter.step(meter.next_deadline_s())
    assert instants == [0.1 + 1.0 * number for number in range(1000)]


def test_energy_since_the_start() -> None:
    meter = made(import_kwh=1000.0)
    floats(meter, 0x48, 1)
    assert floats(meter, 0x48, 2, 3600.0) == [pytest.approx(1003.68), 0.0]
    unlocked = ask(meter, WriteMultiple(0xF010, b"\0\3"), 3600.0)
    assert unlocked == Written(0xF010, 1)
    assert floats(meter, 0x184, 1, 3600.0) == [0.0]
    assert floats(meter, 0x48, 1, 3600.0) == [pytest.approx(1003.68)]


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (Read(4, 0, 0), 3),
        (Read(4, 0, 82), 3),
        (Read(4, 0, 126), 3),
        (Read(4, 0, 1), 2),
        (Read(4, 1, 2), 2),
        (Read(4, 0, 3), 2),
        (Read(4, 0x1000, 2), 2),
        (Read(4, 0xFFFF, 2), 2),
        (Read(3, 0x1000, 2), 2),
        (WriteSingle(0x14, 7), 1),
        (WriteMultiple(0, bytes(4)), 2),
        (WriteMultiple(0x14, struct.pack(">f", 300)), 3),
        (WriteMultiple(0x0A, struct.pack(">f", 1)), 1),
    ],
)
def test_refusals(request_: Request, code: int) -> None:
    assert ask(made(), request_) == Refused(request_.function, code)


@pytest.mark.parametrize(
    ("pdu", "answer"),
    [
        ("01 00 00 00 01", "81 01"),
        ("2b 0e 01 00", "ab 01"),
        ("08 00 01 00 00", "88 01"),
        ("08 00 00", "88 03"),
        ("04 00 00", "84 03"),
        ("10 00 14 00 02 04 00 00", "90 03"),
        ("83 02", ""),
        ("00 00", ""),
        ("", ""),
    ],
)
def test_requests_that_are_not_right(pdu: str, answer: str) -> None:
    assert made().request(bytes.fromhex(pdu), 0.0) == bytes.fromhex(answer)


@settings(derandomize=True, max_examples=EXAMPLES, deadline=None)
@given(st.sampled_from(models()), st.binary(max_size=253))
def test_any_request_is_answered_by_an_answer(model: str, pdu: bytes) -> None:
    said = METERS[model].request(pdu, 0.0)
    assert len(said) <= 253
    if said:
        answer = decode_answer(said)
        assert answer.code in (1, 2, 3) if isinstance(answer, Refused) else said[0] == pdu[0]


METERS = {model: made(model) for model in models()}


def test_the_limit_of_registers_is_the_models() -> None:
    strict = msgspec.structs.replace(load("sdm72d"), max_registers=60, too_many_exception=2)
    meter = ModbusMeter(strict, Site().read)
    assert isinstance(ask(meter, Read(4, 0, 60)), Registers)
    assert ask(meter, Read(4, 0, 62)) == Refused(4, 2)
    assert isinstance(ask(made("eem-350"), Read(4, 0, 6)), Registers)
    assert ask(made("eem-350"), Read(4, 0, 12)) == Refused(4, 3)


def test_echo() -> None:
    assert ask(made(), Echo(b"\x12\x34")) == Echo(b"\x12\x34")


def test_settings_take_effect_and_read_back() -> None:
    events: list[Event] = []
    meter = made(events=events)
    assert ask(meter, WriteMultiple(0x14, struct.pack(">f", 17)), 5.0) == Written(0x14, 2)
    assert meter.unit == 17
    assert ask(meter, Read(3, 0x14, 2), 5.0) == Registers(3, struct.pack(">f", 17))
    ask(meter, WriteMultiple(0x12, struct.pack(">f", 3)), 6.0)
    assert meter.line == SerialFormat(9600, "8N1")
    meter.restart(7.0)
    assert meter.line == SerialFormat(9600, "8N2")
    changes = [(at_s, fields) for at_s, kind, fields in events if kind == "setting"]
    assert changes == [
        (5.0, {"meter": "Eastron SDM72D", "name": "unit", "value": 17}),
        (6.0, {"meter": "Eastron SDM72D", "name": "char_format", "value": "8N2"}),
    ]


def test_it_is_silent_while_it_starts() -> None:
    meter = made()
    meter.restart(10.0)
    request = encode_request(Read(4, 0, 2))
    assert meter.answer(1, request, 11.9) is None
    assert meter.answer(1, request, 12.0) is not None


@pytest.mark.parametrize(("model", "setting", "as_is", "right"), [("sdm120ct", "ct_primary_a", 5, 500),
                                                                ("sdm72ct", "ct_ratio", 1, 100)])  # fmt: skip
def test_the_hundredfold_of_transformers_both_ways(model: str, setting: str, as_is: float, right: float) -> None:
    shown = made(model, 16.0).display(0.0)
    assert (shown["current_l1_a"], shown["power_l1_w"]) == pytest.approx((0.16, 36.8))
    assert (shown["voltage_l1_v"], shown["power_factor_l1"]) == (230.0, 1.0)
    assert made(model, 16.0, settings={setting: as_is}).display(0.0) == shown
    shown = made(model, 16.0, settings={setting: right}).display(0.0)
    assert (shown["current_l1_a"], shown["power_l1_w"]) == pytest.approx((16.0, 3680.0))


def test_the_ratio_is_set_over_the_bus_once() -> None:
    meter = made("sdm72ct", 16.0)
    assert floats(meter, 6, 1) == [pytest.approx(0.16)]
    ratio = WriteMultiple(0x3E, struct.pack(">f", 100))
    assert ask(meter, ratio) == Refused(16, 3), "locked"
    ask(meter, WriteMultiple(0x0E, struct.pack(">f", 1000)))
    assert ask(meter, ratio) == Written(0x3E, 2)
    assert floats(meter, 6, 1, 1.0) == [16.0]
    assert ask(meter, ratio) == Refused(16, 3), "once"


def test_requests_are_reported() -> None:
    events: list[Event] = []
    meter = made(events=events, name="grid")
    meter.answer(1, encode_request(Read(4, 6, 6)), 1.5)
    meter.answer(1, encode_request(Read(4, 7, 6)), 2.5)
    meter.answer(1, b"\x04\x00", 3.5)
    meter.request(encode_request(WriteMultiple(0x14, bytes(4))), 4.5)
    same = {"meter": "grid", "unit": 1, "i_a": [10.0, 5.0, 1.0]}
    assert [event for event in events if event[1] == "request"] == [
        (1.5, "request", {**same, "function": 4, "address": 6, "count": 6, "answer": "ok"}),
        (2.5, "request", {**same, "function": 4, "address": 7, "count": 6, "answer": "exception 2"}),
        (3.5, "request", {**same, "function": 4, "address": None, "count": None, "answer": "exception 3"}),
        (4.5, "request", {**same, "function": 16, "address": 20, "count": 2, "answer": "exception 3"}),
    ]


def test_its_own_address_line_and_speed() -> None:
    meter = made(unit=42, line=SerialFormat(2400, "8E1"), response_s=0.2)
    assert (meter.unit, meter.line, meter.response_s) == (42, SerialFormat(2400, "8E1"), 0.2)
    with pytest.raises(BadConfiguration, match="has no code for 115200"):
        made(line=SerialFormat(115200, "8N1"))
    with pytest.raises(BadConfiguration, match="address is 1 to 247, not 248"):
        made(unit=248)


def test_a_frozen_meter_answers_with_old_values() -> None:
    site = Site()
    site.add_load("house", Ramp(0.0, 100.0, 0.0, 100.0))
    meter = ModbusMeter(load("sdm72d"), site.read)
    assert floats(meter, 6, 1, 5.0) == [5.0]
    meter.inject(faults.frozen())
    assert floats(meter, 6, 1, 50.0) == [5.0]
    assert meter.faults == ("frozen",)
    meter.clear()
    assert floats(meter, 6, 1, 60.0) == [60.0]


def test_one_of_two_faults_is_withdrawn() -> None:
    meter = made()
    zero, late = faults.zero_current(), faults.late(1.0)
    for fault in (zero, late):
        meter.inject(fault)
    meter.withdraw(zero)
    assert meter.faults == ("late",)
    answer = meter.answer(1, encode_request(Read(4, 6, 2)), 0.0)
    assert answer is not None
    assert answer.pdu[2:] == struct.pack(">f", 10)
    assert answer.delay_s >= 1.0
    meter.withdraw(zero)  # harmless
    assert meter.faults == ("late",)


def test_a_fault_for_some_answers() -> None:
    meter = made()
    meter.inject(faults.zero_current(), answers=2)
    request = encode_request(Read(4, 6, 2))
    said = [meter.answer(1, request, 0.0) for _ in range(3)]
    assert [answer.pdu[2:] for answer in said if answer] == [bytes(4), bytes(4), struct.pack(">f", 10)]
    assert meter.faults == ()
    with pytest.raises(BadConfiguration, match="1 answer or more"):
        meter.inject(faults.frozen(), answers=0)
