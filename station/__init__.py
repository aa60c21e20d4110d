"""The reference charging station: a device under test like any other."""
