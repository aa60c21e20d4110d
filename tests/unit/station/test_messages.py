"""Texts and payloads, verbatim where the documents print them."""

import re

import pytest

from station import messages
from station.overcurrent import Tripped


@pytest.mark.parametrize(
    ("allowed_ma", "actual_ma", "info"),
    [
        (16_000, 16_800, "Over current detected allowed 16.0A actual 16.8A"),
        (6_000, 19_949, "Over current detected allowed 6.0A actual 19.9A"),
        (31_900, 120_000, "Over current detected allowed 31.9A actual 120.0A"),
    ],
)
def test_over_current_payload(allowed_ma: int, actual_ma: int, info: str) -> None:  # OCP-018 to OCP-021
    assert messages.over_current(1, Tripped(0.0, 105, allowed_ma, actual_ma)) == {
        "connectorId": 1,
        "status": "Faulted",
        "errorCode": "OverCurrentFailure",
        "info": info,
        "vendorErrorCode": "302",
    }
    assert re.fullmatch(r"Over current detected allowed [\d.]+A actual [\d.]+A", info)


def test_info_never_exceeds_what_ocpp_lets_through() -> None:  # O-64
    assert len(messages.over_current(1, Tripped(0.0, 150, 80_000, 9_999_999))["info"]) <= 50


def test_resume_payload() -> None:
    assert messages.status_notification(1, "Charging") == {
        "connectorId": 1,
        "status": "Charging",
        "errorCode": "NoError",
        "info": "",
        "vendorErrorCode": "",
    }


def test_texts_of_the_documents_are_marked_and_verbatim() -> None:
    assert messages.P1_CRC_ERROR == ("P1 Device failure: Read CRC Error", True)
    assert messages.P1_TIMEOUT == ("Unable to start P1 communications, Read Timeout Error", True)
    assert messages.safe_mode(6.0) == ("Enter ActiveLB safeMode: 6.0A", True)
    assert messages.safe_mode(12.25).text == "Enter ActiveLB safeMode: 12.2A"


def test_our_own_texts_are_not() -> None:
    assert not messages.P1_RESTORED.documented
    assert not messages.p1_unsupported("version 22").documented
    assert "version 22" in messages.p1_unsupported("version 22").text
