"""Scenario files: what happens on a bench and what is expected of the station, step by step. docs/scenarios.md."""

from rig.scenario.file import SUFFIX, found, load
from rig.scenario.form import Scenario
from rig.scenario.play import play
from rig.scenario.script import Script, script
from rig.scenario.write import text_of

__all__ = ["SUFFIX", "Scenario", "Script", "found", "load", "play", "script", "text_of"]
