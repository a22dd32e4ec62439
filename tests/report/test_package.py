"""An inspection package, checked by the steps in its README and by nothing of ours."""

import csv
import hashlib
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from injector.cli.log import log as log_command
from injector.report import tables
from injector.report.proof_check import check_folder
from injector.shotlog.note import VerifierKey
from injector.shotlog.verify import verify
from tests.report import hostile, hostile_log
from tests.report.bodies import bodies_of
from tests.report.samples import (
    OTHER_PATIENT,
    OTHER_PERSON,
    OTHER_TEXT,
    Places,
    put_key,
    write_signed,
)
from tests.shotlog.samples import SECOND_SESSION, SESSION, open_log, tamper

HERE = Path(sys.executable).parent
TOOLS = ("bash", "sha256sum", "openssl", "lnav", "duckdb", "tlog-tiles")
PATH = f"{HERE}{os.pathsep}{os.environ['PATH']}"
missing = [tool for tool in TOOLS if shutil.which(tool, path=PATH) is None]
needs_tools = pytest.mark.skipif(bool(missing), reason=f"not installed here: {missing}")
OTHERS = (SECOND_SESSION, OTHER_PATIENT, OTHER_PERSON, OTHER_TEXT)
TEXTS = ("blue heron", "a single tablet, last week")


@dataclass(frozen=True)
class Made:
    folder: Path
    log: Path
    places: Places
    said: dict[str, Any]


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(log_command, [str(each) for each in arguments])


def packed(log: Path, out: Path, *more: str) -> dict[str, Any]:
    done = run("package", *more, "--out", out, "--log", log, "--json")
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert isinstance(said, dict)
    return said


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Places]:
    path = tmp_path_factory.mktemp("signed") / "shots.db"
    places = write_reset(path)
    assert verify(path).ok
    return path, places


def write_reset(path: Path) -> Places:
    """Make the signed log, and reset the key of the other person in the end."""
    places = write_signed(path)
    with open_log(path) as log:
        put_key(log, OTHER_PERSON, "reset")
        return replace(places, size=log.size)


@pytest.fixture(scope="module", params=["session", "all"])
def made(
    request: pytest.FixtureRequest,
    signed: tuple[Path, Places],
    tmp_path_factory: pytest.TempPathFactory,
) -> Made:
    log, places = signed
    folder = tmp_path_factory.mktemp(request.param) / "package"
    more = (SESSION,) if request.param == "session" else ("--all",)
    return Made(folder, log, places, packed(log, folder, *more))


def steps(folder: Path) -> str:
    """What the README tells a stranger to do."""
    text = (folder / "README.txt").read_text(encoding="utf-8")
    return "".join(re.findall(r"^ {4}(.*\n)", text, flags=re.MULTILINE))


def follow(folder: Path, home: Path, vkey: str, script: str | None = None) -> Any:
    return subprocess.run(
        ["bash", "-e", "-c", steps(folder) if script is None else script],
        cwd=folder, capture_output=True, encoding="utf-8", timeout=170, check=False,
        env={"PATH": PATH, "HOME": str(home), "XDG_CONFIG_HOME": str(home), "VKEY": vkey,
             "TERM": "dumb", "TMPDIR": str(home), "LANG": "C.UTF-8"},
    )  # fmt: skip


def test_a_package_holds_the_report_that_people_read(made: Made) -> None:
    whole = made.said["session"] is None
    sessions = {body["session"] for body in bodies_of(made.log)} - {None}
    wanted = {f"reports/{each}.html" for each in sessions} if whole else {"report.html"}
    found = {each.relative_to(made.folder).as_posix() for each in made.folder.rglob("*.html")}
    assert found == wanted
    readme = (made.folder / "README.txt").read_text(encoding="utf-8")
    assert ("reports/ " if whole else "report.html ") in readme
    manifest = (made.folder / "MANIFEST.sha256").read_text(encoding="utf-8")
    for name in found:
        page = (made.folder / name).read_text(encoding="utf-8")
        assert (SESSION if name == "report.html" else Path(name).stem) in page
        assert "<script" not in page
        assert not [text for text in TEXTS if text in page]
        assert f"  {name}\n" in manifest


def held(folder: Path) -> bytes:
    """All that a package says, Parquet aside: that is the tables of the CSV."""
    return b"".join(each.read_bytes() for each in folder.rglob("*") if each.is_file())


@needs_tools
def test_a_stranger_s_steps_hold_and_show_the_figures_of_the_entries(
    made: Made, tmp_path: Path
) -> None:
    done = follow(made.folder, tmp_path, made.places.vkey)
    assert done.returncode == 0, done.stderr
    assert f"{made.said['manifest_sha256']}  MANIFEST.sha256" in done.stdout
    assert "Signature Verified Successfully" in done.stdout
    whole = made.said["session"] is None
    holds = "the tiles lead to the root" if whole else "all of them hold"
    assert f"\n{holds}\n" in done.stdout
    bodies = bodies_of(made.log)
    if not whole:
        assert "\nname Ada Example\n" in done.stdout
        closed, signature = made.places.closed, made.places.signed
        assert f"\nentry {closed} {bodies[signature]['about_leaf']}\n" in done.stdout
        bodies = [body for body in bodies if body["session"] == SESSION]
    shots = [body for body in bodies if body["kind"] == "shot"]
    answers = dict(re.findall(r"│ (\w+) +│ +(\d+ │ +\d+ │ \w+) +│", done.stdout))
    for name, figure in {
        "shots": len(shots),
        "measured_nl": sum(body["volume_nl"] for body in shots),
        "counted_nl": sum(body["counts_nl"] for body in shots),
        "given_nl_of_closed_sessions": sum(
            body["given_nl"] for body in bodies if body["kind"] == "session_closed"
        ),
    }.items():
        assert answers[name].replace(" ", "") == f"{figure}│{figure}│true", name
        assert figure
    shown = [line for line in done.stdout.splitlines() if line.startswith("2027-01-15T08:00")]
    assert [int(line.split()[1]) for line in shown] == [body["seq"] for body in bodies]


@needs_tools
@pytest.mark.parametrize("made", ["session"], indirect=True)
@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("printf x >> csv/shot.csv", "csv/shot.csv: FAILED"),
        ("rm parquet/shot.parquet", "parquet/shot.parquet: FAILED open or read"),
        ("sed -i 's/elbow/wrist/' jsonl/entries.jsonl", "jsonl/entries.jsonl: FAILED"),
        ("sed -i '3s/./x/' checkpoint", "checkpoint: FAILED"),
        ("printf x >> README.txt", "README.txt: FAILED"),
    ],
)
def test_whatever_is_changed_on_the_way_the_manifest_tells(
    made: Made, tmp_path: Path, change: str, said: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made.folder, copy)
    script = steps(made.folder)
    done = follow(copy, tmp_path, made.places.vkey, f"{change}\n{script}")
    assert done.returncode != 0
    assert said in done.stdout


@needs_tools
@pytest.mark.parametrize("made", ["session", "all"], indirect=True)
def test_whoever_makes_the_manifest_fit_is_found_by_the_log_s_signature(
    made: Made, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(made.folder, copy)
    if made.said["session"] is None:
        changed = next((copy / "tiles/tile/0").rglob("*.p")) / str(made.places.size)
        data = bytearray(changed.read_bytes())
        data[40] ^= 1
        changed.write_bytes(data)
    else:
        changed = copy / f"proofs/entry-{made.places.shot}.json"
        changed.write_bytes(changed.read_bytes().replace(b"20050", b"10050"))
    sums = "find . -type f ! -name MANIFEST.sha256 -exec sha256sum {} + > MANIFEST.sha256\n"
    done = follow(copy, tmp_path, made.places.vkey, sums + steps(made.folder))
    assert made.said["manifest_sha256"] not in done.stdout
    assert "the tiles lead to the root" not in done.stdout
    assert "all of them hold" not in done.stdout
    if made.said["session"] is not None:
        assert f"entry-{made.places.shot}: does NOT lead to the root" in done.stdout


@needs_tools
def test_another_log_s_key_is_not_taken(made: Made, tmp_path: Path) -> None:
    write_signed(tmp_path / "other.db")
    with (tmp_path / "other.db.vkey").open(encoding="utf-8") as file:
        other = file.read().strip()
    other = made.places.vkey.rpartition("+")[0] + "+" + other.rpartition("+")[2]
    done = follow(made.folder, tmp_path, other)
    assert done.returncode != 0
    assert "the key id is not of this name and key" in done.stdout


@pytest.mark.parametrize("made", ["session"], indirect=True)
def test_of_one_session_nothing_is_in_it_that_is_another_s(made: Made) -> None:
    everything = held(made.folder)
    for other in OTHERS:
        assert other.encode() not in everything
    own = [body["seq"] for body in bodies_of(made.log, SESSION)]
    proven = {int(each.stem[6:]) for each in (made.folder / "proofs").glob("*.json")}
    assert proven == {0, made.places.key, *own}
    assert not (made.folder / "tiles").exists()


def test_our_own_check_holds_too_and_finds_the_signature(
    signed: tuple[Path, Places], tmp_path: Path
) -> None:
    log, places = signed
    packed(log, tmp_path / "p", SESSION, "--with-texts")
    report = check_folder(tmp_path / "p/proofs", VerifierKey.parse(places.vkey))
    assert report.found == []
    assert report.signatures == 1
    assert report.texts >= 3


def test_private_texts_are_in_it_only_where_they_were_asked_for(made: Made, tmp_path: Path) -> None:
    everything = held(made.folder)
    assert not [text for text in TEXTS if text.encode() in everything]
    more = ("--all",) if made.said["session"] is None else (SESSION,)
    packed(made.log, tmp_path / "asked", *more, "--with-texts")
    everything = held(tmp_path / "asked")
    assert all(text.encode() in everything for text in TEXTS)
    assert b"THE PRIVATE TEXTS ARE IN HERE" in everything
    assert (OTHER_TEXT.encode() in everything) is (made.said["session"] is None)


def test_it_holds_what_its_readme_lists_and_the_manifest_holds_all_of_it(made: Made) -> None:
    lines = (made.folder / "MANIFEST.sha256").read_text(encoding="utf-8").splitlines()
    sums = dict(line.split("  ", 1)[::-1] for line in lines)
    files = {
        each.relative_to(made.folder).as_posix(): hashlib.sha256(each.read_bytes()).hexdigest()
        for each in made.folder.rglob("*")
        if each.is_file() and each.name != "MANIFEST.sha256"
    }
    assert sums == files
    assert made.said["files"] == len(files)
    manifest = (made.folder / "MANIFEST.sha256").read_bytes()
    assert made.said["manifest_sha256"] == hashlib.sha256(manifest).hexdigest()
    readme = (made.folder / "README.txt").read_text(encoding="utf-8")
    listed = re.search(r"WHAT IS HERE\n\n((?: {2}.*\n)+(?:\n {2}.*\n)*)", readme)
    assert listed
    names = {line.split()[0].strip("/") for line in listed[1].splitlines() if line}
    assert names | {"README.txt"} == {each.name for each in made.folder.iterdir()}
    assert max(map(len, readme.splitlines())) <= 120


def test_every_column_of_every_table_is_explained(made: Made) -> None:
    with (made.folder / "columns.csv").open(encoding="utf-8", newline="") as file:
        said = {(row["table"], row["column"]): row["about"] for row in csv.DictReader(file)}
    assert said == {
        (table.name, column.name): column.about
        for table in tables.TABLES
        for column in table.columns
    }


def test_what_verify_found_is_in_it_word_for_word(made: Made) -> None:
    found = json.loads((made.folder / "verification.json").read_text(encoding="utf-8"))
    ours = json.loads(run("verify", "--log", made.log, "--json").stdout)
    remarks = [remark for check in ours["checks"] for remark in check["remarks"]]
    (reset,) = (remark for remark in remarks if remark["detail"])
    assert reset == {"remark": "keys_reset", "count": 1, "detail": OTHER_PERSON}
    if made.said["session"] is not None:
        reset["detail"] = ""  # of one session it is not told whose they were
    assert found == ours
    assert made.said["verifies"] is found["ok"] is True
    readme = (made.folder / "README.txt").read_text(encoding="utf-8")
    assert "verification passed" in readme


def test_a_zip_holds_the_same_under_one_directory(made: Made, tmp_path: Path) -> None:
    more = ("--all",) if made.said["session"] is None else (SESSION,)
    said = packed(made.log, tmp_path / "for-you.zip", *more)
    assert [each.name for each in tmp_path.iterdir()] == ["for-you.zip"]
    with zipfile.ZipFile(tmp_path / "for-you.zip") as file:
        assert file.testzip() is None
        file.extractall(tmp_path / "out")
    out = tmp_path / "out/for-you"
    assert said["manifest_sha256"] == made.said["manifest_sha256"]
    for each in made.folder.rglob("*"):
        if each.is_file():
            assert (out / each.relative_to(made.folder)).read_bytes() == each.read_bytes()


@pytest.mark.parametrize("name", ["there", "there.zip"])
def test_nothing_is_written_over(signed: tuple[Path, Places], tmp_path: Path, name: str) -> None:
    place = tmp_path / name
    if name.endswith(".zip"):
        place.write_text("mine")
    else:
        place.mkdir()
        (place / "mine").write_text("mine")
    done = run("package", SESSION, "--out", place, "--log", signed[0])
    assert done.exit_code == 2
    assert "is there already" in done.output
    assert [each.name for each in tmp_path.iterdir()] == [name]


def test_of_a_log_that_does_not_verify_it_says_so_and_tells_nothing_of_other_entries(
    tmp_path: Path,
) -> None:
    path = tmp_path / "shots.db"
    write_reset(path)
    with sqlite3.connect(path) as connection:
        (note,) = connection.execute(
            "SELECT seq FROM entries WHERE session = ? AND kind = 'note'", (SECOND_SESSION,)
        ).fetchone()
    connection.close()
    tamper(path, "UPDATE private_text SET text = 'changed' WHERE seq = %d" % note)  # noqa: UP031, S608 -- a number
    done = run("package", SESSION, "--out", tmp_path / "p", "--log", path)
    assert done.exit_code == 0
    assert "the log does NOT verify" in done.stderr
    found = json.loads((tmp_path / "p/verification.json").read_text(encoding="utf-8"))
    expected = json.loads(run("verify", "--log", path, "--json").stdout)
    told = [finding for check in expected["checks"] for finding in check["findings"]]
    assert [finding["seq"] for finding in told] == [note]
    assert told[0]["detail"]
    told[0]["detail"] = ""  # what another session's entry says is not told
    for check in expected["checks"]:
        for remark in check["remarks"]:
            remark["detail"] = ""  # nor whom a remark is about
    assert found == expected
    assert not found["ok"]
    assert "FAILED: see verification.json" in (tmp_path / "p/README.txt").read_text()


@needs_tools
def test_hostile_text_stays_text_and_a_shell_gets_none_of_it(tmp_path: Path) -> None:
    texts = hostile_log.write(tmp_path / "shots.db")
    vkey = (tmp_path / "shots.db.vkey").read_text(encoding="utf-8").strip()
    names = list(hostile.TEXTS)
    for name in ("shell", "terminal title", "right to left", "two lines", "formula"):
        session = hostile_log.session_of(names.index(name))
        folder = tmp_path / name.replace(" ", "-")
        packed(tmp_path / "shots.db", folder, session)
        readme = (folder / "README.txt").read_text(encoding="utf-8")
        assert not [each for each in readme if each != "\n" and not each.isprintable()]
        home = tmp_path / f"home-{folder.name}"
        home.mkdir()
        done = follow(folder, home, vkey)
        assert done.returncode == 0, done.stderr
        assert "\nall of them hold\n" in done.stdout
        assert not [each for each in done.stdout if each in "\x1b\u202e\x07"]
        assert not list(tmp_path.rglob("taken"))
        assert texts[session] not in steps(folder)


@pytest.mark.parametrize("arguments", [(), (SESSION, "--all")])
def test_it_wants_one_session_or_the_whole_log(
    signed: tuple[Path, Places], tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    done = run("package", *arguments, "--out", tmp_path / "p", "--log", signed[0])
    assert done.exit_code == 2
    assert "give SESSION, or --all" in done.output
