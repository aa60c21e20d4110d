"""The P1 meter as a model: telegrams of the site's numbers, at the version's cadence, while they are requested."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime

from emulators.errors import BadConfiguration
from emulators.p1.codec import crc_of, encode
from emulators.p1.figures import Figures, Rounding, Tariff
from emulators.p1.nameplate import Nameplate
from emulators.p1.versions import DIALECTS, VERSIONS, Version, version_named
from emulators.site import GridReading

Emit = Callable[[float, str, dict[str, object]], None]
Corrupt = Callable[[bytes, int], bytes]
"""From a telegram and its running number, from 1, to the bytes that are sent instead."""


class Meter:
    """A meter with a P1 port: DSMR, or one of its Belgian, Luxembourg and Swedish kin.

    Slots lie at multiples of the interval from `offset_s`, so the cadence does not drift. While Data Request is active
    each slot brings a telegram. A step that comes late brings one telegram and leaves out the slots that it missed.

    What the standards leave open, or meters do differently, is a setting:

    - `first_after_s`, the time from the rise of Data Request to the first telegram. None, the default: it comes in
      the next slot, which is later than the request. A number: it comes after that time (some meters answer within
      60 ms), the others in the slots.
    - `current_rounding`, how a printed current follows the true one. "nearest", the default, fits most captures;
      others fit "down".
    - `version` may be a dialect, the other reading of what is doubtful in a version; see versions.py.
    - `tariff`, the number of the tariff at a local time. None, the default: `low_at_night` with the version's numbers.
    - `net_totals`. True, the default: 1.7.0 or 2.7.0 shows the sum of the phases with sign. False: 1.7.0 is the sum
      of the importing phases and 2.7.0 that of the exporting ones (seen on a Sagemcom T210-D).

    `nameplate` and `corrupt` may be replaced at any time.
    """

    def __init__(
        self,
        version: str,
        read: Callable[[float], GridReading],
        civil: Callable[[float], datetime],
        *,
        phases: int = 3,
        name: str = "p1",
        nameplate: Nameplate | None = None,
        interval_s: float | None = None,
        offset_s: float = 0.0,
        first_after_s: float | None = None,
        tariff: Tariff | None = None,
        import_wh: tuple[int, int] = (0, 0),
        export_wh: tuple[int, int] = (0, 0),
        current_rounding: Rounding = "nearest",
        net_totals: bool = True,
        corrupt: Corrupt | None = None,
        emit: Emit | None = None,
    ) -> None:
        """`version` is a name of VERSIONS or DIALECTS, `read` the site.

        `civil` is the local time, with its zone, at a `now_s`. `interval_s` stands for the version's own where given.
        `import_wh` and `export_wh` are the registers at the start (tariff 1, tariff 2; a meter without tariffs starts
        at their sum). `corrupt` gets every telegram and its running number, from 1, and gives the bytes to send
        instead (see faults.py). Raises BadConfiguration for a version or value that no meter has.
        """
        row = version_named(version)
        if row is None:
            raise BadConfiguration(f"no P1 version {version!r}; there is {', '.join([*VERSIONS, *DIALECTS])}")
        self.version: Version = row
        self.name = name
        self.nameplate = nameplate or Nameplate()
        self.corrupt = corrupt
        self._figures = Figures(
            self.version,
            phases,
            tariff=tariff,
            import_wh=import_wh,
            export_wh=export_wh,
            current_rounding=current_rounding,
            net_totals=net_totals,
        )
        self._read = read
        self._civil = civil
        self._emit = emit
        self._offset_s = offset_s
        self._interval_s = _checked_interval(self.version.interval_s if interval_s is None else interval_s)
        self._first_after_s = first_after_s
        self._due_s: float | None = None
        self._telegrams = 0

    @property
    def interval_s(self) -> float:
        """The time from slot to slot."""
        return self._interval_s

    @property
    def requested(self) -> bool:
        """Whether Data Request is active."""
        return self._due_s is not None

    @property
    def telegrams(self) -> int:
        """How many telegrams were composed so far."""
        return self._telegrams

    def set_interval(self, interval_s: float, now_s: float) -> None:
        """Change the cadence; the next slot counts from `now_s`. Raises BadConfiguration for 0 s or less."""
        self._interval_s = _checked_interval(interval_s)
        if self._due_s is not None:
            self._due_s = self._slot_after(now_s)

    def request(self, active: bool, now_s: float) -> bool:
        """Raise or release Data Request. True when a telegram on its way must be cut off.

        A released meter stops at once, also in mid-telegram: whoever moves its bytes throws away what has not left.
        """
        if active == self.requested:
            return False
        if not active:
            self._due_s = None
            return True
        self._due_s = self._slot_after(now_s) if self._first_after_s is None else now_s + self._first_after_s
        return False

    def next_deadline_s(self) -> float | None:
        """When the next telegram is due; None while none is requested."""
        return self._due_s

    def step(self, now_s: float) -> bytes:
        """The telegram to send now, or nothing.

        Raises BadConfiguration when the site's numbers do not fit the telegram (100 kW in a phase, say).
        """
        if self._due_s is None or now_s < self._due_s:
            return b""
        self._due_s = self._slot_after(now_s)
        reading = self._read(now_s)
        telegram = encode(self._figures.telegram(reading, self._civil(now_s), self.nameplate))
        self._telegrams += 1
        sent = telegram if self.corrupt is None else self.corrupt(telegram, self._telegrams)
        if self._emit is not None:
            fields: dict[str, object] = {
                "meter": self.name,
                "version": self.version.name,
                "length": len(sent),
                "crc": crc_of(telegram),
                "i_a": list(reading.current_a),
                "corrupted": sent != telegram,
            }
            self._emit(now_s, "telegram", fields)
        return sent

    def _slot_after(self, now_s: float) -> float:
        """The first slot later than now, always as the offset plus a whole number of intervals."""
        number = math.floor((now_s - self._offset_s) / self._interval_s) + 1
        slot_s = self._offset_s + number * self._interval_s
        # The quotient is rounded, so its whole part may be one too few.
        return slot_s if slot_s > now_s else self._offset_s + (number + 1) * self._interval_s


def _checked_interval(interval_s: float) -> float:
    if not (math.isfinite(interval_s) and interval_s > 0):
        raise BadConfiguration(f"the interval between telegrams must be longer than 0 s, not {interval_s} s")
    return interval_s
