"""The limits' benchmark, in its short form: that it runs and asks what it says it asks."""

import json
from pathlib import Path

import pytest

from benchmarks import limits
from injector.limits.envelope import envelope
from injector.limits.library import Library
from injector.limits.side import Figure, SetBy
from injector.limits.verdict import Allow, judge
from injector.treatment.shipped import shipped_library
from tests.benchmarks.promised import promised

BARS = {
    "median verdict on the shipped library": (100, "at most"),
    "100 times the library, the same rules": (1.25, "at most"),
    "cost of a rule where 17 times as many apply": (1.25, "at most"),
}


def test_the_short_form_runs_and_writes_what_it_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "bench" / "limits.json"
    code = limits.run(limits.SHORT, out)
    written = json.loads(out.read_bytes())
    assert (written["format"], written["benchmark"]) == (1, "limits")
    assert set(written["figures"]["library"]) == {"1", "10", "100"}
    assert promised(written) == BARS
    assert code == (0 if all(bar["met"] for bar in written["bars"]) else 1)
    assert capsys.readouterr().out.splitlines()[-1].startswith("bench-limits: ")


def test_the_question_is_one_to_which_every_kind_of_rule_applies() -> None:
    context = limits.fullest(shipped_library())
    assert judge(limits.SETPOINT, context) == Allow()
    applied = [side for side, _ in envelope(limits.SETPOINT, context)]
    assert {side.set_by for side in applied} == set(SetBy)
    assert {Figure.DOSE, Figure.SHARED_MAXIMUM, Figure.CONTRAINDICATION, Figure.SCHEDULE} <= {
        side.figure for side in applied
    }


def test_a_larger_library_sets_the_same_limits_to_the_question() -> None:
    small = shipped_library()
    large = Library(limits.larger(small.figures, 10), "", "0" * 64)
    assert len(large.figures.product) == 10 * len(small.figures.product)
    assert envelope(limits.SETPOINT, limits.fullest(small)) == envelope(
        limits.SETPOINT, limits.fullest(large)
    )
