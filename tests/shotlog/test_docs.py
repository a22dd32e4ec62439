"""The documents for auditors are run and read, so that they stay true."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel

from injector.report.by_hand import CHECK_NOTE, CHECK_PROOF
from injector.shotlog.entries import KINDS
from injector.shotlog.envelope import COMMON
from injector.shotlog.schema import APPLICATION_ID, FORMAT, MAX_BODY_BYTES
from tests.report.samples import write_signed
from tests.shotlog.samples import tamper

DOCS = Path(__file__).parents[2] / "docs"
HERE = str(Path(sys.executable).parent)
"""Where the commands of this environment are: ours, and the transparency-log tool."""
PATH = f"{HERE}{os.pathsep}{os.environ['PATH']}"
TOOLS = (
    "bash", "openssl", "sqlite3", "sha256sum", "base64", "cmp", "python3", "injector", "tlog-tiles",
)  # fmt: skip

RUNGS = (
    "sqlite3 shots.db", "openssl pkeyutl", 'test "$(head', 'test "$(\n', "{ printf",
    "check_note note.txt", 'check_proof "proof', "check_proof proof/entry-0",
    "check_note signed.txt", "grep -x", "check_note tiles/checkpoint", "tlog-tiles get-leaf",
    "tlog-tiles gen-proof", "python3 -c",
)  # fmt: skip
"""How the first line of each rung begins."""

MOVED = """cp proof/entry-0.json proof/entry-$SHOT.json
sed "2s/0/$SHOT/" proof/entry-0.tlog-proof > proof/entry-$SHOT.tlog-proof"""
OTHER = "y/ABCDEFGHIJKLMabcdefghijklm/NOPQRSTUVWXYZnopqrstuvwxyz/"
"""Turns base64 into other base64."""

CHANGES = {
    "signature of another size": ("openssl pkeyutl", "sed -i '2s/34/33/' text.txt"),
    "signature of another root": ("openssl pkeyutl", "sed -i '3s/^./#/' text.txt"),
    "log's signature": (
        "openssl pkeyutl",
        "printf x | dd of=signature.bin bs=1 seek=9 conv=notrunc",
    ),
    "key": ("openssl pkeyutl", "printf x | dd of=key.der bs=1 seek=20 conv=notrunc"),
    "name": ('test "$(head', "sed -i '1s/invalid/example/' text.txt"),
    "key's id": ('test "$(\n', 'VKEY="${VKEY%%+*}+00000000+${VKEY##*+}"'),
    "entry": ('check_proof "proof', "sed -i 's/20050/20051/' proof/entry-$SHOT.json"),
    "path": ('check_proof "proof', f"sed -i '4{OTHER}' proof/entry-$SHOT.tlog-proof"),
    "order": ('check_proof "proof', "sed -i '3{h;d};4G' proof/entry-$SHOT.tlog-proof"),
    "length": ('check_proof "proof', "sed -i '3d' proof/entry-$SHOT.tlog-proof"),
    "size": ('check_proof "proof', "sed -i 's/^34$/35/' proof/entry-$SHOT.tlog-proof"),
    "place": ('check_proof "proof', "sed -i '2s/[0-9]*$/3/' proof/entry-$SHOT.tlog-proof"),
    "checkpoint": ('check_proof "proof', f"sed -i '${OTHER}' proof/entry-$SHOT.tlog-proof"),
    "another entry in its place": (
        'check_proof "proof',
        "for each in json tlog-proof; do cp proof/entry-0.$each proof/entry-$SHOT.$each; done",
    ),
    "a proof moved to another place": ('check_proof "proof', MOVED),
    "opening": ("check_proof proof/entry-0", "sed -i 's/log_id/log_ip/' proof/entry-0.json"),
    "meaning": ("check_note signed.txt", "sed -i 's/performed/approved/' signed.txt"),
    "signature": ("check_note signed.txt", f"sed -i '${OTHER}' signed.txt"),
    "somebody else's key": ("check_note signed.txt", 'SIGNER="$VKEY"'),
    "another record": ("grep -x", "echo 0 > about.txt"),
    "tiles' checkpoint": ("check_note tiles/checkpoint", "sed -i '2s/34/33/' tiles/checkpoint"),
    "entry in a bundle": (
        "tlog-tiles get-leaf",
        "LC_ALL=C sed -i 's/20050/20051/g' tiles/tile/entries/000.p/34",
    ),
    "hash in a tile": (
        "tlog-tiles get-leaf",
        "printf x | dd of=tiles/tile/0/000.p/34 bs=1 seek=1000 conv=notrunc",
    ),
    "any hash": ("python3 -c", "printf x | dd of=tiles/tile/0/000.p/34 bs=1 seek=5 conv=notrunc"),
    "root": ("python3 -c", f"sed -i '3{OTHER}' tiles/checkpoint"),
}
"""What is changed: below which rung, and how."""

missing = [tool for tool in TOOLS if shutil.which(tool, path=PATH) is None]
needs_tools = pytest.mark.skipif(bool(missing), reason=f"not installed here: {missing}")


def blocks(language: str) -> list[str]:
    text = (DOCS / "verify.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def climb(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run the ladder's lines where ``shots.db`` is, with the key as an auditor has it."""
    vkey = (folder / "shots.db.vkey").read_text(encoding="utf-8").strip()
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=os.environ | {"VKEY": vkey, "PATH": PATH}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


def rungs() -> dict[str, str]:
    """The ladder's lines from each rung's first to the next one's, in their order."""
    script = "".join(blocks("sh"))
    starts = [0]
    for first in RUNGS[1:]:
        starts.append(script.index(f"\n{first}", starts[-1]) + 1)
    ends = [*starts[1:], len(script)]
    return {first: script[start:end] for first, start, end in zip(RUNGS, starts, ends, strict=True)}


def climb_one(below: Path, folder: Path, lines: str) -> subprocess.CompletedProcess[str]:
    """Go on in a copy of the folder, and with the shell's words, as the rungs below left them."""
    shutil.copytree(below, folder)
    words = " ".join(sorted(set(re.findall(r"\b([A-Za-z]\w*)=", "".join(blocks("sh"))))))
    kept = f"{{ declare -p {words} 2> /dev/null || true; declare -f; }} > words.sh"
    return climb(folder, f"if test -e words.sh; then . ./words.sh; fi\n{lines}\n{kept}")


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a signed log, and with the document's program beside it; to be copied."""
    folder = tmp_path_factory.mktemp("log")
    write_signed(folder / "shots.db")
    (folder / "tree.py").write_text("".join(blocks("python")), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def below(log: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folder as it is below each rung, where an untouched log has come up to it."""
    folders = {}
    folder, top = log, tmp_path_factory.mktemp("ladder")
    for count, (first, lines) in enumerate(rungs().items()):
        folders[first] = folder
        folder = top / str(count)
        result = climb_one(folders[first], folder, lines)
        assert result.returncode == 0, f"{first}: {result.stderr}"
    return folders


@needs_tools
def test_the_ladder_of_the_document_verifies_a_log_without_our_code(
    log: Path, tmp_path: Path
) -> None:
    result = climb(shutil.copytree(log, tmp_path / "log"), "".join(blocks("sh")))
    assert result.returncode == 0, result.stderr
    assert "Signature Verified Successfully" in result.stdout


@needs_tools
@pytest.mark.parametrize(
    ("seq", "said"), [(1, "computed.txt stored.txt differ"), (9, "tree.txt differ")]
)
def test_a_changed_entry_makes_the_rung_of_its_hash_or_that_of_the_tree_fail(
    log: Path, tmp_path: Path, seq: int, said: str
) -> None:
    folder = shutil.copytree(log, tmp_path / "log")
    change = f"UPDATE entries SET body = replace(body, 'a', 'b') WHERE seq = {seq}"  # noqa: S608
    tamper(folder / "shots.db", change)
    result = climb(folder, "".join(blocks("sh")))
    assert result.returncode != 0
    assert said in result.stdout


@needs_tools
@pytest.mark.xdist_group("ladder")
@pytest.mark.parametrize(("first", "change"), CHANGES.values(), ids=CHANGES)
def test_a_changed_byte_makes_the_rung_fail_that_it_is_under(
    below: dict[str, Path], tmp_path: Path, first: str, change: str
) -> None:
    lines = rungs()[first]
    result = climb_one(below[first], tmp_path / "log", f"{change}\necho changed\n{lines}")
    assert "changed\n" in result.stdout, result.stderr
    assert result.returncode != 0


def test_the_lines_of_the_ladder_are_those_of_every_proof_s_readme() -> None:
    assert {CHECK_NOTE, CHECK_PROOF} <= set(blocks("sh"))


def sections() -> dict[str, str]:
    text = (DOCS / "shotlog-format.md").read_text(encoding="utf-8")
    parts = re.split(r"^### `(\w+)`\n", text, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def names_in(model: type[BaseModel]) -> set[str]:
    """Every field of a model and of the records in it, but for the commitment's own."""
    names = set()
    for name, field in model.model_fields.items():
        names.add(name)
        for inner in _records(field.annotation):
            names |= names_in(inner)
    return names


def _records(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [] if annotation.__name__ == "Private" else [annotation]
    return [found for each in getattr(annotation, "__args__", ()) for found in _records(each)]


def test_every_kind_has_its_section_in_the_format_and_no_other_has() -> None:
    assert set(sections()) == set(KINDS)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_field_of_a_kind_is_named_in_its_section(kind: str) -> None:
    said = set(re.findall(r"`(\w+)`", sections()[kind]))
    if kind in {"refused"}:  # its setpoint and verdict are described under `grant`
        said |= set(re.findall(r"`(\w+)`", sections()["grant"]))
    assert names_in(KINDS[kind]) - {"kind"} <= said


def test_the_format_names_what_every_body_has_and_the_figures_of_the_file() -> None:
    text = (DOCS / "shotlog-format.md").read_text(encoding="utf-8")
    for name in COMMON:
        assert f"| `{name}` |" in text
    assert f"0x{APPLICATION_ID:X}" in text
    assert f"at most {MAX_BODY_BYTES:,}\nbytes" in text
    assert f"This\nis format {FORMAT};" in text
