"""How models report what they do: `emit(at_s, kind, fields)`; the kinds are listed in docs/architecture.md."""

from collections.abc import Callable

Emit = Callable[[float, str, dict[str, object]], None]


def silent(at_s: float, kind: str, fields: dict[str, object]) -> None:
    """An `Emit` for nobody."""
