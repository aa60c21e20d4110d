"""The options of a run, the same for `evse-rig run` and for plain pytest with the plugin."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from rig.bench.file import BenchFile, load_bench
from rig.clock import ClockSpec
from rig.errors import ConfigurationError

DEFAULT_SEED = 1


@dataclass(frozen=True, slots=True)
class RunOptions:
    """Which clock, which seed, which bench. `parts` is where cases leave their timelines and captures, if anywhere.

    `pictures`: whether the report has any; drawing them takes longer than many a case.
    """

    clock: ClockSpec = field(default_factory=ClockSpec)
    seed: int = DEFAULT_SEED
    bench: BenchFile = field(default_factory=BenchFile)
    bench_path: Path | None = None
    parts: Path | None = None
    pictures: bool = True

    @classmethod
    def parse(
        cls, *, clock: str, seed: int, bench: str | None, parts: Path | None = None, pictures: bool = True
    ) -> RunOptions:
        """From command-line texts. Raises ConfigurationError."""
        spec = ClockSpec.parse(clock)
        path = Path(bench) if bench else None
        file = load_bench(path) if path else BenchFile()
        if file.station.kind == "external" and spec.kind == "virtual":
            raise ConfigurationError(
                f"bench file {path}: an external station lives in real time; "
                "use --clock real, or --clock scaled:N when it runs at the same factor"
            )
        return cls(spec, seed, file, path, parts, pictures)
