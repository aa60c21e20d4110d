"""All labels of TIC, in the order in which a meter sends them: one row each, with its format and what it shows.

Sources: Enedis-NOI-CPT_54E version 3 (Linky) and, for the historique mode, Enedis-NOI-CPT_02E. Units are not on the
wire. `source` names the quantity of figures.py that a group shows; a group whose quantity is absent is not sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from emulators.tic.forms import Digits, Form, Text, free_text

# The time stamps of groups: season (H winter, E summer, in small letters while the clock is degraded) and local time.
STAMP = "[HEhe][0-9]{12}"
# The announced mobile peaks have a blank in the place of the season.
STAMP_WITHOUT_SEASON = " [0-9]{12}"

INDEX_WH = Digits(9)
AMPERE = Digits(3)
VOLT = Digits(3)
VOLT_AMPERE = Digits(5)
WATT = Digits(5)
KILOVOLT_AMPERE = Digits(2)
ADDRESS = Text("[0-9]{12}")
OPTION = Text(r"BASE|HC\.\.|EJP\.|BBR[!-~]")
PERIOD = Text(r"TH\.\.|HC\.\.|HP\.\.|HN\.\.|PM\.\.|H[CP]J[BWR]")
COLOUR = Text("----|BLEU|BLAN|ROUG")
# Eleven blocks HHMMSSSS: from when on, and what then (index number, contacts), in hex.
DAY_PROFILE = Text("(?:[0-9]{4}[0-9A-F]{4}|NONUTILE)(?: (?:[0-9]{4}[0-9A-F]{4}|NONUTILE)){10}")

# How many letters of OPTARIF tell the option (the fourth of BBRx is a program).
OPTION_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Row:
    """One label. Where nothing else is said, every frame of its mode has it.

    `phases`: only meters with that many phases have it (0: all). `producer`: only meters in producer mode. `optional`:
    it may be left out. `option`: only with the option of which these are the first letters in OPTARIF. `stamp` is the
    pattern of its time stamp, empty where it has none.
    """

    name: str
    form: Form
    source: str
    phases: int = 0
    producer: bool = False
    optional: bool = False
    option: str = ""
    stamp: str = ""


def _indexes(option: str, *names: str) -> Iterable[Row]:
    """The supplier's indexes of a historical contract, in the order of its calendar."""
    return (Row(name, INDEX_WH, f"index_wh.{n}", option=option) for n, name in enumerate(names, start=1))


def _phases(pattern: str, form: Form, source: str, stamp: str = "") -> Iterable[Row]:
    """One row per phase of a three-phase meter; `{}` in the pattern stands for the phase."""
    return (Row(pattern.format(n), form, f"{source}.{n}", phases=3, stamp=stamp) for n in (1, 2, 3))


HISTORIQUE: tuple[Row, ...] = (
    Row("ADCO", ADDRESS, "address"),
    Row("OPTARIF", OPTION, "option"),
    Row("ISOUSC", Digits(2), "subscribed_a"),
    *_indexes("BAS", "BASE"),
    *_indexes("HC.", "HCHC", "HCHP"),
    *_indexes("EJP", "EJPHN", "EJPHPM"),
    *_indexes("BBR", "BBRHCJB", "BBRHPJB", "BBRHCJW", "BBRHPJW", "BBRHCJR", "BBRHPJR"),
    Row("PEJP", Digits(2), "peak_notice_min", option="EJP", optional=True),
    Row("PTEC", PERIOD, "period"),
    Row("DEMAIN", COLOUR, "colour_tomorrow", option="BBR"),
    Row("IINST", AMPERE, "current_a.1", phases=1),
    *_phases("IINST{}", AMPERE, "current_a"),
    Row("ADPS", AMPERE, "excess_a.1", phases=1, optional=True),
    Row("IMAX", AMPERE, "max_current_a", phases=1),
    *(Row(f"IMAX{n}", AMPERE, "max_current_a", phases=3) for n in (1, 2, 3)),
    Row("PMAX", Digits(5), "max_import_yesterday_va", phases=3),
    Row("PAPP", VOLT_AMPERE, "import_10va"),
    Row("HHPHC", Text("[ACDEY]"), "schedule_group"),
    Row("MOTDETAT", Text("[0-9A-F]{6}"), "state_word"),
    Row("PPOT", Digits(2, base=16, most=15), "missing_phases", phases=3, optional=True),
)

# What a three-phase meter sends in historique mode while a phase is overloaded, and for a while after.
HISTORIQUE_SHORT: tuple[Row, ...] = (
    *(Row(f"ADIR{n}", AMPERE, f"excess_a.{n}", optional=True) for n in (1, 2, 3)),
    Row("ADCO", ADDRESS, "address"),
    *(Row(f"IINST{n}", AMPERE, f"current_a.{n}") for n in (1, 2, 3)),
)

STANDARD: tuple[Row, ...] = (
    Row("ADSC", ADDRESS, "address"),
    Row("VTIC", Digits(2), "version"),
    Row("DATE", Text(""), "now", stamp=STAMP),
    Row("NGTF", free_text(16), "calendar", optional=True),
    Row("LTARF", free_text(16), "tariff", optional=True),
    Row("EAST", INDEX_WH, "import_wh"),
    *(Row(f"EASF{n:02}", INDEX_WH, f"index_wh.{n}") for n in range(1, 11)),
    *(Row(f"EASD{n:02}", INDEX_WH, f"distributor_wh.{n}") for n in range(1, 5)),
    Row("EAIT", INDEX_WH, "export_wh", producer=True),
    *(Row(f"ERQ{n}", INDEX_WH, f"reactive_varh.{n}", producer=True) for n in range(1, 5)),
    Row("IRMS1", AMPERE, "current_a.1"),
    *(Row(f"IRMS{n}", AMPERE, f"current_a.{n}", phases=3) for n in (2, 3)),
    Row("URMS1", VOLT, "voltage_v.1"),
    *(Row(f"URMS{n}", VOLT, f"voltage_v.{n}", phases=3) for n in (2, 3)),
    Row("PREF", KILOVOLT_AMPERE, "reference_kva"),
    Row("PCOUP", KILOVOLT_AMPERE, "breaker_kva"),
    Row("SINSTS", VOLT_AMPERE, "import_va"),
    *_phases("SINSTS{}", VOLT_AMPERE, "import_va"),
    Row("SMAXSN", VOLT_AMPERE, "max_import_va", stamp=STAMP),
    *_phases("SMAXSN{}", VOLT_AMPERE, "max_import_va", STAMP),
    Row("SMAXSN-1", VOLT_AMPERE, "max_import_before_va", stamp=STAMP),
    *_phases("SMAXSN{}-1", VOLT_AMPERE, "max_import_before_va", STAMP),
    Row("SINSTI", VOLT_AMPERE, "export_va", producer=True),
    Row("SMAXIN", VOLT_AMPERE, "max_export_va", producer=True, stamp=STAMP),
    Row("SMAXIN-1", VOLT_AMPERE, "max_export_before_va", producer=True, stamp=STAMP),
    Row("CCASN", WATT, "curve_import_w", optional=True, stamp=STAMP),
    Row("CCASN-1", WATT, "curve_import_before_w", optional=True, stamp=STAMP),
    Row("CCAIN", WATT, "curve_export_w", producer=True, optional=True, stamp=STAMP),
    Row("CCAIN-1", WATT, "curve_export_before_w", producer=True, optional=True, stamp=STAMP),
    Row("UMOY1", VOLT, "mean_voltage_v.1", stamp=STAMP),
    *(Row(f"UMOY{n}", VOLT, f"mean_voltage_v.{n}", phases=3, stamp=STAMP) for n in (2, 3)),
    Row("STGE", Digits(8, base=16), "status"),
    *(
        Row(f"{edge}{n}", Digits(2), f"{source}.{n}", optional=True, stamp=STAMP_WITHOUT_SEASON)
        for n in (1, 2, 3)
        for edge, source in (("DPM", "peak_begins"), ("FPM", "peak_ends"))
    ),
    Row("MSG1", free_text(32), "message"),
    Row("MSG2", free_text(16), "short_message", optional=True),
    Row("PRM", Text("[0-9]{14}"), "delivery_point"),
    Row("RELAIS", Digits(3, most=255), "relays"),
    Row("NTARF", Digits(2), "index_number"),
    Row("NJOURF", Digits(2), "day_number"),
    Row("NJOURF+1", Digits(2), "day_number_tomorrow"),
    Row("PJOURF+1", DAY_PROFILE, "profile_tomorrow"),
    Row("PPOINTE", DAY_PROFILE, "peak_profile", optional=True),
)
