"""The folder of a report: who may write there, and where a run collects what will be in it."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from rig.errors import ConfigurationError

# One of these tells the folder of an earlier report from somebody's own files.
_OURS = ("results.json", "timeline.jsonl")
# And this one the folder of a run under way, or of one that was killed.
_MARK = ".evse-rig"


def partial(directory: Path) -> Path:
    """Where a run collects what will be the report in `directory`: beside it, so that it can be moved there."""
    whole = directory.absolute()
    return whole.with_name(f"{whole.name}.partial")


def check(directory: Path) -> None:
    """A report may be replaced; a folder with somebody's other files may not. Leaves nothing behind.

    Raises ConfigurationError, also when nothing can be written there.
    """
    if directory.exists() and not directory.is_dir():
        raise ConfigurationError(f"report folder {directory}: there is a file of that name; choose another folder")
    if directory.is_dir() and any(directory.iterdir()) and not any((directory / name).is_file() for name in _OURS):
        raise ConfigurationError(
            f"report folder {directory} holds files that are not a report; choose an empty or a new folder"
        )
    beside = partial(directory)
    if beside.exists() and not (beside / _MARK).is_file():
        raise ConfigurationError(
            f"report folder {directory}: the run would need {beside}, which is there and not of a run; "
            "move it, or choose another folder"
        )
    for place in (directory.absolute(), beside):
        nearest = next(path for path in (place, *place.parents) if path.exists())
        try:
            tempfile.TemporaryDirectory(prefix=".evse-rig-", dir=nearest).cleanup()
        except OSError as error:
            raise unwritable(directory, error) from error


@contextlib.contextmanager
def parts_of(directory: Path) -> Iterator[Path]:
    """The folder `partial(directory)`, for as long as a run lasts. Raises ConfigurationError if it cannot be made."""
    parts = partial(directory)
    try:
        if parts.exists():  # left by a run that was killed
            shutil.rmtree(parts)
        parts.mkdir(parents=True)
        (parts / _MARK).touch()
    except OSError as error:
        raise unwritable(directory, error) from error
    try:
        yield parts
    finally:
        shutil.rmtree(parts, ignore_errors=True)


def unwritable(directory: Path, error: OSError) -> ConfigurationError:
    """What to say when `directory` cannot be written."""
    why = (error.strerror or str(error)).lower()
    return ConfigurationError(
        f"report folder {directory} cannot be written: {why}; name a folder that you may write to"
    )
