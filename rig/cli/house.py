"""The house behind an emulated meter: loads and PV per phase, as the user sets them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from emulators.errors import BadConfiguration
from emulators.site import GridReading, Site
from rig.cli.amperes import spelled, with_settings
from rig.cli.commands import Command
from rig.clock import VirtualLoop, WallLoop
from rig.errors import ConfigurationError

_HOUSE, _PV = "house", "pv"


def anything_fits(_now_s: float) -> None:
    """Nothing to ask of a meter that can show any current."""


class House:
    """Loads minus PV at the grid connection, import positive; they begin at 0 A.

    `fits(now_s)` raises BadConfiguration when the meter has no room for what the site says now. Raises
    ConfigurationError for another number of phases than 1 or 3.
    """

    def __init__(
        self, phases: int, loop: VirtualLoop | WallLoop, fits: Callable[[float], object] = anything_fits
    ) -> None:
        self.phases = phases
        self._loop = loop
        self._fits = fits
        try:
            self._site = Site(phases=phases)
        except BadConfiguration as error:
            raise ConfigurationError(str(error)) from None
        self._load_a = self._pv_a = (0.0,) * phases
        self._site.add_load(_HOUSE, *self._load_a)
        self._site.add_pv(_PV, *self._pv_a)

    def read(self, now_s: float) -> GridReading:
        """What flows, for the meter."""
        return self._site.read(now_s)

    @property
    def current_a(self) -> tuple[float, ...]:
        """What flows now, one value per phase of the connection."""
        return self._site.read(self._loop.time()).current_a[: self.phases]

    def currents(self) -> str:
        """What flows now, for a status line."""
        return spelled(self.current_a)

    def change(self, *, load: Sequence[str] = (), pv: Sequence[str] = ()) -> None:
        """Change loads and PV by settings like `L1=10A`.

        Raises ConfigurationError, leaving things as they were, for settings that cannot be read and for currents that
        the meter cannot show.
        """
        before = self._load_a, self._pv_a
        self._put(with_settings(self._load_a, load), with_settings(self._pv_a, pv))
        try:
            self._fits(self._loop.time())
        except BadConfiguration as error:
            self._put(*before)
            raise ConfigurationError(f"these currents are more than the meter can show: {error}") from None

    @property
    def commands(self) -> Sequence[Command]:
        """What can be typed."""
        typed = ("L1=16A  all=10  load L2=5", "what the house draws, per phase")
        return (
            Command("load", lambda words: self._typed(words, load=words), (typed,)),
            Command(
                "pv", lambda words: self._typed(words, pv=words), (("pv L2=5A", "what its PV supplies, per phase"),)
            ),
        )

    def _typed(self, words: Sequence[str], *, load: Sequence[str] = (), pv: Sequence[str] = ()) -> str:
        if not words:
            raise ConfigurationError("a current is missing, e.g. L1=10A, L2=2.5 or all=6")
        self.change(load=load, pv=pv)
        return self.currents()

    def _put(self, load_a: tuple[float, ...], pv_a: tuple[float, ...]) -> None:
        self._site.set_load(_HOUSE, *load_a)
        self._site.set_pv(_PV, *pv_a)
        self._load_a, self._pv_a = load_a, pv_a
