"""Files of what real meters sent, kept outside the repository, with what independent parsers read in them.

They lie in the folder that EVSE_RIG_CAPTURES names, else in `shared/captures` beside the checkout: one folder per kind
of meter port, with an `index.json` that describes each file.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

from rig.errors import HarnessError

VARIABLE = "EVSE_RIG_CAPTURES"
NOMINAL_V = 230.0
_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2].parent / "shared" / "captures"


@dataclass(frozen=True, slots=True)
class PhaseRange:
    """Between which values the current of a phase lies, A. Not `directed`: only its size can be told."""

    low_a: float
    high_a: float
    directed: bool = True


@dataclass(frozen=True, slots=True)
class CaptureFile:
    """One file of a collection and its entry in the index."""

    path: Path
    entry: dict[str, Any]

    @property
    def name(self) -> str:
        """The file's name without its ending, for the id of a case."""
        return self.path.stem

    def read(self) -> bytes:
        """The bytes of the file. Raises HarnessError when they are not the ones that the index speaks of."""
        data = self.path.read_bytes()
        if sha256(data).hexdigest() != self.entry["sha256"]:
            raise HarnessError(f"capture {self.path.name} is not the file that index.json describes; fetch it again")
        return data


_Capture = TypeVar("_Capture", bound=CaptureFile)


def load_index(kind: str, entries: str, make: type[_Capture], folder: Path | None = None) -> list[_Capture]:
    """The captures in folder `kind`, in the order of the index, which has them in its list `entries`.

    None when there is no such folder. Raises HarnessError for an index that cannot be used.
    """
    folder = (folder or Path(os.environ.get(VARIABLE) or _BESIDE_THE_CHECKOUT)) / kind
    if not folder.is_dir():
        return []
    try:
        described = json.loads((folder / "index.json").read_text("utf-8"))[entries]
        return [make(folder / entry["file"], entry) for entry in described]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HarnessError(f"the captures in {folder} have no usable index.json: {error!r}") from error


def missing(kind: str) -> str:
    """Why there is no case where there are no captures."""
    return f"no captures of real meters on this machine; {VARIABLE} can name the folder that holds {kind}/index.json"


# Both sides compute with the same printed figures; only the last bits of a float may differ.
_ROUNDING_A = 0.001


def fits(current_a: float, expected: PhaseRange) -> bool:
    """Whether a current is in its range; where only the size is known, whether its size is."""
    judged_a = current_a if expected.directed else abs(current_a)
    return expected.low_a - _ROUNDING_A <= judged_a <= expected.high_a + _ROUNDING_A


def spelled(expected: PhaseRange) -> str:
    """A range in words."""
    if not expected.directed:
        return f"{expected.low_a:.3f} A either way"
    low, high = f"{expected.low_a:+.3f}", f"{expected.high_a:+.3f}"
    return f"{low} A" if low == high else f"{low} to {high} A"
