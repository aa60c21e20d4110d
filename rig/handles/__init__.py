"""Stations under test: the reference implementation in this process, or somebody's hardware."""

from rig.handles.base import Capability, Port, StationHandle, Tap, Wiring
from rig.handles.external import ExternalHandle
from rig.handles.reference import ReferenceHandle

__all__ = ["Capability", "ExternalHandle", "Port", "ReferenceHandle", "StationHandle", "Tap", "Wiring"]
