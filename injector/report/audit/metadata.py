"""What the auditor's web says of the tables, and the questions that are ready to be asked."""

from dataclasses import dataclass
from typing import Any, Final

from injector.report.table import Table
from injector.report.tables import EXCEPTIONAL, TABLES, order

DATABASE: Final = "audit"
"""The name of the one database that is served."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question that is ready to be asked."""

    name: str
    title: str
    about: str
    sql: str


QUERIES: Final = (
    Query(
        "overrides_by_practitioner",
        "Overrides by practitioner",
        "Who let soft limits be passed, how often, and how many shots were made on that word.",
        """SELECT by_person, count(*) AS overrides, count(DISTINCT session) AS sessions,
  sum(grants) AS grants, sum(shots) AS shots, min(given_utc) AS first_utc,
  max(given_utc) AS last_utc
FROM override GROUP BY by_person ORDER BY overrides DESC, by_person""",
    ),
    Query(
        "dose_by_product_and_month",
        "Dose by product and month",
        "What counts as given of each product, in the month (UTC) in which its session was opened. "
        "Where some sessions are without a known dose, given_ng is at least what was given.",
        """SELECT substr(opened_utc, 1, 7) AS month, realm, product,
  count(*) AS sessions, sum(given_ng) AS given_ng,
  sum(given_ng IS NULL) AS sessions_without_dose, sum(given_nl) AS given_nl
FROM dose GROUP BY month, realm, product ORDER BY month DESC, realm, product""",
    ),
    Query(
        "shots_outside_soft_limits",
        "Shots outside soft limits",
        "Every shot that was granted past a soft limit on somebody's word; the newest first.",
        f"""SELECT seq, session, logged_utc, technique, zone, limits_passed, override_by, outcome,
  set_volume_nl, measured_nl, set_depth_um, depth_um
FROM shot WHERE {EXCEPTIONAL} AND verdict = 'soft' ORDER BY seq DESC""",  # noqa: S608 -- this house's own words
    ),
    Query(
        "uncertain_and_partial_shots",
        "Uncertain and partial shots",
        "Every shot that was not whole, or may not have been; the newest first.",
        f"""SELECT seq, session, logged_utc, technique, zone, outcome, cause, set_volume_nl,
  measured_nl, counts_nl
FROM shot WHERE {EXCEPTIONAL} AND outcome <> 'complete' ORDER BY seq DESC""",  # noqa: S608 -- this house's own words
    ),
    Query(
        "gaps",
        "Gaps",
        "Every gap in a gun's journal, the most that may be missing, and how somebody went on.",
        """SELECT gap.seq, gap.session, found_utc, operator, gap.serial, journal_id, first_index,
  last_index, shots_max, volume_max_nl, reason, choice, chosen_by
FROM gap LEFT JOIN session ON session.session = gap.session ORDER BY gap.seq DESC""",
    ),
    Query(
        "alarms",
        "Alarms",
        "Which alarms were raised, and how often.",
        """SELECT priority, alarm, count(*) AS raised, count(DISTINCT session) AS sessions,
  min(alarm_utc) AS first_utc, max(alarm_utc) AS last_utc
FROM alarm WHERE act = 'raised' GROUP BY priority, alarm
ORDER BY CASE priority WHEN 'high' THEN 0 WHEN 'medium' THEN 1 ELSE 2 END, raised DESC, alarm""",
    ),
    Query(
        "lots_by_patient",
        "Lots by patient",
        "Which lots were in the syringes of whose sessions. Leave a field empty to ask for all.",
        """SELECT patient, product, lot, expiry, count(DISTINCT session.session) AS sessions,
  min(opened_utc) AS first_utc, max(opened_utc) AS last_utc
FROM ingredient JOIN session ON session.session = ingredient.session
WHERE lot IS NOT NULL AND (:patient = '' OR patient = :patient) AND (:lot = '' OR lot = :lot)
GROUP BY patient, product, lot, expiry ORDER BY last_utc DESC, patient, product, lot""",
    ),
    Query(
        "unreviewed_sessions",
        "Unreviewed sessions",
        "Closed sessions that nobody signed as reviewed: those with something out of the ordinary "
        "first, then the oldest.",
        """SELECT session, realm, opened_utc, operator, patient, given_shots, given_nl,
  gaps, uncertain_shots, overrides, high_alarms, adverse_events, refused_by_limits,
  refused_by_gun, performed_by,
  gaps + uncertain_shots + overrides + high_alarms + adverse_events + refused_by_limits
    + refused_by_gun + (performed_by IS NULL) AS exceptions
FROM session WHERE closed_seq IS NOT NULL AND reviewed_by IS NULL
ORDER BY exceptions = 0, opened_seq""",
    ),
    Query(
        "adverse_events_by_lot",
        "Adverse events by lot",
        "Which lots were in the syringes of sessions that an adverse event was recorded for.",
        """SELECT product, lot, what, count(DISTINCT adverse_event.seq) AS adverse_events,
  max(severity) AS worst_severity
FROM adverse_event JOIN ingredient ON ingredient.session = adverse_event.session
WHERE lot IS NOT NULL GROUP BY product, lot, what ORDER BY adverse_events DESC, product, lot""",
    ),
)

SHOWN: Final[dict[str, tuple[str, ...]]] = {
    "session": ("realm", "operator", "indication", "closed_reason"),
    "dose": ("realm", "product", "product_class", "lots"),
    "shot": ("technique", "zone", "verdict", "outcome"),
    "grant": ("technique", "zone", "verdict"),
    "refused": ("refused_by", "figure", "reason"),
    "alarm": ("priority", "alarm", "act"),
    "ingredient": ("product", "lot"),
    "anchor": ("place",),
}
"""The facets that a table's page opens with; of the others, all."""


def facets(table: Table) -> list[str | dict[str, str]]:
    """Return the columns whose values are counted on a table's page."""
    shown = SHOWN.get(table.name)
    return [
        {"array": column.name} if column.array else column.name
        for column in table.columns
        if column.facet and (shown is None or column.name in shown)
    ]


def metadata(*, title: str, about: str) -> dict[str, Any]:
    """Return Datasette's metadata: titles, descriptions, facets and queries."""
    return {
        "title": title,
        "description": about,
        "extra_css_urls": ["/assets/audit.css"],
        "databases": {
            DATABASE: {
                "title": title,
                "description": about,
                "tables": {table.name: _of(table) for table in TABLES},
                "queries": {
                    query.name: {
                        "title": query.title,
                        "description": query.about,
                        "sql": query.sql,
                        "hide_sql": True,
                    }
                    for query in QUERIES
                },
            }
        },
    }


def _of(table: Table) -> dict[str, Any]:
    return {
        "title": table.name.replace("_", " "),
        "description": table.about,
        "columns": {column.name: column.about for column in table.columns},
        "facets": facets(table),
        "sort": order(table)[0],
    }
