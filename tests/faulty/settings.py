"""Stations whose settings are wrong on purpose."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from station.balancing.active import ActiveBalancing
from station.board.codec import Sense
from station.outlet import Outlet
from station.runtime import StationRuntime
from station.setting_desk import SettingsDesk
from station.settings import Settings
from station.storage import Storage
from tests.faulty.building import station

Given = Mapping[str, object]
Build = Callable[..., StationRuntime]


def _with_desk(desk: SettingsDesk) -> Callable[[Build], Build]:
    """The factory brings settings of its own; the rig finds them on it as `settings_face`."""

    def bring(build: Build) -> Build:
        build.settings_face = desk  # type: ignore[attr-defined]
        return build

    return bring


class _Given(SettingsDesk):
    """Reads what it is given in another way, `read`, and goes on from there as it should."""

    def read(self, key: str, value: object) -> object:
        return value

    def all_read(self, given: Given) -> dict[str, object]:
        return {key: self.read(key, value) for key, value in given.items()}

    def refusal(self, given: Given) -> str:
        return super().refusal(self.all_read(given))

    def shown(self, given: Given) -> dict[str, str]:
        return super().shown(self.all_read(given))

    def warnings(self, given: Given) -> list[str]:
        return super().warnings(self.all_read(given))


class _Octal(_Given):
    def read(self, key: str, value: object) -> object:
        octets = str(value).split(".")
        if len(octets) != 4 or not all(re.fullmatch("0[0-7]+", octet) or octet.isdigit() for octet in octets):
            return value
        return ".".join(str(int(octet, 8)) if re.fullmatch("0[0-7]+", octet) else octet for octet in octets)


@_with_desk(_Octal())
def reads_padding_as_octal(settings: Settings, **ports: Any) -> StationRuntime:
    """010 in an address is 8, as in C."""
    return station(settings, ports)


class _AnyAddress(_Given):
    def read(self, key: str, value: object) -> object:
        return "192.168.0.4" if isinstance(value, str) and value.count(":") > 1 else value


@_with_desk(_AnyAddress())
def accepts_ipv6(settings: Settings, **ports: Any) -> StationRuntime:
    """The meter may have an IPv6 address."""
    return station(settings, ports)


class _Twice(SettingsDesk):
    def listed(self) -> list[str]:
        return [*super().listed(), "Station-Max-Current", "MBTCPSSmart-IsEnabled"]


@_with_desk(_Twice())
def lists_spellings_as_keys(settings: Settings, **ports: Any) -> StationRuntime:
    """GetConfiguration has some settings twice, under two spellings."""
    return station(settings, ports)


class _OneS(SettingsDesk):
    def refusal(self, given: Given) -> str:
        unknown = [key for key in given if "ssmart" in key.casefold()]
        return f"{unknown[0]}: unknown setting" if unknown else super().refusal(given)


@_with_desk(_OneS())
def forgets_the_double_s(settings: Settings, **ports: Any) -> StationRuntime:
    """MBTCPSSmart-… is not understood."""
    return station(settings, ports)


class _UnitOne(SettingsDesk):
    def shown(self, given: Given) -> dict[str, str]:
        units = ("slave", "server", "unit")
        own = {} if any(word in key.casefold() for word in units for key in given) else {"MBTCPSmart-SlaveUnitID": "1"}
        return super().shown(given) | own


@_with_desk(_UnitOne())
def unit_1_by_default(settings: Settings, **ports: Any) -> StationRuntime:
    """Asks unit 1 of a Socomec meter, as of any other."""
    return station(settings, ports)


class _Unlicensed(SettingsDesk):
    def _as_if(self, given: Given) -> Given:
        return {**given, "FeatureLicenseKey": "SCN"}

    def refusal(self, given: Given) -> str:
        licence = {key: value for key, value in given.items() if "license" in key.casefold()}
        return super().refusal(licence) or super().refusal(self._as_if(self._without_doubles(given)))

    def shown(self, given: Given) -> dict[str, str]:
        own = super().shown({key: value for key, value in given.items() if "license" in key.casefold()})
        licence = {key: own[key] for key in ("FeatureLicenseKey", "UnlockedFeatures")}
        return super().shown(self._as_if(self._without_doubles(given))) | licence

    def warnings(self, given: Given) -> list[str]:
        return super().warnings(self._as_if(self._without_doubles(given)))

    def _without_doubles(self, given: Given) -> Given:
        return {key: value for key, value in given.items() if key != "License Key"}


@_with_desk(_Unlicensed())
def needs_no_licence(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes every setting, whatever is unlocked."""
    return station(settings, ports)


class _WideUnit(_Given):
    def read(self, key: str, value: object) -> object:
        units = ("SlaveUnitID", "Slave", "Server")
        return "65535" if any(word in key for word in units) and str(value) in ("65536", "70000") else value


@_with_desk(_WideUnit())
def accepts_unit_70000(settings: Settings, **ports: Any) -> StationRuntime:
    """Any number is a unit id."""
    return station(settings, ports)


class _AllPhases(SettingsDesk):
    def shown(self, given: Given) -> dict[str, str]:
        three = super().shown({key: value for key, value in given.items() if key != "Phase-Connected"})
        return three | super().shown(given)


@_with_desk(_AllPhases())
def shows_three_phases_on_one(settings: Settings, **ports: Any) -> StationRuntime:
    """A station on one phase shows the registers of all."""
    return station(settings, ports)


class _TwoMeters(SettingsDesk):
    def refusal(self, given: Given) -> str:
        refusal = super().refusal(given)
        return "" if "would be a second" in refusal else refusal


@_with_desk(_TwoMeters())
def accepts_two_meters(settings: Settings, **ports: Any) -> StationRuntime:
    """A P1 meter and a Modbus TCP/IP meter, both enabled."""
    return station(settings, ports)


class _NoLimit(_Given):
    def read(self, key: str, value: object) -> object:
        beyond = isinstance(value, float | int) and 32 < value <= 80
        return 32 if beyond and key in ("Station-MaxCurrent", "Connector1-MaxCurrent") else value


@_with_desk(_NoLimit())
def beyond_its_rating(settings: Settings, **ports: Any) -> StationRuntime:
    """Lets 80 A be set on a station built for 32 A, and cuts it off without a word."""
    return station(settings, ports)


class _TwoCables(_Given):
    def read(self, key: str, value: object) -> object:
        return 2 if key == "station.feeders" else value


@_with_desk(_TwoCables())
def takes_one_cable_for_two(settings: Settings, **ports: Any) -> StationRuntime:
    """Lets one power cable carry what two may."""
    return station(settings, ports)


class _Silent(SettingsDesk):
    def warnings(self, given: Given) -> list[str]:
        return []


@_with_desk(_Silent())
def advises_nothing(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes what it takes without a word."""
    return station(settings, ports)


_ENGLISH = {"Aan": "On", "Uit": "Off", "Activé": "On", "Désactivé": "Off", "Vrai": "True", "Faux": "False"}


class _Translated(_Given):
    def read(self, key: str, value: object) -> object:
        return _ENGLISH.get(value, value) if isinstance(value, str) else value


@_with_desk(_Translated())
def speaks_dutch_and_french(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the translated words of the documents for values."""
    return station(settings, ports)


class _Refusing(SettingsDesk):
    def refusal(self, given: Given) -> str:
        refusal = super().refusal(given)
        return refusal or next((text for text in self.warnings(given) if "not enough" in text), "")


@_with_desk(_Refusing())
def insists_on_14_a(settings: Settings, **ports: Any) -> StationRuntime:
    """Makes an error of the advice that 14 A should be available."""
    return station(settings, ports)


class _OtherMap(SettingsDesk):
    def shown(self, given: Given) -> dict[str, str]:
        return {
            key: re.sub("x100$", "x1", text) if key.startswith("modbus.") else text
            for key, text in super().shown(given).items()
        }


@_with_desk(_OtherMap())
def presets_without_the_factor(settings: Settings, **ports: Any) -> StationRuntime:
    """The presets of the meters with current transformers lack their scaling factor of 100."""
    return station(settings, ports)


class _HalfMap(SettingsDesk):
    def refusal(self, given: Given) -> str:
        refusal = super().refusal(given)
        return "" if refusal.startswith("modbus.power_N") else refusal


@_with_desk(_HalfMap())
def needs_no_powers(settings: Settings, **ports: Any) -> StationRuntime:
    """A custom RTU meter may come without the registers of its powers."""
    return station(settings, ports)


class _OnAtOnce(SettingsDesk):
    def shown(self, given: Given) -> dict[str, str]:
        own = super().shown(given)
        said = any("Active" in key for key in given)
        return own | {"Active-LoadBalancing": "On"} if "ALB" in own["UnlockedFeatures"] and not said else own


@_with_desk(_OnAtOnce())
def unlocked_is_on(settings: Settings, **ports: Any) -> StationRuntime:
    """A licence turns active load balancing on."""
    return station(settings, ports)


class _ByNumber(_Given):
    def read(self, key: str, value: object) -> object:
        return "L1L2L3" if key == "Phase-Connected" and value == "4" else value


@_with_desk(_ByNumber())
def numbers_for_rotations(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the numbers of SCN-PhaseMapping for Phase-Connected, whose list has another order."""
    return station(settings, ports)


class _AnyName(_Given):
    def read(self, key: str, value: object) -> object:
        name = key == "SCN-NetworkName" and isinstance(value, str) and value.isascii()
        return re.sub("[^A-Z0-9]", "", str(value).upper())[:7] if name else value


@_with_desk(_AnyName())
def mends_network_names(settings: Settings, **ports: Any) -> StationRuntime:
    """Makes capitals of small letters in the network's name, and cuts it after seven."""
    return station(settings, ports)


def takes_a_limit_at_once(settings: Settings, **ports: Any) -> StationRuntime:
    """Goes by changed settings without a reboot."""

    class AtOnce(StationRuntime):
        def configure(self, changes: Mapping[str, object]) -> str:
            refusal = super().configure(changes)
            if not refusal:
                changed = ports["storage"].settings
                self.core.active = ActiveBalancing(changed)
            return refusal

    return AtOnce(settings, **ports)


def forgets_what_it_was_told(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes a change, and has the old value again after the reboot."""

    class Forgetful(StationRuntime):
        def configure(self, changes: Mapping[str, object]) -> str:
            return Storage({}).change({"FeatureLicenseKey": "ALB", **changes})

    return Forgetful(settings, **ports)


def reboots_for_90_s(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes its time."""
    return StationRuntime(replace(settings, boot_s=90.0), **ports)


def loses_the_session_in_a_reboot(settings: Settings, **ports: Any) -> StationRuntime:
    """Gives a car that was plugged in before it was switched on nothing until it is plugged in again."""

    class Lost(Outlet):
        was_free = False

        def observe(self, sense: Sense) -> None:
            self.was_free |= sense.pp_ohm == 0
            super().observe(sense)
            self.session &= self.was_free

    return station(settings, ports, outlet=Lost)


class _Sixteen(SettingsDesk):
    def shown(self, given: Given) -> dict[str, str]:
        own = super().shown(given)
        chosen = any("chameleon" in key.casefold() for key in given)
        return own if chosen else {**own, "Chameleon-MinCurrent": "16.0"}


@_with_desk(_Sixteen())
def probes_at_16_a_by_default(settings: Settings, **ports: Any) -> StationRuntime:
    """Unless it is set, a new car is probed at 16 A."""
    return station(settings, ports)


class _SixAndNoMore(SettingsDesk):
    def warnings(self, given: Given) -> list[str]:
        return [text for text in super().warnings(given) if "6 A" in text or "Chameleon" not in text]


@_with_desk(_SixAndNoMore())
def content_with_any_probing_current(settings: Settings, **ports: Any) -> StationRuntime:
    """Says nothing about a probing current that shows no 14 A car, as long as it is more than 6 A."""
    return station(settings, ports)


class _KeysOnly(SettingsDesk):
    def refusal(self, given: Given) -> str:
        unknown = [key for key in given if key.startswith("Chameleon min")]
        return f"{unknown[0]}: unknown setting" if unknown else super().refusal(given)


@_with_desk(_KeysOnly())
def takes_the_probing_current_by_its_key_only(settings: Settings, **ports: Any) -> StationRuntime:
    """The name that the installer's tool shows is not understood."""
    return station(settings, ports)


class _AnyPeriod(_Given):
    def read(self, key: str, value: object) -> object:
        return min(max(float(str(value)), 60.0), 36_000.0) if key == "SCN-AlternatingPeriod" else value


@_with_desk(_AnyPeriod())
def takes_any_period(settings: Settings, **ports: Any) -> StationRuntime:
    """An alternating period out of range is taken for the nearest that is not."""
    return station(settings, ports)


class _TenMinutes(SettingsDesk):
    def shown(self, given: Given) -> dict[str, str]:
        default = {} if given else {"SCN-AlternatingPeriod": "600"}
        return {**super().shown(given), **default}


@_with_desk(_TenMinutes())
def ten_minutes_by_default(settings: Settings, **ports: Any) -> StationRuntime:
    """The alternating period is 600 s unless somebody sets it."""
    return station(settings, ports)


class _OneLabel(SettingsDesk):
    def refusal(self, given: Given) -> str:
        unknown = [key for key in given if key.startswith("Alter")]
        return f"{unknown[0]}: unknown" if unknown else super().refusal(given)


@_with_desk(_OneLabel())
def knows_one_period(settings: Settings, **ports: Any) -> StationRuntime:
    """The alternating period goes by its back-office key alone."""
    return station(settings, ports)


@_with_desk(_Silent())
def never_mentions_the_maxima(settings: Settings, **ports: Any) -> StationRuntime:
    """Takes the maxima of station and sockets without a word."""
    return station(settings, ports)


class _Free(SettingsDesk):
    def refusal(self, given: Given) -> str:
        return super().refusal({"FeatureLicenseKey": "SLB", **given})


@_with_desk(_Free())
def balances_without_a_licence(settings: Settings, **ports: Any) -> StationRuntime:
    """Standard load balancing can be turned on by anybody."""
    return station(settings, ports)
