"""Pages of the auditor's web beside Datasette's own: an entry, its proof, charts, the check.

A plugin of Datasette, made for one log and handed over as an object: what else is installed
on this computer adds nothing to this web.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

from datasette import Response, hookimpl
from datasette.app import Datasette
from markupsafe import Markup, escape

from injector.report.audit.bars import BarOf, bars
from injector.report.audit.metadata import QUERIES
from injector.report.deriving import open_derived
from injector.report.proof import Proof, prove
from injector.report.tables import TABLES
from injector.report.visible import visible
from injector.shotlog import canonical
from injector.shotlog.errors import LogError
from injector.shotlog.merkle import leaf_hash
from injector.shotlog.reader import LogReader
from injector.units import format_volume_nl

Tell: TypeAlias = Callable[[LogReader, str], str | None]
"""A session's report as a whole page; None where there is no such session."""

LINKED: Final = frozenset(table.name for table in TABLES if table.key[0] == "seq")
"""Tables whose rows come from one entry each."""
_MOST_BARS: Final = 24
_CHARTS: Final = (
    (
        "Sessions by month",
        "SELECT substr(opened_utc, 1, 7), count(*), NULL FROM session GROUP BY 1 ORDER BY 1 DESC",
    ),
    (
        "Volume that counts as given, by month",
        ("SELECT substr(opened_utc, 1, 7), NULL, coalesce(sum(given_nl), 0) FROM session "
        "GROUP BY 1 ORDER BY 1 DESC"),
    ),
    (
        "Volume of each product that counts as given",
        "SELECT product, NULL, sum(given_nl) FROM dose GROUP BY 1 ORDER BY 3 DESC, 1",
    ),
    ("Shots by zone", ("SELECT coalesce(zone, 'not granted here'), count(*), NULL FROM shot "
     "GROUP BY zone ORDER BY 2 DESC, 1")),
    (
        "Overrides by practitioner",
        "SELECT by_person, count(*), NULL FROM override GROUP BY 1 ORDER BY 2 DESC, 1",
    ),
    (
        "Alarms raised",
        ("SELECT alarm || ' (' || priority || ')', count(*), NULL FROM alarm "
        "WHERE act = 'raised' GROUP BY 1 ORDER BY 2 DESC, 1"),
    ),
)  # fmt: skip
"""Title, and a question for label, count and volume; one of the two is NULL."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is served."""

    copy: Path
    """The copy of the log."""
    tables: Path
    """The database that was made of it."""
    broken: bool
    """Whether the log does not verify."""
    note: str
    """When it was copied, in a sentence."""
    verified: str
    """What `verify` found, as text."""
    report: Tell | None = None


class Chart(NamedTuple):
    """A chart with its title."""

    title: str
    svg: Markup


class AuditPages:
    """The plugin."""

    __name__ = "injector-audit"

    def __init__(self, source: Source) -> None:
        self._source = source

    @hookimpl
    def register_routes(self) -> list[tuple[str, Callable[..., Any]]]:
        """Our pages."""
        return [
            (r"^/-/entry/(?P<seq>[0-9]{1,15})$", self._entry),
            (r"^/-/proof/(?P<seq>[0-9]{1,15})$", self._proof),
            (r"^/-/report/(?P<session>[tc][0-9a-f]{16})$", self._report),
            (r"^/-/charts$", self._charts),
            (r"^/-/verified$", self._verified),
        ]

    @hookimpl
    def prepare_jinja2_environment(self, env: Any, datasette: Datasette) -> None:
        """What our templates need, pages that tell of an error included."""

        def log_links(table: str, row: Any) -> Markup:
            return self._links(datasette, table, row)

        env.globals.update(
            broken=self._source.broken,
            served_note=self._source.note,
            audit_queries=QUERIES,
            audit_tables=TABLES,
            linked_tables=LINKED | {"session"},
            log_links=log_links,
        )

    @hookimpl
    def render_cell(self, value: object) -> Markup | None:
        """Text is text: no link is made of what somebody typed, and nothing is unseen."""
        if isinstance(value, str) and value:
            return Markup(escape(visible(value)))  # noqa: S704 -- escaped here
        return None

    def _links(self, datasette: Datasette, table: str, row: Any) -> Markup:
        url = datasette.urls.path
        found = []
        if table == "session":
            found.append(("report", url(f"/-/report/{row['session']}")))
            found.append(("entry", url(f"/-/entry/{row['opened_seq']}")))
        else:
            seq = str(row["seq"]) if table != "ingredient" else str(row["Link"]).split(",")[0]
            found += [("entry", url(f"/-/entry/{seq}")), ("proof", url(f"/-/proof/{seq}"))]
            session = row["session"]
            session = session["value"] if isinstance(session, dict) else session
            if session:
                found.append(("report", url(f"/-/report/{session}")))
        return Markup(" ").join(
            Markup('<a href="{}">{}</a>').format(where, name) for name, where in found
        )

    # -- the pages ---------------------------------------------------------------------------

    async def _entry(self, request: Any, datasette: Datasette) -> Response:
        seq = int(request.url_vars["seq"])
        body = await asyncio.to_thread(self._body, seq)
        if body is None:
            return await _page(datasette, request, f"There is no entry {seq}", status=404)
        url = datasette.urls.path
        links = [("proof", url(f"/-/proof/{seq}")), ("next", url(f"/-/entry/{seq + 1}"))]
        if seq:
            links.insert(1, ("before", url(f"/-/entry/{seq - 1}")))
        return await _page(
            datasette,
            request,
            f"Entry {seq}",
            lines=[
                f"Leaf hash, SHA-256 of a zero byte and the body: {leaf_hash(body).hex()}",
                f"{len(body):,} bytes; below, the same set in lines.",
            ],
            text=_set_in_lines(body),
            links=links,
        )

    def _body(self, seq: int) -> bytes | None:
        uri = f"{self._source.copy.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as log:
            row = log.execute(
                "SELECT CAST(body AS BLOB) FROM entries WHERE seq = ?", (seq,)
            ).fetchone()
        return None if row is None else bytes(row[0])

    async def _proof(self, request: Any, datasette: Datasette) -> Response:
        seq = int(request.url_vars["seq"])
        try:
            proof: Proof = await asyncio.to_thread(self._read, prove, seq)
        except (ValueError, LogError) as error:
            title = f"Entry {seq} cannot be proven"
            return await _page(datasette, request, title, lines=[visible(str(error))], status=404)
        return Response(
            proof.text(),
            headers={"content-disposition": f'attachment; filename="entry-{seq}.tlog-proof"'},
            content_type="text/plain; charset=utf-8",
        )

    async def _report(self, request: Any, datasette: Datasette) -> Response:
        session, report = str(request.url_vars["session"]), self._source.report
        page = None
        if report is not None:
            page = await asyncio.to_thread(self._read, report, session)
        if page is None:
            title = f"No report of session {session}"
            lines = ["There is no such session, or no report can be made here."]
            return await _page(datasette, request, title, lines=lines, status=404)
        return Response.html(page)

    def _read(self, make: Callable[[LogReader, Any], Any], of: object) -> Any:
        with LogReader.open(self._source.copy) as reader:
            return make(reader, of)

    async def _charts(self, request: Any, datasette: Datasette) -> Response:
        charts = await asyncio.to_thread(self._draw)
        return await _page(datasette, request, "Charts", charts=charts)

    def _draw(self) -> list[Chart]:
        with closing(open_derived(self._source.tables)) as derived:
            return [
                Chart(title, Markup(bars(title, _bars(derived.execute(sql)))))  # noqa: S704 -- made by bars, which escapes
                for title, sql in _CHARTS
            ]

    async def _verified(self, request: Any, datasette: Datasette) -> Response:
        title = "The log does NOT verify" if self._source.broken else "The log verifies"
        return await _page(
            datasette, request, title, lines=[self._source.note], text=self._source.verified
        )


async def _page(
    datasette: Datasette,
    request: Any,
    title: str,
    *,
    lines: Sequence[str] = (),
    text: str = "",
    links: Sequence[tuple[str, str]] = (),
    charts: Sequence[Chart] = (),
    status: int = 200,
) -> Response:
    context = {"title": title, "lines": lines, "text": text, "links": links, "charts": charts}
    html = await datasette.render_template("audit_page.html", context, request=request)
    return Response.html(html, status=status)


def _set_in_lines(body: bytes) -> str:
    try:
        fields = canonical.decode(body)
    except canonical.NotCanonicalError:
        return visible(body.decode(errors="backslashreplace"))
    return visible(json.dumps(fields, ensure_ascii=False, indent=2, sort_keys=True), keep="\n")


def _bars(found: Iterable[tuple[str, int | None, int | None]]) -> list[BarOf]:
    rows = []
    for label, count, volume_nl in found:
        if volume_nl is not None:
            rows.append(BarOf(label, volume_nl, format_volume_nl(volume_nl)))
        else:
            rows.append(BarOf(label, count or 0, f"{count or 0:,}"))
    if len(rows) > _MOST_BARS:
        left = len(rows) - _MOST_BARS
        rows[_MOST_BARS:] = [BarOf(f"and {left:,} more", 0, "in the tables")]
    return rows
