"""The console's benchmark, in its short form: that it runs and compares, not how fast it is."""

import json
from pathlib import Path

import pytest

from benchmarks import console


@pytest.mark.timeout(170)
@pytest.mark.xdist_group("slow console")
def test_the_short_form_paints_presses_f9_and_writes_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "console.json"
    console.run(console.SHORT, out)
    written = json.loads(out.read_bytes())
    assert (written["format"], written["benchmark"]) == (1, "console")
    assert len(written["bars"]) == 8
    for load in written["figures"]["loads"].values():
        assert load["stop_ms"]
        assert load["late_ms"]
        assert load["frames_per_s"] > 0
    assert capsys.readouterr().out.count("\n") > 8
