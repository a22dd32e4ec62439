"""What waits is placed with real strangers, written down, shown, and judged by verify."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from injector.anchors.failure import Why
from injector.anchors.places import Authority as NamedAuthority
from injector.anchors.places import Places
from injector.anchors.places import Witness as NamedWitness
from injector.anchors.placing import Failed, place
from injector.anchors.standing import Kind, look
from injector.anchors.waiting import Waiting, held, waiting
from injector.cli.log import log as log_command
from injector.shotlog.check import Outside
from injector.shotlog.cosignature import WitnessKey
from injector.shotlog.entries import Anchor, Draft, Entry, Moment
from injector.shotlog.findings import Check, Code, Remark, Report, Status
from injector.shotlog.kept import default_path
from injector.shotlog.lock import WriterLock
from injector.shotlog.log import ShotLog
from injector.shotlog.timestamp_token import read_certificates
from injector.shotlog.verify import verify
from injector.shotlog.vouching import Anchored
from tests.anchors.strangers import (
    Authority,
    Witness,
    needs_openssl,
    nobody,
    openssl_verifies,
    served,
)
from tests.shotlog.samples import NOW, SECOND_SESSION, open_log, write_session

pytestmark = needs_openssl
THIRD = "t00000000000000c3"


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tsa") / "tsa")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "shots.db"
    with open_log(made) as log:
        write_session(log)
        write_session(log, SECOND_SESSION, first=9)
    return made


@pytest.fixture
def witness(path: Path) -> Witness:
    return Witness(path.with_name("shots.db.vkey").read_text().strip())


@pytest.fixture
def places(authority: Authority, witness: Witness) -> Iterator[Places]:
    with served(authority.behave) as stamps, served(witness.behave) as cosigns:
        yield Places(
            None,
            NamedAuthority(stamps, authority.root),
            NamedWitness(cosigns, witness.vkey),
        )


def offline(places: Places) -> Places:
    """The same places, and no network."""
    assert places.timestamp is not None
    assert places.witness is not None
    return Places(
        places.file,
        NamedAuthority(nobody(), places.timestamp.certificates),
        NamedWitness(nobody(), places.witness.vkey),
    )


def sizes(log: ShotLog) -> list[int]:
    return [e.body.size for e in log.entries(kinds=["anchor"]) if isinstance(e.body, Anchor)]


def taken(found: list[Anchored | Failed]) -> list[Anchored]:
    assert all(isinstance(each, Anchored) for each in found), found
    return [each for each in found if isinstance(each, Anchored)]


def write(log: ShotLog, found: list[Anchored]) -> None:
    log.append([Draft(None, each) for each in found], NOW)


def result(
    report: Report, check: Check = Check.ANCHORED
) -> tuple[Status, list[Code], list[Remark]]:
    [found] = [each for each in report.checks if each.check is check]
    return found.status, [f.code for f in found.findings], [r.remark for r in found.remarks]


# -- what waits ------------------------------------------------------------------------------


def anchors(*sizes: int) -> list[Entry]:
    return [
        Entry(size, Moment(size * 1_000, 0), None, Anchor(size=size, root="0" * 64, checkpoint=""))
        for size in sizes
    ]


def test_what_waits_is_every_anchor_above_the_newest_that_a_place_holds() -> None:
    assert waiting([], 0) == Waiting(0, None)
    assert waiting(anchors(5, 9, 20), 0) == Waiting(3, 5_000)
    assert waiting(anchors(5, 9, 20), 5) == Waiting(2, 9_000)
    assert waiting(anchors(5, 9, 20), 8) == Waiting(2, 9_000)
    assert waiting(anchors(5, 9, 20), 20) == Waiting(0, None)
    assert held(None) == 0


def test_offline_everything_waits_and_shows_since_when(path: Path, places: Places) -> None:
    with open_log(path) as log:
        found = place(log.reader, offline(places))
        assert [(f.kind, f.error.why) for f in found if isinstance(f, Failed)] == [
            (Kind.TIMESTAMP, Why.UNREACHABLE),
            (Kind.WITNESS, Why.UNREACHABLE),
        ]
        for standing in look(log.reader, places):
            assert standing.waiting == Waiting(2, NOW.utc_us)
            assert standing.size == 0


def test_the_newest_anchor_is_enough_for_all_that_waits(
    path: Path, places: Places, witness: Witness, authority: Authority
) -> None:
    before = len(authority.answers)
    with open_log(path) as log:
        found = taken(place(log.reader, places))
        assert [(each.place, each.size) for each in found] == [
            ("timestamp", sizes(log)[-1]),
            ("witness", sizes(log)[-1]),
        ]
        write(log, found)
        assert [each.waiting.sessions for each in look(log.reader, places)][1:] == [0, 0]
        assert place(log.reader, places) == []
    assert witness.asked == [0]
    assert len(authority.answers) == before + 1


def test_the_next_session_waits_again_and_is_proven_from_the_one_before(
    path: Path, places: Places, witness: Witness
) -> None:
    with open_log(path) as log:
        write(log, taken(place(log.reader, places)))
        first = witness.size
        write_session(log, THIRD, first=17)
        assert [each.waiting.sessions for each in look(log.reader, places)][1:] == [1, 1]
        write(log, taken(place(log.reader, places)))
    assert witness.asked == [0, first]
    assert witness.size > first


def test_what_is_on_its_way_into_the_log_is_not_asked_for_again(
    path: Path, places: Places, witness: Witness
) -> None:
    with open_log(path) as log:
        done = {(Kind(each.place), each.size) for each in taken(place(log.reader, places))}
        assert place(log.reader, places, done=done) == []
    assert witness.asked == [0]


def test_another_witness_holds_nothing_yet(path: Path, places: Places) -> None:
    with open_log(path) as log:
        write(log, taken(place(log.reader, places)))
        other = Witness(log.vkey, name="witness.example/w2")
        with served(other.behave) as url:
            named = Places(None, None, NamedWitness(url, other.vkey))
            assert look(log.reader, named)[1].waiting.sessions == 2
            assert [each.name for each in taken(place(log.reader, named))] == [other.name]


def test_certificates_that_cannot_be_read_are_told_and_nothing_is_asked(
    path: Path, places: Places, tmp_path: Path, authority: Authority
) -> None:
    assert places.timestamp is not None
    before = len(authority.answers)
    for name, text in (("missing", None), ("none", "hello")):
        file = tmp_path / name
        if text is not None:
            file.write_text(text)
        with open_log(path) as log:
            [found] = place(log.reader, Places(None, NamedAuthority(places.timestamp.url, file)))
        assert isinstance(found, Failed)
        assert found.error.why is Why.SETTINGS
        assert str(file) in found.error.detail
    assert len(authority.answers) == before


# -- what verify says of it ------------------------------------------------------------------


@pytest.fixture
def placed(path: Path, places: Places) -> Path:
    with open_log(path) as log:
        write(log, taken(place(log.reader, places)))
        write_session(log, THIRD, first=17)
    return path


def outside(authority: Authority, witness: Witness) -> Outside:
    return Outside(
        (WitnessKey.parse(witness.vkey),), read_certificates(authority.root.read_bytes())
    )


def test_with_keys_from_outside_every_answer_verifies(
    placed: Path, authority: Authority, witness: Witness
) -> None:
    report = verify(placed, outside=outside(authority, witness))
    assert result(report) == (Status.PASSED, [], [])
    assert report.ok


def test_without_them_it_says_what_it_could_not_check(placed: Path) -> None:
    report = verify(placed)
    assert result(report) == (
        Status.PASSED,
        [],
        [Remark.AUTHORITY_NOT_GIVEN, Remark.WITNESS_NOT_GIVEN],
    )


def test_answers_of_others_than_those_named_are_found(
    placed: Path, witness: Witness, tmp_path: Path
) -> None:
    impostor = Witness(witness.log_vkey)
    report = verify(placed, outside=outside(Authority(tmp_path / "other"), impostor))
    assert result(report)[:2] == (
        Status.FAILED,
        [Code.RECEIPT_UNSIGNED, Code.RECEIPT_UNSIGNED],
    )


def test_a_key_that_a_witness_had_before_still_counts(
    placed: Path, authority: Authority, witness: Witness
) -> None:
    found = outside(authority, witness)
    keys = (WitnessKey.parse(Witness(witness.log_vkey).vkey), *found.witnesses)
    assert verify(placed, outside=Outside(keys, found.authorities)).ok


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"size": 3}, [Code.ROOT_DIFFERS] * 2),
        ({"size": 10_000}, [Code.SIZE_DIFFERS] * 2),
        ({"root": "ab" * 32}, [Code.ROOT_DIFFERS] * 2),
        ({"at_utc_us": 5}, [Code.RECEIPT_DIFFERS] * 2),
        ({"receipt": "AAAA"}, [Code.MALFORMED] * 2),
        ({"receipt": "no base64"}, [Code.MALFORMED] * 2),
        ({"name": "elsewhere"}, [Code.RECEIPT_DIFFERS]),
    ],
    ids=["older_size", "no_such_size", "root", "time", "bytes", "words", "name"],
)
def test_an_entry_that_says_something_else_than_the_answer_is_found(
    path: Path, places: Places, authority: Authority, witness: Witness,
    changed: dict[str, object], codes: list[Code],
) -> None:  # fmt: skip
    """As whoever holds the key could write it: the rest of the log verifies."""
    with open_log(path) as log:
        found = taken(place(log.reader, places))
        write(log, [each.model_copy(update=changed) for each in found])
    report = verify(path, outside=outside(authority, witness))
    assert result(report)[:2] == (Status.FAILED, codes)
    assert [each.check for each in report.checks if each.status is Status.FAILED] == [
        Check.ANCHORED
    ]


def test_an_answer_about_an_older_checkpoint_does_not_serve_for_a_newer_one(
    path: Path, places: Places, authority: Authority, witness: Witness
) -> None:
    with open_log(path) as log:
        older = taken(place(log.reader, places))
        write_session(log, THIRD, first=17)
        newest = log.last("anchor")
        assert newest is not None
        assert isinstance(newest.body, Anchor)
        moved = {"size": newest.body.size, "root": newest.body.root}
        write(log, [each.model_copy(update=moved) for each in older])
    assert result(verify(path, outside=outside(authority, witness)))[:2] == (
        Status.FAILED,
        [Code.RECEIPT_DIFFERS, Code.RECEIPT_UNSIGNED],
    )
    # the token's imprint is compared without certificates too; a line's needs the key
    assert result(verify(path)) == (
        Status.FAILED,
        [Code.RECEIPT_DIFFERS],
        [Remark.WITNESS_NOT_GIVEN],
    )


# -- the commands ----------------------------------------------------------------------------


@pytest.fixture
def configured(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Places:
    assert places.timestamp is not None
    assert places.witness is not None
    folder = tmp_path / "config" / "injector"
    folder.mkdir(parents=True)
    (folder / "console.toml").write_text(
        "[anchors]\n"
        f'timestamp_url = "{places.timestamp.url}"\n'
        f'timestamp_certificates = "{places.timestamp.certificates}"\n'
        f'witness_url = "{places.witness.url}"\n'
        f'witness_vkey = "{places.witness.vkey}"\n'
    )
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return places


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(log_command, [str(each) for each in arguments])


def lines_of(found: Result) -> list[dict[str, object]]:
    return [json.loads(line) for line in found.stdout.splitlines()]


def test_the_command_places_what_waits_writes_it_and_lists_it(
    path: Path, configured: Places, authority: Authority, witness: Witness, tmp_path: Path
) -> None:
    before = run("anchors", "--log", path, "--json")
    assert [each["waiting"] for each in lines_of(before)] == [2, 2, 2]
    found = run("anchor", "--log", path, "--json")
    assert found.exit_code == 0, found.output
    assert [(each["place"], each["placed"]) for each in lines_of(found)] == [
        ("timestamp", True),
        ("witness", True),
    ]
    after = run("anchors", "--log", path, "--json")
    assert [each["waiting"] for each in lines_of(after)] == [0, 0, 0]
    again = run("anchor", "--log", path)
    assert (again.exit_code, again.stdout) == (0, "nothing waits\n")
    assert default_path(path).exists()

    out = tmp_path / "out"
    assert run("anchors", "--log", path, "--out", out).exit_code == 0
    [token], [text, _] = sorted(out.glob("*.tst")), sorted(out.glob("*.txt"))
    assert openssl_verifies(text, token, authority)
    [note] = out.glob("*.note")
    assert note.read_text().endswith(witness.line(text.read_text()))

    verified = run(
        "verify", "--log", path, "--witness", witness.vkey,
        "--timestamp-certificates", authority.root, "--json",
    )  # fmt: skip
    assert verified.exit_code == 0, verified.output
    [check] = [e for e in json.loads(verified.stdout)["checks"] if e["check"] == "anchored"]
    assert (check["status"], check["counted"], check["remarks"]) == ("passed", 2, [])


def test_offline_the_command_says_what_waits_and_exits_with_1(
    path: Path, configured: Places, tmp_path: Path
) -> None:
    file = tmp_path / "config" / "injector" / "console.toml"
    assert configured.timestamp is not None
    assert configured.witness is not None
    said = file.read_text().replace(configured.timestamp.url, nobody())
    file.write_text(said.replace(configured.witness.url, nobody()))
    found = run("anchor", "--log", path)
    assert found.exit_code == 1
    assert found.stdout.count("waits; not reached") == 2
    listed = run("anchors", "--log", path)
    assert listed.exit_code == 0
    with open_log(path) as log:
        assert log.last("anchored") is None


def test_while_another_process_writes_the_log_the_command_says_so(
    path: Path, configured: Places
) -> None:
    lock = WriterLock.take(path.with_name("shots.db.lock"))
    try:
        found = run("anchor", "--log", path)
    finally:
        lock.release()
    assert found.exit_code == 5
    assert "is writing this log" in found.stderr


def test_no_log_is_made_to_place_nothing(tmp_path: Path, configured: Places) -> None:
    found = run("anchor", "--log", tmp_path / "none.db")
    assert found.exit_code == 2
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ('file = "anchors"', "an absolute path"),
        ('timestamp_url = "ftp://a"', "https://"),
        ('timestamp_url = "https://a"', "go together"),
        ('witness_vkey = "w+00000000+AAAA"', "witness"),
        ('witness_url = "https://u:p@a"', "without a name"),
        ("lamp = 5", "lamp"),
    ],
)
def test_a_wrong_setting_is_one_clear_error(
    path: Path, configured: Places, tmp_path: Path, line: str, wrong: str
) -> None:
    (tmp_path / "config" / "injector" / "console.toml").write_text(f"[anchors]\n{line}\n")
    found = run("anchor", "--log", path)
    assert found.exit_code == 2
    assert wrong in found.stderr
    assert "anchors" in found.stderr
