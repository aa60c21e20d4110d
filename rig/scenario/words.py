"""Words of a scenario against those that there are."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

from rig.clauses import catalogue
from rig.errors import ConfigurationError
from rig.scenario.form import Amperes


def check_clauses(where: str, ids: Iterable[str]) -> None:
    """Raise ConfigurationError unless all of them are in the catalogue."""
    for clause in ids:
        try:
            catalogue.load().clause(clause)
        except ConfigurationError as error:
            raise ConfigurationError(f"{where}: {error}") from None


def check_amperes(where: str, amperes: Amperes) -> None:
    """Raise ConfigurationError unless it is one current or one for each phase."""
    if isinstance(amperes, tuple) and len(amperes) not in (1, 3):
        raise ConfigurationError(f"{where}: {len(amperes)} currents; give one for all phases, or L1, L2 and L3")


def one_of(where: str, word: str, known: Iterable[str], what: str) -> None:
    """Raise ConfigurationError, with the nearest word or all of them, unless it is one of those known."""
    words = list(known)
    if word not in words:
        near = get_close_matches(word, words, n=1)
        meant = f"is {near[0]} meant?" if near else f"there is {', '.join(words)}"
        raise ConfigurationError(f"{where}: {word!r} is no {what}; {meant}")
