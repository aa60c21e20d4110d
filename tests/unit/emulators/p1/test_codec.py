"""Telegrams to bytes and back, and nothing but Malformed for other bytes."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulators.errors import BadConfiguration, Malformed
from emulators.p1 import DIALECTS, VERSIONS, MbusReading, Meter, Telegram, decode, encode
from emulators.p1.codec import crc_of, seal
from emulators.p1.forms import FailureLog, Form, Number, Octets, PeakLog, Record, Signed, Stamp
from emulators.p1.versions import MBUS_READINGS, MbusLines, Version
from emulators.site import Site

DEEP = 100 if os.environ.get("EVSE_RIG_DEEP") == "1" else 1
TELEGRAMS_PER_VERSION = 1000 if DEEP > 1 else 20

# Example B of the protocol facts, with its CRC as four other implementations give it.
EXAMPLE = (
    b"/EMU5\\2EVTEST-50-1P\r\n\r\n1-3:0.2.8(50)\r\n0-0:1.0.0(260703214507S)\r\n"
    b"0-0:96.1.1(4530303939303030303030303530313236)\r\n1-0:1.8.1(001200.345*kWh)\r\n1-0:1.8.2(001890.001*kWh)\r\n"
    b"1-0:2.8.1(000000.000*kWh)\r\n1-0:2.8.2(000000.000*kWh)\r\n0-0:96.14.0(0001)\r\n1-0:1.7.0(07.389*kW)\r\n"
    b"1-0:2.7.0(00.000*kW)\r\n0-0:96.7.21(00003)\r\n0-0:96.7.9(00000)\r\n1-0:99.97.0(0)(0-0:96.7.19)\r\n"
    b"1-0:32.32.0(00002)\r\n1-0:32.36.0(00000)\r\n0-0:96.13.0()\r\n1-0:32.7.0(229.6*V)\r\n1-0:31.7.0(032*A)\r\n"
    b"1-0:21.7.0(07.389*kW)\r\n1-0:22.7.0(00.000*kW)\r\n0-1:24.1.0(003)\r\n"
    b"0-1:96.1.0(4730303939303030303030303530313236)\r\n0-1:24.2.1(260703214500S)(00412.907*m3)\r\n!E03E\r\n"
)
TELEGRAM = Telegram(
    version="5.0.2",
    ident="EMU5\\2EVTEST-50-1P",
    stamp="260703214507S",
    equipment_id="E0099000000050126",
    import_wh=(1_200_345, 1_890_001),
    export_wh=(0, 0),
    tariff=1,
    import_w=7389,
    export_w=0,
    failures=3,
    sags=(2,),
    swells=(0,),
    voltage_dv=(2296,),
    current_ma=(32_000,),
    phase_import_w=(7389,),
    phase_export_w=(0,),
    mbus=(
        MbusReading(
            channel=1,
            device_type=3,
            equipment_id="G0099000000050126",
            stamp="260703214500S",
            reading_milli=412_907,
        ),
    ),
)


def test_the_checksum_is_crc_16_arc() -> None:
    assert seal(b"123456789") == b"123456789BB3D\r\n"


def test_the_example_both_ways() -> None:
    assert encode(TELEGRAM) == EXAMPLE
    assert decode(EXAMPLE) == TELEGRAM
    assert crc_of(EXAMPLE) == "E03E"


# --- any telegram -------------------------------------------------------------------------------------------------

# Every text that the hex lines can carry is one byte per character.
octets = st.text(st.characters(min_codepoint=0, max_codepoint=255))
stamps = st.from_regex(r"[0-9]{12}[SW]", fullmatch=True)
idents = st.from_regex(r"[A-Za-z]{3}5[ \"-.0-~]{0,40}", fullmatch=True)


def numbers(number: Number) -> st.SearchStrategy[int]:
    return st.integers(0, 10**number.digits - 1).map(lambda value: value * number.step)


def of_form(form: Form) -> st.SearchStrategy[Any]:
    """Any value that a form can hold."""
    if isinstance(form, Number):
        return numbers(form)
    if isinstance(form, Signed):
        return st.tuples(numbers(form.number), st.sampled_from([1, -1])).map(lambda pair: pair[0] * pair[1])
    if isinstance(form, Stamp):
        return stamps
    if isinstance(form, Octets):
        return octets.map(lambda text: text[: form.limit])
    if isinstance(form, FailureLog):
        return st.lists(st.tuples(stamps, st.integers(0, 10**10 - 1)), max_size=10).map(tuple)
    if isinstance(form, PeakLog):
        return st.lists(of_form(form.entry), max_size=13).map(tuple)
    assert isinstance(form, Record)
    return st.tuples(*[of_form(part) for part in form.forms])


@st.composite
def sub_meters(draw: st.DrawFn, lines: MbusLines) -> tuple[MbusReading, ...]:
    channels = draw(st.lists(st.sampled_from([1, 2, 3, 4]), unique=True, max_size=4))
    in_profile = any(line.says == "profile" for line in lines.lines)
    readings = []
    for channel in channels:
        device_type = draw(st.sampled_from([2, 3, 4, 7]))
        reading = numbers(MBUS_READINGS[device_type])
        readings.append(
            MbusReading(
                channel=channel,
                device_type=device_type,
                equipment_id=draw(octets)[:48],
                stamp=draw(stamps)[: lines.stamp_chars],
                reading_milli=draw(reading if in_profile else st.none() | reading),
                valve=draw(st.none() | st.integers(0, 9)) if lines.has_valve else None,
            )
        )
    return tuple(readings)


@st.composite
def telegrams(draw: st.DrawFn, version: Version) -> Telegram:
    phases = draw(st.sampled_from([1, 3]))
    values: dict[str, Any] = {}
    for row in version.rows:
        count = len(row.codes_for(phases)) // len(row.fields)
        for field in row.fields:
            one = of_form(row.form)
            values[field] = draw(st.tuples(*[one] * count) if row.many else one)
    mbus = () if version.mbus is None else draw(sub_meters(version.mbus))
    return Telegram(version=version.name, ident=draw(idents), mbus=mbus, **values)


ALL = {**VERSIONS, **DIALECTS}


@pytest.mark.parametrize("name", ALL)
def test_what_is_written_is_read_back(name: str) -> None:
    @settings(derandomize=True, max_examples=TELEGRAMS_PER_VERSION, deadline=None, database=None)
    @given(telegrams(ALL[name]))
    def check(telegram: Telegram) -> None:
        data = encode(telegram)
        assert data.isascii()
        assert decode(data, name) == telegram
        if name in VERSIONS:
            assert decode(data) == telegram

    check()


@pytest.mark.parametrize("name", ["2.2-text", "LU-34.4.0"])
def test_a_dialect_is_read_where_it_is_asked_for(name: str) -> None:
    data = composed(name)
    assert decode(data, name).version == name
    with pytest.raises(Malformed, match=r"line .* cannot be"):
        decode(data)
    with pytest.raises(Malformed, match=r"no version '2\.1'; there is 2\.2, "):
        decode(data, "2.1")


# --- with and without a CRC ----------------------------------------------------------------------------------------


def composed(version: str) -> bytes:
    """A telegram of a version, three-phase where that can be told."""
    site = Site()
    site.add_load("house", 5.3, 6.0, 7.7)
    site.add_pv("roof", 0.0, 10.2)
    summer = datetime(2026, 7, 3, 12, tzinfo=ZoneInfo("Europe/Amsterdam"))
    meter = Meter(version, site.read, lambda _now_s: summer, first_after_s=0.0)
    meter.request(True, 0.0)
    return meter.step(0.0)


@pytest.mark.parametrize("name", ["2.2", "3.0"])
def test_before_4_there_is_no_crc(name: str) -> None:
    data = composed(name)
    assert data.endswith(b")\r\n!\r\n")
    assert crc_of(data) == ""
    assert decode(data).version == name
    with pytest.raises(Malformed, match=f"version {re.escape(name)} has no CRC"):
        decode(seal(data[:-2]))


@pytest.mark.parametrize("name", [name for name, version in VERSIONS.items() if version.checksum])
def test_from_4_on_there_is_one(name: str) -> None:
    data = composed(name)
    assert decode(data).version == name
    with pytest.raises(Malformed, match=f"version {re.escape(name)} has a CRC"):
        decode(data[:-6] + b"\r\n")


# --- damaged telegrams --------------------------------------------------------------------------------------------


def wide(version: str) -> bytes:
    """A three-phase telegram with something in every line."""
    three = {"current_ma": (16_000, 0, 8_000), "phase_import_w": (3680, 0, 0), "phase_export_w": (0, 0, 1840)}
    quality = {"sags": (1, 2, 3), "swells": (0, 0, 0), "failure_log": (("250308101500W", 612),), "text": "Hello"}
    own: dict[str, Any] = (
        {"voltage_dv": (2296, 2301, 0)} if version == "5.0.2" else {"voltage_dv": (), "text_code": "12"}
    )
    return encode(msgspec.structs.replace(TELEGRAM, version=version, **three, **quality, **own))


SEALED = [EXAMPLE, wide("4.2.2"), wide("5.0.2"), *map(composed, ("4.0", "BE-50213", "BE-50217", "LU", "SE"))]


@pytest.mark.parametrize("data", SEALED, ids=["5.0.2 1p", "4.2.2", "5.0.2", "4.0", "BE-50213", "BE-50217", "LU", "SE"])
def test_every_single_bit_error_is_rejected(data: bytes) -> None:
    assert decode(data)
    for at in range(len(data)):
        for bit in range(8):
            with pytest.raises(Malformed):
                decode(data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :])


@pytest.mark.parametrize("data", [EXAMPLE, wide("4.2.2")], ids=["5.0.2 1p", "4.2.2 3p"])
def test_every_shortened_telegram_is_rejected(data: bytes) -> None:
    for length in range(len(data)):
        for part in (data[:length], data[len(data) - length :]):
            with pytest.raises(Malformed):
                decode(part)


@dataclass(frozen=True)
class Edit:
    """Replace `length` bytes at a share of the telegram's length."""

    place: float
    length: int
    data: bytes

    def __call__(self, telegram: bytes) -> bytes:
        at = int(self.place * len(telegram))
        return telegram[:at] + self.data + telegram[at + self.length :]


printable = st.text(st.sampled_from("0123456789.()*-:!/kWhVAsm\r\nSWAF"), max_size=12).map(str.encode)
edits = st.builds(Edit, st.floats(0, 1), st.integers(0, 40), st.one_of(st.binary(max_size=12), printable))


@settings(derandomize=True, max_examples=400 * DEEP, deadline=None)
@given(
    st.sampled_from([*SEALED, composed("2.2"), composed("3.0")]),
    st.lists(edits, min_size=1, max_size=4),
    st.booleans(),
)
def test_damage_raises_nothing_but_malformed(data: bytes, damage: list[Edit], right_crc: bool) -> None:
    for edit in damage:
        data = edit(data)
    if right_crc:
        # What no checksum can tell: damage before the CRC was computed.
        data = seal(data[:-6])
    try:
        telegram = decode(data)
    except Malformed:
        return
    # Only what the encoder writes is accepted.
    assert encode(telegram) == data
    assert right_crc or telegram.version in {"2.2", "3.0"} or data in SEALED


@settings(derandomize=True, max_examples=200 * DEEP)
@given(st.one_of(st.binary(max_size=300), st.binary(max_size=300).map(lambda body: seal(b"/" + body + b"!"))))
def test_noise_raises_nothing_but_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        decode(data)


def resealed(old: bytes, new: bytes) -> bytes:
    assert EXAMPLE.count(old) == 1
    return seal(EXAMPLE[:-6].replace(old, new))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "0 bytes are no telegram"),
        (EXAMPLE[:-7], "no telegram"),
        (EXAMPLE[1:], "no telegram"),
        (EXAMPLE[:-6] + b"E03F\r\n", "CRC should be E03E"),
        (EXAMPLE[:-6] + b"e03e\r\n", "CRC should be E03E"),
        (EXAMPLE[:-6] + b"E03E\n\n", "CRC should be E03E"),
        (resealed(b"(229.6*V)", b"(229,6*V)"), r"line 19 of version 5.0.2 cannot be '1-0:32.7.0\(229,6\*V\)'"),
        (resealed(b"1-0:1.7.0(07.389*kW)\r\n", b""), r"line 11 .* cannot be '1-0:2.7.0"),
        (resealed(b"(50)", b"(49)"), "no version line known here"),
        (resealed(b"EVTEST", b"EVT\xc9ST"), "byte 10 is 0xC9"),
        (resealed(b"/EMU5", b"/EM5"), "line 1 .* cannot be '/EM5"),
        (resealed(b"\r\n\r\n", b"\r\n"), "line 2 .* cannot be '1-3:0.2.8"),
        (resealed(b"0-1:24.2.1(260703214500S)(00412.907*m3)\r\n", b""), "no new sub-meter"),
        (EXAMPLE + EXAMPLE, "CRC should be"),
        (seal(EXAMPLE[:-7] + EXAMPLE[22:-6]), "cannot be"),
    ],
)
def test_what_is_wrong_is_said(data: bytes, message: str) -> None:
    with pytest.raises(Malformed, match=message):
        decode(data)


# --- values that no telegram holds --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"version": "6.0"}, "no telegram of version '6.0'"),
        ({"current_ma": (1000, 1000)}, "has 2 values of current_ma"),
        ({"current_ma": (1000, 1000, 1000)}, "need 3 values, not 1"),
        ({"phase_import_w": (100_000,)}, "1-0:21.7.0 counts steps of 1 from 0 to 99999"),
        ({"phase_import_w": (-1,)}, "1-0:21.7.0 counts steps of 1 from 0 to 99999"),
        ({"current_ma": (32_500,)}, "1-0:31.7.0 counts steps of 1000"),
        ({"text_code": "31"}, "version 5.0.2 has no line for text_code"),
        ({"version": "4.2.2"}, "version 4.2.2 has no line for voltage_dv"),
        ({"mbus": (msgspec.structs.replace(TELEGRAM.mbus[0], valve=1),)}, "no line for the valve"),
        ({"switch": 1, "peaks": (("", "", 0),)}, "version 5.0.2 has no line for peaks and switch"),
        ({"ident": "EM5"}, "three letters, a digit"),
        ({"ident": "EMU5/2"}, "three letters, a digit"),
        ({"ident": "EMU5!"}, "three letters, a digit"),
        ({"ident": "EMU5\n"}, "three letters, a digit"),
        ({"stamp": "now"}, "a time stamp is twelve digits"),
    ],
)
def test_impossible_telegrams_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(BadConfiguration, match=message):
        encode(msgspec.structs.replace(TELEGRAM, **change))
