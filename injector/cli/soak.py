"""``injector soak``: the whole house under drawn faults, seed after seed, for engineers."""

import json
import time
from pathlib import Path

import click

from injector.cli.exits import CommandError, Exit
from injector.world.history import History, HistoryError
from injector.world.soaking import Played, Soak
from injector.world.tally import PATHS, Tally, all_faults

_SHOWN_S = 5.0
"""How often progress is shown."""
_FULL = 400_000
"""From so many shots on a run must have met every fault and taken every way back."""


@click.command()
@click.option("--seeds", default=100, show_default=True, type=click.IntRange(1, 10_000_000))
@click.option("--shots", default=200, show_default=True, type=click.IntRange(1, 10_000))
@click.option("--first", default=0, show_default=True, type=click.IntRange(0), metavar="SEED")
@click.option(
    "--replay",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="HISTORY",
    help="Play this history, as a failing run wrote it, and no seeds.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the counts as JSON.")
def soak(*, seeds: int, shots: int, first: int, replay: Path | None, as_json: bool) -> None:
    """Host, log, line and gun under faults, in virtual time.

    Each seed draws a history of SHOTS shots and of what goes wrong meanwhile; the
    invariants are checked after every step against what the gun really did. The first
    seed that breaks one ends the run: its history is made as short as can be found and
    written to soak-SEED.json here, and the command that plays it again is shown.
    """
    work = Soak()
    if replay is not None:
        _finish(work.play(_read(replay)), as_json=as_json)
        return
    total = Tally()
    began_s = shown_s = time.monotonic()
    for number, played in enumerate(work.run(range(first, first + seeds), shots), start=1):
        if played.broken is not None:
            _show_failure(work, played)
        total.add(played.tally)
        now_s = time.monotonic()
        if now_s - shown_s >= _SHOWN_S:
            shown_s = now_s
            click.echo(
                f"{number} of {seeds} seeds, {total.shots} shots, {now_s - began_s:.0f} s", err=True
            )
    _print(total, seeds=seeds, took_s=time.monotonic() - began_s, as_json=as_json)
    never = [name for name, count in _counts(total).items() if count == 0]
    if never and seeds * shots >= _FULL:
        raise CommandError(f"never met: {', '.join(never)}", exit_code=Exit.FAILED)


def _read(path: Path) -> History:
    try:
        return History.from_json(path.read_text(encoding="utf-8"))
    except (HistoryError, UnicodeDecodeError) as error:
        raise CommandError(str(error), where=str(path)) from error


def _finish(played: Played, *, as_json: bool) -> None:
    if played.broken is not None:
        raise CommandError(f"{played.broken.kind}: {played.broken.what}", exit_code=Exit.FAILED)
    _print(played.tally, seeds=1, took_s=None, as_json=as_json)


def _show_failure(work: Soak, played: Played) -> None:
    """Make the history shorter, write it down, and end."""
    assert played.broken is not None  # noqa: S101 -- only a history that broke something comes here
    seed = played.history.seed
    click.echo(f"seed {seed} broke {played.broken.kind}: {played.broken.what}", err=True)
    click.echo(f"making its {len(played.history.events)} events fewer", err=True)
    shortest = work.shorten(played)
    path = Path(f"soak-{seed}.json")
    path.write_text(shortest.history.to_json(), encoding="utf-8")
    what = "" if shortest.broken is None else shortest.broken.what
    raise CommandError(
        f"{played.broken.kind}: {what}",
        where=f"seed {seed}",
        right=(
            f"{len(shortest.history.events)} events in {shortest.history.shots} shots are left"
            f" in {path}; play them with `injector soak --replay {path}`"
        ),
        exit_code=Exit.FAILED,
    )


def _counts(total: Tally) -> dict[str, int]:
    return {
        **{name: total.faults[name] for name in sorted({*all_faults(), *total.faults})},
        **{name: total.paths[name] for name in sorted({*PATHS, *total.paths})},
    }


def _print(total: Tally, *, seeds: int, took_s: float | None, as_json: bool) -> None:
    said = {
        "seeds": seeds,
        "shots": total.shots,
        "virtual_s": total.seconds,
        "kills": total.kills,
        "kills_in_session": total.kills_in_session,
        "faults": {name: total.faults[name] for name in sorted({*all_faults(), *total.faults})},
        "paths": {name: total.paths[name] for name in sorted({*PATHS, *total.paths})},
    }
    if took_s is not None:
        said |= {"took_ms": round(took_s * 1000), "virtual_per_real": round(total.seconds / took_s)}
    if as_json:
        click.echo(json.dumps(said, indent=2))
        return
    for name, value in said.items():
        if isinstance(value, dict):
            click.echo(f"{name}:")
            for each, count in value.items():
                click.echo(f"  {each:<34}{count:>9}")
        else:
            click.echo(f"{name:<36}{value:>9}")
