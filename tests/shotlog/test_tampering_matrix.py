"""The tampering matrix: what can be done to a log, and which check finds it.

Each row is one forgery, by somebody who owns the file and makes everything fit that they can;
the exact set of checks that fail is the row's promise. Three rows are found by nothing in the
file itself. What finds those is said in the row: the verifier key that the auditor was
handed, or a checkpoint that was kept outside. The same table stands in docs/verify.md.
"""

# ruff: noqa: S608 -- the statements are made of the tests' own constants

import re
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import pytest

from injector.shotlog import canonical, keys
from injector.shotlog.entries import Draft, EngineEnded, Entry, Note
from injector.shotlog.errors import LogWriteFailed, WriteFailure
from injector.shotlog.facts import OperatorRecorded, OverrideGiven
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.findings import Check, Code, Report, Status
from injector.shotlog.log import ShotLog
from injector.shotlog.merkle import leaf_hash
from injector.shotlog.note import SigningKey
from injector.shotlog.reader import library_drafts
from injector.shotlog.schema import STATEMENTS
from injector.shotlog.signatures import statement
from injector.shotlog.signing import operator_key
from injector.shotlog.verify import verify
from injector.shotlog.vouching import Meaning
from tests.control import test_judged_again
from tests.shotlog import test_check_corrections, test_rotation
from tests.shotlog.forging import Fields, bodies, cut_back, owner, rewrite, seqs
from tests.shotlog.samples import (
    LIBRARY,
    LIBRARY_DIGEST,
    NOW,
    SECOND_SESSION,
    SESSION,
    closed,
    grant,
    open_log,
    opened,
    shot,
    write_session,
)

DOCS = Path(__file__).parents[2] / "docs" / "verify.md"
SHOTS = 260  # enough for a stored subtree
ADA_SEED = b"\x05" * 32
ADA = OperatorRecorded(
    person="ada", name="Ada Example", role="practitioner", diploma="DIU mesotherapy",
    registration="75-1", by="ada",
)  # fmt: skip


class Kept(NamedTuple):
    """A log, and what its auditor keeps outside."""

    path: Path
    vkey: str
    older: str
    """A checkpoint from the middle of the second session."""
    newest: str


def make(path: Path, *, signed: bool = False) -> Kept:
    """Write a log of two sessions, with a library, texts and an erasure; people sign, or not."""
    with open_log(path) as log:
        log.append(library_drafts(LIBRARY_DIGEST, LIBRARY), NOW)
        if signed:
            key = operator_key(log.reader.opened.origin, "ada", ADA_SEED, reason="first", by="ada")
            log.append([Draft(None, ADA), Draft(None, key)], NOW)
        log.append([opened()], NOW)
        if signed:
            over = OverrideGiven(step=0, reason=TO_BE_SEALED, by="ada")
            first, _ = log.append([Draft(SESSION, over, {"/reason": "asked"})] * 2, NOW)
            sign(log, first, "override")
        granted, _, _ = log.append(
            [
                Draft(SESSION, grant(SHOTS)),
                Draft(SESSION, Note(text=TO_BE_SEALED, by="ada"), {"/text": "reddened a little"}),
                Draft(SESSION, Note(text=TO_BE_SEALED, by="ada"), {"/text": "to be erased"}),
            ],
            NOW,
        )
        fired = [Draft(SESSION, shot(index, granted.seq)) for index in range(1, SHOTS + 1)]
        log.append(fired, NOW)
        log.erase(granted.seq + 2, "/text", by="ada", reason="asked", now=NOW)
        log.append([closed(SESSION, SHOTS)], NOW)
        if signed:
            sign(log, log.reader.last("session_closed"), "performed")
        before = log.size
        write_session(log, SECOND_SESSION, 8, first=SHOTS + 1)
        if signed:
            sign(log, log.reader.last("session_closed"), "performed")
        newest, vkey = log.checkpoint, log.vkey
    # A checkpoint of the middle, which the writer shows after every commit and does not keep.
    key = keys.read(path.with_name(path.name + ".key"))
    half = path.with_name("half.db")
    shutil.copy(path, half)
    rewrite(half, lambda made: made.__delitem__(slice(before + 5, None)), key=key)
    connection = sqlite3.connect(half)
    (older,) = connection.execute("SELECT checkpoint FROM head").fetchone()
    connection.close()
    half.unlink()
    return Kept(path, vkey, older, newest)


def sign(log: ShotLog, record: Entry | None, meaning: Meaning) -> None:
    """Let ada sign a record of a session."""
    assert record is not None
    said = statement(
        log.reader, record, by="ada", name=ADA.name, meaning=meaning, utc_us=NOW.utc_us
    )
    log.append([Draft(record.session, said.signed(ADA_SEED))], NOW)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return make(tmp_path_factory.mktemp("matrix") / "shots.db")


@pytest.fixture(scope="module")
def signed_sample(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The same, with an override more, and signatures."""
    return make(tmp_path_factory.mktemp("signed") / "shots.db", signed=True)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """The log of another installation, of the same sessions."""
    return make(tmp_path_factory.mktemp("other") / "shots.db")


@dataclass(frozen=True, slots=True)
class Case:
    """What a forger has before them."""

    path: Path
    """A copy to work on."""
    kept: Kept
    other: Kept
    key: SigningKey
    """The log's own key: only rows that say so use it."""

    def sql(self, *statements: str) -> None:
        """Change it past the triggers."""
        with owner(self.path) as db:
            for each in statements:
                db.execute(each)

    def schema(self, *statements: str) -> None:
        """Change it without a care for triggers."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        for each in statements:
            connection.execute(each)
        connection.close()

    def first(self, kind: str) -> int:
        return seqs(self.path, kind)[0]

    def last(self, kind: str) -> int:
        return seqs(self.path, kind)[-1]


@dataclass(frozen=True, slots=True)
class Row:
    """One forgery."""

    what: str
    forge: Callable[[Case], object]
    found_by: frozenset[Check]
    """By the file alone."""
    with_key: frozenset[Check] | None = None
    """With the verifier key that was handed over, where that finds more."""
    against: frozenset[Check] | None = None
    """With a checkpoint that was kept, where that finds more."""
    signed: bool = False
    """In a log that people signed."""


def row(
    what: str,
    forge: Callable[[Case], object],
    *found_by: Check,
    with_key: tuple[Check, ...] | None = None,
    against: tuple[Check, ...] | None = None,
    signed: bool = False,
) -> Row:
    return Row(
        what,
        forge,
        frozenset(found_by),
        None if with_key is None else frozenset(with_key),
        None if against is None else frozenset(against),
        signed,
    )


# -- entries ---------------------------------------------------------------------------------


def edit(case: Case) -> None:
    seq = case.first("shot")
    case.sql(
        "UPDATE entries SET body = replace(body, '\"pressure_pa\":60000', '\"pressure_pa\":50000') "
        f"WHERE seq = {seq}"
    )


def _edited(made: list[Fields]) -> None:
    next(each for each in made if each["kind"] == "shot").update(pressure_pa=50_000)


def remove(case: Case) -> None:
    case.sql(f"DELETE FROM entries WHERE seq = {case.first('note')}")


def _without_a_shot(made: list[Fields]) -> None:
    del made[[each["kind"] for each in made].index("shot") + 3]


def _without_a_note(made: list[Fields]) -> None:
    del made[[each["kind"] for each in made].index("note") + 1]


def _with_one_more(made: list[Fields]) -> None:
    made.insert(len(made) - 2, {**made[1], "kind": "engine_ended", "reason": "quit"})
    for name in ("digest", "part", "parts", "text"):
        del made[-3][name]


def _swapped(made: list[Fields]) -> None:
    at = [each["kind"] for each in made].index("note")
    made[at], made[at + 1] = made[at + 1], made[at]


def replay(case: Case) -> None:
    """The second session of another log, in the place of this log's own."""
    opening = case.last("session_opened")
    tail = bodies(case.other.path)[opening:]
    rewrite(case.path, lambda made: made.__setitem__(slice(opening, None), tail))
    connection = sqlite3.connect(case.other.path)
    texts = connection.execute("SELECT * FROM private_text WHERE seq >= ?", (opening,)).fetchall()
    connection.close()
    with owner(case.path) as db:
        db.executemany("INSERT INTO private_text VALUES (?, ?, ?, ?)", texts)


def anew(case: Case) -> None:
    """The whole log under another key, which entry 0 names."""
    mine = SigningKey(case.key.verifier.name, bytes(32))

    def mine_from_the_start(made: list[Fields]) -> None:
        made[0].update(vkey=str(mine.verifier))
        _edited(made)

    rewrite(case.path, mine_from_the_start, key=mine, anchors=True)


def repeat_a_key(case: Case, key: SigningKey | None = None) -> None:
    at = case.first("shot")
    rewrite(
        case.path,
        lambda _made: None,
        key=key,
        anchors=key is not None,
        raw=lambda seq, body: body.replace(b"{", b'{"kind":"note",', 1) if seq == at else body,
    )


def _other_library(made: list[Fields]) -> None:
    made[1].update(text=str(made[1]["text"]).replace("a library", "my library"))


def cut_to_the_anchor(case: Case) -> None:
    """The only older checkpoint that the file itself holds is in its anchors."""
    cut_back(case.path, str(bodies(case.path)[case.first("anchor")]["checkpoint"]))


def move_a_signature(case: Case, to: str, key: SigningKey | None = None) -> None:
    """To another record that the same person may sign so; all but the note says so."""
    made = bodies(case.path)
    signatures = seqs(case.path, "signed")
    if to == "record":  # of the same session: the second override
        about, moved = seqs(case.path, "override_given")[1], signatures[0]
    else:  # the end of the first session, by what was signed at the end of the second
        about, moved = case.first("session_closed"), signatures[-1]
    fields = {
        "about_seq": about,
        "about_leaf": leaf_hash(canonical.encode(made[about])).hex(),
        "session": made[about]["session"],
    }
    assert fields["about_seq"] < made[moved]["size"], "the tree holds that record, too"
    rewrite(case.path, lambda each: each[moved].update(fields), key=key, anchors=key is not None)


def _claimed(made: list[Fields]) -> None:
    """The newest checkpoint that is in the log, with another root."""
    claim = {"size": made[-1]["size"], "root": "00" * 32, "place": "witness", "name": "w.invalid"}
    made.append(_added(made, "anchored", claim | {"receipt": "none", "at_utc_us": NOW.utc_us}))


def _brought(made: list[Fields]) -> None:
    made.append(_added(made, "brought_forward", {"visit": SESSION, "entries": []}))


def _added(made: list[Fields], kind: str, fields: Fields) -> Fields:
    common = {name: made[-1][name] for name in ("random", "utc_us", "mono_us", "seq")}
    return common | {"session": None, "kind": kind} | fields


# -- the database --------------------------------------------------------------------------------


def _view(name: str) -> str:
    return next(each for each in STATEMENTS if each.startswith(f"CREATE VIEW {name}"))


def rewrite_a_view(case: Case) -> None:
    lying = _view("shots").replace("'$.volume_nl') AS volume", "'$.depth_um') AS volume")
    assert lying != _view("shots")
    case.schema("DROP VIEW shots", lying)


def rewrite_a_column(case: Case) -> None:
    case.schema(
        "PRAGMA writable_schema = ON",
        "UPDATE sqlite_schema SET sql = replace(sql, '''$.serial''', '''$.session''') "
        "WHERE name = 'entries'",
    )


def poke_an_index(case: Case) -> None:
    """The index as it is without one entry, under the definition of the whole."""
    (index,) = [each for each in STATEMENTS if "entries_by_kind" in each]
    case.schema(
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_schema SET sql = sql || ' WHERE seq <> {case.first('shot')}' "
        "WHERE name = 'entries_by_kind'",
    )
    case.schema(
        "REINDEX entries_by_kind",
        "PRAGMA writable_schema = ON",
        f"UPDATE sqlite_schema SET sql = '{index}' WHERE name = 'entries_by_kind'",
    )


def edit_a_page(case: Case) -> None:
    """Bytes of an index changed in the file itself: a query by kind shows one shot less."""
    connection = sqlite3.connect(case.path)
    (size,) = connection.execute("PRAGMA page_size").fetchone()
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    content = bytearray(case.path.read_bytes())
    pages = range(0, len(content), size)
    leaf = next(at for at in pages if content[at] == 10 and b"shot" in content[at : at + size]
                and b"PG-" not in content[at : at + size] and SESSION.encode() not in
                content[at : at + size])  # fmt: skip
    at = content.index(b"shot", leaf)
    content[at : at + 4] = b"note"
    case.path.write_bytes(content)


def drop_the_triggers(case: Case) -> None:
    names = [re.findall(r"CREATE TRIGGER (\w+)", each) for each in STATEMENTS]
    case.schema(*(f"DROP TRIGGER {name}" for (name,) in filter(None, names)))


def swap_texts(case: Case) -> None:
    opening = case.first("session_opened")
    case.sql(
        "CREATE TEMP TABLE held AS SELECT * FROM private_text",
        "UPDATE private_text SET (salt, text) = (SELECT salt, text FROM held WHERE "
        "held.seq = private_text.seq AND held.place = CASE private_text.place "
        "WHEN '/title' THEN '/pseudonym' ELSE '/title' END) "
        f"WHERE seq = {opening} AND place IN ('/title', '/pseudonym')",
    )


TREE = (Check.HEAD, Check.ANCHORS)
ROWS = (
    row("edit an entry", edit, Check.LEAVES, Check.NODES, *TREE,
        against=(Check.AGAINST,)),
    row("edit an entry, everything made to fit", lambda case: rewrite(case.path, _edited), *TREE,
        against=(Check.AGAINST,)),
    row("remove an entry", remove, Check.SEQUENCE, Check.NODES, *TREE, Check.TEXTS,
        against=(Check.AGAINST,)),
    row(
        "remove a shot, everything made to fit",
        lambda case: rewrite(case.path, _without_a_shot),
        *TREE,
        Check.DEVICES,
        Check.GRANTS,
        against=(Check.AGAINST,),
    ),
    row("insert an entry, everything made to fit",
        lambda case: rewrite(case.path, _with_one_more), *TREE, against=(Check.AGAINST,)),
    row("swap two entries, everything made to fit",
        lambda case: rewrite(case.path, _swapped), *TREE, Check.TEXTS,
        against=(Check.AGAINST,)),
    row("truncate, nodes and head made to fit, without the key",
        lambda case: rewrite(case.path, lambda made: made.__delitem__(slice(-6, None))),
        Check.HEAD, against=(Check.AGAINST,)),
    row("truncate to an anchor, with its checkpoint", cut_to_the_anchor, Check.SESSIONS,
        against=(Check.AGAINST,)),
    row("truncate to a checkpoint that was handed out",
        lambda case: cut_back(case.path, case.kept.older), against=(Check.AGAINST,)),
    row("replay another log's tail", replay, *TREE, against=(Check.AGAINST,)),
    row("edit an entry and sign everything again, with the key",
        lambda case: rewrite(case.path, _edited, key=case.key, anchors=True),
        against=(Check.AGAINST,)),
    row("edit an entry and sign everything again, with a key of one's own", anew,
        with_key=(Check.IDENTITY, *TREE), against=(Check.AGAINST,)),
    row("repeat a JSON key", repeat_a_key, Check.BODIES, *TREE, Check.DEVICES,
        against=(Check.AGAINST,)),
    row("repeat a JSON key, with the key",
        lambda case: repeat_a_key(case, case.key), Check.BODIES, Check.DEVICES,
        against=(Check.AGAINST,)),
    row("alter a library's text", lambda case: rewrite(case.path, _other_library),
        *TREE, Check.LIBRARIES, against=(Check.AGAINST,)),
    row("alter a library's text, with the key",
        lambda case: rewrite(case.path, _other_library, key=case.key, anchors=True),
        Check.LIBRARIES, against=(Check.AGAINST,)),
    row("move a signature to another record, everything made to fit",
        lambda case: move_a_signature(case, "record"), *TREE, Check.SIGNATURES,
        against=(Check.AGAINST,), signed=True),
    row("move a signature to another record, with the key",
        lambda case: move_a_signature(case, "record", case.key),
        Check.SIGNATURES, against=(Check.AGAINST,), signed=True),
    row("move a signature to another session, with the key",
        lambda case: move_a_signature(case, "session", case.key),
        Check.SIGNATURES, against=(Check.AGAINST,), signed=True),
    row("edit an entry before a person's signature and sign everything again, with the log's key",
        lambda case: rewrite(case.path, _edited, key=case.key, anchors=True),
        Check.SIGNATURES, against=(Check.AGAINST,), signed=True),
    row("claim that a witness holds another checkpoint, with the key",
        lambda case: rewrite(case.path, _claimed, key=case.key, anchors=True), Check.ANCHORED),
    row("bring forward from a log that was never before this one, with the key",
        lambda case: rewrite(case.path, _brought, key=case.key, anchors=True), Check.SUCCESSION),
    row("edit an erasable text",
        lambda case: case.sql("UPDATE private_text SET text = 'x' WHERE place = '/title'"),
        Check.TEXTS),
    row("remove an erasable text",
        lambda case: case.sql("DELETE FROM private_text WHERE place = '/title'"), Check.TEXTS),
    row("swap two erasable texts", swap_texts, Check.TEXTS),
    row("edit a stored subtree", lambda case: case.sql("UPDATE nodes SET hash = zeroblob(32)"),
        Check.NODES),
    row("edit a leaf hash",
        lambda case: case.sql("UPDATE entries SET leaf = zeroblob(32) WHERE seq = 9"),
        Check.LEAVES),
    row("drop the triggers", drop_the_triggers, Check.SCHEMA),
    row("rewrite a view", rewrite_a_view, Check.SCHEMA),
    row("rewrite a generated column", rewrite_a_column, Check.SCHEMA),
    row("poke an index", poke_an_index, Check.INTEGRITY, Check.COLUMNS),
    row("edit an index in the file's bytes", edit_a_page, Check.INTEGRITY),
)  # fmt: skip


def failed(report: Report) -> frozenset[Check]:
    return frozenset(each.check for each in report.checks if each.status is Status.FAILED)


@pytest.mark.rule("INV-5")
@pytest.mark.parametrize("forgery", ROWS, ids=[each.what for each in ROWS])
def test_each_forgery_is_found_by_the_checks_of_its_row(
    forgery: Row, sample: Kept, signed_sample: Kept, other: Kept, tmp_path: Path
) -> None:
    if forgery.signed:
        sample = signed_sample
    path = tmp_path / "shots.db"
    shutil.copy(sample.path, path)
    key = keys.read(sample.path.with_name("shots.db.key"))
    forgery.forge(Case(path, sample, other, key))
    assert path.read_bytes() != sample.path.read_bytes()
    alone, more = forgery.found_by, frozenset[Check]()
    assert failed(verify(path)) == alone
    assert failed(verify(path, vkey=sample.vkey)) == alone | (forgery.with_key or more)
    kept = failed(verify(path, vkey=sample.vkey, against=sample.newest))
    assert kept == alone | (forgery.with_key or more) | (forgery.against or more)
    assert kept, "nothing finds it at all"


@pytest.mark.parametrize(("to", "which"), [("record", 0), ("session", -1)])
def test_of_a_moved_signature_it_is_said_that_its_note_is_about_something_else(
    to: str, which: int, signed_sample: Kept, tmp_path: Path
) -> None:
    path = tmp_path / "shots.db"
    shutil.copy(signed_sample.path, path)
    key = keys.read(signed_sample.path.with_name("shots.db.key"))
    moved = seqs(path, "signed")[which]
    move_a_signature(Case(path, signed_sample, signed_sample, key), to, key)
    (result,) = (each for each in verify(path).checks if each.check is Check.SIGNATURES)
    assert (Code.OTHER_TEXT, moved) in {(each.code, each.seq) for each in result.findings}


@pytest.mark.parametrize("which", ["sample", "signed_sample"])
def test_the_log_that_is_forged_in_all_these_ways_verifies_as_it_was(
    which: str, request: pytest.FixtureRequest
) -> None:
    sample: Kept = request.getfixturevalue(which)
    report = verify(sample.path, vkey=sample.vkey, against=sample.newest)
    statuses = {each.check: each.status for each in report.checks}
    assert statuses.pop(Check.VERDICTS) is Status.NOT_CHECKED, "no judge was there"
    assert set(statuses.values()) == {Status.PASSED}
    assert failed(verify(sample.path, against=sample.older)) == frozenset()


def test_a_log_swapped_under_a_running_host_takes_nothing_more(tmp_path: Path) -> None:
    """By one that verifies, an older copy of itself: what was committed is not in it."""
    path, copy = tmp_path / "shots.db", tmp_path / "copy.db"
    with open_log(path) as log:
        log.append([opened()], NOW)
        connection = sqlite3.connect(path)
        connection.execute(f"VACUUM INTO '{copy}'")
        connection.close()
        log.append([Draft(SESSION, shot(1))], NOW)
        kept = log.checkpoint
        copy.rename(path)
        with pytest.raises(LogWriteFailed) as caught:
            log.append([Draft(SESSION, EngineEnded(reason="quit"))], NOW)
        assert caught.value.reason is WriteFailure.REPLACED
    for rest in ("-wal", "-shm"):
        path.with_name(path.name + rest).unlink(missing_ok=True)
    assert failed(verify(path, against=kept)) == {Check.AGAINST}


ELSEWHERE = {
    Check.CORRECTIONS: (
        test_check_corrections,
        "test_a_correction_that_nobody_could_make_is_found",
    ),
    Check.KEYS: (
        test_rotation,
        "test_a_field_of_a_rotation_that_was_changed_is_found_by_the_check_of_keys",
    ),
    Check.VERDICTS: (
        test_judged_again,
        "test_a_top_up_alone_that_the_limits_do_not_give_is_found",
    ),
}
"""Verdicts need a judge, and no key followed and nothing was corrected in these samples. Each has
forgeries of its own."""


def test_every_check_finds_some_forgery() -> None:
    used = {check for each in ROWS for check in each.found_by | (each.against or frozenset())}
    used |= {check for each in ROWS for check in each.with_key or ()}
    assert set(Check) - used == set(ELSEWHERE)


@pytest.mark.parametrize("check", ELSEWHERE)
def test_a_check_that_finds_none_here_finds_one_in_a_test_that_is_always_run(
    check: Check,
) -> None:
    module, name = ELSEWHERE[check]
    forges = getattr(module, name)
    assert callable(forges)
    marks = [*getattr(module, "pytestmark", []), *getattr(forges, "pytestmark", [])]
    assert not {each.name for each in marks} & {"skip", "skipif", "xfail"}


def words(forgery: Row) -> str:
    """A row as it stands in the documentation."""
    alone = ", ".join(f"`{check}`" for check in Check if check in forgery.found_by)
    if not alone and forgery.with_key:
        checks = ", ".join(f"`{check}`" for check in Check if check in forgery.with_key)
        alone = f"nothing in the file; with the verifier key that you were handed {checks}"
    elif not alone:
        alone = "nothing in the file; only a checkpoint kept outside finds it, `against`"
    return f"| {forgery.what} | {alone} |"


def test_the_documentation_says_for_each_forgery_what_finds_it() -> None:
    written = DOCS.read_text(encoding="utf-8").splitlines()
    missing = [words(each) for each in ROWS if words(each) not in written]
    assert missing == []
