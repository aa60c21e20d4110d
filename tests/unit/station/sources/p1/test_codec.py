"""One telegram to values: the example telegrams, what real meters do differently, and what must be refused."""

from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from station.errors import Malformed
from station.sources.p1.codec import BadCrc, P1Telegram, Unsupported, decode

Seal = Callable[..., bytes]
Reseal = Callable[[bytes], bytes]


def test_second_opinion_on_the_crc_is_right(crc16: Callable[[bytes], int]) -> None:
    assert crc16(b"123456789") == 0xBB3D


@pytest.mark.parametrize("name", "EFGH")
def test_the_check_sums_of_the_others_are_right(telegrams: dict[str, bytes], resealed: Reseal, name: str) -> None:
    assert resealed(telegrams[name]) == telegrams[name]


@pytest.mark.parametrize(("name", "length"), [("A", 865), ("B", 605), ("C", 886), ("D", 918)])
def test_example_telegrams_are_what_they_were_published_as(
    telegrams: dict[str, bytes], resealed: Reseal, name: str, length: int
) -> None:
    assert len(telegrams[name]) == length
    assert resealed(telegrams[name]) == telegrams[name]


def test_v42_three_phases(telegrams: dict[str, bytes]) -> None:
    assert decode(telegrams["A"]) == P1Telegram(
        version="42",
        timestamp="260114183010W",
        import_kw=3.482,
        export_kw=0.0,
        phase_import_kw=(1.150, 2.332, 0.0),
        phase_export_kw=(0.0, 0.0, 0.0),
        voltage_v=(None, None, None),
        current_a=(5.0, 10.0, 0.0),
        has_phase=(True, True, True),
    )


def test_v50_one_phase(telegrams: dict[str, bytes]) -> None:
    assert decode(telegrams["B"]) == P1Telegram(
        version="50",
        timestamp="260703214507S",
        import_kw=7.389,
        export_kw=0.0,
        phase_import_kw=(7.389, None, None),
        phase_export_kw=(0.0, None, None),
        voltage_v=(229.6, None, None),
        current_a=(32.0, None, None),
        has_phase=(True, False, False),
    )


def test_v50_three_phases(telegrams: dict[str, bytes]) -> None:
    assert decode(telegrams["C"]) == P1Telegram(
        version="50",
        timestamp="260703131502S",
        import_kw=0.0,
        export_kw=3.125,
        phase_import_kw=(0.0, 0.310, 0.0),
        phase_export_kw=(2.415, 0.0, 1.020),
        voltage_v=(238.4, 231.0, 236.9),
        current_a=(10.0, 1.0, 4.0),
        has_phase=(True, True, True),
    )


def test_belgian_three_phases(telegrams: dict[str, bytes]) -> None:
    assert decode(telegrams["D"]) == P1Telegram(
        version="50217",
        timestamp="260703131503S",
        import_kw=0.0,
        export_kw=1.744,
        phase_import_kw=(0.0, 0.655, 0.0),
        phase_export_kw=(1.389, 0.0, 1.010),
        voltage_v=(235.2, 231.7, 236.1),
        current_a=(5.91, 2.87, 4.29),
        has_phase=(True, True, True),
    )


def test_v40_three_phases(telegrams: dict[str, bytes]) -> None:
    assert decode(telegrams["E"]) == P1Telegram(
        version="40",
        timestamp="260703131500S",
        import_kw=0.0,
        export_kw=0.965,
        phase_import_kw=(0.0, 1.380, 1.335),
        phase_export_kw=(3.680, 0.0, 0.0),
        voltage_v=(None, None, None),
        current_a=(16.0, 6.0, 6.0),
        has_phase=(True, True, True),
    )


def test_belgian_without_power_per_phase(telegrams: dict[str, bytes]) -> None:
    assert decode(telegrams["F"]) == P1Telegram(
        version="50213",
        timestamp="260703131503S",
        import_kw=5.060,
        export_kw=0.0,
        phase_import_kw=(None, None, None),
        phase_export_kw=(None, None, None),
        voltage_v=(230.2, 229.7, 231.1),
        current_a=(6.0, 0.0, 16.0),
        has_phase=(True, True, True),
    )


def test_luxembourg_three_phases(telegrams: dict[str, bytes]) -> None:
    assert decode(telegrams["G"]) == P1Telegram(
        version="42",
        timestamp="260703131500S",
        import_kw=0.0,
        export_kw=2.300,
        phase_import_kw=(0.0, 1.380, 0.0),
        phase_export_kw=(3.680, 0.0, 0.0),
        voltage_v=(233.0, 230.0, 231.0),
        current_a=(16.0, 6.0, 0.0),
        has_phase=(True, True, True),
    )


def test_swedish_three_phases(telegrams: dict[str, bytes]) -> None:
    assert decode(telegrams["H"]) == P1Telegram(
        version="SE",
        timestamp="260703121500W",
        import_kw=0.0,
        export_kw=2.185,
        phase_import_kw=(0.920, 0.0, 0.554),
        phase_export_kw=(0.0, 3.659, 0.0),
        voltage_v=(230.0, 238.4, 231.0),
        current_a=(4.2, 15.3, 2.4),
        has_phase=(True, True, True),
    )


# --- what real meters do differently ---


def test_order_of_lines_is_free(telegrams: dict[str, bytes], resealed: Reseal) -> None:
    lines = telegrams["C"].split(b"\r\n")
    turned = b"\r\n".join([*lines[:2], *reversed(lines[2:-2]), *lines[-2:]])
    assert turned != telegrams["C"]
    assert decode(resealed(turned)) == decode(telegrams["C"])


def test_width_of_numbers_is_free(sealed: Seal) -> None:
    telegram = decode(sealed("1-3:0.2.8(50)", "1-0:32.7.0(0230.0*V)", "1-0:31.7.0(0.48*A)", "1-0:21.7.0(1*kW)"))
    assert (telegram.voltage_v[0], telegram.current_a[0], telegram.phase_import_kw[0]) == (230.0, 0.48, 1.0)


def test_f_field_is_ignored_as_in_the_sample_of_the_standard(sealed: Seal) -> None:
    telegram = decode(sealed("1-3:0.2.8(42)", "1-0:22.7.0.255(04.444*kW)", "1-0:31.7.0.255(019*A)"))
    assert telegram.phase_export_kw[0] == 4.444
    assert telegram.current_a[0] == 19.0


def test_value_on_the_line_after_its_name_is_joined(sealed: Seal) -> None:
    telegram = decode(
        sealed("1-3:0.2.8(50)", "1-0:32.7.0", "(231.5*V)", "0-1:24.3.0(00)(0-1:24.2.1)(m3)", "(00001.001)")
    )
    assert telegram.voltage_v == (231.5, None, None)


def test_a_current_may_have_the_sign_of_the_swedish_document(telegrams: dict[str, bytes], resealed: Reseal) -> None:
    signed = telegrams["H"].replace(b"(015.3*A)", b"(-015.3*A)")
    assert decode(resealed(signed)).current_a == (4.2, -15.3, 2.4)


def test_unknown_lines_are_ignored_whatever_they_hold(telegrams: dict[str, bytes], resealed: Reseal) -> None:
    odd = b"".join(
        line + b"\r\n"
        for line in (
            b"1-1:31.4.0(100*A)(-063*A)",
            b"0-0:96.13.0(\xff\x00\x80/test!)",
            b"1-0:99.97.0()",
            b"0-1:24.2.1(632525252525W)(00000.000)",
            b"1-0:72:32.0(00000)",
            b"no line at all",
            b"(",
            b"",
        )
    )
    telegram = telegrams["B"].replace(b"0-0:96.13.0()\r\n", odd)
    assert decode(resealed(telegram)) == decode(telegrams["B"])


def test_missing_time_line_is_none(sealed: Seal) -> None:
    assert decode(sealed("1-3:0.2.8(50)")).timestamp is None


@pytest.mark.parametrize("version", ["40", "42", "50", "51"])
def test_dutch_versions_from_40_on(sealed: Seal, version: str) -> None:
    assert decode(sealed(f"1-3:0.2.8({version})")).version == version


@pytest.mark.parametrize("version", ["50213", "50214", "50215", "50216", "50217", "50221"])
def test_belgian_versions(sealed: Seal, version: str) -> None:
    assert decode(sealed(f"0-0:96.1.4({version})")).version == version


@pytest.mark.parametrize("line", [32, 36])
@pytest.mark.parametrize(("code", "phase"), [(32, 0), (52, 1), (72, 2)])
def test_sags_and_swells_show_the_phase_is_there(sealed: Seal, line: int, code: int, phase: int) -> None:
    telegram = decode(sealed("1-3:0.2.8(40)", f"1-0:{code}.{line}.0(00000)"))
    assert telegram.has_phase == tuple(n == phase for n in range(3))


@pytest.mark.parametrize("after", [b"", b"\r\n", b"\n", b"\0\r\n", b"\0"])
def test_what_follows_the_crc_on_its_line_may_differ(telegrams: dict[str, bytes], after: bytes) -> None:
    assert decode(telegrams["A"].removesuffix(b"\r\n") + after) == decode(telegrams["A"])


def test_crc_in_small_letters_is_the_same_number(telegrams: dict[str, bytes]) -> None:
    assert decode(telegrams["A"].replace(b"!0D77", b"!0d77")) == decode(telegrams["A"])


def test_crc_without_leading_zero_is_the_same_number(telegrams: dict[str, bytes]) -> None:
    assert decode(telegrams["A"].replace(b"!0D77", b"!D77")) == decode(telegrams["A"])


# --- what must be refused ---


@pytest.mark.parametrize("name", "ABCDEFGH")
def test_wrong_crc(telegrams: dict[str, bytes], name: str) -> None:
    with pytest.raises(BadCrc, match="0000 received"):
        decode(telegrams[name][:-6] + b"0000\r\n")


def test_capture_stored_with_bare_lf_fails_its_crc(telegrams: dict[str, bytes]) -> None:
    with pytest.raises(BadCrc):
        decode(telegrams["A"].replace(b"\r\n", b"\n"))


@pytest.mark.parametrize("field", [b"", b"0d7D", b"0D7", b"00D77", b"xxxx", b"-D77", b" D77", b"0x0D", b"+D77", b"`"])
@pytest.mark.parametrize("name", ["A", "D"])
def test_missing_or_unreadable_crc_is_refused_from_version_4_on(
    telegrams: dict[str, bytes], name: str, field: bytes
) -> None:
    with pytest.raises(Malformed):
        decode(telegrams[name][:-6] + field + b"\r\n")


def test_first_digit_flipped_to_a_second_end_mark_is_no_shorter_crc(crc16: Callable[[bytes], int]) -> None:
    for n in range(100):
        body = b"/EMU5\r\n\r\n1-3:0.2.8(50)\r\n0-0:96.13.0(%d)\r\n!!" % n
        if crc16(body) < 0x1000:
            break
    with pytest.raises(Malformed, match="without a readable CRC"):
        decode(body + b"%03X\r\n" % crc16(body))


@pytest.mark.parametrize(
    "version", ["1-3:0.2.8(22)", "1-3:0.2.8(30)", "1-3:0.2.8(60)", "1-3:0.2.8()", "1-3:0.2.8(4x)", "0-0:96.1.4(12345)"]
)
def test_versions_below_4_and_unknown_ones_are_unsupported(sealed: Seal, version: str) -> None:
    with pytest.raises(Unsupported, match=r"version .*needed"):
        decode(sealed(version, "1-0:21.7.0(01.000*kW)"))


def test_dsmr_3_telegram_is_unsupported() -> None:
    with pytest.raises(Unsupported, match="no version line"):
        decode(b"/ISk5\\2EVTEST-30\r\n\r\n1-0:1.7.0(0001.19*kW)\r\n1-0:2.7.0(0000.00*kW)\r\n!\r\n")


def test_without_a_version_line_only_the_swedish_are_read(telegrams: dict[str, bytes], resealed: Reseal) -> None:
    with pytest.raises(Unsupported, match="no version line"):  # two tariffs, as before DSMR 4, under a right check sum
        decode(resealed(telegrams["A"].replace(b"1-3:0.2.8(42)\r\n", b"")))
    with pytest.raises(Unsupported, match="no version line"):  # no check sum, as before DSMR 4
        decode(telegrams["H"][:-6] + b"\r\n")
    with pytest.raises(BadCrc):
        decode(telegrams["H"].replace(b"(238.4*V)", b"(238.5*V)"))


@pytest.mark.parametrize("value", ["(-230.0*V)", "(-01.000*kW)", "(--1*A)", "(-*A)", "(- 1*A)", "(1-*A)"])
def test_no_other_sign_is_read(sealed: Seal, value: str) -> None:
    code = "1-0:32.7.0" if "V" in value else "1-0:21.7.0" if "kW" in value else "1-0:31.7.0"
    with pytest.raises(Malformed, match="is not a number of"):
        decode(sealed("1-3:0.2.8(50)", code + value))


@pytest.mark.parametrize(
    "line", ["1-0:21.7.0(01.000*kW)", "1-3:0.2.8(50)", "0-0:1.0.0(260703131503S)", "1-0:32.36.0(0)"]
)
def test_a_line_twice_is_two_telegrams_glued(sealed: Seal, line: str) -> None:
    with pytest.raises(Malformed, match="twice"):
        decode(sealed("1-3:0.2.8(50)", "1-0:32.7.0(230.0*V)", line, line))


@pytest.mark.parametrize(
    "value",
    [
        "(*kW)",
        "()",
        "(01.000)",
        "(01.000*W)",
        "(01.000*kWh)",
        "(-1.000*kW)",
        "(+1.000*kW)",
        "(1e3*kW)",
        "(nan*kW)",
        "(inf*kW)",
        "(1_0*kW)",
        "( 1*kW)",
        "(.5*kW)",
        "(1.*kW)",
        "(1.2.3*kW)",
        "(0x1*kW)",
        "(01.000*kW",
        "(01.000*kW)x",
        "(01,000*kW)",
        "(" + "9" * 400 + "*kW)",
        "",
    ],
)
def test_number_that_is_none(sealed: Seal, value: str) -> None:
    with pytest.raises(Malformed, match=r"1-0:21\.7\.0.* not a number of kW"):
        decode(sealed("1-3:0.2.8(50)", "1-0:21.7.0" + value))


@pytest.mark.parametrize(
    "telegram", [b"", b"/", b"!", b"/!", b"EMU5\r\n\r\n!0000\r\n", b"\xff\xff", b"/EMU5\r\n\r\n1-3:0"]
)
def test_what_is_no_telegram(telegram: bytes) -> None:
    with pytest.raises(Malformed):
        decode(telegram)


def test_message_shows_only_the_start_of_a_long_value(sealed: Seal) -> None:
    with pytest.raises(Malformed) as caught:
        decode(sealed("1-3:0.2.8(50)", "1-0:21.7.0(" + "9" * 4000))
    assert len(str(caught.value)) < 200


@settings(derandomize=True, max_examples=500, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_only_malformed_comes_out_of_any_bytes(resealed: Reseal, data: bytes, seal: bool) -> None:
    telegram = b"/EMU5\r\n\r\n1-3:0.2.8(50)\r\n" + data + b"\r\n!"
    try:
        decode(resealed(telegram) if seal else telegram)
    except Malformed:
        return
    assert seal
