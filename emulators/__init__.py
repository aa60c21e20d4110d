"""Emulated meters, cars, pilots and sites: pure models and the thin ports that put them on a wire."""
