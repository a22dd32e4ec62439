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

MOVED = """cp proof/entry-0.json proof/entry-$SHOT.json
sed "2s/0/$SHOT/" proof/entry-0.tlog-proof > proof/entry-$SHOT.tlog-proof"""
OTHER = "y/ABCDEFGHIJKLMabcdefghijklm/NOPQRSTUVWXYZnopqrstuvwxyz/"
"""Turns base64 into other base64."""

missing = [tool for tool in TOOLS if shutil.which(tool, path=PATH) is None]
needs_tools = pytest.mark.skipif(bool(missing), reason=f"not installed here: {missing}")


def blocks(language: str) -> list[str]:
    text = (DOCS / "verify.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def climb(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Run the ladder's lines where ``shots.db`` is, with the key as an auditor has it."""
    (folder / "tree.py").write_text("".join(blocks("python")), encoding="utf-8")
    vkey = (folder / "shots.db.vkey").read_text(encoding="utf-8").strip()
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder, env=os.environ | {"VKEY": vkey, "PATH": PATH}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip


@needs_tools
def test_the_ladder_of_the_document_verifies_a_log_without_our_code(tmp_path: Path) -> None:
    write_signed(tmp_path / "shots.db")
    result = climb(tmp_path, "".join(blocks("sh")))
    assert result.returncode == 0, result.stderr
    assert "Signature Verified Successfully" in result.stdout


@needs_tools
@pytest.mark.parametrize(
    ("before", "change", "rung"),
    [
        ("openssl", "sed -i '2s/32/31/' text.txt", "signature of another size"),
        ("openssl", "sed -i '3s/^./#/' text.txt", "signature of another root"),
        ("openssl", "printf x | dd of=signature.bin bs=1 seek=9 conv=notrunc", "signature"),
        ("openssl", "printf x | dd of=key.der bs=1 seek=20 conv=notrunc", "key"),
        ('test "$(head', "sed -i '1s/invalid/example/' text.txt", "name"),
    ],
    ids=lambda value: value.replace(" ", "_") if value.isascii() else "",
)
def test_a_changed_byte_makes_the_signature_s_rung_fail(
    tmp_path: Path, before: str, change: str, rung: str
) -> None:
    write_signed(tmp_path / "shots.db")
    script = "".join(blocks("sh"))
    assert before in script, rung
    at = script.rindex("\n", 0, script.index(before)) + 1 if before != "openssl" else (
        script.index("openssl pkeyutl")
    )  # fmt: skip
    assert climb(tmp_path, script[:at] + change + "\n" + script[at:]).returncode != 0


@needs_tools
def test_a_changed_entry_makes_the_rungs_of_entries_fail(tmp_path: Path) -> None:
    write_signed(tmp_path / "shots.db")
    tamper(tmp_path / "shots.db", "UPDATE entries SET body = replace(body, 'a', 'b') WHERE seq = 1")
    result = climb(tmp_path, "".join(blocks("sh")))
    assert result.returncode != 0
    assert "computed.txt stored.txt differ" in result.stdout


@needs_tools
def test_a_change_elsewhere_makes_the_rung_of_the_tree_fail(tmp_path: Path) -> None:
    write_signed(tmp_path / "shots.db")
    tamper(tmp_path / "shots.db", "UPDATE entries SET body = replace(body, 'a', 'b') WHERE seq = 9")
    result = climb(tmp_path, "".join(blocks("sh")))
    assert result.returncode != 0
    assert "tree.txt differ" in result.stdout


@needs_tools
@pytest.mark.parametrize(
    ("before", "change", "rung"),
    [
        ('check_proof "proof', "sed -i 's/20050/20051/' proof/entry-$SHOT.json", "entry"),
        ('check_proof "proof', f"sed -i '4{OTHER}' proof/entry-$SHOT.tlog-proof", "path"),
        ('check_proof "proof', "sed -i '3{h;d};4G' proof/entry-$SHOT.tlog-proof", "order"),
        ('check_proof "proof', "sed -i '3d' proof/entry-$SHOT.tlog-proof", "length"),
        ('check_proof "proof', "sed -i 's/^32$/33/' proof/entry-$SHOT.tlog-proof", "size"),
        ('check_proof "proof', "sed -i '2s/[0-9]*$/3/' proof/entry-$SHOT.tlog-proof", "place"),
        ('check_proof "proof', f"sed -i '${OTHER}' proof/entry-$SHOT.tlog-proof", "checkpoint"),
        (
            'check_proof "proof',
            "for each in json tlog-proof; do cp proof/entry-0.$each proof/entry-$SHOT.$each; done",
            "another entry in its place",
        ),
        (
            'check_proof "proof',
            MOVED,
            "a proof moved to another place",
        ),
        ("check_proof proof/entry-0", "sed -i 's/log_id/log_ip/' proof/entry-0.json", "opening"),
        ('check_note signed.txt "$S', "sed -i 's/performed/approved/' signed.txt", "meaning"),
        ('check_note signed.txt "$S', f"sed -i '${OTHER}' signed.txt", "signature"),
        ('check_note signed.txt "$S', 'SIGNER="$VKEY"', "somebody else's key"),
        ("grep -x", "echo 0 > about.txt", "another record"),
        ("check_note tiles/checkpoint", "sed -i '2s/32/31/' tiles/checkpoint", "tiles' checkpoint"),
        (
            "tlog-tiles get-leaf",
            "LC_ALL=C sed -i 's/20050/20051/g' tiles/tile/entries/000.p/32",
            "entry in a bundle",
        ),
        (
            "tlog-tiles get-leaf",
            "printf x | dd of=tiles/tile/0/000.p/32 bs=1 seek=1000 conv=notrunc",
            "hash in a tile",
        ),
        (
            "python3 -c",
            "printf x | dd of=tiles/tile/0/000.p/32 bs=1 seek=5 conv=notrunc",
            "any hash",
        ),
        ("python3 -c", f"sed -i '3{OTHER}' tiles/checkpoint", "root"),
    ],
    ids=lambda value: value.replace(" ", "_") if value.replace(" ", "").isalpha() else "",
)
def test_a_changed_byte_makes_the_rung_fail_that_it_is_under(
    tmp_path: Path, before: str, change: str, rung: str
) -> None:
    write_signed(tmp_path / "shots.db")
    script = "".join(blocks("sh"))
    at = script.rindex("\n", 0, script.index(f"\n{before}") + 1) + 1
    whole = climb(tmp_path, script[:at] + change + "\necho changed\n" + script[at:])
    assert "\nchanged\n" in whole.stdout, f"{rung}: {whole.stderr}"
    assert whole.returncode != 0


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
