"""Promise: every figure of every table is what the entries say, counted by another road.

The other road is plain Python over the bodies, as JSON, and none of our code. It leads to the
database of tables, to each form they are exported in, and to the auditor's web.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeAlias

import pytest

from injector.report import tables
from injector.report.deriving import NotDerivedError, derive, open_derived, rows
from injector.report.table import Table
from injector.report.table_files import Format
from injector.shotlog.errors import LogDamaged
from tests.report import busy_log
from tests.report.asking import Web, opened_web
from tests.report.bodies import Body, bodies_of, of_kind
from tests.report.reckoning import fillings, given_by_filling, realm, reckoned_doses, utc, words
from tests.report.table_reading import READ, exported
from tests.shotlog import samples

Rows: TypeAlias = list[dict[str, Any]]
Told: TypeAlias = Callable[[Table], Rows]
"""The rows of a table, on one of the roads to a reader."""
ROADS: Final = ("database", *(each.value for each in Format), "web")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("busy") / "shots.db"
    busy_log.write(path)
    return path


@pytest.fixture(scope="module")
def bodies(made: Path) -> list[Body]:
    return bodies_of(made)


@pytest.fixture(scope="module", params=ROADS)
def derived(
    request: pytest.FixtureRequest, made: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    """What stands in the tables, however they are read."""
    folder = tmp_path_factory.mktemp("derived")
    match request.param:
        case "database":
            with derived_at(made, folder) as connection:
                yield partial(of_database, connection)
        case "web":
            with opened_web(made, folder) as web:
                yield partial(of_web, web)
        case form:
            yield partial(of_files, exported(made, folder / form, form), form)


@contextmanager
def derived_at(log: Path, folder: Path) -> Iterator[sqlite3.Connection]:
    derive(log, folder / "tables.db")
    with closing(open_derived(folder / "tables.db")) as connection:
        yield connection


def of_database(connection: sqlite3.Connection, table: Table) -> Rows:
    names = [column.name for column in table.columns]
    return [dict(zip(names, row, strict=True)) for row in rows(connection, table)]


def of_web(web: Web, table: Table) -> Rows:
    return web.rows(f"audit/{table.name}")


def of_files(folder: Path, form: str, table: Table) -> Rows:
    found = READ[form](folder / f"{table.name}.{form}")
    if form == "csv":  # it knows neither numbers nor the difference of nothing and an empty text
        for column in table.columns:
            for row in found:
                cell = row[column.name]
                row[column.name] = int(cell) if cell and column.type == "INTEGER" else cell or None
    return found


def of(derived: Told, table: Table) -> Rows:
    """The rows of a table, with the arrays in them as arrays."""
    found = derived(table)
    for column in table.columns:
        for row in found if column.array else ():
            if isinstance(row[column.name], str):
                row[column.name] = json.loads(row[column.name])
    return found


def common(body: Body) -> dict[str, Any]:
    return {"seq": body["seq"], "session": body["session"], "realm": realm(body)}


def figures(body: Body) -> list[str] | None:
    return [each["figure"] for each in body["verdict"]["passed"]] or None


def as_set(setpoint: Body | None) -> dict[str, Any]:
    names = ("mode", "volume_nl", "depth_um", "flow_nl_s", "needle_um_s", "cadence_per_min")
    return {name: None if setpoint is None else setpoint[name] for name in names}


def test_grants(derived: Told, bodies: list[Body]) -> None:
    assert of(derived, tables.GRANT) == [
        common(body)
        | as_set(body["setpoint"])
        | {name: body[name] for name in ("serial", "step", "fill", "technique", "zone")}
        | {
            "granted_utc": utc(body["utc_us"]),
            "verdict": body["verdict"]["outcome"],
            "limits_passed": figures(body),
            "override_by": (body["verdict"]["override"] or {"by": None})["by"],
            "armed_by": body["armed_by"],
            "rules": body["verdict"]["rules"],
            "library_digest": body["library_digest"],
            "granted_shots": body["shots"],
            "granted_nl": body["volume_nl"],
        }
        for body in of_kind(bodies, "grant")
    ]


def test_shots(derived: Told, bodies: list[Body]) -> None:
    found = of(derived, tables.SHOT)
    expected = []
    for body in of_kind(bodies, "shot", "uncertain"):
        grant = None if body["grant_seq"] is None else bodies[body["grant_seq"]]
        verdict = None if grant is None else grant["verdict"]
        setpoint = as_set(None if grant is None else grant["setpoint"])
        expected.append(
            {
                "seq": body["seq"],
                "session": body["session"],
                "logged_utc": utc(body["utc_us"]),
                "serial": body["serial"],
                "journal_id": body["journal_id"],
                "journal_index": body["index"],
                "grant_seq": body["grant_seq"],
                **{
                    name: None if grant is None else grant[name]
                    for name in ("step", "technique", "zone", "armed_by")
                },
                "mode": setpoint["mode"],
                "set_volume_nl": setpoint["volume_nl"],
                "set_depth_um": setpoint["depth_um"],
                "verdict": None if verdict is None else verdict["outcome"],
                "limits_passed": None if grant is None else figures(grant),
                "override_by": verdict["override"]["by"]
                if verdict is not None and verdict["override"]
                else None,
                "outcome": body.get("outcome", "uncertain"),
                "cause": body.get("cause"),
                "measured_nl": body.get("volume_nl"),
                "depth_um": body.get("depth_um"),
                "flow_nl_s": body.get("flow_nl_s"),
                "peak_pressure_pa": body.get("pressure_pa"),
                "counts_nl": body["counts_nl"],
                "debit_nl": body["debit_nl"],
                "boot_id": body["boot_id"],
                "begun_us": body["t_us"],
                "duration_us": body.get("duration_us"),
                "slice": body["slice"],
            }
        )
    assert found == expected
    assert {row["outcome"] for row in found} == {"complete", "partial", "uncertain"}


def test_overrides(derived: Told, bodies: list[Body]) -> None:
    expected = [
        common(each.body)
        | {
            "given_utc": utc(each.body["utc_us"]),
            "by_person": each.by,
            "step": each.step,
            "limits_passed": ["depth"],
            "grants": each.grants,
            "shots": each.shots,
        }
        for each in words(bodies)
    ]
    assert of(derived, tables.OVERRIDE) == expected
    assert [(row["grants"], row["shots"]) for row in expected] == [(1, 3), (2, 6)]


def test_refusals(derived: Told, bodies: list[Body]) -> None:
    expected = []
    for body in of_kind(bodies, "refused", "device_refused"):
        ours = body["kind"] == "refused"
        first = body["verdict"]["passed"][0] if ours else {}
        expected.append(
            common(body)
            | as_set(body["what"] if ours else None)
            | {
                "refused_utc": utc(body["utc_us"]),
                "refused_by": "limits" if ours else "gun",
                "technique": body.get("technique"),
                "zone": body.get("zone"),
                "limits_passed": figures(body) if ours else None,
                "figure": first["figure"] if ours else body["request"],
                "reason": first["rule"] if ours else body["reason"],
                "level": first.get("level"),
                "value": first.get("value"),
                "bound": first["bound"] if ours else body["bound"],
                "bound_at": first.get("limit"),
            }
        )
    assert of(derived, tables.REFUSED) == expected
    assert len(expected) == 2


def test_alarms(derived: Told, bodies: list[Body]) -> None:
    assert of(derived, tables.ALARM) == [
        common(body)
        | {name: body[name] for name in ("alarm", "priority", "act")}
        | {
            "alarm_utc": utc(body["utc_us"]),
            "by_person": body["by"],
            "detail": json.dumps(body["detail"], separators=(",", ":")),
        }
        for body in of_kind(bodies, "alarm")
    ]


def test_gaps(derived: Told, bodies: list[Body]) -> None:
    (gap,), (seen,) = of_kind(bodies, "gap"), of_kind(bodies, "gap_acknowledged")
    assert of(derived, tables.GAP) == [
        common(gap)
        | {
            name: gap[name]
            for name in ("serial", "journal_id", "shots_max", "volume_max_nl", "reason")
        }
        | {
            "found_utc": utc(gap["utc_us"]),
            "first_index": gap["first"],
            "last_index": gap["last"],
            "choice": seen["choice"],
            "chosen_by": seen["by"],
            "chosen_utc": utc(seen["utc_us"]),
        }
    ]


def test_signatures(derived: Told, bodies: list[Body]) -> None:
    expected = []
    for body in of_kind(bodies, "signed", "session_closed"):
        stated = body.get("signature")
        if body["kind"] == "session_closed" and stated is None:
            continue
        of_whom = stated or body
        expected.append(
            common(body)
            | {name: of_whom[name] for name in ("name", "meaning")}
            | {
                "signed_utc": utc(body.get("signed_utc_us", body["utc_us"])),
                "by_person": of_whom["by"],
                "form": "stated" if stated else "key",
                "about_seq": body.get("about_seq", body["seq"]),
            }
        )
    assert of(derived, tables.SIGNATURE) == expected
    assert [row["form"] for row in expected] == ["stated", "key", "key"]


def test_adverse_events_and_shots_by_hand(derived: Told, bodies: list[Body]) -> None:
    events = of_kind(bodies, "adverse_event")
    assert of(derived, tables.ADVERSE_EVENT) == [
        common(body)
        | {name: body[name] for name in ("what", "severity", "zone")}
        | {
            "recorded_utc": utc(body["utc_us"]),
            "onset_utc": utc(body["utc_us"] - body["onset_minutes_ago"] * 60_000_000),
            "by_person": body["by"],
        }
        for body in events
    ]
    by_hand = of_kind(bodies, "hand_shots")
    assert of(derived, tables.HAND_SHOTS) == [
        common(body)
        | {name: body[name] for name in ("technique", "zone", "fill", "shots", "volume_nl")}
        | {"recorded_utc": utc(body["utc_us"]), "by_person": body["by"]}
        for body in by_hand
    ]
    assert (len(events), len(by_hand)) == (2, 4)


def test_syringes_and_what_is_in_them(derived: Told, bodies: list[Body]) -> None:
    thrown = {
        (body["session"], body["fill"]): body for body in of_kind(bodies, "syringe_discarded")
    }
    expected, inside = [], []
    for body in fillings(bodies):
        out = thrown.get((body["session"], body["fill"]), {})
        expected.append(
            common(body)
            | {name: body[name] for name in ("fill", "place", "syringe_nl", "mixed_by")}
            | {
                "loaded_utc": utc(body["utc_us"]),
                "loaded_nl": sum(each["volume_nl"] for each in body["mixture"]),
                "left_nl": out.get("left_nl"),
                "least_left_nl": out.get("least_nl"),
                "most_left_nl": out.get("most_nl"),
                "discarded_utc": utc(out.get("utc_us")),
                "discarded_reason": out.get("reason"),
            }
        )
        for at, each in enumerate(body["mixture"]):
            inside.append(
                common(body)
                | each
                | {"item": at, "fill": body["fill"], "multi_dose": int(each["multi_dose"])}
            )
    assert of(derived, tables.SYRINGE) == expected
    assert of(derived, tables.INGREDIENT) == inside
    assert len(thrown) == 1


def test_access(derived: Told, bodies: list[Body]) -> None:
    assert of(derived, tables.ACCESS) == [
        common(body)
        | {
            "access_utc": utc(body["utc_us"]),
            "what": "barred" if body["kind"] == "barred" else body["what"],
            "asked": body["what"] if body["kind"] == "barred" else None,
            "person": body.get("person", body.get("by")),
            "role": body.get("role"),
        }
        for body in of_kind(bodies, "access", "barred")
    ]


def test_anchors(derived: Told, bodies: list[Body]) -> None:
    assert of(derived, tables.ANCHOR) == [
        common(body)
        | {
            "recorded_utc": utc(body["utc_us"]),
            "place": body.get("place", "log"),
            "name": body.get("name"),
            "size": body["size"],
            "root": body["root"],
            "held_utc": utc(body.get("at_utc_us")),
        }
        for body in of_kind(bodies, "anchor", "anchored")
    ]


def test_doses(derived: Told, bodies: list[Body]) -> None:
    expected = reckoned_doses(bodies)
    assert of(derived, tables.DOSE) == expected
    assert {row["session"] for row in expected} == {
        busy_log.CLOSED,
        busy_log.BUSY,
        busy_log.OPEN,
    }
    doses = {(row["session"], row["product"]): row["given_ng"] for row in expected}
    (closed,) = of_kind(bodies, "session_closed")[1:]
    assert "procaine" in {each["product"] for each in closed["doses"]}
    assert doses[busy_log.BUSY, "procaine"] is None, "it is known of one syringe only"
    assert doses[busy_log.OPEN, "lidocaine"], "nothing was given of what nobody knows"


def test_sessions(derived: Told, bodies: list[Body]) -> None:
    expected = []
    for opened in of_kind(bodies, "session_opened"):
        session = opened["session"]
        mine = [body for body in bodies if body["session"] == session]
        ends = of_kind(mine, "session_closed")
        closed = ends[0] if ends else {}
        shots, unsure = of_kind(mine, "shot"), of_kind(mine, "uncertain")
        hand, gaps = of_kind(mine, "hand_shots"), of_kind(mine, "gap")
        raised = [body for body in of_kind(mine, "alarm") if body["act"] == "raised"]
        signed = {body["meaning"]: body for body in of_kind(mine, "signed")}
        overrides = {(body["step"], body["by"]) for body in of_kind(mine, "override_given")} | {
            (body["step"], body["verdict"]["override"]["by"])
            for body in of_kind(mine, "grant")
            if body["verdict"]["override"]
        }
        added_nl = sum(given_by_filling(bodies, session).values())
        added = len(shots) + len(unsure) + sum(body["shots"] for body in hand)
        expected.append(
            {
                name: opened[name]
                for name in (
                    "session", "realm", "operator", "patient", "purpose", "indication",
                    "weight_g", "serial", "library_digest", "needle_um",
                )
            }
            | {
                "opened_seq": opened["seq"],
                "closed_seq": closed.get("seq"),
                "opened_utc": utc(opened["utc_us"]),
                "closed_utc": utc(closed.get("utc_us")),
                "closed_reason": closed.get("reason"),
                "closed_by": closed.get("by"),
                "athlete": int(opened["athlete"]),
                "shots": len(shots),
                "partial_shots": sum(body["outcome"] == "partial" for body in shots),
                "uncertain_shots": len(unsure),
                "measured_nl": sum(body["volume_nl"] for body in shots),
                "hand_shots": sum(body["shots"] for body in hand),
                "hand_nl": sum(body["volume_nl"] for body in hand),
                "given_shots": closed.get("given_shots", added),
                "given_nl": closed.get("given_nl", added_nl),
                "gaps": len(gaps),
                "gap_shots_max": sum(body["shots_max"] for body in gaps),
                "gap_max_nl": sum(body["volume_max_nl"] for body in gaps),
                "overrides": len(overrides),
                "refused_by_limits": len(of_kind(mine, "refused")),
                "refused_by_gun": len(of_kind(mine, "device_refused")),
                "alarms": len(raised),
                "high_alarms": sum(body["priority"] == "high" for body in raised),
                "adverse_events": len(of_kind(mine, "adverse_event")),
                "performed_by": signed.get("performed", {}).get("by"),
                "reviewed_by": signed.get("reviewed", {}).get("by"),
                "reviewed_utc": utc(signed.get("reviewed", {}).get("signed_utc_us")),
            }
        )  # fmt: skip
    assert of(derived, tables.SESSION) == expected
    assert [row["overrides"] for row in expected] == [0, 2, 0]


def test_nothing_private_is_in_a_table_unless_it_is_asked_for(made: Path, tmp_path: Path) -> None:
    with derived_at(made, tmp_path) as derived:
        names = {row[0] for row in derived.execute("SELECT name FROM sqlite_schema")}
        everything = "\n".join(derived.iterdump())
    assert "text" not in names
    connection = sqlite3.connect(made)
    texts = connection.execute(
        "SELECT p.seq, place, session, kind, text FROM private_text AS p "
        "JOIN entries AS e ON e.seq = p.seq ORDER BY p.seq, place"
    ).fetchall()
    connection.close()
    assert len(texts) > 5
    assert not [text for *_, text in texts if text in everything]
    asked = tmp_path / "asked.db"
    derive(made, asked, with_texts=True)
    connection = open_derived(asked)
    assert list(rows(connection, tables.TEXT)) == texts
    connection.close()


def test_every_table_and_column_says_what_it_is_and_amounts_their_unit() -> None:
    units = ("_nl", "_um", "_nl_s", "_um_s", "_per_min", "_pa", "_us", "_ng", "_g", "_ug_ml")
    for table in (*tables.TABLES, tables.TEXT):
        assert table.about.endswith(".")
        for column in table.columns:
            assert column.about.endswith("."), (table.name, column.name)
            if column.name.endswith("_utc"):
                assert column.type == "TEXT"
            if column.name.endswith(units):
                assert column.type == "INTEGER", (table.name, column.name)


def test_a_file_whose_schema_is_not_the_formats_is_not_read(made: Path, tmp_path: Path) -> None:
    changed = tmp_path / "shots.db"
    copy = sqlite3.connect(made)
    copy.execute("VACUUM INTO ?", (str(changed),))
    copy.close()
    samples.tamper(changed, "DROP VIEW gaps")
    with pytest.raises(LogDamaged, match="schema"):
        derive(changed, tmp_path / "tables.db")


def test_entries_of_no_form_are_said_to_be_so(made: Path, tmp_path: Path) -> None:
    changed = tmp_path / "shots.db"
    copy = sqlite3.connect(made)
    copy.execute("VACUUM INTO ?", (str(changed),))
    copy.close()
    samples.tamper(
        changed,
        "UPDATE entries SET body = json_set(body, '$.volume_nl', 'three') "
        "WHERE seq = (SELECT min(seq) FROM entries WHERE kind = 'shot')",
    )
    with pytest.raises(NotDerivedError, match="no tables can be made"):
        derive(changed, tmp_path / "tables.db")
