"""Promise: the tables of one session are the rows of the whole log's tables that are of it."""

from pathlib import Path

import pytest

from injector.report import tables
from injector.report.deriving import derive, derived_session, open_derived
from injector.report.gathered import rows_of
from injector.shotlog.entries import Draft
from injector.shotlog.reader import LogReader
from tests.report import busy_log
from tests.shotlog import samples


@pytest.mark.parametrize("session", [busy_log.CLOSED, busy_log.BUSY, busy_log.OPEN])
def test_every_table_of_a_session_is_what_the_whole_logs_says_of_it(
    session: str, tmp_path: Path
) -> None:
    path = tmp_path / "busy.db"
    busy_log.write(path)
    derive(path, tmp_path / "tables.db")
    whole = open_derived(tmp_path / "tables.db")
    with LogReader.open(path) as reader, derived_session(reader, session) as one:
        for table in tables.TABLES:
            right = [row for row in rows_of(whole, table) if row["session"] == session]
            assert [row for row in rows_of(one, table) if row["session"] == session] == right
            others = {row["session"] for row in rows_of(one, table)} - {session}
            assert table is tables.GRANT or not others
    whole.close()


def test_a_shot_under_its_grant_that_came_late_is_among_its_shots(tmp_path: Path) -> None:
    path = tmp_path / "late.db"
    with samples.open_log(path) as log:
        granted = samples.write_session(log, shots=3)
        (late,) = log.append([Draft(None, samples.shot(4, granted))], samples.NOW)
    with LogReader.open(path) as reader, derived_session(reader, samples.SESSION) as one:
        last = rows_of(one, tables.SHOT)[-1]
    assert (last["seq"], last["session"], last["zone"]) == (late.seq, None, "elbow")
