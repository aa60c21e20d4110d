"""Signed current per phase from TIC groups: the recipes per mode and number of phases (O-25, O-28)."""

from collections.abc import Callable

import pytest

from station.errors import Malformed
from station.sources.tic.codec import decode_frame
from station.sources.tic.currents import currents_a

Build = Callable[..., bytes]


def read(frame: bytes) -> tuple[list[float], int]:
    current_a, phases = currents_a(decode_frame(frame))
    return [round(a, 2) for a in current_a], phases


def refused(frame: bytes) -> str:
    with pytest.raises(Malformed) as caught:
        read(frame)
    return str(caught.value)


@pytest.mark.parametrize(
    ("name", "current_a", "phases"),
    [
        ("historique 1p", [32.43, 0.0, 0.0], 1),  # PAPP 07460 at 230 V
        ("historique 3p", [17.0, 2.0, 9.0], 3),
        ("historique 3p short", [23.0, 2.0, 9.0], 3),
        ("standard 1p", [32.0, 0.0, 0.0], 1),
        ("standard 3p export", [-9.0, 1.88, -5.0], 3),
    ],
)
def test_example_frames(name: str, current_a: list[float], phases: int, frames: dict[str, bytes]) -> None:
    assert read(frames[name]) == (current_a, phases)


class TestHistorique:
    @pytest.mark.parametrize(
        ("current", "power", "current_a"),
        [
            ("010", "02300", 10.0),
            ("010", "02100", 10.0),  # low voltage: the larger counts
            ("010", "02440", 10.61),
            ("000", "00000", 0.0),
            ("000", "00060", 0.26),
            ("012", "00000", -12.0),  # returned to the grid
            ("003", "99999", 3.0),  # nothing a meter can carry
        ],
    )
    def test_one_phase(self, current: str, power: str, current_a: float, historique: Build) -> None:
        assert read(historique(IINST=current, PAPP=power)) == ([current_a, 0.0, 0.0], 1)

    def test_one_phase_without_power_is_import(self, historique: Build) -> None:
        assert read(historique(IINST="012")) == ([12.0, 0.0, 0.0], 1)

    @pytest.mark.parametrize(
        ("currents", "power", "current_a"),
        [
            (("017", "002", "009"), "06480", [17.0, 2.0, 9.0]),
            (("012", "002", "001"), "00000", [-12.0, 2.0, 1.0]),  # only L1 can be what flows out
            (("001", "002", "000"), "00000", [1.0, -2.0, 0.0]),
            (("005", "005", "005"), "00000", [5.0, 5.0, 5.0]),  # which of them is not told
            (("000", "000", "000"), "00000", [0.0, 0.0, 0.0]),
        ],
    )
    def test_three_phases(
        self, currents: tuple[str, str, str], power: str, current_a: list[float], historique: Build
    ) -> None:
        groups = {f"IINST{n}": current for n, current in enumerate(currents, 1)}
        assert read(historique(**groups, PAPP=power)) == (current_a, 3)


class TestStandardOnePhase:
    @pytest.mark.parametrize(
        ("groups", "current_a"),
        [
            ({"IRMS1": "010", "URMS1": "230", "SINSTS": "02415"}, 10.5),  # finer than IRMS1
            ({"IRMS1": "012", "URMS1": "230", "SINSTS": "00000"}, -12.0),  # consumer contract: whole amperes
            ({"IRMS1": "012", "URMS1": "240", "SINSTS": "00000", "SINSTI": "02856"}, -11.9),  # producer contract
            ({"IRMS1": "000", "URMS1": "240", "SINSTS": "00000", "SINSTI": "00060"}, -0.25),
            ({"IRMS1": "000", "URMS1": "239", "SINSTS": "00013", "SINSTI": "00000"}, 0.05),
            ({"IRMS1": "000", "URMS1": "239", "SINSTS": "00000"}, 0.0),
            ({"IRMS1": "004", "URMS1": "230", "SINSTS": "48370"}, 4.0),  # garbage of the meter's firmware
            ({"IRMS1": "004", "URMS1": "230", "SINSTS": "00000", "SINSTI": "48370"}, -4.0),
            ({"IRMS1": "004", "URMS1": "000", "SINSTS": "00920"}, 4.0),
            ({"IRMS1": "004"}, 4.0),
            ({"IRMS1": "000", "URMS1": "230", "SINSTS": "02300"}, 10.0),  # no current, yet power: power counts
        ],
    )
    def test_direction_and_size(self, groups: dict[str, str], current_a: float, standard: Build) -> None:
        assert read(standard(**groups)) == ([current_a, 0.0, 0.0], 1)


class TestStandardThreePhases:
    @staticmethod
    def groups(irms: str, sinsts: str, urms: str = "230 230 230", **totals: str) -> dict[str, str]:
        values = {"IRMS": irms, "URMS": urms, "SINSTS": sinsts}
        return {f"{label}{n}": v for label, text in values.items() for n, v in enumerate(text.split(), 1)} | totals

    def test_import(self, standard: Build) -> None:
        groups = self.groups("010 005 000", "02310 01150 00023", SINSTS="03483")
        assert read(standard(**groups)) == ([10.04, 5.0, 0.1], 3)

    def test_one_phase_exports_while_the_sum_is_import(self, standard: Build) -> None:
        """A figure from the field: SINSTS 208 = 399 + 115 - 306."""
        groups = self.groups("002 000 001", "00399 00115 00000", "238 242 236", SINSTS="00208")
        assert read(standard(**groups)) == ([1.68, 0.48, -1.3], 3)

    def test_one_phase_exports_more_than_the_others_import(self, standard: Build) -> None:
        groups = self.groups("012 002 001", "00000 00460 00230", SINSTS="00000", SINSTI="02093")
        assert read(standard(**groups)) == ([-12.1, 2.0, 1.0], 3)

    def test_without_the_producer_s_group_whole_amperes_remain(self, standard: Build) -> None:
        groups = self.groups("012 002 001", "00000 00460 00230", SINSTS="00000")
        assert read(standard(**groups)) == ([-12.0, 2.0, 1.0], 3)

    def test_a_total_that_does_not_agree_is_not_used(self, standard: Build) -> None:
        groups = self.groups("012 002 001", "00000 00460 00230", SINSTS="00000", SINSTI="00100")
        assert read(standard(**groups)) == ([-12.0, 2.0, 1.0], 3)

    def test_two_phases_export(self, standard: Build) -> None:
        groups = self.groups("012 012 001", "00000 00000 00230", SINSTS="00000", SINSTI="05290")
        assert read(standard(**groups)) == ([-12.0, -12.0, 1.0], 3)

    @pytest.mark.parametrize("missing", ["IRMS2", "IRMS3", "SINSTS2", "SINSTS1", "URMS3", "IRMS1"])
    def test_a_group_too_few_does_not_make_it_a_one_phase_meter(self, missing: str, standard: Build) -> None:
        groups = self.groups("012 012 001", "00000 00000 00230", SINSTS="00230")
        del groups[missing]
        assert refused(standard(**groups)) == f"no {missing} in a frame about three phases"


@pytest.mark.parametrize(
    ("groups", "reason"),
    [
        ({"IRMS1": "12"}, "IRMS1 '12': 3 digits expected"),
        ({"IRMS1": "012", "SINSTS": "0230"}, "SINSTS '0230': 5 digits expected"),
        ({"IRMS1": "01A"}, "IRMS1 '01A': 3 digits expected"),
        ({"IRMS1": "-12"}, "IRMS1 '-12': 3 digits expected"),
        ({"ADSC": "042363000003"}, "no IRMS1 in the frame: it does not tell the current"),
    ],
)
def test_what_tells_nothing(groups: dict[str, str], reason: str, standard: Build) -> None:
    assert refused(standard(**groups)) == reason


def test_a_meter_in_standby_sends_its_address_only(historique: Build) -> None:
    assert refused(historique(ADCO="042363000003")) == "no IINST in the frame: it does not tell the current"
