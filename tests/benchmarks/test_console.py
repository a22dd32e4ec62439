"""The console's benchmark, in its short form: that it runs and compares, not how fast it is."""

import json
from pathlib import Path

import pytest

from benchmarks import console
from tests.benchmarks.promised import promised

BARS = {
    "first full paint, times bare Textual": (2.2, "at most"),
    "console's share of a core": (40, "at most"),
    "F9 to the wire, median": (20, "at most"),
    "F9 to the wire, worst": (120, "at most"),
    "F9 to the wire, widget asleep, median": (20, "at most"),
    "F9 to the wire, widget asleep, worst": (120, "at most"),
    "resident memory's growth": (10, "at most"),
    "latest beat": (20, "at most"),
}


@pytest.mark.timeout(170)
@pytest.mark.xdist_group("slow console")
def test_the_short_form_paints_presses_f9_and_writes_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "console.json"
    console.run(console.SHORT, out)
    written = json.loads(out.read_bytes())
    assert (written["format"], written["benchmark"]) == (1, "console")
    assert promised(written) == BARS
    for load in written["figures"]["loads"].values():
        assert load["stop_ms"]
        assert load["late_ms"]
        assert load["frames_per_s"] > 0
    assert capsys.readouterr().out.count("\n") > 8
