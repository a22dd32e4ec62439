"""Promise: the auditor's ready questions and charts say what the entries come to.

What they must say is worked out from the bodies, by plain Python, over two months, three
practitioners, both realms, and sessions that were closed, left open and reviewed.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from html import unescape
from typing import Any, Final, TypeAlias

import pytest

from injector.report.audit.metadata import QUERIES
from tests.report import busy_log, two_months
from tests.report.asking import Web, opened_web
from tests.report.bodies import Body, bodies_of, of_kind
from tests.report.page_reading import ml
from tests.report.reckoning import given, of_session, reckoned_doses, utc, words

Rows: TypeAlias = list[dict[str, Any]]


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    folder = tmp_path_factory.mktemp("web")
    path = folder / "shots.db"
    two_months.write(path)
    with opened_web(path, folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def bodies(web: Web) -> list[Body]:
    return bodies_of(web.source.copy)


# -- the questions -------------------------------------------------------------------------


def grouped(found: Rows, *by: str) -> dict[tuple[Any, ...], Rows]:
    groups: dict[tuple[Any, ...], Rows] = {}
    for each in found:
        groups.setdefault(tuple(each[name] for name in by), []).append(each)
    return groups


def month(us: int) -> str:
    return str(utc(us))[:7]


def overrides_by_practitioner(bodies: list[Body]) -> Rows:
    found = []
    for by in {each.by for each in words(bodies)}:
        mine = [each for each in words(bodies) if each.by == by]
        times = [utc(each.body["utc_us"]) for each in mine]
        found.append(
            {
                "by_person": by,
                "overrides": len(mine),
                "sessions": len({each.session for each in mine}),
                "grants": sum(each.grants for each in mine),
                "shots": sum(each.shots for each in mine),
                "first_utc": min(map(str, times)),
                "last_utc": max(map(str, times)),
            }
        )
    return sorted(found, key=lambda row: (-row["overrides"], row["by_person"]))


def dose_by_product_and_month(bodies: list[Body]) -> Rows:
    found = []
    doses = [row | {"month": row["opened_utc"][:7]} for row in reckoned_doses(bodies)]
    for (when, realm, product), mine in grouped(doses, "month", "realm", "product").items():
        known = [row["given_ng"] for row in mine if row["given_ng"] is not None]
        found.append(
            {
                "month": when,
                "realm": realm,
                "product": product,
                "sessions": len(mine),
                "given_ng": sum(known) if known else None,
                "sessions_without_dose": len(mine) - len(known),
                "given_nl": sum(row["given_nl"] for row in mine),
            }
        )
    found.sort(key=lambda row: (row["realm"], row["product"]))
    return sorted(found, key=lambda row: row["month"], reverse=True)


def shots_newest_first(bodies: list[Body]) -> list[tuple[Body, Body | None]]:
    """Every shot with its grant."""
    shots = of_kind(bodies, "shot", "uncertain")
    granted = [(s, None if s["grant_seq"] is None else bodies[s["grant_seq"]]) for s in shots]
    return granted[::-1]


def shots_outside_soft_limits(bodies: list[Body]) -> Rows:
    return [
        {
            "seq": shot["seq"],
            "session": shot["session"],
            "logged_utc": utc(shot["utc_us"]),
            "technique": grant["technique"],
            "zone": grant["zone"],
            "limits_passed": '["depth","depth"]',
            "override_by": grant["verdict"]["override"]["by"],
            "outcome": shot.get("outcome", "uncertain"),
            "set_volume_nl": grant["setpoint"]["volume_nl"],
            "measured_nl": shot.get("volume_nl"),
            "set_depth_um": grant["setpoint"]["depth_um"],
            "depth_um": shot.get("depth_um"),
        }
        for shot, grant in shots_newest_first(bodies)
        if grant is not None and grant["verdict"]["outcome"] == "soft"
    ]


def uncertain_and_partial_shots(bodies: list[Body]) -> Rows:
    return [
        {
            "seq": shot["seq"],
            "session": shot["session"],
            "logged_utc": utc(shot["utc_us"]),
            "technique": grant and grant["technique"],
            "zone": grant and grant["zone"],
            "outcome": shot.get("outcome", "uncertain"),
            "cause": shot.get("cause"),
            "set_volume_nl": grant and grant["setpoint"]["volume_nl"],
            "measured_nl": shot.get("volume_nl"),
            "counts_nl": shot["counts_nl"],
        }
        for shot, grant in shots_newest_first(bodies)
        if shot.get("outcome") != "complete"
    ]


def gaps(bodies: list[Body]) -> Rows:
    opened = {body["session"]: body for body in of_kind(bodies, "session_opened")}
    seen = {body["gap_seq"]: body for body in of_kind(bodies, "gap_acknowledged")}
    return [
        {name: gap[name] for name in ("seq", "session", "serial", "journal_id", "reason")}
        | {name: gap[name] for name in ("shots_max", "volume_max_nl")}
        | {
            "found_utc": utc(gap["utc_us"]),
            "operator": opened[gap["session"]]["operator"],
            "first_index": gap["first"],
            "last_index": gap["last"],
            "choice": seen.get(gap["seq"], {}).get("choice"),
            "chosen_by": seen.get(gap["seq"], {}).get("by"),
        }
        for gap in of_kind(bodies, "gap")[::-1]
    ]


def alarms(bodies: list[Body]) -> Rows:
    raised = [body for body in of_kind(bodies, "alarm") if body["act"] == "raised"]
    found = [
        {
            "priority": priority,
            "alarm": alarm,
            "raised": len(mine),
            "sessions": len({body["session"] for body in mine}),
            "first_utc": utc(min(body["utc_us"] for body in mine)),
            "last_utc": utc(max(body["utc_us"] for body in mine)),
        }
        for (priority, alarm), mine in grouped(raised, "priority", "alarm").items()
    ]
    urgent = ("high", "medium", "low")
    return sorted(
        found, key=lambda row: (urgent.index(row["priority"]), -row["raised"], row["alarm"])
    )


def lots(bodies: list[Body]) -> Rows:
    """What is in each syringe, with the lot it is from, and whose it was and when."""
    opened = {body["session"]: body for body in of_kind(bodies, "session_opened")}
    return [
        item | {"session": body["session"], "patient": opened[body["session"]]["patient"],
                "opened_utc": utc(opened[body["session"]]["utc_us"])}
        for body in of_kind(bodies, "session_opened", "syringe_loaded")
        for item in body["mixture"]
        if item["lot"] is not None
    ]  # fmt: skip


def lots_by_patient(bodies: list[Body]) -> Rows:
    found = []
    by = ("patient", "product", "lot", "expiry")
    for key, mine in grouped(lots(bodies), *by).items():
        times = [row["opened_utc"] for row in mine]
        found.append(
            dict(zip(by, key, strict=True))
            | {
                "sessions": len({row["session"] for row in mine}),
                "first_utc": min(times),
                "last_utc": max(times),
            }
        )
    found.sort(key=lambda row: (row["patient"] or "", row["product"], row["lot"]))
    return sorted(found, key=lambda row: row["last_utc"], reverse=True)


def unreviewed_sessions(bodies: list[Body]) -> Rows:
    found = []
    for opened in of_kind(bodies, "session_opened"):
        mine = of_session(bodies, opened["session"])
        signed = {body["meaning"]: body["by"] for body in of_kind(mine, "signed")}
        if not of_kind(mine, "session_closed") or "reviewed" in signed:
            continue
        shots, given_nl = given(bodies, opened["session"])
        counted = {
            "gaps": len(of_kind(mine, "gap")),
            "uncertain_shots": len(of_kind(mine, "uncertain")),
            "overrides": sum(each.session == opened["session"] for each in words(bodies)),
            "high_alarms": sum(
                (body["act"], body["priority"]) == ("raised", "high")
                for body in of_kind(mine, "alarm")
            ),
            "adverse_events": len(of_kind(mine, "adverse_event")),
            "refused_by_limits": len(of_kind(mine, "refused")),
            "refused_by_gun": len(of_kind(mine, "device_refused")),
        }
        performed = signed.get("performed")
        found.append(
            {name: opened[name] for name in ("session", "realm", "operator", "patient")}
            | counted
            | {
                "opened_utc": utc(opened["utc_us"]),
                "given_shots": shots,
                "given_nl": given_nl,
                "performed_by": performed,
                "exceptions": sum(counted.values()) + (performed is None),
            }
        )
    return sorted(found, key=lambda row: row["exceptions"] == 0)


def adverse_events_by_lot(bodies: list[Body]) -> Rows:
    pairs = {
        (row["product"], row["lot"], event["what"], event["seq"], event["severity"])
        for event in of_kind(bodies, "adverse_event")
        for row in lots(bodies)
        if row["session"] == event["session"]
    }
    names = ("product", "lot", "what", "seq", "severity")
    rows = [dict(zip(names, each, strict=True)) for each in pairs]
    found = [
        dict(zip(("product", "lot", "what"), key, strict=True))
        | {
            "adverse_events": len(mine),
            "worst_severity": max(row["severity"] for row in mine),
        }
        for key, mine in grouped(rows, "product", "lot", "what").items()
    ]
    return sorted(
        found, key=lambda row: (-row["adverse_events"], row["product"], row["lot"], row["what"])
    )


ANSWERS: Final[dict[str, Callable[[list[Body]], Rows]]] = {
    each.__name__: each
    for each in (
        overrides_by_practitioner, dose_by_product_and_month, shots_outside_soft_limits,
        uncertain_and_partial_shots, gaps, alarms, lots_by_patient, unreviewed_sessions,
        adverse_events_by_lot,
    )
}  # fmt: skip


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: str(query.name))
def test_a_ready_question_is_answered_with_what_the_entries_come_to(
    web: Web, bodies: list[Body], query: Any
) -> None:
    expected = ANSWERS[query.name](bodies)
    assert web.rows(f"audit/{query.name}") == expected
    assert len(expected) > 1


@pytest.mark.parametrize(
    ("patient", "lot"), [(two_months.OTHER, ""), ("", "L-1"), (busy_log.PATIENT, "L-2")]
)
def test_lots_are_found_by_patient_and_patients_by_lot(
    web: Web, bodies: list[Body], patient: str, lot: str
) -> None:
    rows = [
        row
        for row in lots_by_patient(bodies)
        if patient in ("", row["patient"]) and lot in ("", row["lot"])
    ]
    page = f"audit/lots_by_patient.json?_shape=array&patient={patient}&lot={lot}"
    assert web.json(page) == rows
    assert 0 < len(rows) < len(lots_by_patient(bodies))


# -- the charts ----------------------------------------------------------------------------

LENGTH: Final = 420
"""Of the longest bar."""
Bars: TypeAlias = list[tuple[str, str, int]]
"""Label, figure and amount of each."""


def counts(of: Counter[str]) -> Bars:
    ordered = sorted(of.items(), key=lambda each: (-each[1], each[0]))
    return [(label, f"{count:,}", count) for label, count in ordered]


def by_month(bodies: list[Body]) -> dict[str, tuple[int, int]]:
    """Sessions that were opened in each month, and what they gave; the newest first."""
    opened = of_kind(bodies, "session_opened")
    months = sorted({month(body["utc_us"]) for body in opened}, reverse=True)
    mine = {m: [b["session"] for b in opened if month(b["utc_us"]) == m] for m in months}
    return {m: (len(s), sum(given(bodies, each)[1] for each in s)) for m, s in mine.items()}


def products(bodies: list[Body]) -> Bars:
    rows = grouped(reckoned_doses(bodies), "product").items()
    sums = [(key[0], sum(row["given_nl"] for row in mine)) for key, mine in rows]
    return [(name, ml(nl), nl) for name, nl in sorted(sums, key=lambda each: (-each[1], each[0]))]


def zones(bodies: list[Body]) -> Bars:
    found = shots_newest_first(bodies)
    return counts(Counter("not granted here" if g is None else g["zone"] for _, g in found))


def drawn(page: str, title: str) -> Bars:
    """Label, figure and length of each bar of a chart."""
    (svg,) = re.findall(rf'<svg class="bars"[^>]*aria-label="{title}">(.*?)</svg>', page, re.DOTALL)
    texts = [unescape(text) for text in re.findall(r"<text[^>]*>(.*?)</text>", svg)]
    lengths = [int(width) for width in re.findall(r'<rect[^>]*width="(\d+)"', svg)]
    return list(zip(texts[::2], texts[1::2], lengths, strict=True))


CHARTS: Final[dict[str, Callable[[list[Body]], Bars]]] = {
    "Sessions by month": lambda b: [(m, str(n), n) for m, (n, _) in by_month(b).items()],
    "Volume that counts as given, by month": lambda b: [
        (m, ml(nl), nl) for m, (_, nl) in by_month(b).items()
    ],
    "Volume of each product that counts as given": products,
    "Shots by zone": zones,
    "Overrides by practitioner": lambda b: counts(Counter(each.by for each in words(b))),
    "Alarms raised": lambda b: counts(
        Counter(
            f"{each['alarm']} ({each['priority']})"
            for each in of_kind(b, "alarm")
            if each["act"] == "raised"
        )
    ),
}


@pytest.mark.parametrize("title", CHARTS)
def test_a_chart_draws_what_the_entries_come_to(web: Web, bodies: list[Body], title: str) -> None:
    expected = CHARTS[title](bodies)
    most = max(amount for *_, amount in expected)
    assert drawn(web.page("-/charts"), title) == [
        (label, figure, max(1, amount * LENGTH // most)) for label, figure, amount in expected
    ]
    assert len(expected) > 1


def test_every_chart_of_the_page_is_held_against_the_entries(web: Web) -> None:
    titles = re.findall(r'<svg class="bars"[^>]*aria-label="([^"]*)"', web.page("-/charts"))
    assert titles == list(CHARTS)
