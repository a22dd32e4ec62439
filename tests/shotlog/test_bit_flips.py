"""No bit of a log changes unseen.

A file has bits that say nothing: free space inside a page, counters of SQLite's own. What
counts as unseen is a change after which any query returns something else.
"""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from click.testing import CliRunner

from injector.cli.main import cli
from injector.shotlog import canonical
from injector.shotlog.entries import Draft, Note
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.findings import Check, Code, Tally
from injector.shotlog.reader import library_drafts
from injector.shotlog.rows import check_leaves, read_body
from injector.shotlog.shot_run import look
from tests.shotlog.samples import (
    LIBRARY,
    LIBRARY_DIGEST,
    NOW,
    SESSION,
    closed,
    grant,
    numbered,
    open_log,
    opened,
    shot,
)

ENTRIES = 1_000
FEW = 270
FLIPS = 200
KINDS = 8
"""Kinds of entries in the log whose bits are flipped."""
SEED = 20_260_101
TABLES = ("sqlite_schema", "entries", "nodes", "head", "private_text", "sessions", "shots",
          "alarms", "gaps", "facts", "syringes")  # fmt: skip
BY_INDEX = (
    "SELECT session, kind, seq FROM entries INDEXED BY entries_by_session ORDER BY 1, 2, 3",
    "SELECT kind, seq FROM entries INDEXED BY entries_by_kind ORDER BY 1, 2",
    """SELECT serial, journal_id, journal_index FROM entries INDEXED BY entries_by_journal
       WHERE journal_index IS NOT NULL ORDER BY 1, 2, 3""",
)


class Kept(NamedTuple):
    """A log, and what its auditor keeps outside."""

    content: bytes
    vkey: str
    checkpoint: Path
    rows: list[tuple[bytes, bytes]]
    """Bodies and leaf hashes."""
    live: list[range]
    """Where in the file bodies, leaves, subtrees, peaks, the checkpoint and texts stand."""
    shown: list[object]
    """What all its queries return."""


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return make(tmp_path_factory.mktemp("bits"), ENTRIES)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A log of few entries, with a stored subtree."""
    return make(tmp_path_factory.mktemp("few"), FEW)


def make(folder: Path, entries: int) -> Kept:
    """Write a log of one session."""
    path = folder / "shots.db"
    with open_log(path, numbered()) as log:
        log.append([*library_drafts(LIBRARY_DIGEST, LIBRARY), opened()], NOW)
        shots = entries - 8
        granted, *_ = log.append(
            [
                Draft(SESSION, grant(shots)),
                Draft(SESSION, Note(text=TO_BE_SEALED, by="ada"), {"/text": "reddened a little"}),
            ],
            NOW,
        )
        fired = [Draft(SESSION, shot(index, granted.seq)) for index in range(1, shots + 1)]
        log.append([*fired, closed(SESSION, shots)], NOW)
        log.append([Draft(None, Note(text=TO_BE_SEALED, by="ada"), {"/text": "in order"})], NOW)
        assert log.size == entries
        checkpoint, vkey = log.checkpoint, log.vkey
    (folder / "checkpoint.txt").write_text(checkpoint, encoding="utf-8")
    content = path.read_bytes()
    connection = sqlite3.connect(path)
    rows = connection.execute("SELECT CAST(body AS BLOB), leaf FROM entries").fetchall()
    stored = connection.execute(
        "SELECT hash FROM nodes UNION ALL SELECT peaks FROM head UNION ALL "
        "SELECT CAST(checkpoint AS BLOB) FROM head UNION ALL SELECT salt FROM private_text "
        "UNION ALL SELECT CAST(text AS BLOB) FROM private_text"
    ).fetchall()
    connection.close()
    live = []
    for data in [*(each for row in rows for each in row), *(each for (each,) in stored)]:
        # What does not fit into one page lies in pieces, and what was moved to another page
        # may have left a copy in free space: where it stands must be beyond doubt.
        if content.count(data) == 1:
            at = content.index(data)
            live.append(range(at, at + len(data)))
    assert len(live) > 2 * entries * 9 // 10
    return Kept(content, vkey, folder / "checkpoint.txt", rows, live, shown(path))


def shown(path: Path) -> list[object]:
    """What every table, view and index of a log returns, and its header's words."""
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        asked = [*(f"SELECT * FROM {name}" for name in TABLES), *BY_INDEX]  # noqa: S608 -- ours
        asked += [f"PRAGMA {name}" for name in ("application_id", "user_version", "encoding")]
        return [connection.execute(query).fetchall() for query in asked]
    finally:
        connection.close()


def flipped(content: bytes, bit: int) -> bytes:
    changed = bytearray(content)
    changed[bit >> 3] ^= 1 << (bit & 7)
    return bytes(changed)


def found(kept: Kept, path: Path) -> bool:
    """Whether the command, told key and checkpoint, finds anything wrong with it."""
    ran = CliRunner().invoke(
        cli,
        ["log", "verify", "--log", str(path), "--key", kept.vkey, "--against",
         str(kept.checkpoint)],
    )  # fmt: skip
    assert ran.exception is None or isinstance(ran.exception, SystemExit), ran.exception
    assert "Traceback" not in ran.output
    return ran.exit_code != 0


@pytest.mark.rule("INV-5")
def test_the_check_of_leaves_finds_every_bit_of_every_body(kept: Kept) -> None:
    """All of them, one at a time, over four million, by the function that verify calls.

    Only this step is made for every bit. What the next one, the reading of a body, makes of
    flipped bits is tried below: of every bit of one body of each form, and of some of all others.
    """
    count = 0
    for seq, (body, leaf) in enumerate(kept.rows):
        bits = 8 * len(body)
        tally = Tally(Check.LEAVES)
        check_leaves([(seq, flipped(body, bit), leaf) for bit in range(bits)], tally)
        assert tally.found == bits, f"{bits - tally.found} bits of {body!r} are not bound"
        assert {(each.code, each.seq) for each in tally.result().findings} == {
            (Code.LEAF_DIFFERS, seq)
        }
        untouched = Tally(Check.LEAVES)
        assert check_leaves([(seq, body, leaf)], untouched) == [leaf]
        assert untouched.found == 0
        count += bits
    assert count > 4_000_000


def test_a_flipped_bit_spoils_an_entry_s_form_or_makes_it_another_entry(kept: Kept) -> None:
    """No two spellings of a body are read as the same, nor by the short way that shots take.

    Every bit of the first body of each form, every 37th of all others: to read a body takes
    forty times as long as to hash it. Bodies are of one form that have the same fields.
    """
    refused = read = 0
    tried = set[object]()
    for seq, (body, _) in enumerate(kept.rows):
        untouched = Tally(Check.BODIES)
        entry = read_body(seq, body, untouched)
        assert entry is not None
        assert untouched.found == 0
        fields = canonical.decode(body)
        form = (entry.body.kind, _form(fields))
        step = 37 if form in tried else 1
        tried.add(form)
        for bit in range(0, 8 * len(body), step):
            changed = flipped(body, bit)
            tally = Tally(Check.BODIES)
            other = read_body(seq, changed, tally)
            if other is None or tally.found:
                refused += 1
            else:
                read += 1
                said = canonical.decode(changed)
                assert said != fields
                # An entry's own random bytes are for its leaf hash; nobody reads them.
                assert other != entry or {**said, "random": fields["random"]} == fields, changed
            if other is None:
                assert look([changed]) == [None], changed
    assert len({kind for kind, _ in tried}) == KINDS
    assert refused > read > 0


def _form(value: object) -> object:
    """The names in a body and what is under each of them, without what is said."""
    match value:
        case dict():
            return tuple((name, _form(each)) for name, each in value.items())
        case list():
            return tuple(map(_form, value))
        case _:
            return type(value)


def _bits(ranges: list[range], chance: random.Random) -> Iterator[int]:
    sizes = [len(each) for each in ranges]
    for chosen in chance.choices(ranges, sizes, k=FLIPS):
        yield 8 * chance.choice(chosen) + chance.randrange(8)


@pytest.mark.rule("INV-5")
def test_the_command_finds_every_flipped_bit_of_what_a_log_holds(
    kept: Kept, tmp_path: Path
) -> None:
    path = tmp_path / "shots.db"
    path.write_bytes(kept.content)
    assert not found(kept, path)
    for bit in _bits(kept.live, random.Random(SEED)):  # noqa: S311 -- a place, no secret
        path.write_bytes(flipped(kept.content, bit))
        assert found(kept, path), f"bit {bit}"


def test_a_bit_of_the_file_that_the_command_does_not_find_changes_no_query(
    small: Kept, tmp_path: Path
) -> None:
    """Anywhere in the file. Free space and SQLite's own counters are all that it may miss."""
    path = tmp_path / "shots.db"
    whole = [range(len(small.content))]
    missed = 0
    for bit in _bits(whole, random.Random(SEED)):  # noqa: S311 -- a place, no secret
        path.write_bytes(flipped(small.content, bit))
        if not found(small, path):
            missed += 1
            assert shown(path) == small.shown, f"bit {bit}"
    assert missed < FLIPS // 2


def test_a_bit_of_the_file_s_header_that_is_not_found_changes_no_query(
    small: Kept, tmp_path: Path
) -> None:
    path = tmp_path / "shots.db"
    for at in (18, 19, 20, 21, 24, 28, 32, 40, 44, 47, 52, 56, 59, 60, 63, 64, 68, 71, 92, 96):
        path.write_bytes(flipped(small.content, 8 * at))
        if not found(small, path):
            assert shown(path) == small.shown, f"byte {at}"
