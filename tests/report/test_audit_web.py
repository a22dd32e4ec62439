"""Promises of the auditor's web: it only reads, answers only who was told, shows text as text."""

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from injector.report import tables
from injector.report.audit.guard import App, Guard, Receive, Scope, Send
from injector.report.audit.metadata import QUERIES
from injector.report.audit.pages import Source
from injector.report.audit.web import audit_app
from injector.report.deriving import open_derived
from injector.report.proof import Proof, prove
from injector.report.table import Column, Table
from injector.report.visible import visible
from injector.shotlog import facts
from injector.shotlog.entries import Draft
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import LogReader
from tests.report import busy_log, hostile_log
from tests.report.asking import BASE, HERE, PORT, Web, ask, rows, source_of
from tests.report.page_reading import Page, tidy
from tests.shotlog import samples

HOSTILE = (
    "<script>document.title='taken'</script>",
    '=HYPERLINK("http://x.example","a")',
    "\x1b[31mred\x07",
    "gnp\u202egpj.exe",
    "{{ 1234567 * 7 }}",
    "https://x.example/'onmouseover='x",
    "+1",
    "@SUM(A1)",
)
"""What somebody may type into a field that is no private text."""
PRODUCT = str(1234567 * 7)
"""What a template would make of one of them."""


def hostile(log: ShotLog) -> None:
    """Put each of them wherever a table shows what people type."""
    for number, text in enumerate(HOSTILE):
        session = f"c{number:015x}f"
        log.append(
            [
                busy_log.opened(session, busy_log.item(text, 1_000, 5, text)),
                Draft(session, facts.OverrideGiven(step=0, reason=TO_BE_SEALED, by=text),
                      {"/reason": text}),
                Draft(session, facts.HandShots(technique="papule", zone="elbow", fill=0, shots=1,
                                               volume_nl=10, by=text)),
            ],
            busy_log.later(300),
        )  # fmt: skip
        end = samples.closed(session)
        log.append([Draft(session, end.body.model_copy(update={"by": text}))], busy_log.later(301))


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Source:
    folder = tmp_path_factory.mktemp("web")
    busy_log.write(folder / "shots.db")
    with samples.open_log(folder / "shots.db") as log:
        log.append([samples.closed(busy_log.OPEN)], busy_log.later(250))
        hostile(log)
    return source_of(folder / "shots.db", folder)


@pytest.fixture
def app(source: Source) -> Iterator[App]:
    with audit_app(source, port=PORT, base=BASE, title="A log", about="For tests.") as made:
        yield made


# -- who may ask ----------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["evil.example", "evil.example:7777", "127.0.0.1", ""])
def test_a_name_that_was_made_to_point_here_gets_nothing(app: App, host: str) -> None:
    answer = ask(app, "audit", headers={"host": host})
    assert (answer.status_code, "session" in answer.text) == (403, False)


@pytest.mark.parametrize(
    "header",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": f"https://127.0.0.1:{PORT}"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_a_page_of_another_site_gets_nothing(app: App, header: dict[str, str]) -> None:
    answer = ask(app, "audit/session.json", headers=header)
    assert (answer.status_code, "patient" in answer.text) == (403, False)


def test_nobody_else_may_read_the_answer_in_a_browser(app: App) -> None:
    answer = ask(app, "audit/session.json", headers={"origin": HERE})
    assert answer.status_code == 200
    assert not [name for name in answer.headers if name.startswith("access-control")]
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["cache-control"] == "no-store"


def test_without_the_secret_of_the_address_there_is_nothing(app: App) -> None:
    for path in ("/", "/audit", "/audit/session.json", "/a-secre/audit", "/-/proof/1"):
        assert ask(app, f"../{path[1:]}").status_code == 404, path


# -- it only reads --------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", ["audit", "audit/shot", "audit/shot/-/insert", "-/create", "gaps"])
def test_nothing_is_written(app: App, method: str, path: str) -> None:
    answer = ask(app, path, method, json={"rows": [{"seq": 1}]})
    assert answer.status_code == 405


@pytest.mark.parametrize(
    "sql",
    [
        "DELETE FROM shot",
        "UPDATE shot SET zone = 'knee'",
        "INSERT INTO gap (seq) VALUES (1)",
        "DROP TABLE shot",
        "ATTACH '/etc/passwd' AS x",
        "PRAGMA writable_schema = 1",
        "VACUUM INTO 'stolen.db'",
        "WITH x AS (SELECT 1) DELETE FROM shot",
    ],
)
def test_sql_that_changes_anything_is_refused(
    app: App, source: Source, sql: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = source.tables.read_bytes()
    answer = ask(app, "audit.json", params={"sql": sql})
    assert answer.status_code == 400
    assert source.tables.read_bytes() == before
    assert not list(tmp_path.iterdir())


def test_neither_the_database_nor_datasettes_own_corner_is_open(app: App) -> None:
    corner = ("settings", "plugins.json", "databases.json", "threads", "allow-debug",
              "permissions", "auth-token", "messages", "logout")  # fmt: skip
    for path in ("audit.db", *(f"-/{each}" for each in corner)):
        assert ask(app, path).status_code in {403, 404}, path


def test_no_private_text_can_be_asked_for(app: App) -> None:
    names = {row["name"] for row in ask(
        app, "audit.json", params={"sql": "SELECT name FROM sqlite_master", "_shape": "array"}
    ).json()}  # fmt: skip
    assert "shot" in names
    assert not names & {"text", "private_text", "entries"}
    assert "blue heron" not in ask(app, "-/entry/2").text


def test_a_long_question_ends_after_a_second(app: App) -> None:
    sql = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT sum(x) FROM n"
    answer = ask(app, "audit.json", params={"sql": sql})
    assert answer.status_code == 400
    assert "interrupted" in answer.text.lower() or "time limit" in answer.text.lower()


# -- what is shown ---------------------------------------------------------------------------


def test_every_table_says_what_it_is_and_what_each_column_is(app: App) -> None:
    for table in tables.TABLES:
        page = ask(app, f"audit/{table.name}")
        assert page.status_code == 200
        assert f"<h1>{table.name.replace('_', ' ')}</h1>" in page.text
        for column in table.columns:
            assert f"<dt>{column.name}</dt>" in page.text, (table.name, column.name)


@pytest.mark.parametrize("table", tables.TABLES, ids=lambda table: str(table.name))
def test_what_a_table_shows_is_what_was_derived(app: App, source: Source, table: Table) -> None:
    connection = open_derived(source.tables)
    connection.row_factory = lambda cursor, row: {
        column[0]: value for column, value in zip(cursor.description, row, strict=True)
    }
    key = ", ".join(tables.order(table))
    derived = connection.execute(f'SELECT * FROM "{table.name}" ORDER BY {key}').fetchall()  # noqa: S608
    connection.close()
    assert rows(app, f"audit/{table.name}") == derived
    assert derived


FACETS = [(table.name, column) for table in tables.TABLES for column in table.columns
          if column.facet]  # fmt: skip


@pytest.mark.parametrize(("name", "column"), FACETS, ids=lambda each: getattr(each, "name", each))
def test_every_facet_counts_every_value(
    app: App, source: Source, name: str, column: Column
) -> None:
    asked = "_facet_array" if column.array else "_facet"
    answer = ask(app, f"audit/{name}.json", params={asked: column.name, "_facet_size": "max"})
    assert answer.status_code == 200
    found = {
        each["value"]: each["count"]
        for each in answer.json()["facet_results"][column.name]["results"]
    }
    connection = open_derived(source.tables)
    values = [row[0] for row in connection.execute(f'SELECT "{column.name}" FROM "{name}"')]  # noqa: S608
    connection.close()
    expected: dict[object, int] = {}
    for value in values:
        for each in set(json.loads(value)) if column.array and value else [value]:
            if each is not None:
                expected[each] = expected.get(each, 0) + 1
    assert found == expected


def test_every_question_that_is_ready_gives_an_answer(app: App) -> None:
    home = ask(app, "").text
    for query in QUERIES:
        page = ask(app, f"audit/{query.name}")
        assert page.status_code == 200, query.name
        assert query.title in page.text
        assert query.title in home
        assert rows(app, f"audit/{query.name}"), query.name


def test_the_questions_answer_what_they_ask(app: App) -> None:
    (ada,) = [row for row in rows(app, "audit/overrides_by_practitioner")
              if row["by_person"] == "ada"]  # fmt: skip
    assert (ada["overrides"], ada["sessions"], ada["grants"], ada["shots"]) == (2, 1, 3, 9)
    assert {row["verdict"] for row in rows(app, "audit/shot") if row["limits_passed"]} == {"soft"}
    soft = rows(app, "audit/shots_outside_soft_limits")
    assert [row["seq"] for row in soft] == sorted(
        (row["seq"] for row in rows(app, "audit/shot") if row["verdict"] == "soft"), reverse=True
    )
    assert len(soft) == 9
    (gap,) = rows(app, "audit/gaps")
    assert (gap["shots_max"], gap["choice"], gap["chosen_by"]) == (3, "go_on", "bea")
    raised = {(row["priority"], row["alarm"]): row["raised"] for row in rows(app, "audit/alarms")}
    assert raised == {("high", "lost_contact"): 1, ("low", "lost_contact"): 1}
    waiting = {row["session"] for row in rows(app, "audit/unreviewed_sessions")}
    assert busy_log.BUSY not in waiting
    assert {busy_log.CLOSED, busy_log.OPEN} < waiting
    mine = rows(app, "audit/lots_by_patient")
    one = ask(app, "audit/lots_by_patient.json?_shape=array&lot=B-1&patient=").json()
    assert one == [row for row in mine if row["lot"] == "B-1"]
    assert [(row["patient"], row["product"]) for row in one] == [(busy_log.PATIENT, "biotin")]
    doses = rows(app, "audit/dose_by_product_and_month")
    biotin = [row for row in doses if row["product"] == "biotin"]
    assert [(row["month"], row["given_ng"]) for row in biotin] == [("2027-01", 17)]
    without = {row["product"]: row["sessions_without_dose"] for row in doses}
    (lidocaine,) = (row for row in doses if row["product"] == "lidocaine")
    assert (lidocaine["sessions"], lidocaine["given_ng"]) == (2, 2_345_678)
    assert (without["lidocaine"], without["biotin"]) == (1, 0), "one knows only its volume"


def test_a_shot_leads_to_its_entry_its_proof_and_its_report(source: Source) -> None:
    told = replace(
        source,
        report=lambda _, session: f"<h1>{session}</h1>" if session == busy_log.BUSY else None,
    )
    with audit_app(told, port=PORT, base=BASE, title="A log", about="For tests.") as app:
        page = ask(app, f"audit/shot?session={busy_log.BUSY}").text
        seq = rows(app, "audit/shots_outside_soft_limits")[0]["seq"]
        for path in (f"-/entry/{seq}", f"-/proof/{seq}", f"-/report/{busy_log.BUSY}"):
            assert f'href="{BASE}{path}"' in page, path
            assert ask(app, path).status_code == 200, path
        assert "setpoint_digest" in ask(app, f"-/entry/{seq}").text
        proof = Proof.parse(ask(app, f"-/proof/{seq}").text)
        with LogReader.open(source.copy) as reader:
            assert proof == prove(reader, seq)
            assert proof.checkpoint == reader.checkpoint
        assert ask(app, f"-/report/{busy_log.BUSY}").text == f"<h1>{busy_log.BUSY}</h1>"
        assert ask(app, f"-/report/{busy_log.CLOSED}").status_code == 404
        assert ask(app, "-/entry/999999").status_code == 404
        assert ask(app, "-/proof/999999").status_code == 404


def test_what_somebody_typed_is_text_on_every_page(app: App) -> None:
    paths = [f"audit/{table.name}" for table in tables.TABLES]
    paths += [f"audit/{query.name}" for query in QUERIES] + ["-/charts", ""]
    paths += [f"audit/session/c{number:015x}f" for number in range(len(HOSTILE))]
    seen = ""
    for path in paths:
        page = ask(app, path).text
        seen += page
        assert "<script>document" not in page, path
        assert not {"\x1b", "\x07", "\u202e"} & set(page), path
        assert 'href="https://x.example' not in page, path
        assert PRODUCT not in page, path
    assert "&lt;script&gt;document.title" in seen
    assert "gnp\\u202egpj.exe" in seen
    assert "\\x1b[31mred\\x07" in seen
    assert "{{ 1234567 * 7 }}" in seen


# Datasette writes the value of a facet into the names of its own links, and says how many
# rows there are; beyond that a page has the same elements whatever stands in the log.


@pytest.fixture(scope="module")
def hostile_source(tmp_path_factory: pytest.TempPathFactory) -> tuple[Source, dict[str, str]]:
    """A log with a hostile text wherever one fits, and the text of each session."""
    folder = tmp_path_factory.mktemp("hostile")
    texts = hostile_log.write(folder / "shots.db")
    return source_of(folder / "shots.db", folder), texts


@pytest.fixture
def hostile_web(
    hostile_source: tuple[Source, dict[str, str]],
) -> Iterator[tuple[Web, dict[str, str]]]:
    """The web of that log; one web at a time is open."""
    source, texts = hostile_source
    with audit_app(source, port=PORT, base=BASE, title="A log", about="For tests.") as made:
        yield Web(made, source), texts


@pytest.mark.parametrize("table", hostile_log.FREE)
def test_every_hostile_text_is_text_in_the_cells_of_every_table(
    hostile_web: tuple[Web, dict[str, str]], table: str
) -> None:
    web, texts = hostile_web
    page = web.page(f"audit/{table}?_size=max")
    shown = Page(page)
    assert not {"img", "svg", "b"} & shown.tags
    assert not [name for _, name, _ in shown.attributes if name.startswith("on")]
    assert "alert(1)" not in scripts(page)
    assert page.replace("\n", "").replace("\t", "").isprintable()
    cells = {cell for rows in shown.rows.values() for row in rows for cell in row}
    ids = {True: 64, False: 200}
    for column in hostile_log.FREE[table]:
        right = {tidy(visible(t[: ids[column in hostile_log.PEOPLE]])) for t in texts.values()}
        assert right <= cells, column


def test_every_hostile_text_is_text_in_charts_answers_and_entries(
    hostile_web: tuple[Web, dict[str, str]],
) -> None:
    web, texts = hostile_web
    paths = [f"audit/{query.name}?_size=max" for query in QUERIES] + ["-/charts"]
    paths += [f"audit/session/{session}" for session in texts]
    paths += [f"-/entry/{row['opened_seq']}" for row in web.rows("audit/session")]
    for path in paths:
        page = web.page(path)
        shown = Page(page)
        assert not {"img", "b", "x"} & shown.tags, path
        assert not [name for _, name, _ in shown.attributes if name.startswith("on")], path
        assert "alert(1)" not in scripts(page), path
        assert page.replace("\n", "").replace("\t", "").isprintable(), path


def scripts(page: str) -> str:
    """All that a browser would run of a page."""
    return "".join(re.findall(r"<script.*?</script>", page, re.DOTALL))


def test_what_a_question_of_ones_own_makes_is_text_too(app: App) -> None:
    sql = "SELECT char(27) || '[31m' || char(8238) || '<script>taken()</script>' AS made"
    page = ask(app, "audit", params={"sql": sql}).text
    assert "\\x1b[31m\\u202e&lt;script&gt;taken()&lt;/script&gt;" in page
    assert not {"\x1b", "\u202e"} & set(page)
    assert "<script>taken" not in page


def test_no_cell_of_a_csv_is_a_formula(app: App) -> None:
    for table in tables.TABLES:
        answer = ask(app, f"audit/{table.name}.csv?_size=max")
        assert answer.status_code == 200
        cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
        assert len(cells) > len(table.columns)
        assert not [cell for cell in cells if cell.startswith(("=", "+", "@", "-", "\t"))]
    lots = ask(app, "audit/ingredient.csv?_size=max").text
    assert "'=HYPERLINK" in lots


@pytest.mark.parametrize(
    ("query", "kind", "body"),
    [
        ("", "text/csv", "'=1+1\r\n"),
        ("%5Ffo%72mat=csv", "text/csv", "'=1+1\r\n"),
        ("%5Ffo%72mat=c%73v", "text/plain", "'=1+1\r\n"),
        ("x=1&_format=html&_format=csv", "text/plain; charset=utf-8", "'=1+1\r\n"),
        ("_search=_format=csv", "text/plain", "=1+1\n"),
        ("_format=csv", "text/html", "=1+1\n"),
    ],
)
def test_whether_an_answer_is_csv_is_what_it_says_and_what_was_asked_not_how_it_is_spelt(
    query: str, kind: str, body: str
) -> None:
    async def answering(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"Content-Type", kind.encode()), (b"Content-Length", b"5")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"=1+", "more_body": True})
        await send({"type": "http.response.body", "body": b"1\n"})

    assert ask(Guard(answering, port=PORT, base=BASE), f"audit/shot?{query}").text == body


def test_a_log_that_does_not_verify_is_called_that_on_every_page(source: Source) -> None:
    broken = replace(source, broken=True)
    said = "THIS LOG DOES NOT VERIFY"
    with audit_app(broken, port=PORT, base=BASE, title="A log", about="For tests.") as app:
        for path in ("", "audit", "audit/shot", "audit/gaps", "-/charts", "-/verified",
                     "-/entry/1", f"audit/session/{busy_log.BUSY}", "audit/nothing"):  # fmt: skip
            assert said in ask(app, path).text, path
    with audit_app(source, port=PORT, base=BASE, title="A log", about="For tests.") as app:
        assert said not in ask(app, "audit").text


def test_the_documentation_names_every_table_and_every_question() -> None:
    text = (Path(__file__).parents[2] / "docs" / "audit.md").read_text(encoding="utf-8")
    for table in tables.TABLES:
        assert f"| `{table.name}` | {table.about} |" in text
    for query in QUERIES:
        assert f"| {query.title} | {query.about} |" in text
