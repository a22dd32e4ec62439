"""The benchmark of the auditor's web, in its short form: that it runs and asks everything."""

import json
from pathlib import Path

import pytest

from benchmarks import audit
from injector.report.audit.metadata import QUERIES


def test_the_short_form_runs_and_writes_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bench" / "audit.json"
    code = audit.run_on_new(audit.SHORT, out, short=True)
    written = json.loads(out.read_bytes())
    assert (written["format"], written["benchmark"]) == (1, "audit")
    assert written["figures"]["entries"] > audit.SHORT.sessions * audit.SHORT.shots
    assert set(written["figures"]["queries_s"]) == {query.name for query in QUERIES}
    assert len(written["bars"]) == 5
    assert {"facets beyond Datasette's limit": True, "most memory resident": True}.items() <= {
        bar["name"]: bar["met"] for bar in written["bars"]
    }.items()
    assert code == (0 if all(bar["met"] for bar in written["bars"]) else 1)
    assert capsys.readouterr().out.splitlines()[-1].startswith("bench-audit: ")
