"""The log as CSV, JSON Lines and Parquet: the same figures, and text that is only text."""

import io
import json
import os
import re
import shutil
import sqlite3
import stat
import subprocess
import sys
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest

from injector.report import tables
from injector.report.deriving import derive, open_derived, rows
from injector.report.json_text import shown_json, to_json
from injector.report.new_files import ExistsError, new_file, new_folder
from injector.report.table import Column, Table
from injector.report.table_files import Format, write_csv, write_jsonl
from injector.report.visible import spreadsheet_text, visible
from injector.shotlog import canonical
from tests.report import busy_log, hostile, hostile_log
from tests.report.bodies import bodies_of
from tests.report.hostile_log import FREE, PEOPLE
from tests.report.samples import OTHER_PATIENT, OTHER_PERSON, OTHER_TEXT, write_signed
from tests.report.table_reading import (
    READ,
    Cells,
    exported,
    read_csv,
    read_jsonl,
    read_parquet,
    run,
)
from tests.shotlog import samples

ROOT = Path(__file__).parents[2]
FORMS = [each.value for each in Format]
LNAV = shutil.which("lnav")
needs_lnav = pytest.mark.skipif(LNAV is None, reason="lnav is not installed here")
DUCKDB = Path(sys.executable).with_name("duckdb")


def everything(folder: Path, form: str) -> str:
    """All that a directory says; Parquet is compressed, so it is read first."""
    paths = [each for each in folder.rglob("*") if each.is_file()]
    if form == "parquet":
        return "".join(repr(read_parquet(each)) for each in paths)
    return "".join(each.read_text(encoding="utf-8") for each in paths)


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("busy") / "shots.db"
    busy_log.write(path)
    return path


@pytest.fixture(scope="module")
def out(busy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The busy log in every form, a directory for each."""
    folder = tmp_path_factory.mktemp("out")
    for form in FORMS:
        exported(busy, folder / form, form)
    return folder


@pytest.fixture(scope="module")
def hostile_out(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("hostile")
    texts = hostile_log.write(folder / "shots.db")
    for form in FORMS:
        exported(folder / "shots.db", folder / form, form, "--with-texts")
    return folder, texts


# -- figures --------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_every_cell_of_every_table_is_the_table_s(busy: Path, out: Path, form: str) -> None:
    derived_at = out / f"{form}.db"
    derive(busy, derived_at)
    derived = open_derived(derived_at)
    for table in tables.TABLES:
        names = [column.name for column in table.columns]
        expected = []
        for row in rows(derived, table):
            cells = dict(zip(names, row, strict=True))
            if form == "csv":
                cells = {name: "" if cell is None else str(cell) for name, cell in cells.items()}
            if form == "jsonl":
                for column in table.columns:
                    if column.array and cells[column.name] is not None:
                        cells[column.name] = json.loads(str(cells[column.name]))
            expected.append(cells)
        assert READ[form](out / form / f"{table.name}.{form}") == expected, table.name
        assert expected, table.name
    derived.close()


@pytest.mark.parametrize("form", FORMS)
def test_figures_are_those_that_the_entries_come_to(busy: Path, out: Path, form: str) -> None:
    bodies = bodies_of(busy)

    def table(name: str) -> Cells:
        return READ[form](out / form / f"{name}.{form}")

    def total(name: str, column: str) -> int:
        return sum(int(row[column] or 0) for row in table(name))

    def of(*kinds: str) -> Cells:
        return [body for body in bodies if body["kind"] in kinds]

    assert total("shot", "measured_nl") == sum(body["volume_nl"] for body in of("shot"))
    assert total("shot", "counts_nl") == sum(body["counts_nl"] for body in of("shot", "uncertain"))
    assert total("shot", "debit_nl") == sum(body["debit_nl"] for body in of("shot", "uncertain"))
    assert total("grant", "granted_nl") == sum(body["volume_nl"] for body in of("grant"))
    assert total("gap", "volume_max_nl") == sum(body["volume_max_nl"] for body in of("gap"))
    assert total("hand_shots", "volume_nl") == sum(body["volume_nl"] for body in of("hand_shots"))
    assert total("ingredient", "volume_nl") == sum(
        item["volume_nl"]
        for body in of("session_opened", "syringe_loaded")
        for item in body["mixture"]
    )
    given = {body["session"]: body for body in of("session_closed")}
    for row in table("session"):
        if row["session"] in given:
            closed = given[row["session"]]
            assert int(row["given_nl"]) == closed["given_nl"]
            assert int(row["given_shots"]) == closed["given_shots"]
    dosed = {
        (body["session"], each["product"]): each["dose_ng"]
        for body in given.values()
        for each in body["doses"]
    }
    found = {(row["session"], row["product"]): row["given_ng"] for row in table("dose")}
    # What is known of a part, or of nothing, is not told as the whole.
    for unknown in ((busy_log.BUSY, "procaine"), (busy_log.CLOSED, "saline")):
        del dosed[unknown]
        assert found[unknown] in ("", None)
    assert {key: int(found[key]) for key in dosed} == dosed
    assert len(dosed) == 2
    for name in ("alarm", "gap", "adverse_event"):
        assert len(table(name)) == len(of(name))


def test_entries_as_json_lines_are_the_entries_field_for_field(busy: Path, out: Path) -> None:
    lines = read_jsonl(out / "jsonl/entries.jsonl")
    bodies = bodies_of(busy)
    assert [line["body"] for line in lines] == bodies
    for line, body in zip(lines, bodies, strict=True):
        assert [line[name] for name in ("seq", "session", "kind")] == [
            body[name] for name in ("seq", "session", "kind")
        ]
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", line["time_utc"])
        assert "texts" not in line
    assert {line["level"] for line in lines} == {
        "critical", "error", "warning", "notice", "info", "debug",
    }  # fmt: skip


def test_a_csv_is_that_of_rfc_4180(out: Path) -> None:
    for table in tables.TABLES:
        data = (out / f"csv/{table.name}.csv").read_bytes()
        assert data.endswith(b"\r\n")
        assert b"\n" not in data.replace(b"\r\n", b"")
        head = data.split(b"\r\n")[0].decode("ascii")
        assert head.split(",") == [column.name for column in table.columns]


def test_parquet_holds_integers_and_texts_and_says_what_they_are(out: Path) -> None:
    for table in tables.TABLES:
        schema = pyarrow.parquet.read_schema(out / f"parquet/{table.name}.parquet")
        assert schema.names == [column.name for column in table.columns]
        for field, column in zip(schema, table.columns, strict=True):
            assert str(field.type) == {"INTEGER": "int64", "TEXT": "string"}[column.type]
            assert field.metadata[b"description"].decode() == column.about
        assert schema.metadata[b"description"].decode() == table.about


@pytest.mark.skipif(not DUCKDB.exists(), reason="duckdb (PyPI duckdb-cli) is not installed here")
def test_duckdb_reads_all_three_forms_and_comes_to_the_same(busy: Path, out: Path) -> None:
    measured = sum(body["volume_nl"] for body in bodies_of(busy) if body["kind"] == "shot")
    for form in FORMS:
        asked = f"SELECT sum(measured_nl) AS nl FROM '{form}/shot.{form}'"  # noqa: S608 -- our own names
        done = subprocess.run(
            [DUCKDB, "-json", "-c", asked], cwd=out, capture_output=True, text=True, check=True
        )
        assert [int(row["nl"]) for row in json.loads(done.stdout)] == [measured]


@pytest.mark.skipif(not DUCKDB.exists(), reason="duckdb (PyPI duckdb-cli) is not installed here")
def test_the_documented_question_tells_of_how_many_sessions_a_dose_is_not_known(
    tmp_path: Path,
) -> None:
    log = tmp_path / "shots.db"
    busy_log.write(log)
    with samples.open_log(log) as made:
        made.append([samples.closed(busy_log.OPEN)], busy_log.later(250))
    exported(log, tmp_path / "parquet", "parquet", "--table", "dose")
    written = (ROOT / "docs/exports.md").read_text(encoding="utf-8")
    (asked,) = re.findall(r'duckdb -c "\n([^"]*dose\.parquet[^"]*)"', written)
    done = subprocess.run(
        [DUCKDB, "-json", "-c", asked], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    found = {row["product"]: row for row in json.loads(done.stdout)}
    of = ("sessions", "given_ng", "sessions_without_dose")
    assert [int(found["lidocaine"][name]) for name in of] == [2, 2_345_678, 1]
    assert [int(found["biotin"][name]) for name in of] == [1, 17, 0]


# -- lnav -----------------------------------------------------------------------------------------


def lnav(folder: Path, home: Path, *commands: str) -> str:
    assert LNAV is not None
    asked = [part for command in commands for part in ("-c", command)]
    done = subprocess.run(
        [LNAV, "-n", "-I", ".", *asked, "entries.jsonl"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        env=os.environ | {"HOME": str(home), "XDG_CONFIG_HOME": str(home), "TERM": "dumb"},
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


@needs_lnav
def test_lnav_takes_the_entries_for_a_log_of_their_own_format(
    busy: Path, out: Path, tmp_path: Path
) -> None:
    shown = lnav(out / "jsonl", tmp_path).splitlines()
    bodies = bodies_of(busy)
    assert len(shown) == len(bodies)
    for line, body in zip(shown, bodies, strict=True):
        words = line.split()
        assert words[0].startswith("2027-01-15T08:0")
        assert words[1] == str(body["seq"])
        assert words[3:5] == [body["session"] or "null", body["kind"]]


@needs_lnav
def test_lnav_answers_questions_with_the_figures_of_the_entries(
    busy: Path, out: Path, tmp_path: Path
) -> None:
    asked = (
        ";SELECT count(*) AS n, sum(jget(log_raw_text, '/body/volume_nl')) AS nl "
        "FROM injector_log WHERE kind = 'shot'"
    )
    answer = lnav(out / "jsonl", tmp_path, asked, ":write-csv-to -")
    shots = [body for body in bodies_of(busy) if body["kind"] == "shot"]
    assert answer.splitlines()[:2] == [
        "n,nl",
        f"{len(shots)},{sum(body['volume_nl'] for body in shots)}",
    ]
    levels = lnav(
        out / "jsonl",
        tmp_path,
        ";SELECT kind, log_level FROM injector_log WHERE log_level IN ('critical', 'error')",
        ":write-csv-to -",
    )
    assert set(levels.splitlines()[1:]) == {
        "alarm,critical", "adverse_event,critical", "gap,error", "uncertain,error",
    }  # fmt: skip


# -- one session, and private texts ---------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_of_one_session_nothing_is_given_that_is_another_s(tmp_path: Path, form: str) -> None:
    write_signed(tmp_path / "shots.db")
    folder = exported(
        tmp_path / "shots.db", tmp_path / "out", form, "--session", samples.SESSION, "--with-texts"
    )
    held = everything(folder, form)
    for other in (samples.SECOND_SESSION, OTHER_PATIENT, OTHER_PERSON, OTHER_TEXT):
        assert other not in held
    assert "blue heron" in held
    assert {row["session"] for row in READ[form](folder / f"shot.{form}")} == {samples.SESSION}


def test_a_shot_that_came_in_late_is_its_grant_s_session_s_and_borrows_from_no_other(
    tmp_path: Path,
) -> None:
    path = tmp_path / "shots.db"
    first, second = samples.SESSION, samples.SECOND_SESSION
    with samples.open_log(path) as log:
        now = samples.NOW
        granted = []
        for session, zone in ((first, "elbow"), (second, "shoulder")):
            log.append([samples.opened(session)], now)
            grant = samples.grant().model_copy(update={"zone": zone})
            granted += log.append([samples.Draft(session, grant)], now)
            log.append([samples.closed(session)], now)
        late = samples.Draft(None, samples.shot(1, granted[0].seq))
        astray = samples.Draft(first, samples.shot(2, granted[1].seq))
        seqs = [entry.seq for entry in log.append([late, astray], now)]
    exported(path, tmp_path / "one", "jsonl", "--session", first)
    shots = read_jsonl(tmp_path / "one/shot.jsonl")
    assert [(row["seq"], row["zone"]) for row in shots] == [(seqs[0], "elbow"), (seqs[1], None)]
    entries = [line["seq"] for line in read_jsonl(tmp_path / "one/entries.jsonl")]
    assert entries == sorted(entries)
    assert set(seqs) <= set(entries)
    exported(path, tmp_path / "two", "jsonl", "--session", second)
    assert read_jsonl(tmp_path / "two/shot.jsonl") == []


def test_private_texts_are_given_only_where_they_are_asked_for(
    busy: Path, out: Path, tmp_path: Path
) -> None:
    connection = sqlite3.connect(busy)
    texts = connection.execute("SELECT seq, place, text FROM private_text").fetchall()
    connection.close()
    assert len(texts) > 5
    held = "".join(everything(out / form, form) for form in FORMS)
    assert not [text for _, _, text in texts if text in held]
    assert not (out / "csv/text.csv").exists()
    asked = exported(busy, tmp_path / "asked", "jsonl", "--with-texts")
    found = {(row["seq"], row["place"]): row["text"] for row in read_jsonl(asked / "text.jsonl")}
    assert found == {(seq, place): text for seq, place, text in texts}
    lines = {line["seq"]: line.get("texts", {}) for line in read_jsonl(asked / "entries.jsonl")}
    assert {(seq, place): lines[seq][place] for seq, place, _ in texts} == found


# -- hostile text ---------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_hostile_text_is_shown_as_text_in_every_field_of_every_form(
    hostile_out: tuple[Path, dict[str, str]], form: str
) -> None:
    folder, texts = hostile_out
    for name, columns in FREE.items():
        found = READ[form](folder / form / f"{name}.{form}")
        assert {row["session"] for row in found} == set(texts)
        for row in found:
            for column in columns:
                text = texts[row["session"]]
                if column in PEOPLE:
                    text = text[:64]
                shown = visible(text)
                assert row[column] == (spreadsheet_text(shown) if form == "csv" else shown)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_json_in_a_cell_stays_json_that_says_what_was_typed(
    hostile_out: tuple[Path, dict[str, str]], form: str
) -> None:
    folder, texts = hostile_out
    for row in READ[form](folder / form / f"alarm.{form}"):
        assert json.loads(row["detail"]) == {"what": texts[row["session"]]}
    for row in READ[form](folder / form / f"dose.{form}"):
        lots = row["lots"] if form == "jsonl" else json.loads(row["lots"])
        assert lots == [visible(texts[row["session"]])]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_no_byte_of_a_file_does_anything_to_a_terminal(
    hostile_out: tuple[Path, dict[str, str]], form: str
) -> None:
    folder, _ = hostile_out
    for path in (folder / form).glob(f"*.{form}"):
        text = path.read_text(encoding="utf-8")
        odd = {each for each in text if visible(each) != each} - set(
            "\r\n" if form == "csv" else "\n"
        )
        assert not odd, path


def test_no_cell_of_a_csv_is_computed(hostile_out: tuple[Path, dict[str, str]]) -> None:
    folder, _ = hostile_out
    seen = 0
    for table in (*tables.TABLES, tables.TEXT):
        typed = [column.name for column in table.columns if column.type == "TEXT"]
        for row in read_csv(folder / f"csv/{table.name}.csv"):
            for name in typed:
                begins = row[name].lstrip()[:1]
                seen += begins == "'"
                assert begins not in set("=+-@\t\r\uff1d") or row[name] == "-15", row[name]
    assert seen > 100


def test_text_that_a_spreadsheet_would_compute_comes_back_by_taking_one_apostrophe_away() -> None:
    for text in hostile.TEXTS.values():
        cell = spreadsheet_text(text)
        assert (cell[1:] if cell.startswith("'") else cell) == text


def test_hostile_text_comes_back_from_json_lines_of_entries_as_it_was(
    hostile_out: tuple[Path, dict[str, str]],
) -> None:
    folder, texts = hostile_out
    lines = read_jsonl(folder / "jsonl/entries.jsonl")
    assert [line["body"] for line in lines] == bodies_of(folder / "shots.db")
    for line in lines:
        if line["kind"] == "session_opened":
            text = texts[line["session"]]
            assert line["body"]["mixture"][0]["product"] == text
            assert line["body"]["operator"] == text[:64]
            assert line["texts"]["/title"] == hostile.LONG
        if line["kind"] == "note":
            assert line["texts"]["/text"] == texts[line["session"]]
        assert visible(line["message"]) == line["message"]


@needs_lnav
def test_lnav_shows_a_line_for_each_entry_whatever_they_say(
    hostile_out: tuple[Path, dict[str, str]], tmp_path: Path
) -> None:
    folder, _ = hostile_out
    shown = lnav(folder / "jsonl", tmp_path)
    assert len(shown.split("\n")) - 1 == len(bodies_of(folder / "shots.db"))
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_shown_json_says_the_same() -> None:
    everything = [
        *hostile.TEXTS.values(),
        hostile.NUL,
        hostile.LONG,
        "".join(map(chr, range(1024))),
    ]
    for text in everything:
        for line in (to_json({text: text}), shown_json(canonical.encode({"a": text}).decode())):
            assert visible(line) == line
            assert text in json.loads(line).values()


# -- files ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_written_over_and_nothing_is_written_then(
    busy: Path, tmp_path: Path, form: str
) -> None:
    mine = tmp_path / f"gap.{form}"
    mine.write_text("mine")
    done = run("export", "--format", form, "--out", tmp_path, "--log", busy)
    assert done.exit_code == 2
    assert "is there already" in done.output
    assert [each.name for each in tmp_path.iterdir()] == [mine.name]
    assert mine.read_text() == "mine"


def test_a_file_gets_its_name_last_and_only_when_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    with pytest.raises(ZeroDivisionError), new_file(path) as file:
        1 // path.exists()
    assert list(tmp_path.iterdir()) == []
    with new_file(path) as file:
        file.write(b"whole")
    assert path.read_bytes() == b"whole"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    late = tmp_path / "late"
    with pytest.raises(ExistsError), new_file(late):
        late.write_bytes(b"came meanwhile")
    assert late.read_bytes() == b"came meanwhile"
    with pytest.raises(ExistsError):
        new_folder(tmp_path).__enter__()


def test_other_tables_can_follow_into_the_same_directory(busy: Path, tmp_path: Path) -> None:
    exported(busy, tmp_path, "csv", "--table", "shot")
    exported(busy, tmp_path, "csv", "--table", "dose")
    exported(busy, tmp_path, "jsonl", "--table", "entries")
    names = {str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*.*")}
    assert names == {
        "shot.csv", "dose.csv", "entries.jsonl", "formats/injector/injector_log.json",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "give --format csv, jsonl or parquet; or --tiles DIR"),
        (("--format", "csv"), "--out"),
        (("--format", "csv", "--tiles", "t"), "one form is needed"),
        (("--tiles", "t", "--session", "last"), "--tiles goes alone"),
        (("--format", "csv", "--out", "o", "--table", "entries"), "give --format jsonl"),
        (("--format", "csv", "--out", "o", "--table", "text"), "give --with-texts"),
        (("--format", "csv", "--out", "o", "--session", "x"), "no session begins with"),
    ],
)
def test_what_does_not_fit_is_said_and_nothing_is_made(
    busy: Path, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    placed = [str(tmp_path / each) if each in {"o", "t"} else each for each in arguments]
    done = run("export", *placed, "--log", busy)
    assert done.exit_code == 2
    assert said in done.output
    assert list(tmp_path.iterdir()) == []


def test_without_the_extra_parquet_says_which_one_it_needs_and_the_others_work(
    busy: Path, tmp_path: Path
) -> None:
    code = (
        "import sys; sys.modules['pyarrow'] = None\n"
        "from injector.cli.main import main; main()"
    )  # fmt: skip

    def without(form: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", code, "log", "export", "--format", form]
        command += ["--out", str(tmp_path / form), "--log", str(busy)]
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)

    done = without("parquet")
    assert done.returncode == 6
    assert "pip install '.[audit]'" in done.stderr
    assert not (tmp_path / "parquet").exists()
    assert without("csv").returncode == 0


@pytest.mark.parametrize("write", [write_csv, write_jsonl])
def test_rows_are_streamed(tmp_path: Path, write: Any) -> None:
    def many() -> Iterator[tuple[int | str | None, ...]]:
        blank = (None,) * (len(tables.SHOT.columns) - 2)
        for number in range(30_000):
            yield (number, "some text", *blank)

    with (tmp_path / "file").open("wb") as file:
        tracemalloc.start()
        try:
            assert write(file, tables.SHOT, many()) == 30_000
            _, most = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert most < 1_000_000


def test_csv_tells_empty_texts_and_lines_apart_from_rows() -> None:
    table = Table("t", "A table.", (Column("a", "TEXT", "A."),), key=("a",))
    out = io.BytesIO()
    cells = ["one\r\ntwo", 'a "b", c', None, "'"]
    write_csv(out, table, ((each,) for each in cells))
    assert out.getvalue() == b'a\r\none\\r\\ntwo\r\n"a ""b"", c"\r\n""\r\n\'\'\r\n'


# -- the document ---------------------------------------------------------------------------------


@needs_lnav
def test_the_lines_of_the_document_run_as_they_stand(busy: Path, tmp_path: Path) -> None:
    text = (ROOT / "docs/exports.md").read_text(encoding="utf-8")
    script = "".join(re.findall(r"^```sh\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL))
    shutil.copy(busy, tmp_path / "shots.db")
    done = subprocess.run(
        ["bash", "-e", "-c", script],
        cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=170, check=False,
        env={"PATH": f"{DUCKDB.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(tmp_path),
             "XDG_CONFIG_HOME": str(tmp_path), "TERM": "dumb", "LANG": "C.UTF-8"},
    )  # fmt: skip
    assert (done.returncode, done.stderr.replace(NOT_WHOLE, "")) == (0, "")
    measured = sum(body["volume_nl"] for body in bodies_of(busy) if body["kind"] == "shot")
    assert re.search(rf"│ +{measured} │ +{measured} │", done.stdout)
    assert (tmp_path / "whole.zip").exists()
    for table in tables.TABLES:
        assert f"`{table.name}`" in text


NOT_WHOLE = "the log does NOT verify; the package says so\n"
"""The log of these tests has signatures that nobody made."""
