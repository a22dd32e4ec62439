"""``injector library`` and ``injector limits``, as a clinic's scripts use them."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from injector.cli.main import cli
from injector.limits.library import Library
from injector.limits.schema import schema_text

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(each) for each in arguments])


def told(result: Result) -> dict[str, Any]:
    (line,) = result.stdout.splitlines()
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


@pytest.fixture
def own(tmp_path: Path, shipped: Library) -> Path:
    """A clinic's copy of the shipped library, with three changes."""
    text = shipped.text.replace('"4.5 mg/kg"', '"5 mg/kg"').replace('"300 mg"', '"200 mg"')
    path = tmp_path / "own.toml"
    path.write_text(text.replace('hard = "4.0 mm", source = "chosen: vessels', 'hard = "4 mm", '
                                 'source = "chosen: vessels'), encoding="utf-8")  # fmt: skip
    return path


@pytest.mark.rule("R-SHOWN", "R-SOURCES")
def test_show_prints_every_bound_with_its_source_and_strength(shipped: Library) -> None:
    shown = run("library", "show")
    assert shown.exit_code == 0
    assert shown.stdout.startswith(f"Mesotherapy, as shipped, version 1, digest {shipped.digest}")
    assert (
        "technique.papule.volume: 0.200 mL, soft 0.100 mL"
        "  [weak] training pages; volume as the Italian school's"
    ) in shown.stdout.splitlines()
    figures = told(run("library", "show", "--json"))
    assert figures["digest"] == shipped.digest
    assert figures["figures"]["product.lidocaine.per_kg.hard"] == "4.5 mg/kg"


@pytest.mark.rule("R-SHOWN")
def test_check_says_what_a_library_leaves_unset(own: Path) -> None:
    checked = run("library", "check", own)
    assert checked.exit_code == 0
    assert "technique.mesoperfusion.depth: not set, so whatever needs it is refused" in (
        checked.stdout.splitlines()
    )
    assert told(run("library", "check", own, "--json"))["ok"] is True


@pytest.mark.rule("R-SHOWN", "R-LIBRARY-FAULTS")
def test_check_names_every_fault_with_its_place(own: Path) -> None:
    own.write_text(
        own.read_text("utf-8").replace('"5 mg/kg"', '"5,5 mg/kg"').replace("200 mg", "?")
    )
    checked = run("library", "check", own)
    assert (checked.exit_code, checked.stdout) == (2, "")
    assert "product.lidocaine.per_kg.hard: '5,5 mg/kg': the decimal sign is a point" in (
        checked.stderr
    )
    as_json = run("library", "check", own, "--json")
    assert as_json.exit_code == 2
    faults = told(as_json)["faults"]
    assert [each["place"] for each in faults] == [
        "product.lidocaine.per_day.hard",
        "product.lidocaine.per_kg.hard",
    ]


@pytest.mark.rule("R-SHOWN")
def test_diff_names_what_changed_and_what_allows_more(own: Path) -> None:
    compared = run("library", "diff", "shipped", own)
    assert compared.exit_code == 1
    assert compared.stdout.splitlines() == [
        "~ product.lidocaine.per_day.hard: 300 mg -> 200 mg",
        "~ product.lidocaine.per_kg.hard: 4.5 mg/kg -> 5.0 mg/kg  (allows more)",
    ]
    changes = told(run("library", "diff", own, "shipped", "--json"))["changes"]
    assert [(each["place"], each["wider"]) for each in changes] == [
        ("product.lidocaine.per_day.hard", True),
        ("product.lidocaine.per_kg.hard", False),
    ]
    same = run("library", "diff", own, own)
    assert (same.exit_code, same.stdout) == (0, "")


@pytest.mark.rule("R-SCHEMA", "R-SHOWN")
def test_schema_prints_the_schema() -> None:
    assert run("library", "schema").stdout == schema_text()


@pytest.mark.rule("R-SHOWN", "R-ALL-REASONS")
def test_explain_prints_the_whole_envelope_and_the_verdict() -> None:
    plan = EXAMPLES / "refused" / "four-products.toml"
    explained = run("limits", "explain", plan)
    assert explained.exit_code == 3
    rows = [" ".join(line.split()) for line in explained.stdout.splitlines()]
    assert any(
        row.startswith("! products in the mixture 4 at most 3 hard mixture mixture.products")
        for row in rows
    )
    assert any(
        row.startswith("lidocaine: dose in 24 hours 4.8 mg at most 315 mg hard product")
        for row in rows
    )
    assert rows[-3:-1] == ["step 1: refuse", "refused:"]
    assert rows[-1].startswith("plan: products in the mixture 4: limit at most 3")


@pytest.mark.rule("R-SHOWN", "R-SET-BY")
def test_explain_gives_scripts_each_side_with_its_bound_and_who_set_it() -> None:
    found = told(run("limits", "explain", EXAMPLES / "elbow-tendinopathy.toml", "--json"))
    assert found["allowed"] is True
    first, second = found["envelopes"]
    depth = [side for side in second if side["limit"] == "technique.point_by_point.depth"]
    assert [(side["rule"], side["bound"], side["level"]) for side in depth] == [
        ("most", 13_000, "hard"),
        ("most", 6_000, "soft"),
        ("least", 4_000, "soft"),
    ]
    assert not any(side["passed"] for side in first + second)


@pytest.mark.rule("R-SHOWN")
def test_explain_judges_by_the_library_it_is_given(own: Path) -> None:
    own.write_text(own.read_text("utf-8").replace("products = { hard = 3", "products = { hard = 2"))
    explained = run("limits", "explain", EXAMPLES / "elbow-tendinopathy.toml", "--library", own)
    assert explained.exit_code == 3
    assert "products in the mixture 3: limit at most 2" in explained.stdout


@pytest.mark.rule("R-MIXTURE-RECORDED")
def test_explain_marks_multi_dose_vials(tmp_path: Path) -> None:
    text = (EXAMPLES / "elbow-tendinopathy.toml").read_text(encoding="utf-8")
    head, mark, rest = text.partition("[[mixture]]\n")
    plan = tmp_path / "plan.toml"
    plan.write_text(head + mark + "multi_dose = true\n" + rest, encoding="utf-8")
    lines = run("limits", "explain", plan).stdout.splitlines()
    marked = [line for line in lines if line.endswith(", from a multi-dose vial")]
    assert len(marked) == 1
    assert lines.index(marked[0]) == lines.index("mixture") + 1
    assert len(told(run("limits", "explain", plan, "--json"))["multi_dose"]) == 1
    plain = run("limits", "explain", EXAMPLES / "elbow-tendinopathy.toml").stdout
    assert "multi-dose" not in plain


@pytest.mark.rule("R-DOPING")
def test_an_athlete_is_told_what_is_on_a_doping_list(tmp_path: Path) -> None:
    text = (EXAMPLES / "refused" / "corticosteroid.toml").read_text("utf-8")
    plan = tmp_path / "plan.toml"
    plan.write_text(text.replace("[[step]]", "[patient]\nathlete = true\n\n[[step]]"))
    explained = run("limits", "explain", plan)
    assert "note: triamcinolone is on a doping list, and the patient is an athlete" in (
        explained.stderr
    )


@pytest.mark.rule("R-PSEUDONYM")
def test_free_text_that_looks_like_a_name_or_a_birth_date_is_questioned_and_not_repeated(
    tmp_path: Path,
) -> None:
    text = (EXAMPLES / "mesolift.toml").read_text(encoding="utf-8")
    plain = run("limits", "explain", EXAMPLES / "mesolift.toml")
    assert "looks like" not in plain.stderr
    telling = tmp_path / "plan.toml"
    lines = [
        'title = "Ada Lovelace, 10.12.1815"' if line.startswith("title") else line
        for line in text.splitlines()
    ]
    telling.write_text("\n".join(lines), encoding="utf-8")
    asked = run("limits", "explain", telling)
    assert asked.exit_code == plain.exit_code
    assert "note: title looks like a birth date" in asked.stderr
    assert "note: title looks like a person's name" in asked.stderr
    assert "Lovelace" not in asked.output
