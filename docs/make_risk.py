"""Writes ``docs/risk.md`` from ``docs/risk.toml`` and the marks on tests; ``--check`` compares.

Ends with every fault at once: a name that is not there, a rule without code, test or hazard,
a hazard without a rule, a test without a rule, and what the engine knows that no rule claims.
Nothing is imported. Code and tests are read as text, so that a name counts only where it is
written.
"""

import ast
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass
class Rule:
    """A rule, the hazards it is against, where it stands and which tests hold it."""

    id: str
    says: str
    hazards: list[str]
    code: dict[str, list[str]]
    """Names by file."""
    tests: list[str] = field(default_factory=list)


@dataclass
class Matrix:
    """All that there is, and every fault in it."""

    hazards: dict[str, str]
    rules: dict[str, Rule]
    faults: list[str]


def read(root: Path = ROOT) -> Matrix:
    """The matrix of the project in ``root``."""
    said = tomllib.loads((root / "docs" / "risk.toml").read_text(encoding="utf-8"))
    rules = {
        name: Rule(name, rule["says"], rule.get("hazards", []), _places(rule.get("code", [])))
        for name, rule in said["rule"].items()
    }
    matrix = Matrix(said["hazard"], rules, [])
    matrix.faults += _in_marks(root, rules, said["rule_tests"], said["holds_no_rule"])
    matrix.faults += _in_rules(root, matrix)
    matrix.faults += _unclaimed(root, rules, _places(said["claimed"]))
    return matrix


def _places(written: list[str]) -> dict[str, list[str]]:
    """Names by file, of places that are written ``file: name, name``."""
    pairs = [place.partition(": ") for place in written]
    return {file: [name for name in names.split(", ") if name] for file, _, names in pairs}


# -- rules and hazards ----------------------------------------------------------------


def _in_rules(root: Path, matrix: Matrix) -> Iterator[str]:
    for rule in matrix.rules.values():
        if not rule.hazards:
            yield f"{rule.id}: belongs to no hazard"
        for hazard in rule.hazards:
            if hazard not in matrix.hazards:
                yield f"{rule.id}: there is no hazard {hazard}"
        if not any(rule.code.values()):
            yield f"{rule.id}: names no code"
        for file, names in rule.code.items():
            if not (root / file).is_file():
                yield f"{rule.id}: there is no file {file}"
                continue
            for name in names:
                if not _has(root / file, name):
                    yield f"{rule.id}: {file} has no {name}"
        if not rule.tests:
            yield f"{rule.id}: no test is marked with it"
    told = {hazard for rule in matrix.rules.values() for hazard in rule.hazards}
    for hazard in matrix.hazards:
        if hazard not in told:
            yield f"{hazard}: no rule is against it"


# -- code -----------------------------------------------------------------------------


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def _tables(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _has(path: Path, name: str) -> bool:
    """Whether that file defines that name: ``function``, ``Class.member``, or a table."""
    if path.suffix == ".toml":
        here: Any = _tables(path)
        for part in name.split("."):
            if not isinstance(here, dict) or part not in here:
                return False
            here = here[part]
        return True
    body: list[ast.stmt] | None = _tree(path).body
    for part in name.split("."):
        if body is None or part not in (found := _defined(body)):
            return False
        body = found[part]
    return True


def _defined(body: list[ast.stmt]) -> dict[str, list[ast.stmt] | None]:
    """What these statements define, each with its own statements where it is a class."""
    found: dict[str, list[ast.stmt] | None] = {}
    for node in body:
        match node:
            case ast.ClassDef():
                found[node.name] = node.body
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                found[node.name] = None
            case ast.Assign():
                found |= {to.id: None for to in node.targets if isinstance(to, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = None
            case _:
                pass
    return found


def _unclaimed(root: Path, rules: dict[str, Rule], kinds: dict[str, list[str]]) -> Iterator[str]:
    """Each member of an enumeration, or of a union, that no rule names."""
    for file, names in kinds.items():
        claimed = {name for rule in rules.values() for name in rule.code.get(file, [])}
        for name in names:
            members = _members(root / file, name)
            if not members:
                yield f"{file}: {name} is no enumeration and no union"
            for member in members:
                if member not in claimed:
                    yield f"{file}: no rule claims {member}"


def _members(path: Path, name: str) -> list[str]:
    for node in _tree(path).body:
        if isinstance(node, ast.ClassDef) and node.name == name:
            return [
                f"{name}.{member}"
                for each in node.body
                if isinstance(each, ast.Assign)
                for member in _defined([each])
            ]
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == name and node.value:
            return [each.id for each in ast.walk(node.value) if isinstance(each, ast.Name)]
    return []


# -- tests ----------------------------------------------------------------------------


def _in_marks(
    root: Path, rules: dict[str, Rule], held: list[str], excused: dict[str, str]
) -> Iterator[str]:
    """Give each rule its tests; what is wrong with the marks, and which tests have none."""
    left = dict(excused)
    for path in sorted((root / "tests").rglob("*.py")):
        file = path.relative_to(root).as_posix()
        must = any(file == place or file.startswith(f"{place}/") for place in held)
        if not must and "mark.rule" not in path.read_text(encoding="utf-8"):
            continue  # nothing to be read there, and reading takes long
        for node in ast.walk(_tree(path)):
            if not isinstance(node, Definition):
                continue
            test = f"{file}::{node.name}"
            is_test = path.name.startswith("test_") and node.name.startswith("test_")
            marks = list(_marks(node))
            if marks and not is_test:
                yield f"{test}: marked with a rule, and no test"
                continue
            for mark in marks:
                if mark in rules:
                    rules[mark].tests.append(test)
                else:
                    yield f"{test}: marked with {mark}, which is no rule"
            if left.pop(test, None) is not None and marks:
                yield f"{test}: holds a rule, and is said to hold none"
            elif is_test and must and not marks and test not in excused:
                yield f'{test}: holds no rule; mark it with @pytest.mark.rule("…")'
    for place in held:
        if not (root / place).exists():
            yield f"rule_tests: there is no {place}"
    for test in left:
        yield f"{test}: said to hold no rule, and there is no such test"


def _marks(node: Definition) -> Iterator[str]:
    """The rules that a test is marked with, each as it is written."""
    for mark in node.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.rule":
            for each in mark.args:
                text = each.value if isinstance(each, ast.Constant) else None
                yield text if isinstance(text, str) else ast.unparse(each)


# -- the page -------------------------------------------------------------------------


def page(matrix: Matrix) -> str:
    """The page; a rule against several hazards stands with the first, and is named with all."""
    tests = {test for rule in matrix.rules.values() for test in rule.tests}
    lines = [
        "# Risk matrix",
        "",
        "Who reads this: whoever asks what can go wrong and what is done about it. Made from",
        "`docs/risk.toml` and the marks on tests by `docs/make_risk.py`; CI compares, and fails",
        "where a rule has no code or no test, a hazard no rule, or a figure, denial, alarm or",
        "recorded fact belongs to no rule. No medical advice: it says what the program does.",
        "",
        f"{len(matrix.hazards)} hazards, {len(matrix.rules)} rules, {len(tests)} tests. A rule is",
        "told with the first hazard it is against. What limits mean to the integer stands in",
        "[limits.md](limits.md), the invariants in [architecture.md](architecture.md).",
        "",
        "| hazard | | rules |",
        "| --- | --- | --- |",
        *(_hazard_row(matrix, hazard) for hazard in matrix.hazards),
    ]
    for hazard, words in matrix.hazards.items():
        against = [rule for rule in matrix.rules.values() if hazard in rule.hazards]
        lines += ["", f"## {hazard}", "", words, ""]
        first = [rule for rule in against if rule.hazards[0] == hazard]
        if first:
            lines += ["| rule | in the code | tests |", "| --- | --- | --- |"]
            lines += [_row(rule) for rule in first]
        others = [rule for rule in against if rule not in first]
        if others:
            told = ", ".join(f"{_link(rule)} ({rule.hazards[0]})" for rule in others)
            lines += [""] if first else []
            lines += [f"Also against it: {told}."]
    return "\n".join(lines) + "\n"


def _hazard_row(matrix: Matrix, hazard: str) -> str:
    number = sum(hazard in rule.hazards for rule in matrix.rules.values())
    return f"| [{hazard}](#{hazard.lower()}) | {matrix.hazards[hazard]} | {number} |"


def _row(rule: Rule) -> str:
    code = "<br>".join(
        f"[{file.rpartition('/')[2]}](../{file}): {', '.join(f'`{name}`' for name in names)}"
        for file, names in rule.code.items()
    )
    tests = "<br>".join(
        f"[{test.partition('::test_')[2].replace('_', ' ')}](../{test.partition('::')[0]})"
        for test in sorted(rule.tests)
    )
    return f'| <a id="{rule.id.lower()}"></a>**{rule.id}** {rule.says} | {code} | {tests} |'


def _link(rule: Rule) -> str:
    return f"[{rule.id}](#{rule.id.lower()})"


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the page, or compare it; 1 where anything is wrong."""
    matrix = read(root)
    for fault in matrix.faults:
        print(fault, file=sys.stderr)
    if matrix.faults:
        return 1
    made, there = page(matrix), root / "docs" / "risk.md"
    if "--check" not in arguments:
        there.write_text(made, encoding="utf-8")
    elif not there.is_file() or there.read_text(encoding="utf-8") != made:
        print("risk.md is not what risk.toml and the tests say; run docs/make_risk.py",
              file=sys.stderr)  # fmt: skip
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
