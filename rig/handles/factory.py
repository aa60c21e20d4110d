"""Another way to build a station, named in a bench file: `package.module:function` or `path/to/file.py:function`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from binascii import crc32
from pathlib import Path
from types import ModuleType
from typing import Any

from rig.errors import ConfigurationError


def find(reference: str) -> Any:
    """The function. Raises ConfigurationError when there is no such module or function, or the module is broken."""
    where, _, name = reference.rpartition(":")
    if not where or not name:
        raise ConfigurationError(f"factory {reference!r}: write module:function or path/to/file.py:function")
    try:
        module = _from_file(Path(where)) if where.endswith(".py") else importlib.import_module(where)
    except Exception as error:
        # Whatever somebody's module does when it is imported, it is theirs.
        raise ConfigurationError(f"factory {reference!r}: {type(error).__name__}: {error}") from error
    found = getattr(module, name, None)
    if not callable(found):
        raise ConfigurationError(f"factory {reference!r}: {where} has no function {name!r}")
    return found


def _from_file(path: Path) -> ModuleType:
    whole = path.resolve()
    name = f"evse_rig_factory_{whole.stem}_{crc32(bytes(whole)):08x}"
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, whole)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their own module up while it is executed
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
