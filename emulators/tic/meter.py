"""A Linky meter's TIC output as a model: frames of the site's numbers, one after the other, as fast as the line is."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import datetime

from emulators.errors import BadConfiguration
from emulators.events import Emit, silent
from emulators.site import GridReading
from emulators.tic.calendar import ContractCalendar
from emulators.tic.codec import encode
from emulators.tic.contracts import BASE, Contract, DayKind, ordinary_days
from emulators.tic.figures import Figures
from emulators.tic.frame import Frame
from emulators.tic.history import History
from emulators.tic.modes import BITS_PER_CHARACTER, EOT, GAP_S, MODES, Mode, layout
from emulators.tic.nameplate import Nameplate
from emulators.tic.overload import Overload
from emulators.tic.quantities import groups_of
from emulators.tic.registers import Registers

Corrupt = Callable[[bytes, int], bytes]
"""From a frame and its running number, from 1, to the bytes that are sent instead."""

PHASES = (1, 3)


class Meter:
    """A Linky meter whose TIC output is always on.

    A frame shows the grid as it is when the frame begins. The next frame begins when this one has been transmitted
    and the gap has passed; how long that takes follows from the number of bytes and the baud rate. So nothing drifts,
    and a step that comes late moves all that follows.

    What the documents leave open, or meters do differently, is a setting:

    - `gap_s`, the silence between frames: 16.7 to 33.4 ms by the documents.
    - `baud`, None for that of the mode: modems in the field repeat historique frames at 9600 baud.
    - `short_frames`: whether a three-phase meter in historique mode warns of an overload; meters are reported that
      never do.
    - `curve_s`, the period of the load curve points, None for meters whose load curve is off.

    `nameplate` and `corrupt` may be replaced at any time.
    """

    def __init__(
        self,
        mode: str,
        read: Callable[[float], GridReading],
        civil: Callable[[float], datetime],
        *,
        phases: int = 3,
        producer: bool = False,
        name: str = "tic",
        nameplate: Nameplate | None = None,
        contract: Contract = BASE,
        day_kind: DayKind = ordinary_days,
        index_wh: Sequence[int] = (),
        export_wh: int = 0,
        reactive_varh: Sequence[int] = (),
        offset_s: float = 0.0,
        gap_s: float = GAP_S,
        baud: int | None = None,
        short_frames: bool = True,
        curve_s: int | None = 3600,
        corrupt: Corrupt | None = None,
        emit: Emit = silent,
    ) -> None:
        """`mode` is a name of MODES, `read` the site, `civil` the local time, with its zone, at a `now_s`.

        `index_wh`, `export_wh` and `reactive_varh` are registers at the start. `offset_s` is when the first frame
        begins. `corrupt` gets every frame and its running number, from 1, and gives the bytes to send instead (see
        faults.py). Raises BadConfiguration for a mode or value that no meter has.
        """
        if phases not in PHASES:
            raise BadConfiguration(f"a meter has 1 or 3 phases, not {phases}")
        if not (math.isfinite(gap_s) and gap_s >= 0):
            raise BadConfiguration(f"the gap between frames cannot be {gap_s} s")
        if baud is not None and baud <= 0:
            raise BadConfiguration(f"a baud rate is above 0, not {baud}")
        self.name = name
        self.nameplate = nameplate or Nameplate()
        self.corrupt = corrupt
        self.mode = _mode(mode)
        self._phases = phases
        self._producer = producer
        self._contract = contract
        self._figures = Figures(
            phases,
            ContractCalendar(contract, day_kind),
            Registers(contract, index_wh, export_wh, reactive_varh),
            History(phases, curve_s),
            producer=producer,
        )
        self._overload = Overload(enabled=short_frames and phases == 3)
        self._read = read
        self._civil = civil
        self._emit = emit
        self._gap_s = gap_s
        self._baud = baud
        self._due_s = offset_s
        self._on_wire_until_s = offset_s
        self._eot_due_s: float | None = None
        self._frames = 0

    @property
    def baud(self) -> int:
        """The baud rate of what is sent next."""
        return self.mode.baud if self._baud is None else self._baud

    @property
    def frames(self) -> int:
        """How many frames were begun so far."""
        return self._frames

    def set_mode(self, mode: str) -> None:
        """Switch the output to another mode, from the next frame on, as the grid operator does from afar.

        Raises BadConfiguration for a mode that there is not.
        """
        self.mode = _mode(mode)

    def interrupt(self, now_s: float, for_s: float) -> bool:
        """Something else needs the output (a reading device on the same bus): no frame begins for `for_s`.

        True when a frame on its way must be cut off: whoever moves the meter's bytes throws away what has not left,
        and the next step gives the EOT that ends it. After the interruption a new frame begins from its start. Raises
        BadConfiguration for a negative time.
        """
        if not (math.isfinite(for_s) and for_s >= 0):
            raise BadConfiguration(f"an interruption cannot last {for_s} s")
        cut = now_s < self._on_wire_until_s
        if cut:
            self._eot_due_s = self._on_wire_until_s = now_s
            self._due_s = now_s + for_s
        else:
            self._due_s = max(self._due_s, now_s + for_s)
        self._emit(now_s, "interrupted", {"meter": self.name, "for_s": for_s, "cut": cut})
        return cut

    def next_deadline_s(self) -> float:
        """When the next bytes are due."""
        return self._due_s if self._eot_due_s is None else self._eot_due_s

    def step(self, now_s: float) -> bytes:
        """The frame to send now, or the EOT of one that was interrupted, or nothing.

        Raises BadConfiguration when the site's numbers do not fit a frame (1,000 A in a phase, say).
        """
        if self._eot_due_s is not None:
            self._eot_due_s = None
            self._occupy(now_s, EOT)
            return EOT
        if now_s < self._due_s:
            return b""
        reading = self._read(now_s)
        civil = self._civil(now_s)
        quantities = self._figures.measure(reading, now_s, civil, self.nameplate)
        mode = self.mode
        excess = any(quantities[f"excess_a.{n}"] is not None for n in range(1, self._phases + 1))
        short = bool(mode.short_rows) and self._overload.next_is_short(excess, now_s)
        option = self._contract.option
        rows = layout(mode.name, phases=self._phases, producer=self._producer, short=short, option=option)
        frame = encode(Frame(mode.name, groups_of(rows, quantities)))
        self._frames += 1
        sent = frame if self.corrupt is None else self.corrupt(frame, self._frames)
        # A frame that a fault swallows whole leaves its time empty.
        self._occupy(now_s, sent or frame)
        fields: dict[str, object] = {
            "meter": self.name,
            "version": mode.name,
            "length": len(sent),
            "i_a": list(reading.current_a),
            "corrupted": sent != frame,
        }
        self._emit(now_s, "telegram", fields)
        return sent

    def _occupy(self, from_s: float, data: bytes) -> None:
        """The line carries `data` from now on; nothing else begins before it is through and the gap has passed."""
        self._on_wire_until_s = from_s + len(data) * BITS_PER_CHARACTER / self.baud
        self._due_s = max(self._due_s, self._on_wire_until_s + self._gap_s)


def _mode(name: str) -> Mode:
    if name not in MODES:
        raise BadConfiguration(f"no TIC mode {name!r}; there is {', '.join(MODES)}")
    return MODES[name]
