"""Instruments ready to be served."""

from __future__ import annotations

from emulators.instruments.dialect import Dialect
from emulators.instruments.ev_box import EvBox
from emulators.instruments.ev_commands import COMMANDS
from emulators.instruments.oscilloscope import Oscilloscope
from emulators.instruments.pilot import Inlet, Probe
from emulators.scpi.instrument import Identity, Instrument

EV_BOX = Identity("EVSE-RIG", "EV-SIMULATOR")


def ev_box_instrument(inlet: Inlet, now_s: float = 0.0) -> Instrument[EvBox]:
    """An EV simulator box that is plugged in there."""
    return Instrument(EvBox(inlet, now_s), COMMANDS, EV_BOX)


def oscilloscope_instrument(probe: Probe, dialect: Dialect) -> Instrument[Oscilloscope]:
    """A scope of that family, with its first channel on the probe."""
    return Instrument(Oscilloscope(probe, dialect), dialect.commands, dialect.identity)
