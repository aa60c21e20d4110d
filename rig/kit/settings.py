"""Settings cases: what a station takes, refuses, shows and advises against, without switching it on."""

from __future__ import annotations

from collections.abc import Mapping

from rig.case import Case
from rig.errors import NotTestableHere
from rig.handles.settings_face import SettingsFace

Given = Mapping[str, object]

# What active load balancing needs before anything else of it can be set (ALB-GEN-017).
ALB: Given = {"FeatureLicenseKey": "ALB"}
ALB_ON: Given = {**ALB, "Active-LoadBalancing": "On"}
SCN: Given = {"FeatureLicenseKey": "SCN"}


class SettingsCase:
    """The settings of the station on the bench of `rig`, and verdicts on them.

    Raises NotTestableHere when the rig can neither read nor set them.
    """

    def __init__(self, rig: Case) -> None:
        face = rig.bench().station.settings_face
        if face is None:
            raise NotTestableHere("the settings of this station can be neither read nor set by the rig")
        self.face: SettingsFace = face
        self._judge = rig.judge

    def takes(self, clause: str, what: str, given: Given, shown: Mapping[str, str]) -> None:
        """The station takes these settings and then shows those values."""
        refusal = self.face.refusal(given)
        seen = {} if refusal else self.face.shown(given)
        own = {key: seen.get(key) for key in shown}
        self._judge.holds(
            clause,
            what,
            holds=not refusal and own == shown,
            seen=f"refused: {refusal}" if refusal else _listed(own),
            promised=f"taken; {_listed(shown)}" if shown else "taken",
            evidence={"given": dict(given)},
        )

    def refuses(self, clause: str, what: str, given: Given) -> None:
        """The station does not take these settings."""
        refusal = self.face.refusal(given)
        self._judge.holds(
            clause,
            what,
            holds=bool(refusal),
            seen=refusal or "taken",
            promised="refused",
            evidence={"given": dict(given)},
        )

    def advises(self, clause: str, what: str, given: Given, key: str) -> None:
        """The station takes these settings and warns, naming `key`; or it refuses them, naming it."""
        said = self.said(given)
        self._judge.holds(
            clause,
            what,
            holds=any(key in text for text in said),
            seen="; ".join(said) or "nothing said",
            promised=f"advice on {key}",
            evidence={"given": dict(given)},
        )

    def is_content(self, clause: str, what: str, given: Given, key: str) -> None:
        """The station takes these settings and says nothing about `key`."""
        said = [text for text in self.said(given) if key in text]
        refusal = self.face.refusal(given)
        self._judge.holds(
            clause,
            what,
            holds=not refusal and not said,
            seen=refusal or "; ".join(said) or "nothing said",
            promised=f"taken, nothing said about {key}",
            evidence={"given": dict(given)},
        )

    def said(self, given: Given) -> list[str]:
        """What the station answers to these settings: its refusal, or its warnings."""
        refusal = self.face.refusal(given)
        return [refusal] if refusal else list(self.face.warnings(given))


def _listed(values: Mapping[str, str | None]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in values.items()) or "taken"
