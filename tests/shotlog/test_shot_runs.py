"""Shots are checked many at once where that is certain: one by one they come to the same."""

import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.long_log import Length, make_long_log
from injector.control.judged_again import JudgedAgain
from injector.shotlog import keys, shot_run
from injector.shotlog import verify as verifying
from injector.shotlog.canonical import MAX_INTEGER
from injector.shotlog.entries import Draft, Grant, Moment, Note, Shot
from injector.shotlog.envelope import MalformedBodyError, pack, unpack
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.files import beside
from injector.shotlog.findings import Check, Code, Report
from injector.shotlog.shapes import shape_of
from injector.shotlog.shot_run import ShotRun, look, spans
from injector.shotlog.verify import verify
from injector.treatment.shipped import shipped_library
from tests.shotlog.forging import Fields, owner, rewrite
from tests.shotlog.samples import SESSION, shot

AT = 5
"""Which shot of the log is changed."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "shots.db"
    make_long_log(path, shipped_library(), Length(2, grants=3, shots=40))
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    for ending in ("", ".key"):
        shutil.copy(beside(whole, ending), tmp_path)
    return tmp_path / "shots.db"


def both_ways(path: Path, monkeypatch: pytest.MonkeyPatch) -> Report:
    """Verify in runs and one by one; the same is said."""
    in_runs = verify(path, judge=JudgedAgain())
    with monkeypatch.context() as patched:
        patched.setattr(verifying, "look", lambda bodies: [None] * len(bodies))
        singly = verify(path, judge=JudgedAgain())
    assert in_runs == singly
    return in_runs


def body_of(shot: Shot, session: str | None = SESSION) -> bytes:
    return pack(Draft(session, shot), 7, Moment(1, 2), bytes(16), bytes).body


def test_in_a_whole_log_all_shots_are_taken_in_runs(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []
    made = ShotRun.of

    def of(bodies: list[bytes], looked: list[shot_run.Groups]) -> ShotRun | None:
        run = made(bodies, looked)
        assert run is not None
        assert [each.body for each in run.entries()] == [unpack(body).body for body in bodies]
        taken.append(len(run))
        return run

    monkeypatch.setattr(ShotRun, "of", of)
    fed: list[int] = []
    monkeypatch.setattr(
        verifying.GrantsCheck, "_shot", lambda _self, seq, _entry, _shot: fed.append(seq)
    )
    assert verify(path, judge=JudgedAgain()).ok
    assert sum(taken) == 80
    assert fed == []


def _swap(made: list[Fields], shot: Fields) -> None:
    at = made.index(shot)
    made[at - 1], made[at] = made[at], made[at - 1]


CHANGES: dict[str, Callable[[list[Fields], Fields], object]] = {
    "nothing": lambda _made, _shot: None,
    "counts less": lambda _made, shot: shot.update(counts_nl=shot["counts_nl"] - 1),
    "counts more than debited": lambda _made, shot: shot.update(counts_nl=shot["debit_nl"] + 1),
    "debits more": lambda _made, shot: shot.update(debit_nl=shot["debit_nl"] + 1),
    "gave more than it counts": lambda _made, shot: shot.update(volume_nl=20_150),
    "partial": lambda _made, shot: shot.update(outcome="partial"),
    "one shot more": lambda _made, shot: shot.update(shots_total=shot["shots_total"] + 1),
    "beyond its grant": lambda _made, shot: shot.update(shots_total=10_000),
    "more volume": lambda _made, shot: shot.update(volume_total_nl=shot["volume_total_nl"] + 1),
    "a later index": lambda _made, shot: shot.update(index=10_000),
    "an earlier index": lambda _made, shot: shot.update(index=0),
    "another journal": lambda _made, shot: shot.update(journal_id=3),
    "another gun": lambda _made, shot: shot.update(serial="OTHER"),
    "another setpoint": lambda _made, shot: shot.update(setpoint_digest="ff" * 8),
    "another grant": lambda _made, shot: shot.update(grant=9),
    "another link": lambda _made, shot: shot.update(link=9),
    "no grant": lambda _made, shot: shot.update(grant_seq=None),
    "a grant that is none": lambda _made, shot: shot.update(grant_seq=1),
    "no session": lambda _made, shot: shot.update(session=None),
    "a session that never opened": lambda _made, shot: shot.update(session="c" + "f" * 16),
    "not there": lambda made, shot: made.remove(shot),
    "before the one before": _swap,
    "after its session": lambda made, shot: made.append(made.pop(made.index(shot))),
    "said by a serial that JSON escapes": lambda _made, shot: shot.update(serial='a"b\\'),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_is_found_is_what_is_found_one_by_one(
    change: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edit(made: list[Fields]) -> None:
        shots = [each for each in made if each["kind"] == "shot"]
        CHANGES[change](made, shots[AT])

    rewrite(path, edit, key=keys.read(beside(path, ".key")), anchors=True)
    report = both_ways(path, monkeypatch)
    assert report.ok == (change == "nothing")


@pytest.mark.parametrize("body", ["shots under a session", "a note"])
def test_a_body_put_among_shots_is_found_one_by_one_too(
    body: str, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = pack(
        Draft(None, Note(text=TO_BE_SEALED, by="bench"), {"/text": "a"}), 0, Moment(1, 2),
        bytes(16), bytes,
    ).body  # fmt: skip
    with owner(path) as db:
        (seq,) = db.execute(
            "SELECT seq FROM entries WHERE kind = 'shot' LIMIT 1 OFFSET 5"
        ).fetchone()
        changed = note.decode() if body == "a note" else None
        if changed is None:
            (changed,) = db.execute("SELECT body FROM entries WHERE seq = ?", (seq,)).fetchone()
            changed = changed.replace('"link":1', '"link":1 ')
        db.execute("UPDATE entries SET body = ? WHERE seq = ?", (changed, seq))
    assert not both_ways(path, monkeypatch).ok


def test_an_index_that_says_something_else_of_a_shot_is_found(path: Path) -> None:
    """The index is made while it stands under another definition."""
    for name, rest in (
        ("entries_by_session", " WHERE seq <> {seq}"),
        ("entries_by_kind", " WHERE seq <> {seq}"),
        ("entries_by_journal", " AND seq <> {seq}"),
    ):
        changed = path.with_name(f"{name}.db")
        changed.write_bytes(path.read_bytes())
        connection = sqlite3.connect(changed, isolation_level=None)
        seq, sql = connection.execute(
            "SELECT (SELECT seq FROM entries WHERE kind = 'shot' LIMIT 1 OFFSET 5), sql "
            "FROM sqlite_schema WHERE name = ?",
            (name,),
        ).fetchone()
        for text, then in ((sql + rest.format(seq=seq), f"REINDEX {name}"), (sql, "SELECT 1")):
            connection.execute("PRAGMA writable_schema = ON")
            connection.execute("UPDATE sqlite_schema SET sql = ? WHERE name = ?", (text, name))
            connection.close()
            connection = sqlite3.connect(changed, isolation_level=None)
            connection.execute(then)
        connection.close()
        report = verify(changed)
        (columns,) = (each for each in report.checks if each.check is Check.COLUMNS)
        assert [(each.code, each.seq) for each in columns.findings] == [
            (Code.COLUMN_DIFFERS, seq)
        ], name


def test_no_flipped_bit_has_the_shape_of_a_shot_that_is_none() -> None:
    data = body_of(shot(3, 7))
    assert look([data]) != [None]
    for bit in range(8 * len(data)):
        flipped = bytearray(data)
        flipped[bit >> 3] ^= 1 << (bit & 7)
        if look([bytes(flipped)]) != [None]:
            assert isinstance(unpack(bytes(flipped)).body, Shot)


FIGURES = st.one_of(
    st.integers(0, MAX_INTEGER), st.sampled_from([0, 1, 9, 10**15, 9 * 10**15, MAX_INTEGER])
)


@given(
    figures=st.fixed_dictionaries(
        {name: FIGURES for name, field in Shot.model_fields.items() if field.annotation is int}
    ),
    pressure=st.integers(-MAX_INTEGER, MAX_INTEGER),
    grant_seq=st.none() | FIGURES,
    serial=st.from_regex(r"\A[ -~]{1,64}\Z"),
    cause=st.none() | st.from_regex(r"\A[a-z0-9][a-z0-9_.:-]{0,63}\Z"),
    session=st.sampled_from([None, SESSION]),
)
def test_what_a_run_says_of_a_shot_is_what_the_entry_says(
    figures: dict[str, int],
    pressure: int,
    grant_seq: int | None,
    serial: str,
    cause: str | None,
    session: str | None,
) -> None:
    said = shot(1).model_copy(
        update={
            **figures, "pressure_pa": pressure, "grant_seq": grant_seq, "serial": serial,
            "cause": cause,
        }
    )  # fmt: skip
    data = body_of(said, session)
    entry = unpack(data)
    assert entry.body == said
    (groups,) = look([data])
    if groups is None:  # it goes the other way; only so may texts and the largest figures
        large = [*figures.values(), pressure, grant_seq or 0]
        assert {'"', "\\"} & set(serial) or any(abs(each) >= 9 * 10**15 for each in large)
        return
    run = ShotRun.of([data], [groups])
    assert run is not None
    assert run.told._asdict() == {
        name: session if name == "session" else getattr(said, name) for name in run.told._fields
    }
    assert (list(run.seqs), list(run.indexes)) == ([entry.seq], [said.index])
    assert run.last_at == entry.at
    for name in ("counts_nl", "debit_nl", "volume_nl", "shots_total", "volume_total_nl"):
        assert getattr(run, name) == [getattr(said, name)]


@pytest.mark.parametrize(
    "change",
    [
        (b'"slice":0', b'"slice":00'),
        (b'"slice":0', b'"slice":-0'),
        (b'"slice":0', b'"slice":0.0'),
        (b'"slice":0', b'"slice":9007199254740992'),
        (b'"slice":0', b'"slice":10000000000000000'),
        (b'"slice":0', b'"slice": 0'),
        (b'"slice":0', b'"slice":0,"slice":0'),
        (b'"slice":0,', b""),
        (b'"cause":null', b'"cause":"A"'),
        (b'"outcome":"complete"', b'"outcome":"uncertain"'),
        (b"}", b"}\n"),
        (b"{", b" {"),
    ],
)
def test_another_spelling_or_a_value_out_of_range_has_no_shape(
    change: tuple[bytes, bytes],
) -> None:
    data = body_of(shot(3, 7))
    changed = data.replace(*change, 1)
    assert changed != data
    assert look([changed]) == [None]
    with pytest.raises(MalformedBodyError):
        unpack(changed)


def test_shots_of_two_grants_are_two_spans() -> None:
    bodies = [body_of(shot(index, 7 if index < 3 else 8)) for index in (1, 2, 3)]
    assert list(spans(look([*bodies, b"{}", b"{}"]))) == [(True, 2), (True, 1), (False, 2)]


def test_a_kind_whose_rules_no_shape_holds_is_refused() -> None:
    with pytest.raises(TypeError, match="more than its fields"):
        shape_of(Grant)
    with pytest.raises(TypeError, match="has no shape"):
        shape_of(Note)
