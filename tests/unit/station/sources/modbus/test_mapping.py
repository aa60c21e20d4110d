"""Register maps: presets, custom mapping from the settings, and what is asked for in one request."""

import pytest

from station.errors import SettingError
from station.setting_values import normal
from station.settings import Settings
from station.sources.modbus.mapping import EASTRON, SOCOMEC, RegisterMap, register_map
from station.sources.modbus.pdu import ReadRequest
from station.sources.modbus.registers import Register

RTU: dict[str, object] = {
    "FeatureLicenseKey": "ALB",
    "Active-LoadBalancing": "On",
    "ALB-ProtocolSelection": "Modbus RTU",
}
TCP: dict[str, object] = {**RTU, "ALB-ProtocolSelection": "Modbus TCP/IP"}


def of(given: dict[str, object]) -> RegisterMap:
    return register_map(Settings.from_mapping(given))


@pytest.mark.parametrize(
    ("preset", "phases", "scale"),
    [("SDM230", 1, 1.0), ("SDM72D", 3, 1.0), ("SDM120CT", 1, 100.0), ("SDM72CT", 3, 100.0)],
)
def test_eastron_presets(preset: str, phases: int, scale: float) -> None:  # ALB-RTU-001 to 004, 009, 011, 013
    registers = of({**RTU, "mbrtu.preset": preset})
    assert registers is EASTRON[f"Eastron {preset}"]
    assert registers.currents == tuple(Register(address, "float", 32, scale) for address in (6, 8, 10))[:phases]
    assert registers.powers == tuple(Register(address, "float", 32, scale) for address in (12, 14, 16))[:phases]
    assert (registers.function, registers.low_word_first) == (4, False)


def test_what_eastron_meters_are_asked() -> None:
    assert EASTRON["Eastron SDM72D"].requests() == (ReadRequest(4, 6, 12),)
    assert EASTRON["Eastron SDM230"].requests() == (ReadRequest(4, 6, 2), ReadRequest(4, 12, 2))


def test_socomec() -> None:  # ALB-TCP-015, ALB-TCP-022
    assert of(TCP) is SOCOMEC
    assert [register.address for register in SOCOMEC.currents] == [50528, 50530, 50532]
    assert {(register.type, register.scale) for register in SOCOMEC.currents} == {("unsigned", 0.001)}
    assert [register.address for register in SOCOMEC.powers] == [50544, 50546, 50548]
    assert {(register.type, register.scale) for register in SOCOMEC.powers} == {("signed", 10.0)}
    assert SOCOMEC.requests() == (ReadRequest(3, 50528, 22),)


def test_custom_mapping() -> None:  # ALB-RTU-012, ALB-RTU-020
    given: dict[str, object] = {
        **RTU,
        "mbrtu.preset": "Custom",
        "modbus.function": "Holding registers (FC 03)",
        "modbus.word_order": "Low to High",
        **{f"modbus.current_{n}": f"{10 + 2 * n} signed 32 x0.001" for n in (1, 2, 3)},
        **{f"modbus.power_{n}": f"{16 + 2 * n} signed 32 x0.1" for n in (1, 2, 3)},
    }
    assert of(given) == RegisterMap(
        "custom register mapping",
        currents=tuple(Register(address, "signed", 32, 0.001) for address in (12, 14, 16)),
        powers=tuple(Register(address, "signed", 32, 0.1) for address in (18, 20, 22)),
        function=3,
        low_word_first=True,
    )
    assert of({**given, "modbus.most_registers": 6}).requests() == (ReadRequest(3, 12, 6), ReadRequest(3, 18, 6))


def test_custom_mapping_over_tcp_with_one_phase_and_no_power() -> None:
    registers = of({**TCP, "MBTCPSmart-SlaveMeterModel": "None", "modbus.current_1": "0 float 64"})
    assert registers.requests() == (ReadRequest(4, 0, 4),)
    assert registers.powers == ()


C1, C2, C3 = ({f"modbus.current_{n}": f"{n} signed 16"} for n in (1, 2, 3))
P1, P2 = ({f"modbus.power_{n}": f"{n} signed 16"} for n in (1, 2))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({}, "modbus.current_N: given for no phase; needed for phase 1, or for 1, 2 and 3"),  # ALB-TCP-019
        ({**C1, **C2}, "modbus.current_N: given for phase 1 and 2;"),
        ({**C2}, "modbus.current_N: given for phase 2;"),
        ({**C1, **C2, **C3, **P1}, "modbus.power_N: given for phase 1; needed for the phases whose current is given"),
        ({**C1, **P2}, "modbus.power_N: given for phase 2;"),
    ],
)
@pytest.mark.parametrize(
    "meter", [{**RTU, "mbrtu.preset": "Custom"}, {**TCP, "MBTCPSmart-SlaveMeterModel": "None"}], ids=["rtu", "tcp"]
)
def test_a_custom_mapping_must_be_whole(meter: dict[str, object], given: dict[str, object], reason: str) -> None:
    with pytest.raises(SettingError) as caught:
        of({**meter, **given})
    assert str(caught.value).startswith(reason)


def test_powers_are_needed_on_rtu_only() -> None:  # ALB-RTU-019
    with pytest.raises(SettingError, match=r"modbus\.power_N: given for no phase"):
        of({**RTU, "mbrtu.preset": "Custom", **C1})
    assert of({**TCP, "MBTCPSmart-SlaveMeterModel": "None", **C1}).powers == ()


def test_registers_do_not_matter_with_a_preset() -> None:
    assert of({**RTU, **C2}) is EASTRON["Eastron SDM230"]


def test_every_preset_of_the_settings_has_a_map() -> None:
    from station.meter_rows import RTU_PRESETS

    assert {name for name, _ in RTU_PRESETS} == {*EASTRON, "Custom"}
    assert all(normal(registers.name) == normal(name) for name, registers in EASTRON.items())


@pytest.mark.parametrize(
    ("most", "bridge", "requests"),
    [
        (20, 0, [(0, 4), (6, 2), (100, 1)]),
        (20, 2, [(0, 8), (100, 1)]),
        (7, 2, [(0, 4), (6, 2), (100, 1)]),
        (125, 125, [(0, 101)]),
        (4, 0, [(0, 4), (6, 2), (100, 1)]),
        (3, 0, [(0, 2), (2, 2), (6, 2), (100, 1)]),
    ],
)
def test_as_few_requests_as_the_meter_allows(most: int, bridge: int, requests: list[tuple[int, int]]) -> None:
    registers = RegisterMap(
        "test",
        currents=(Register(6), Register(0), Register(2)),
        powers=(Register(100, "signed", 16), Register(2), Register(0)),
        most=most,
        bridge=bridge,
    )
    assert [request[1:] for request in registers.requests()] == requests


def test_values_inside_others_are_read_once() -> None:
    registers = RegisterMap("test", currents=(Register(0, "float", 64),), powers=(Register(1, "signed", 16),))
    assert registers.requests() == (ReadRequest(4, 0, 4),)
