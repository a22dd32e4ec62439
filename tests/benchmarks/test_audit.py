"""The benchmark of the auditor's web, in its short form: that it runs and asks everything."""

import json
from pathlib import Path

import pytest

from benchmarks import audit
from injector.report.audit.metadata import QUERIES
from tests.benchmarks.promised import promised

BARS = {
    "copy with its tables, against VACUUM INTO": (4, "at most"),
    "facets beyond Datasette's limit": (0, "at most"),
    "the slowest ready question": (1, "at most"),
    "most memory resident": (300, "at most"),
    "commits meanwhile, against alone": (0.5, "at least"),
}


def test_the_short_form_runs_and_writes_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bench" / "audit.json"
    code = audit.run_on_new(audit.SHORT, out, short=True)
    written = json.loads(out.read_bytes())
    assert (written["format"], written["benchmark"]) == (1, "audit")
    assert written["figures"]["entries"] > audit.SHORT.sessions * audit.SHORT.shots
    assert set(written["figures"]["queries_s"]) == {query.name for query in QUERIES}
    assert promised(written) == BARS
    assert {"facets beyond Datasette's limit": True, "most memory resident": True}.items() <= {
        bar["name"]: bar["met"] for bar in written["bars"]
    }.items()
    assert code == (0 if all(bar["met"] for bar in written["bars"]) else 1)
    assert capsys.readouterr().out.splitlines()[-1].startswith("bench-audit: ")
