"""Instruments of a bench, reached through VISA: EV simulator boxes and oscilloscopes."""

from rig.instruments.ev_simulator import EvSimulator, Looked, PilotMeasured
from rig.instruments.oscilloscope import Oscilloscope, Waveform
from rig.instruments.scpi import Refused, ScpiInstrument
from rig.instruments.visa import VisaSettings

__all__ = [
    "EvSimulator",
    "Looked",
    "Oscilloscope",
    "PilotMeasured",
    "Refused",
    "ScpiInstrument",
    "VisaSettings",
    "Waveform",
]
