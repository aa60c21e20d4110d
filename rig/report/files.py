"""Files that appear whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from rig.errors import ConfigurationError

_TEMPORARY = ".part"


def prepare_directory(directory: Path) -> None:
    """Create the report folder. Raises ConfigurationError when it cannot be written; call it before a long run."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        probe = directory / f".writable{_TEMPORARY}"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        raise _unwritable(directory, error) from error


def write_together(directory: Path, contents: Mapping[str, bytes]) -> None:
    """Write every file under a temporary name, then rename them all. Raises ConfigurationError, old files left."""
    prepare_directory(directory)
    temporary = {name: directory / f".{name}{_TEMPORARY}" for name in contents}
    try:
        for name, data in contents.items():
            temporary[name].write_bytes(data)
        for name, path in temporary.items():
            path.replace(directory / name)
    except OSError as error:
        for path in temporary.values():
            path.unlink(missing_ok=True)
        raise _unwritable(directory, error) from error


def _unwritable(directory: Path, error: OSError) -> ConfigurationError:
    why = (error.strerror or str(error)).lower()
    return ConfigurationError(f"cannot write the report to {directory}: {why}; name a folder that you may write to")
