"""What a bench connects to a station."""

from __future__ import annotations

import pytest

from rig.handles import ExternalHandle, Port, ReferenceHandle, StationHandle, Wiring
from rig.timeline import Timeline


def ignore(_direction: str, _data: bytes) -> None: ...


def test_a_wiring_without_ports() -> None:
    wiring = Wiring(Timeline(), Port("unix:/tmp/board", lambda: ignore))
    assert wiring.ports == {}
    assert wiring.board.attach() is ignore


def test_a_wiring_does_not_change() -> None:
    wiring = Wiring(Timeline(), Port("", lambda: ignore))
    with pytest.raises(AttributeError):
        wiring.ports = {}  # type: ignore[misc]


@pytest.mark.parametrize("handle", [ReferenceHandle(), ExternalHandle("", sees_pilot=True)])
def test_every_handle_says_its_name_and_what_can_be_seen(handle: StationHandle) -> None:
    assert handle.name
    assert "pilot" in handle.capabilities
