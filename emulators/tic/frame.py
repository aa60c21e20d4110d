"""A TIC frame as a value: what a Linky meter says in one go, group by group.

Numbers are integers in the unit of their label (A, V, VA, W, Wh, varh, kVA), so a frame that can be written can be
read back equal. Time stamps stay in the form of the wire (`SYYMMDDhhmmss`), because meters also send stamps that are no
date.
"""

from __future__ import annotations

import msgspec

Value = int | str


class Group(msgspec.Struct, frozen=True, gc=False):
    """One group (the documents also say "information group" or "data set"): a label, its value and its time stamp.

    `stamp` is empty for the labels that have none.
    """

    label: str
    value: Value
    stamp: str = ""


class Frame(msgspec.Struct, frozen=True):
    """One frame: its mode ("historique" or "standard") and its groups, in the order of the wire."""

    mode: str
    groups: tuple[Group, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The labels of all groups."""
        return tuple([group.label for group in self.groups])

    @property
    def phases(self) -> int:
        """1 or 3, by what the frame shows of the meter."""
        return 3 if self.get("IRMS2") or self.get("IINST2") else 1

    def get(self, label: str) -> Group | None:
        """The group of a label, or None where the frame has none."""
        return next((group for group in self.groups if group.label == label), None)

    def __getitem__(self, label: str) -> Value:
        """The value of a label. Raises KeyError where the frame has no such group."""
        group = self.get(label)
        if group is None:
            raise KeyError(label)
        return group.value
