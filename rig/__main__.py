"""`python -m rig` is `evse-rig`."""

from rig.cli import main

main()
