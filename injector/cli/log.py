"""``injector log``: read the shot log, and check it.

With ``--json``, ``sessions``, ``show`` and ``shots`` print JSON lines, one object for
each session, entry or shot, so that a list of any length streams; ``verify`` and
``checkpoint`` print one object. Names carry the units, amounts are integers.
"""

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TextIO

import click
from typing_extensions import override

from injector.anchors.printed import qr_on_screen, retyped
from injector.cli import log_words as words
from injector.cli.exits import CommandError, Exit
from injector.cli.log_files import as_command_error, find_session
from injector.cli.log_files import open_log as _open
from injector.cli.log_place import log_options as _log_options
from injector.cli.outside import outside_options, read_outside, write_svg
from injector.cli.verifying import print_report, report_object, verified
from injector.control.ledger import Ledger
from injector.control.pictures import product_views
from injector.report.json_text import to_json
from injector.shotlog.entries import Entry, SessionClosed, Shot, Unknown
from injector.shotlog.errors import LogError
from injector.shotlog.note import NoteError
from injector.shotlog.reader import LogReader, Row
from injector.shotlog.vouching import Corrected
from injector.units import (
    format_depth_um,
    format_dose_ng,
    format_flow_nl_s,
    format_pressure_pa,
    format_volume_nl,
)

_ELSEWHERE: Final = MappingProxyType(
    {
        "anchor": "injector.cli.anchors",
        "anchors": "injector.cli.anchors",
        "prove": "injector.cli.log_proofs",
        "check-proof": "injector.cli.log_proofs",
        "rotate-key": "injector.cli.log_keeping",
        "backup": "injector.cli.log_keeping",
        "restore": "injector.cli.log_keeping",
        "succeed": "injector.cli.log_keeping",
        "erase": "injector.cli.log_keeping",
        "review": "injector.cli.log_people",
        "sign": "injector.cli.log_people",
        "correct": "injector.cli.log_people",
        "export": "injector.cli.log_exports",
        "package": "injector.cli.log_exports",
        "tail": "injector.cli.log_tail",
    }
)
"""Commands that another module has, under the same name; imported when they are used."""


class _LogGroup(click.Group):
    @override
    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*super().list_commands(ctx), *_ELSEWHERE])

    @override
    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        where = _ELSEWHERE.get(cmd_name)
        if where is None:
            return super().get_command(ctx, cmd_name)
        command = getattr(importlib.import_module(where), cmd_name.replace("-", "_"))
        if not isinstance(command, click.Command):
            raise TypeError(f"{where}.{cmd_name} is no command")
        return command


@click.group(cls=_LogGroup)
def log() -> None:
    """Read the shot log, check it, prove what stands in it, and keep it for years."""


@log.command()
@_log_options
def sessions(path: Path, as_json: bool) -> None:
    """List the sessions, the oldest first.

    With --json: JSON lines, one object for each session.
    """
    with _open(path) as reader:
        if as_json:
            json_lines(reader.sessions())
            return
        table(
            ("session", "opened (UTC)", "closed", "realm", "by", "shots", "counted", "gaps",
             "alarms", "title"),
            (_session_cells(row) for row in reader.sessions()),
            right={5, 6, 7, 8},
        )  # fmt: skip


@log.command()
@click.argument("session")
@_log_options
def show(session: str, path: Path, as_json: bool) -> None:
    """Show what happened in SESSION: its id, a beginning of it, or "last".

    With --json: JSON lines, one object for each entry.
    """
    with _open(path) as reader:
        chosen = find_session(reader, path, session)
        entries = reader.entries(session=chosen)
        if as_json:
            json_lines(entry_object(entry) for entry in entries)
            return
        for row in reader.sessions(chosen):
            _summary(row)
        _products(reader, chosen)
        click.echo()
        for is_shot, run in groupby(entries, lambda entry: isinstance(entry.body, Shot)):
            if is_shot:
                _print_shots(list(run))
            else:
                for entry in run:
                    print_entry(entry, entry.body.kind, line_with_text(reader, entry))


@log.command()
@click.argument("session")
@_log_options
def shots(session: str, path: Path, as_json: bool) -> None:
    """List the shots of SESSION: its id, a beginning of it, or "last".

    With --json: JSON lines, one object for each shot, with every field.
    """
    with _open(path) as reader:
        chosen = find_session(reader, path, session)
        if as_json:
            json_lines(reader.shots(chosen))
            return
        table(
            ("entry", "logged (UTC)", "technique", "zone", "set", "given", "depth", "flow",
             "peak", "outcome", "grant", "verdict"),
            (_shot_cells(row) for row in reader.shots(chosen)),
            right={0, 4, 5, 6, 7, 8, 10},
        )  # fmt: skip


@log.command()
@click.option(
    "--against",
    type=click.File("r", encoding="utf-8"),
    help='A checkpoint kept before; "-" reads it from standard input.',
)
@click.option("--key", "vkey", metavar="VKEY", help="The verifier key, as you were handed it.")
@outside_options
@_log_options
def verify(
    *,
    path: Path,
    as_json: bool,
    against: TextIO | None,
    vkey: str | None,
    witnesses: tuple[str, ...],
    certificates: Path | None,
) -> None:
    """Check the whole log, and say what was checked and what could not be.

    Exits with 1 when the log does not verify. With --json: one object.
    """
    kept = None if against is None else retyped(_read_text(against))
    outside = read_outside(witnesses, certificates)
    try:
        report = verified(path, against=kept, vkey=vkey, outside=outside)
    except NoteError as error:
        raise CommandError(
            str(error),
            where="--against or --key",
            right="`injector log checkpoint` prints a checkpoint; LOG.vkey holds the key",
        ) from error
    except LogError as error:
        raise as_command_error(error) from error
    if as_json:
        click.echo(to_json(report_object(report)))
    else:
        print_report(path, report)
    if not report.ok:
        raise click.exceptions.Exit(int(Exit.FAILED))


@log.command()
@click.option("--qr", is_flag=True, help="And as a QR code, for a screen with light letters.")
@click.option(
    "--svg",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the QR code into this new SVG file, to be printed.",
)
@_log_options
def checkpoint(path: Path, as_json: bool, qr: bool, svg: Path | None) -> None:
    """Print the newest signed checkpoint; keep it where nobody can change it.

    Its five lines are the whole of it, on paper as well. With --json: one object.
    """
    with _open(path) as reader:
        note = reader.checkpoint
        if svg is not None:
            write_svg(svg, note)
        if as_json:
            click.echo(to_json({"checkpoint": note, "vkey": reader.vkey}))
        else:
            click.echo(note, nl=False)
            if qr:
                click.echo(qr_on_screen(note))


def _read_text(file: TextIO) -> str:
    try:
        return str(file.read())
    except UnicodeDecodeError as error:
        raise CommandError("not a checkpoint: not UTF-8", where="--against") from error


def json_lines(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print one JSON object a line."""
    for row in rows:
        sys.stdout.write(to_json(row) + "\n")


def entry_object(entry: Entry) -> dict[str, Any]:
    """Return an entry as an object of JSON."""
    common = {
        "seq": entry.seq,
        "utc_us": entry.at.utc_us,
        "mono_us": entry.at.mono_us,
        "session": entry.session,
    }
    if isinstance(entry.body, Unknown):
        return common | {"kind": entry.body.kind} | dict(entry.body.fields)
    return common | entry.body.model_dump(mode="json")


def _session_cells(row: Row) -> tuple[str, ...]:
    return (
        str(row["session"]),
        words.moment(row["opened_utc_us"]),
        words.moment(row["closed_utc_us"])[11:] or "open",
        str(row["realm"]),
        str(row["operator"]),
        _count(row["shots"], row["uncertain_shots"]),
        _amount(format_volume_nl, row["counted_volume_nl"]),
        str(row["gaps"]),
        str(row["alarms"]),
        str(row["title"] or ""),
    )


def _shot_cells(row: Row) -> tuple[str, ...]:
    cause = f" ({row['cause']})" if row["cause"] else ""
    return (
        str(row["seq"]),
        words.moment(row["logged_utc_us"]),
        str(row["technique"] or "not granted"),
        str(row["zone"] or ""),
        _amount(format_volume_nl, row["setpoint_volume_nl"]),
        _amount(format_volume_nl, row["volume_nl"]),
        _amount(format_depth_um, row["depth_um"]),
        _amount(format_flow_nl_s, row["flow_nl_s"]),
        _amount(format_pressure_pa, row["peak_pressure_pa"]),
        f"{row['outcome']}{cause}",
        _amount(str, row["grant_seq"]),
        str(row["verdict"] or ""),
    )


def _count(sure: object, uncertain: object) -> str:
    return f"{sure} + {uncertain}?" if uncertain else str(sure)


def _amount(form: Callable[[int], str], value: object) -> str:
    return form(value) if isinstance(value, int) else ""


def _summary(row: Row) -> None:
    click.echo(f"session {row['session']}")
    for name, value in (
        ("title", row["title"]),
        ("realm", row["realm"]),
        ("by", row["operator"]),
        ("patient", row["patient"]),
        ("device", row["serial"]),
        ("opened", words.moment(row["opened_utc_us"])),
        ("closed", words.moment(row["closed_utc_us"]) or "not yet"),
        ("shots", _count(row["shots"], row["uncertain_shots"])),
        ("measured", _amount(format_volume_nl, row["measured_volume_nl"])),
        ("counted", _amount(format_volume_nl, row["counted_volume_nl"])),
        ("gaps", row["gaps"]),
        ("library", row["library_digest"]),
    ):
        if value is not None:
            click.echo(f"  {name:<9} {words.printable(value)}")


def _products(reader: LogReader, session: str) -> None:
    """What counts as given of each product, uncertain shots and gaps at their most."""
    ledger = Ledger()
    ledger.apply_all(
        entry
        for entry in reader.entries(session=session)
        if not isinstance(entry.body, SessionClosed)
    )
    if ledger.session is None:
        return
    for each in product_views(ledger.session.fills, 0):
        dose = "" if each.given_ng is None else f"{format_dose_ng(each.given_ng)} in "
        product = words.printable(each.product)
        click.echo(f"  {'given':<9} {product}: {dose}{format_volume_nl(each.given_nl)}")


def print_entry(entry: Entry, kind: str, line: str) -> None:
    """Print an entry on one line."""
    click.echo(
        f"{entry.seq:>7}  {words.moment(entry.at.utc_us)}  "
        f"{words.printable(kind):<16} {words.printable(line)}"
    )


def _print_shots(run: Sequence[Entry]) -> None:
    if len(run) == 1:
        print_entry(run[0], "shot", words.body(run[0].body))
        return
    bodies = [entry.body for entry in run if isinstance(entry.body, Shot)]
    partial = sum(body.outcome == "partial" for body in bodies)
    line = f"{len(run)} shots to entry {run[-1].seq}: "
    line += format_volume_nl(sum(body.volume_nl for body in bodies))
    print_entry(run[0], "shots", f"{line}, {partial} partial" if partial else line)


def line_with_text(reader: LogReader, entry: Entry) -> str:
    """Return what an entry says, its text too where it has one."""
    line = words.body(entry.body)
    text = reader.private_text(entry.seq, "/text")
    if isinstance(entry.body, Corrected):
        return f"{line}{_corrected_texts(reader, entry.seq, entry.body)}"
    return line if text is None else f"{line}: {text}"


def _corrected_texts(reader: LogReader, seq: int, body: Corrected) -> str:
    """The old text and the new one, where it is free text, and why."""
    said = ""
    if not body.before:
        old = reader.private_text(body.about_seq, body.place)
        new = reader.private_text(seq, "/after/value")
        said = f": {_or_erased(old)} -> {_or_erased(new)}"
    return f"{said} ({_or_erased(reader.private_text(seq, '/reason'))})"


def _or_erased(text: str | None) -> str:
    return "erased" if text is None else f'"{text}"'


def table(head: Sequence[str], rows: Iterable[Sequence[str]], right: Iterable[int] = ()) -> None:
    """Print aligned columns; those in ``right`` are aligned on the right."""
    lines = [tuple(head), *(tuple(words.printable(cell) for cell in row) for row in rows)]
    widths = [max(len(line[at]) for line in lines) for at in range(len(head))]
    aligned = set(right)
    for line in lines:
        cells = (
            cell.rjust(width) if at in aligned else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        click.echo("  ".join(cells).rstrip())
