"""What a Linky meter says that the grid does not decide at this instant: names, settings, texts, announcements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from emulators.tic.quantities import Dated, Quantities, numbered
from emulators.tic.stamps import stamp_without_season

TIC_VERSION = 2
# ISOUSC is the subscribed power at this voltage; with three phases, a third of it.
SUBSCRIBED_V = 200
MESSAGE_LENGTH = 32
SHORT_MESSAGE_LENGTH = 16
LINKY_MAX_A = {1: 90, 3: 60}


@dataclass(frozen=True, slots=True)
class MobilePeak:
    """An announced period of mobile peak, in local time."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Nameplate:
    """The constant part of a meter's frames.

    `address` is ADCO or ADSC, `delivery_point` PRM. `reference_kva` is the subscribed power (PREF; in historique mode
    it is shown as ISOUSC), `breaker_kva` the setting of the breaker (PCOUP; None: the same). `max_current_a` is IMAX;
    None: 90 A with one phase and 60 A with three, as Linky meters say. `relays` are the eight bits of RELAIS.
    `contact_open`, `cover_open`, `breaker`, `euridis`, `plc` and `plc_synchronised` are fields of STGE, see Status.
    While `clock_degraded`, the season of time stamps is a small letter. `mobile_peaks` are at most three.
    """

    address: str = "042361000001"
    delivery_point: str = "09999000000001"
    reference_kva: int = 9
    breaker_kva: int | None = None
    max_current_a: int | None = None
    schedule_group: str = "A"
    state_word: str = "000000"
    message: str = "PAS DE          MESSAGE"
    short_message: str = ""
    relays: int = 0
    contact_open: bool = True
    cover_open: bool = False
    breaker: int = 0
    euridis: int = 3
    plc: int = 1
    plc_synchronised: bool = False
    clock_degraded: bool = False
    mobile_peaks: tuple[MobilePeak, ...] = ()

    def subscribed_a(self, phases: int) -> int:
        """The current per phase beyond which a meter in historique mode warns."""
        return self.reference_kva * 1000 // SUBSCRIBED_V // phases

    def peaks_at(self, civil: datetime) -> tuple[int, int]:
        """The number, from 1, of the next mobile peak and of the one that is on; 0 where there is none."""
        notice = peak = 0
        for number, announced in enumerate(self.mobile_peaks, start=1):
            if announced.begins <= civil < announced.ends:
                peak = number
            elif civil < announced.begins and not notice:
                notice = number
        return notice, peak

    def quantities(self, phases: int) -> Quantities:
        """See labels.py."""
        return {
            "address": self.address,
            "version": TIC_VERSION,
            "max_current_a": LINKY_MAX_A[phases] if self.max_current_a is None else self.max_current_a,
            "schedule_group": self.schedule_group,
            "state_word": self.state_word,
            "reference_kva": self.reference_kva,
            "breaker_kva": self.reference_kva if self.breaker_kva is None else self.breaker_kva,
            "message": self.message.ljust(MESSAGE_LENGTH),
            "short_message": self.short_message.ljust(SHORT_MESSAGE_LENGTH) if self.short_message else None,
            "delivery_point": self.delivery_point,
            "relays": self.relays,
            **numbered("peak_begins", [Dated(0, stamp_without_season(peak.begins)) for peak in self.mobile_peaks]),
            **numbered("peak_ends", [Dated(0, stamp_without_season(peak.ends)) for peak in self.mobile_peaks]),
        }
