"""Instruments for the control pilot: an EV simulator box and an oscilloscope, both spoken to in SCPI."""

from emulators.instruments.bench_pilot import BenchPilot
from emulators.instruments.dialect import DIALECTS, Dialect
from emulators.instruments.ev_box import EvBox
from emulators.instruments.making import ev_box_instrument, oscilloscope_instrument
from emulators.instruments.oscilloscope import Oscilloscope

__all__ = [
    "DIALECTS",
    "BenchPilot",
    "Dialect",
    "EvBox",
    "Oscilloscope",
    "ev_box_instrument",
    "oscilloscope_instrument",
]
