"""Modbus meters in the settings: presets, the custom register mapping, and what is missing from it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from rig.case import Case
from rig.kit.settings import ALB_ON, Given, SettingsCase

RTU: Given = {**ALB_ON, "ALB-ProtocolSelection": "Modbus RTU"}
TCP: Given = {**ALB_ON, "ALB-ProtocolSelection": "Modbus TCP/IP", "MBTCPSmart-IsEnabled": "True"}
RTU_CUSTOM: Given = {**RTU, "mbrtu.preset": "Custom"}
TCP_CUSTOM: Given = {**TCP, "MBTCPSmart-SlaveMeterModel": "None"}
PHASES = (1, 2, 3)


def registers(quantity: str, first: int, form: str, phases: int = 3) -> dict[str, str]:
    """Values of two registers each, one after the other, as the mapping writes them: `6 float 32 x1`."""
    return {f"modbus.{quantity}_{n}": f"{first + 2 * (n - 1)} {form}" for n in PHASES[:phases]}


def absent(quantity: str, *phases: int) -> dict[str, str]:
    """Phases that a meter does not have."""
    return {f"modbus.{quantity}_{n}": "" for n in phases}


CURRENTS, POWERS = registers("current", 12, "signed 32 x0.001"), registers("power", 18, "signed 32 x0.1")

# O-30 and the manuals of the meters: input registers 0x0006 for current and 0x000C for power, floats. Those with
# current transformers have a factor of 100 on both (ALB-RTU-013).
PRESETS: Mapping[str, Mapping[str, str]] = {
    f"Eastron {model}": {
        "modbus.function": "Input registers (FC 04)",
        "modbus.word_order": "High to Low",
        **registers("current", 0x0006, f"float 32 x{scale}", phases),
        **registers("power", 0x000C, f"float 32 x{scale}", phases),
        **({} if phases == 3 else {**absent("current", 2, 3), **absent("power", 2, 3)}),
    }
    for model, phases, scale in (("SDM230", 1, 1), ("SDM72D", 3, 1), ("SDM120CT", 1, 100), ("SDM72CT", 3, 100))
}
# Its manual: currents in mA without a sign from 50528 on, powers in 10 W from 50544 on, holding registers.
SOCOMEC = {
    "modbus.function": "Holding registers (FC 03)",
    "modbus.word_order": "High to Low",
    **registers("current", 50528, "unsigned 32 x0.001"),
    **registers("power", 50544, "signed 32 x10"),
}


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.clause("ALB-RTU-005", "ALB-RTU-011")
async def test_presets(rig: Case, preset: str) -> None:
    """Choosing one of the Eastron meters fills in its registers, which can then be looked at"""
    case = SettingsCase(rig)
    given = {**RTU, "mbrtu.preset": preset}
    case.takes("ALB-RTU-005", preset, given, {"mbrtu.preset": preset})
    case.takes("ALB-RTU-011", f"registers of {preset}", given, PRESETS[preset])


@pytest.mark.clause("ALB-RTU-005", "ALB-RTU-012")
async def test_a_meter_without_preset(rig: Case) -> None:
    """A meter without a preset is Custom, and needs all of its registers"""
    case = SettingsCase(rig)
    for clause in ("ALB-RTU-005", "ALB-RTU-012"):
        case.refuses(clause, "without registers", RTU_CUSTOM)
        case.takes(clause, "with registers", {**RTU_CUSTOM, **CURRENTS, **POWERS}, {**CURRENTS, **POWERS})
    case.refuses("ALB-RTU-005", "a preset there is not", {**RTU, "mbrtu.preset": "Eastron SDM630"})


@pytest.mark.clause("ALB-RTU-019")
async def test_rtu_needs_powers(rig: Case) -> None:
    """Without a preset on RTU the registers of the real power of every phase must be given"""
    case = SettingsCase(rig)
    case.refuses("ALB-RTU-019", "currents only", {**RTU_CUSTOM, **CURRENTS})
    for n in PHASES:
        powers = {key: value for key, value in POWERS.items() if not key.endswith(str(n))}
        case.refuses("ALB-RTU-019", f"all but the power of phase {n}", {**RTU_CUSTOM, **CURRENTS, **powers})
    case.takes("ALB-RTU-019", "all of them", {**RTU_CUSTOM, **CURRENTS, **POWERS}, POWERS)


@pytest.mark.clause("ALB-TCP-019")
async def test_tcp_needs_currents(rig: Case) -> None:
    """Without a preset on TCP/IP the registers of the currents of L1, L2 and L3 must be given; powers need not"""
    case = SettingsCase(rig)
    case.refuses("ALB-TCP-019", "nothing", TCP_CUSTOM)
    case.refuses("ALB-TCP-019", "powers only", {**TCP_CUSTOM, **POWERS})
    for n in PHASES:
        currents = {key: value for key, value in CURRENTS.items() if not key.endswith(str(n))}
        case.refuses("ALB-TCP-019", f"all but the current of phase {n}", {**TCP_CUSTOM, **currents})
    case.takes("ALB-TCP-019", "the three currents", {**TCP_CUSTOM, **CURRENTS}, CURRENTS)


FORMS = {
    "6 unsigned 32 x1": "6 unsigned 32 x1",
    "0x0006 signed 32 x0.1": "6 signed 32 x0.1",
    "50528 unsigned 64 x0.001": "50528 unsigned 64 x0.001",
    "6 signed 64 x10": "6 signed 64 x10",
}
FLOATS = {"6 float 32 x1": "6 float 32 x1", "6 float 64 x1000": "6 float 64 x1000"}
NO_FORMS = ("6 decimal 32 x1", "6 signed 24 x1", "6 signed 32 x0", "65536 signed 32 x1", "-1 signed 32 x1", "signed 32")


@pytest.mark.parametrize(
    ("clause", "base", "forms"),
    [
        pytest.param("ALB-RTU-020", RTU_CUSTOM, {**FORMS, **FLOATS}, marks=pytest.mark.clause("ALB-RTU-020"), id="rtu"),
        pytest.param("ALB-TCP-018", TCP_CUSTOM, {**FORMS, **FLOATS}, marks=pytest.mark.clause("ALB-TCP-018"), id="tcp"),
    ],
)
async def test_fields_of_the_mapping(rig: Case, clause: str, base: Given, forms: Mapping[str, str]) -> None:
    """Register number, type, size and scaling factor of each current and power can be entered, each on its own"""
    case = SettingsCase(rig)
    for quantity in ("current", "power"):
        for n in PHASES:
            key = f"modbus.{quantity}_{n}"
            for given, shown in forms.items():
                case.takes(clause, f"{key} = {given}", {**base, **CURRENTS, **POWERS, key: given}, {key: shown})
            for given in NO_FORMS:
                case.refuses(clause, f"{key} = {given}", {**base, **CURRENTS, **POWERS, key: given})


@pytest.mark.parametrize("phase", ["L1", "L2", "L3"])
@pytest.mark.clause("ALB-RTU-021")
async def test_a_one_phase_station(rig: Case, phase: str) -> None:
    """A station on one phase shows the registers of phase 1 only, one on three phases all of them"""
    case = SettingsCase(rig)
    first = {**registers("current", 12, "signed 32 x0.001", 1), **registers("power", 18, "signed 32 x0.1", 1)}
    for given in ({**RTU_CUSTOM, **CURRENTS, **POWERS}, {**TCP_CUSTOM, **CURRENTS, **POWERS}):
        for rotation, promised in ((phase, first), ("L1L2L3", {**CURRENTS, **POWERS})):
            shown = case.face.shown({**given, "Phase-Connected": rotation})
            seen = {key for key, value in shown.items() if key in {**CURRENTS, **POWERS} and value}
            rig.judge.holds(
                "ALB-RTU-021",
                f"registers shown with Phase-Connected {rotation}",
                holds=seen == set(promised),
                seen=", ".join(sorted(seen)),
                promised=", ".join(promised),
            )


@pytest.mark.clause("ALB-RTU-022", "ALB-RTU-034")
async def test_rtu_in_the_tools(rig: Case) -> None:
    """The paths through the installer's tool and the app to a Modbus RTU meter, by preset and by custom mapping"""
    case = SettingsCase(rig)
    to_rtu: Given = {
        **ALB_ON,
        "Data source": "Meter",
        "Protocol selection": "Modbus RTU",
        "Address": 1,
        "Function code": "Input registers",
    }
    shown = {"ALB-ProtocolSelection": "Modbus RTU", "mbrtu.unit": "1", "modbus.function": "Input registers (FC 04)"}
    case.takes("ALB-RTU-022", "preset", {**to_rtu, "Custom register map": "Eastron SDM230"}, shown)
    by_hand = {"Custom register map": "Manually enter mapping"}
    by_hand |= {f"Current phase {n}": CURRENTS[f"modbus.current_{n}"] for n in PHASES}
    by_hand |= {f"Real power phase {n}": POWERS[f"modbus.power_{n}"] for n in PHASES}
    case.takes("ALB-RTU-022", "entered by hand", {**to_rtu, **by_hand}, {**shown, **CURRENTS, **POWERS})
    in_the_app = {**ALB_ON, "Source type": "Smart Meter", "Protocol selection": "Modbus RTU", **by_hand,
                  "Custom register map": "Custom"}  # fmt: skip
    case.takes("ALB-RTU-034", "Custom in the app", in_the_app, {"mbrtu.preset": "Custom", **CURRENTS, **POWERS})
    case.refuses(
        "ALB-RTU-034", "Custom in the app, nothing filled in",
        {key: value for key, value in in_the_app.items() if "phase" not in key},
    )  # fmt: skip


@pytest.mark.clause("ALB-TCP-015", "ALB-TCP-017")
async def test_tcp_in_the_tool(rig: Case) -> None:
    """Any Modbus TCP/IP meter: Socomec by its preset, others by a custom register mapping"""
    case = SettingsCase(rig)
    to_tcp: Given = {
        **ALB_ON,
        "Data Source": "Meter",
        "Protocol Selection": "Modbus TCP/IP",
        "IP address": "192.168.100.104",
        "Slave address": 6,
    }
    shown = {
        "MBTCPSmart-IsEnabled": "True",
        "MBTCPSmart-IPAddress": "192.168.100.104",
        "MBTCPSmart-SlaveUnitID": "6",
    }
    other = {"TCP/IP Meter Mode": "Custom register mapping", **CURRENTS}
    for clause in ("ALB-TCP-015", "ALB-TCP-017"):
        case.takes(clause, "Socomec", {**to_tcp, "TCP/IP Meter Mode": "Socomec"}, {**shown, **SOCOMEC})
        case.takes(clause, "another", {**to_tcp, **other}, {**shown, "MBTCPSmart-SlaveMeterModel": "None", **CURRENTS})


@pytest.mark.clause("ALB-TCP-020")
async def test_tcp_in_the_app(rig: Case) -> None:
    """The app: server address 1 unless another is given, word order, registers with type and scaling factor (X-27)"""
    case = SettingsCase(rig)
    custom = {**TCP_CUSTOM, **CURRENTS}
    unit = "MBTCPSmart-SlaveUnitID"
    case.takes("ALB-TCP-020", "server address of a custom meter", custom, {unit: "1"})
    case.takes("ALB-TCP-020", "server address that was given", {**custom, "Server Address": 3}, {unit: "3"})
    case.takes("ALB-TCP-020", "server address of Socomec", TCP, {unit: "5"})
    for order in ("High to Low", "Low to High"):
        case.takes("ALB-TCP-020", order, {**custom, "Word order": order}, {"modbus.word_order": order})
    case.refuses("ALB-TCP-020", "an order there is not", {**custom, "Word order": "Middle first"})
    case.takes("ALB-TCP-020", "word order when none is given", custom, {"modbus.word_order": "High to Low"})
    case.takes("ALB-TCP-020", "registers", {**custom, **POWERS}, {**CURRENTS, **POWERS})
