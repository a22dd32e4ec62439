"""The tables of a log as files: written by the command, read by whoever is no part of it."""

import csv
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TypeAlias

import pyarrow.parquet
from click.testing import CliRunner, Result

from injector.cli.log import log as log_command

Cells: TypeAlias = list[dict[str, Any]]


def run(*arguments: str | Path) -> Result:
    """Run ``injector log`` with these."""
    return CliRunner().invoke(log_command, [str(each) for each in arguments])


def exported(log: Path, out: Path, form: str, *more: str) -> Path:
    """Export that log into a directory; return it."""
    done = run("export", "--format", form, "--out", out, "--log", log, *more)
    assert done.exit_code == 0, done.output
    return out


def read_csv(path: Path) -> Cells:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def read_jsonl(path: Path) -> Cells:
    return [json.loads(line) for line in path.read_bytes().splitlines()]


def read_parquet(path: Path) -> Cells:
    return list(pyarrow.parquet.read_table(path).to_pylist())


READ: Final[Mapping[str, Callable[[Path], Cells]]] = MappingProxyType(
    {"csv": read_csv, "jsonl": read_jsonl, "parquet": read_parquet}
)
"""How each form is read."""
