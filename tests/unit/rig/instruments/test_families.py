"""Families of scopes, found by what they say of themselves, and preambles."""

from __future__ import annotations

import pytest

from emulators.instruments import DIALECTS
from rig.errors import ConfigurationError, HarnessError
from rig.instruments.families import FAMILIES, Preamble, family_of


def test_there_is_a_family_for_every_dialect() -> None:
    assert set(DIALECTS) == set(FAMILIES)


@pytest.mark.parametrize(
    ("identity", "name"),
    [
        ("KEYSIGHT TECHNOLOGIES,DSO-X 4024A,MY1,07.20", "keysight"),
        ("AGILENT TECHNOLOGIES,DSO-X 2012A,MY2,02.10", "keysight"),
        ("Rigol Technologies,DS1104Z,DS1ZA1,00.04", "rigol"),
        (" RIGOL TECHNOLOGIES,DHO804,x,1", "rigol"),
        ("Siglent Technologies,SDS1104X-E,SDS1,8.2", "siglent"),
    ],
)
def test_by_identity(identity: str, name: str) -> None:
    assert family_of(identity).name == name


@pytest.mark.parametrize("identity", ["", "TEKTRONIX,TDS", "THE RIGOL,DS1"])
def test_unknown(identity: str) -> None:
    with pytest.raises(ConfigurationError, match="its family is not known; give one of keysight, rigol, siglent"):
        family_of(identity)


def test_a_preamble() -> None:
    preamble = Preamble.parse("+0,+0,+1000,+1,+5.0E-06,-1.0E-3,+0,+1.25E-01,+1.0E+00,+128")
    assert preamble == (1000, 5e-6, -1e-3, 0.0, 0.125, 1.0, 128.0)
    keysight, rigol = FAMILIES["keysight"].waveform, FAMILIES["rigol"].waveform
    assert keysight is not None
    assert rigol is not None
    assert keysight.volt(preamble, 129) == 1.125
    assert rigol.volt(preamble, 129) == 0.0


@pytest.mark.parametrize(
    "answer", ["", "1,2,3", "0,0,x,1,1,1,1,1,1,1", "0,0,9,1,1,1,1,1,1,1,1", "0,0,nan,1,1,1,1,1,1,1"]
)
def test_no_preamble(answer: str) -> None:
    with pytest.raises(HarnessError, match="is no preamble"):
        Preamble.parse(answer)
