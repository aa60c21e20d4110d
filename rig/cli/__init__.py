"""The command `evse-rig`."""

from rig.cli.app import main

__all__ = ["main"]
