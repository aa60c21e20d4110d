"""The kinds of meters that the suites put on a bench: what stands there, and what a station is set to for it. Data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from rig.clauses.tables import look_up

PortName = Literal["p1", "tic", "rtu", "tcp"]
"""The port of the station that a meter is on, as the bench file calls its line."""


@dataclass(frozen=True, slots=True)
class MeterKind:
    """A meter as the suites see it.

    `id` is its name in cases, `model` what it is to its emulator: a P1 version, a TIC mode, a Modbus meter's file.
    `interval_s` lies between two readings; a Modbus meter is asked at that pace. `error_a` is how far a current that
    a good station reads from it may lie beside the true one, and `export_error_a` the same for a current that flows
    out; None: the meter cannot tell that one does. `settings` select it in the station. `loss` is the
    row of the timing table for its loss.
    """

    id: str
    title: str
    port: PortName
    model: str
    settings: Mapping[str, object]
    loss: str
    phases: Literal[1, 3] = 3
    interval_s: float = 1.0
    error_a: float = 0.02
    export_error_a: float | None = 0.02
    # For its emulator: settings of a Modbus meter, or a Linky that is a producer's.
    given: Mapping[str, float | str] = field(default_factory=dict)
    producer: bool = False

    def __str__(self) -> str:
        return self.id

    @property
    def polled(self) -> bool:
        """Whether it speaks only when it is asked."""
        return self.port in ("rtu", "tcp")


_P1: Mapping[str, object] = {"ALB-ProtocolSelection": "DSMR4.x/SMR5.0 (P1)", "RJ11-Mode": "DSMR P1"}
_TIC: Mapping[str, object] = {"ALB-ProtocolSelection": "TIC protocol"}
_RTU: Mapping[str, object] = {"ALB-ProtocolSelection": "Modbus RTU"}
_TCP: Mapping[str, object] = {
    "ALB-ProtocolSelection": "Modbus TCP/IP",
    "MBTCPSmart-IsEnabled": True,
    "MBTCPSmart-ConnectionType": "TCP master",
}
_LOSS_1S, _LOSS_10S = "ALB-P1-016.dsmr5", "ALB-P1-016.dsmr4"
_FC3, _FC4 = "Holding registers (FC 03)", "Input registers (FC 04)"


def custom(
    currents: tuple[str, ...], powers: tuple[str, ...], *, function: str = _FC3, low_first: bool = False
) -> dict[str, object]:
    """A custom register mapping, each register as `0x5B0C unsigned 32 x0.01`, L1 first (ALB-RTU-020, ALB-TCP-018)."""
    registers = [
        (f"modbus.{quantity}_{n}", register)
        for quantity, per_phase in (("current", currents), ("power", powers))
        for n, register in enumerate(per_phase, 1)
    ]
    order = "Low to High" if low_first else "High to Low"
    return {"modbus.function": function, "modbus.word_order": order, **dict(registers)}


def three(first: int, form: str) -> tuple[str, ...]:
    """Three values of 32 bits one after the other, e.g. from 0x5B0C on, `unsigned 32 x0.01`."""
    return tuple(f"0x{first + 2 * n:04X} {form}" for n in range(3))


def _p1(kind_id: str, title: str, model: str, phases: Literal[1, 3] = 3, *, interval_s: float = 1.0, error_a: float,
        tells_export: bool = True) -> MeterKind:  # fmt: skip
    return MeterKind(
        kind_id, title, "p1", model, _P1, _LOSS_1S if interval_s == 1.0 else _LOSS_10S, phases, interval_s, error_a,
        error_a if tells_export else None,
    )  # fmt: skip


def _tic(kind_id: str, title: str, model: str, phases: Literal[1, 3], *, interval_s: float, error_a: float,
         export_error_a: float | None, producer: bool = False) -> MeterKind:  # fmt: skip
    return MeterKind(
        kind_id, title, "tic", model, _TIC, "ALB-TIC-009", phases, interval_s, error_a, export_error_a,
        producer=producer,
    )  # fmt: skip


def _rtu(kind_id: str, title: str, model: str, phases: Literal[1, 3], settings: Mapping[str, object],
         given: Mapping[str, float | str] | None = None) -> MeterKind:  # fmt: skip
    return MeterKind(
        kind_id, title, "rtu", model, {**_RTU, **settings}, "ALB-RTU-010.safe-current", phases,
        given=given or {},
    )  # fmt: skip


def _tcp(kind_id: str, title: str, model: str, settings: Mapping[str, object]) -> MeterKind:
    return MeterKind(
        kind_id, title, "tcp", model, {**_TCP, **settings}, "ALB-TCP-006",
    )  # fmt: skip


_PRESET, _CUSTOM = "mbrtu.preset", {"mbrtu.preset": "Custom"}
_NO_MODEL: Mapping[str, object] = {"MBTCPSmart-SlaveMeterModel": "None", "MBTCPSmart-SlaveUnitID": 1}
_FLOATS_AT_6 = custom(three(0x0006, "float 32"), three(0x000C, "float 32"), function=_FC4)

KINDS: Mapping[str, MeterKind] = {
    found.id: found
    for found in (
        _p1("dsmr5", "DSMR 5.0.2 meter on P1", "5.0.2", error_a=0.02),
        _p1("dsmr5-1p", "one-phase DSMR 5.0.2 meter on P1", "5.0.2", 1, error_a=0.02),
        # Whole amperes and no voltage; O-25.
        _p1("dsmr4", "DSMR 4.2.2 meter on P1", "4.2.2", interval_s=10.0, error_a=0.5),
        # No voltage either, but power per phase.
        _p1("dsmr40", "DSMR 4.0 meter on P1", "4.0", interval_s=10.0, error_a=0.5),
        _p1("belgian", "Belgian e-MUCS meter on P1, power per phase", "BE-50217", error_a=0.02),
        _p1("belgian-50213", "Belgian e-MUCS meter on P1, without power per phase", "BE-50213", error_a=0.5,
            tells_export=False),
        _p1("luxembourg", "Luxembourg Smarty meter on P1", "LU", interval_s=10.0, error_a=0.5),
        _p1("swedish", "Swedish meter with a P1 port", "SE", interval_s=10.0, error_a=0.06),
        # Currents are whole amperes in either mode. What flows in is known finer, from power by voltage: 1 VA in
        # standard mode, 10 VA in historique, where 230 V is assumed. No mode has a direction per phase (O-28): a
        # three-phase meter in historique mode shows export only as a whole.
        _tic("linky-standard", "three-phase Linky, mode standard", "standard", 3,
             interval_s=1.5, error_a=0.02, export_error_a=0.5),
        _tic("linky-standard-1p", "one-phase Linky, mode standard", "standard", 1,
             interval_s=1.5, error_a=0.02, export_error_a=0.5),
        _tic("linky-producer-1p", "one-phase Linky of a producer, mode standard", "standard", 1,
             interval_s=1.5, error_a=0.02, export_error_a=0.02, producer=True),
        _tic("linky-historique", "three-phase Linky, mode historique", "historique", 3,
             interval_s=2.0, error_a=0.5, export_error_a=None),
        _tic("linky-historique-1p", "one-phase Linky, mode historique", "historique", 1,
             interval_s=2.0, error_a=0.5, export_error_a=0.5),
        _rtu("sdm230", "Eastron SDM230", "sdm230", 1, {_PRESET: "Eastron SDM230"}),
        _rtu("sdm72d", "Eastron SDM72D", "sdm72d", 3, {_PRESET: "Eastron SDM72D"}),
        _rtu("sdm120ct", "Eastron SDM120CT, its ratio left alone", "sdm120ct", 1, {_PRESET: "Eastron SDM120CT"}),
        _rtu("sdm72ct", "Eastron SDM72CT, its ratio left alone", "sdm72ct", 3, {_PRESET: "Eastron SDM72CT"}),
        _rtu("sdm72ct-set", "Eastron SDM72CT, its ratio set to 100", "sdm72ct", 3, {**_CUSTOM, **_FLOATS_AT_6},
             {"ct_ratio": 100}),
        _rtu("b23", "ABB B23, custom mapping", "abb-b23", 3,
             {**_CUSTOM, **custom(three(0x5B0C, "unsigned 32 x0.01"), three(0x5B16, "signed 32 x0.01"))}),
        _rtu("em340", "Carlo Gavazzi EM340, custom mapping, low word first", "em340", 3,
             {**_CUSTOM, **custom(three(0x000C, "signed 32 x0.001"), three(0x0012, "signed 32 x0.1"),
                                  function=_FC4, low_first=True)}),
        _rtu("iem3155", "Schneider iEM3155, custom mapping, power in kW", "iem3155", 3,
             {**_CUSTOM, **custom(three(0x0BB7, "float 32"), three(0x0BED, "float 32 x1000")),
              "mbrtu.baud": "19200", "mbrtu.parity": "E"}),
        _tcp("e27", "Socomec Countis E27", "e27", {"MBTCPSmart-SlaveMeterModel": "Socomec"}),
        _tcp("eem-ma370", "Phoenix Contact EEM-MA370, custom mapping, low word first", "eem-ma370",
             {**_NO_MODEL, **custom(three(0x800E, "float 32"), three(0x801E, "float 32"), low_first=True)}),
    )
}  # fmt: skip


def kind(kind_id: str) -> MeterKind:
    """One kind. Raises ConfigurationError for an unknown id, with the nearest ones."""
    return look_up(KINDS, kind_id, "meter")
