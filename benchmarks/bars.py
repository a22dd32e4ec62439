"""Bars: what a figure must reach. Printed beside it, kept as JSON, told by the exit code."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final, Literal

MET: Final = 0
MISSED: Final = 1

FORMAT: Final = 1
"""Version of the JSON's shape."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One promise, and what was measured for it."""

    name: str
    measured: float
    bound: float
    unit: str
    side: Literal["at most", "at least"] = "at most"

    @property
    def met(self) -> bool:
        """Whether the promise holds in this run."""
        if self.side == "at most":
            return self.measured <= self.bound
        return self.measured >= self.bound

    def __str__(self) -> str:
        verdict = "met" if self.met else "MISSED"
        return (
            f"{self.name:<51} {self.measured:>9.2f} {self.unit:<8}"
            f" {self.side} {self.bound:g}  {verdict}"
        )


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return ``rows`` in columns as wide as they need: the first to the left, figures right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def conclude(name: str, figures: dict[str, object], bars: Sequence[Bar], out: Path) -> int:
    """Print ``bars`` and one line of summary, write it all to ``out``; return the exit code.

    ``figures`` is what was measured, in the benchmark's own shape.
    """
    for bar in bars:
        print(bar)
    written = {
        "format": FORMAT,
        "benchmark": name,
        "python": platform.python_version(),
        "cpus": os.cpu_count(),
        "figures": figures,
        "bars": [asdict(bar) | {"met": bar.met} for bar in bars],
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(written, indent=2) + "\n", encoding="ascii")
    missed = [bar.name for bar in bars if not bar.met]
    verdict = f"missed: {', '.join(missed)}" if missed else "all met"
    print(f"bench-{name}: {len(bars) - len(missed)} of {len(bars)} bars met, {verdict}; {out}")
    return MISSED if missed else MET
