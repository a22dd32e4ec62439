"""The log's benchmark, in its short form: that it runs and measures what it says it measures."""

import json
from pathlib import Path

import pytest

from benchmarks import log
from benchmarks.long_log import Length, make_long_log
from injector.control.judged_again import JudgedAgain
from injector.shotlog.findings import Check, Status
from injector.shotlog.verify import verify
from injector.treatment.shipped import shipped_library
from tests.benchmarks.promised import promised

BARS = {
    "a durable commit per shot, against bare": (0.6, "at least"),
    "a batch of entries, against bare": (0.2, "at least"),
    "read, leaf hash and tree, against bare": (0.5, "at least"),
    "verify, times read and SHA-256": (25, "at most"),
    "verify, resident at the most": (150, "at most"),
    "opening, times that of an empty log": (1.5, "at most"),
    "a session's page, median": (20, "at most"),
    "a shot's proof, median": (5, "at most"),
}


def test_the_short_form_runs_and_writes_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bench" / "log.json"
    code = log.run(log.SHORT, out, tmp_path / "kept")
    written = json.loads(out.read_bytes())
    assert (written["format"], written["benchmark"]) == (1, "log")
    assert promised(written) == BARS
    assert all(bar["measured"] > 0 for bar in written["bars"])
    assert len(written["figures"]["proofs_ms"]) == log.SHORT.asked
    assert code == (0 if all(bar["met"] for bar in written["bars"]) else 1)
    assert capsys.readouterr().out.splitlines()[-1].startswith("bench-log: ")


def test_every_check_has_something_to_check_in_the_long_log(tmp_path: Path) -> None:
    path, length = tmp_path / "shots.db", Length(8, grants=4, shots=40)
    assert make_long_log(path, shipped_library(), length) > 400
    report = verify(path, judge=JudgedAgain())
    checks = {each.check: each for each in report.checks}
    passed = {check for check, each in checks.items() if each.status is Status.PASSED}
    assert passed == set(Check) - {Check.AGAINST}
    assert checks[Check.SESSIONS].counted == checks[Check.ANCHORS].counted == 8
    assert checks[Check.VERDICTS].counted == 32
    assert checks[Check.GRANTS].counted == 320
    assert checks[Check.SIGNATURES].counted == 9  # a key, and one of each session
    assert checks[Check.TEXTS].counted == 32
    said = {noted.remark.value for each in report.checks for noted in each.remarks}
    assert said == {"key_of_the_log", "no_checkpoint"}


def test_the_yardstick_reads_every_body(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    entries = make_long_log(path, shipped_library(), Length(1, grants=2, shots=20))
    assert log.read_and_hash(path) == entries
    assert log.read_and_hash(path, 7) == 7
    figures = log.verified(path)
    assert figures["entries"] == entries
    assert figures["peak_mb"] > 1
