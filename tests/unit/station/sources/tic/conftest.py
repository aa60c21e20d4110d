"""Frames for the tests of the TIC reader, and a second opinion on their check sums.

In the texts "|" stands for a tab and "~" at the end of a line for a check sum that is a blank.
"""

import os
from collections.abc import Callable

import pytest

# 32 A import, 9 kVA.
HISTORIQUE_1P = r"""ADCO 042361000001 (
OPTARIF HC.. <
ISOUSC 45 ?
HCHC 008214305 ]
HCHP 011240032 ~
PTEC HC.. S
IINST 032 \
IMAX 090 H
PAPP 07460 2
HHPHC A ,
MOTDETAT 000000 B
"""

# 17, 2 and 9 A, 12 kVA.
HISTORIQUE_3P = r"""ADCO 042363000003 ,
OPTARIF BASE 0
ISOUSC 20 8
BASE 020517733 '
PTEC TH.. $
IINST1 017 P
IINST2 002 K
IINST3 009 S
IMAX1 060 6
IMAX2 060 7
IMAX3 060 8
PMAX 09870 >
PAPP 06480 3
HHPHC A ,
MOTDETAT 000000 B
PPOT 00 #
"""

# 23 A on L1: more than ISOUSC.
HISTORIQUE_3P_SHORT = r"""ADIR1 023 &
ADCO 042363000003 ,
IINST1 023 M
IINST2 002 K
IINST3 009 S
"""

# 32 A, 233 V, 7456 VA import.
STANDARD_1P = r"""ADSC|042361000001|^
VTIC|02|J
DATE|H260114183010||<
NGTF|H PLEINE/CREUSE |\
LTARF|  HEURE  PLEINE |A
EAST|019454337|3
EASF01|008214305|9
EASF02|011240032|0
EASF03|000000000|$
EASF04|000000000|%
EASF05|000000000|&
EASF06|000000000|'
EASF07|000000000|(
EASF08|000000000|)
EASF09|000000000|*
EASF10|000000000|"
EASD01|008214305|7
EASD02|011240032|.
EASD03|000000000|"
EASD04|000000000|#
IRMS1|032|3
URMS1|233|B
PREF|09|H
PCOUP|09|"
SINSTS|07456|\
SMAXSN|H260114072143|07902|>
SMAXSN-1|H260113192207|08311|Z
CCASN|H260114180000|06980|I
CCASN-1|H260114170000|01120|S
UMOY1|H260114183000|234|1
STGE|003A4401|B
MSG1|PAS DE          MESSAGE         |<
PRM|09999000000001|&
RELAIS|000|B
NTARF|02|O
NJOURF|00|&
NJOURF+1|00|B
PJOURF+1|00004001 06004002 22004001 NONUTILE NONUTILE NONUTILE NONUTILE NONUTILE NONUTILE NONUTILE NONUTILE|.
"""

# L1 -2100 VA, L2 +437 VA, L3 -1180 VA: SINSTS 0, SINSTI 2843.
STANDARD_3P_EXPORT = r"""ADSC|042363000003|"
VTIC|02|J
DATE|E260703131502||<
NGTF|      BASE      |<
LTARF|      BASE      |F
EAST|020517733|+
EASF01|020517733|>
EASF02|000000000|#
EASF03|000000000|$
EASF04|000000000|%
EASF05|000000000|&
EASF06|000000000|'
EASF07|000000000|(
EASF08|000000000|)
EASF09|000000000|*
EASF10|000000000|"
EASD01|020517733|<
EASD02|000000000|!
EASD03|000000000|"
EASD04|000000000|#
EAIT|004023579|#
ERQ1|000812345|R
ERQ2|000045210|H
ERQ3|000101003|B
ERQ4|001554667|~
IRMS1|009|7
IRMS2|002|1
IRMS3|005|5
URMS1|236|E
URMS2|232|B
URMS3|235|F
PREF|12|B
PCOUP|12|\
SINSTS|00000|F
SINSTS1|00000|7
SINSTS2|00437|F
SINSTS3|00000|9
SMAXSN|E260703071012|05120|/
SMAXSN1|E260703071012|02010|[
SMAXSN2|E260703070655|01850|3
SMAXSN3|E260703071540|01790|1
SMAXSN-1|E260702193305|06480|~
SMAXSN1-1|E260702193305|03990|T
SMAXSN2-1|E260702200140|01230|8
SMAXSN3-1|E260702193120|02115|E
SINSTI|02843|M
SMAXIN|E260703125518|05322|4
SMAXIN-1|E260702133009|05790|T
CCASN|E260703130000|00000|.
CCASN-1|E260703120000|00000|K
CCAIN|E260703130000|02760|3
CCAIN-1|E260703120000|03110|F
UMOY1|E260703131000|236|-
UMOY2|E260703131000|233|+
UMOY3|E260703131000|235|.
STGE|003A0301|=
MSG1|PAS DE          MESSAGE         |<
PRM|09999000000003|(
RELAIS|000|B
NTARF|01|N
NJOURF|00|&
NJOURF+1|00|B
PJOURF+1|00008001 NONUTILE NONUTILE NONUTILE NONUTILE NONUTILE NONUTILE NONUTILE NONUTILE NONUTILE NONUTILE|9
"""


def _group(text: str) -> bytes:
    line = text[:-1] + " " if text.endswith("~") else text
    return b"\n" + line.replace("|", "\t").encode("ascii") + b"\r"


def _checksum(covered: bytes) -> bytes:
    """The rule in the words of the specification, character by character."""
    total = 0
    for character in covered:
        total += character
    return bytes([total % 64 + 32])


@pytest.fixture(scope="session")
def frames() -> dict[str, bytes]:
    """The example frames by name, STX to ETX."""
    texts = {
        "historique 1p": HISTORIQUE_1P,
        "historique 3p": HISTORIQUE_3P,
        "historique 3p short": HISTORIQUE_3P_SHORT,
        "standard 1p": STANDARD_1P,
        "standard 3p export": STANDARD_3P_EXPORT,
    }
    return {name: b"\x02" + b"".join(map(_group, text.splitlines())) + b"\x03" for name, text in texts.items()}


@pytest.fixture(scope="session")
def historique() -> Callable[..., bytes]:
    """A frame of these groups in historique mode, check sums included: `historique(IINST="005")`."""

    def build(**groups: str) -> bytes:
        bodies = [f"{label} {data}".encode("ascii") for label, data in groups.items()]
        return b"\x02" + b"".join(b"\n" + body + b" " + _checksum(body) + b"\r" for body in bodies) + b"\x03"

    return build


@pytest.fixture(scope="session")
def standard() -> Callable[..., bytes]:
    """A frame of these groups in standard mode, check sums included."""

    def build(**groups: str) -> bytes:
        bodies = [f"{label}\t{data}\t".encode("ascii") for label, data in groups.items()]
        return b"\x02" + b"".join(b"\n" + body + _checksum(body) + b"\r" for body in bodies) + b"\x03"

    return build


@pytest.fixture(scope="session")
def checksum() -> Callable[[bytes], bytes]:
    """The check sum of what it covers."""
    return _checksum


@pytest.fixture(scope="session")
def deep() -> bool:
    """Whether the large counts are asked for."""
    return os.environ.get("EVSE_RIG_DEEP") == "1"
