"""``docs/recovery.md`` names, for each fault, tests that are there; and leaves no replay out."""

import ast
import re
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
TEXT: Final = (ROOT / "docs" / "recovery.md").read_text(encoding="utf-8")
NAMED: Final = sorted(set(re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", TEXT)))
ROWS: Final = [
    line for line in TEXT.splitlines() if line.startswith("| ") and not line.startswith("| fault |")
]


def _tests_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return {node.name for node in tree.body if isinstance(node, kinds)}


@pytest.mark.parametrize(("path", "name"), NAMED)
def test_a_test_that_the_document_names_is_there(path: str, name: str) -> None:
    assert name.startswith("test_")
    assert name in _tests_in(ROOT / path)


def test_every_row_is_whole_and_names_a_test() -> None:
    faults = [row for row in ROWS if not set(row) <= set("|- ")]
    assert len(faults) > 20
    for row in faults:
        cells = [cell.strip() for cell in row.strip("|").split(" | ")]
        assert len(cells) == 7, row
        assert all(cells), row
        assert re.search(r"`tests/[\w/]+\.py::test_\w+`", cells[-1]), row


def test_every_entry_that_it_names_is_a_kind_of_the_log_and_every_alarm_is_one() -> None:
    from injector.control.alarms import AlarmCode
    from injector.shotlog.entries import KINDS

    words = set(re.findall(r"`([a-z_]+)`", TEXT)) - {"debit_nl"}
    assert words <= set(KINDS)
    alarms = set(re.findall(r"`alarm` ([a-z_]+)", TEXT)) - {"entries"}
    assert alarms <= {code.value for code in AlarmCode}


def test_every_replay_is_in_the_document() -> None:
    """A replay is told by its docstring, which says what happened there and why not here."""
    for path in sorted((ROOT / "tests" / "field").glob("test_*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and "Here " in (ast.get_docstring(node) or ""):
                assert (f"tests/field/{path.name}", node.name) in NAMED, node.name
