"""``injector library``: look at limit libraries, check them, compare them.

A library that is named ``shipped`` is the one that comes with the package.
"""

from pathlib import Path
from typing import Any, Final

import click

from injector.cli.approve import approve
from injector.cli.exits import CommandError, Exit
from injector.cli.plans import read_library
from injector.limits.faults import Fault
from injector.limits.library import Library, LibraryError
from injector.limits.listing import bounds, listing
from injector.limits.prepared import unset
from injector.limits.schema import schema_text
from injector.report.json_text import to_json

SHIPPED: Final = "shipped"
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group()
def library() -> None:
    """Look at limit libraries, check them, compare them."""


library.add_command(approve)


@library.command()
@click.argument("file", type=_FILE, default=Path(SHIPPED))
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def show(file: Path, *, as_json: bool) -> None:
    """Print every figure of the library in FILE, or of the shipped one."""
    found = _read(file)
    listed = listing(found.figures)
    if as_json:
        click.echo(to_json({**_identity(found), "figures": listed}))
        return
    click.echo(_headline(found))
    limits = bounds(found.figures)
    for place, bound in limits.items():
        hard, soft = listed[f"{place}.hard"], listed.get(f"{place}.soft")
        told = hard if soft is None else f"{hard}, soft {soft}"
        click.echo(f"{place}: {told}  [{bound.strength.value}] {bound.source}")
    inside = tuple(f"{place}." for place in limits)
    for place, value in listed.items():
        if not place.startswith(inside) and "." in place:
            click.echo(f"{place}: {value}")


@library.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def check(file: Path, *, as_json: bool) -> None:
    """Say whether FILE is a library: every fault with its place, else what it leaves unset.

    What is unset is refused. That is no fault: a clinic may want it so.
    """
    try:
        found = Library.parse(_bytes(file))
    except LibraryError as error:
        if as_json:
            faults = [{"place": each.place, "wrong": each.wrong} for each in error.faults]
            click.echo(to_json({"ok": False, "faults": faults}))
            raise SystemExit(Exit.BAD_INPUT) from None
        raise CommandError(_faults(error.faults), where=str(file)) from error
    missing = unset(found.figures)
    if as_json:
        told = {"ok": True, **_identity(found), "unset": missing}
        click.echo(to_json(told))
        return
    click.echo(_headline(found))
    for place in missing:
        click.echo(f"{place}: not set, so whatever needs it is refused")


@library.command()
@click.argument("old", metavar="A", type=_FILE)
@click.argument("new", metavar="B", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def diff(old: Path, new: Path, *, as_json: bool) -> None:
    """Say what library B says otherwise than A; exit status 1 where anything is.

    Only what is said is compared: 4 mm and 4.0 mm are the same. A range that B makes
    wider is marked, since it allows more.
    """
    before, after = _read(old), _read(new)
    changes = _changes(before, after)
    if as_json:
        told = {"a": _identity(before), "b": _identity(after), "changes": changes}
        click.echo(to_json(told))
    else:
        for each in changes:
            click.echo(_change_words(each))
        if not changes:
            click.echo("they say the same", err=True)
    raise SystemExit(Exit.FAILED if changes else Exit.OK)


@library.command()
def schema() -> None:
    """Print the JSON Schema of library files, for editors."""
    click.echo(schema_text(), nl=False)


def _read(file: Path) -> Library:
    return read_library(None if str(file) == SHIPPED else file)


def _bytes(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise CommandError(error.strerror or "cannot be read", where=str(file)) from error


def _identity(found: Library) -> dict[str, str]:
    figures = found.figures
    return {"name": figures.name, "version": figures.version, "digest": found.digest}


def _headline(found: Library) -> str:
    return f"{found.figures.name}, version {found.figures.version}, digest {found.digest}"


def _faults(faults: tuple[Fault, ...]) -> str:
    if len(faults) == 1:
        return str(faults[0])
    return f"{len(faults)} faults\n" + "\n".join(f"  {fault}" for fault in faults)


def _changes(before: Library, after: Library) -> list[dict[str, Any]]:
    """Each place where they differ: what stood there, what stands there, and whether it is a
    bound's range that got wider."""
    was, now = listing(before.figures), listing(after.figures)
    old, new = bounds(before.figures), bounds(after.figures)
    found = []
    for place in dict.fromkeys((*was, *now)):
        if was.get(place) == now.get(place):
            continue
        at, _, level = place.rpartition(".")
        wider = False
        if at in old and at in new and level in {"hard", "soft"}:
            span, grown = getattr(old[at], level), getattr(new[at], level)
            wider = grown is None or (span is not None and not span.holds(grown))
        found.append({"place": place, "a": was.get(place), "b": now.get(place), "wider": wider})
    return found


def _change_words(change: dict[str, Any]) -> str:
    mark = "  (allows more)" if change["wider"] else ""
    if change["a"] is None:
        return f"+ {change['place']}: {change['b']}"
    if change["b"] is None:
        return f"- {change['place']}: {change['a']}{mark}"
    return f"~ {change['place']}: {change['a']} -> {change['b']}{mark}"
