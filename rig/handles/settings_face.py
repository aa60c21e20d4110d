"""A station's settings as its back office and its installer meet them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol


class SettingsFace(Protocol):
    """Settings of a station that need not be switched on. Names are any that the documents give a setting.

    Every answer is about the factory's defaults with `given` on top; nothing is kept from one call to the next.
    """

    def refusal(self, given: Mapping[str, object]) -> str:
        """Why the station does not take these settings; "" when it does."""

    def listed(self) -> Sequence[str]:
        """The back-office keys that the station lists."""

    def shown(self, given: Mapping[str, object]) -> Mapping[str, str]:
        """Every setting as the back office shows it, by its back-office key. Only for settings that are taken."""

    def warnings(self, given: Mapping[str, object]) -> Sequence[str]:
        """What the station takes but advises against, a line each. Only for settings that are taken."""
