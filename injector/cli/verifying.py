"""What every command that verifies has in common: how far it is, and what was found."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from injector.cli import log_words as words
from injector.control.judged_again import JudgedAgain
from injector.shotlog.check import NOBODY, Outside
from injector.shotlog.findings import Report
from injector.shotlog.verify import undisturbed
from injector.shotlog.verify import verify as verify_log


@contextmanager
def progressing(label: str) -> Iterator[Callable[[int, int], None]]:
    """Show on a terminal how far a long reading is; told how many of how many are done."""
    with click.progressbar(
        length=1, label=label, file=sys.stderr, hidden=not sys.stderr.isatty()
    ) as bar:

        def step(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield step


def verified(
    path: Path,
    *,
    against: str | Sequence[str] | None = None,
    vkey: str | None = None,
    outside: Outside = NOBODY,
) -> Report:
    """Check the log at ``path`` as `verify` does, verdicts too, and show how far it is."""
    with undisturbed(), progressing("verifying") as progress:
        return verify_log(
            path,
            against=against,
            vkey=vkey,
            outside=outside,
            judge=JudgedAgain(),
            progress=progress,
        )


def report_lines(report: Report) -> Iterator[str]:
    """Yield what was checked and found, in words."""
    if report.origin is not None:
        yield f"  origin  {words.printable(report.origin)}"
    if report.root is not None:
        yield f"  root    {report.root.hex()}"
    yield ""
    for result in report.checks:
        counted = f" ({result.counted:,})" if result.counted else ""
        yield f"{words.STATUS[result.status]:<13}{words.CHECKS[result.check]}{counted}"
        for found in result.findings:
            yield f"{'':<15}{words.finding(found)}"
        if result.found > len(result.findings):
            yield f"{'':<15}and {result.found - len(result.findings):,} more"
        for noted in result.remarks:
            yield f"{'':<13}- {words.remark(noted)}"


def print_report(path: Path, report: Report) -> None:
    """Print what ``verify`` says of the log at ``path``."""
    click.echo(f"{path}: {report.size:,} entries")
    for line in report_lines(report):
        click.echo(line)
    click.echo()
    click.echo("The log verifies." if report.ok else "The log does NOT verify.")


def report_object(report: Report) -> dict[str, Any]:
    """Return what ``verify`` found, as an object of JSON."""
    return {
        "ok": report.ok,
        "origin": report.origin,
        "vkey": report.vkey,
        "size": report.size,
        "root": None if report.root is None else report.root.hex(),
        "checks": [
            {
                "check": result.check.value,
                "status": result.status.value,
                "counted": result.counted,
                "found": result.found,
                "findings": [
                    {"code": each.code.value, "seq": each.seq, "last": each.last,
                     "detail": each.detail}
                    for each in result.findings
                ],
                "remarks": [
                    {"remark": each.remark.value, "count": each.count, "detail": each.detail}
                    for each in result.remarks
                ],
            }
            for result in report.checks
        ],
    }  # fmt: skip
