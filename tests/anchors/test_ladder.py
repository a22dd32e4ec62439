"""The lines of docs/verify.md about strangers' answers, run as they stand, without our code."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from injector.anchors.places import Authority as NamedAuthority
from injector.anchors.places import Places
from injector.anchors.places import Witness as NamedWitness
from injector.anchors.placing import place
from injector.shotlog.entries import Draft
from injector.shotlog.vouching import Anchored
from tests.anchors.strangers import Authority, Witness, served
from tests.shotlog.samples import NOW, SECOND_SESSION, open_log, write_session

DOCS = Path(__file__).parents[2] / "docs"
TOOLS = ("bash", "openssl", "sqlite3", "base64", "od", "date")
missing = [tool for tool in TOOLS if shutil.which(tool) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not installed here: {missing}")


def lines() -> str:
    text = (DOCS / "verify.md").read_text(encoding="utf-8")
    found = re.findall(r"^```sh outside\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    assert len(found) == 3
    return "".join(found)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A log whose newest anchor an authority and a witness have answered for, and a later one."""
    made = tmp_path / "ladder"
    made.mkdir()
    authority = Authority(tmp_path / "tsa")
    with open_log(made / "shots.db") as log:
        write_session(log)
        witness = Witness(log.vkey)
        with served(authority.behave) as stamps, served(witness.behave) as cosigns:
            places = Places(
                None, NamedAuthority(stamps, authority.root), NamedWitness(cosigns, witness.vkey)
            )
            found = [each for each in place(log.reader, places) if isinstance(each, Anchored)]
        assert len(found) == 2
        log.append([Draft(None, each) for each in found], NOW)
        write_session(log, SECOND_SESSION, first=9)
    shutil.copy(authority.root, made / "authority.pem")
    (made / "witness.vkey").write_text(witness.vkey)
    return made


def climb(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    witness = (folder / "witness.vkey").read_text()
    begin = "sqlite3 shots.db \".backup 'copy.db'\"\n"
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", begin + script],
        cwd=folder, env=os.environ | {"WITNESS": witness, "LC_ALL": "C.UTF-8"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_the_lines_of_the_document_verify_a_time_stamp_and_a_witness(folder: Path) -> None:
    found = climb(folder, lines())
    assert found.returncode == 0, found.stderr
    said = found.stdout + found.stderr
    assert "Verification: OK" in said
    assert "Time stamp:" in said
    assert "Signature Verified Successfully" in said
    assert "2027" in said  # the witness' time, which is the sample's


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ("openssl ts -verify", "sed -i '2s/^/1/' stamped.txt"),
        ("openssl ts -verify", "sed -i '3s/^./#/' stamped.txt"),
        ("{ printf 'cosignature", "sed -i '2s/^/1/' seen.txt"),
        ("{ printf 'cosignature", "seconds=$((seconds + 1))"),
        ("{ printf 'cosignature", "printf x | dd of=seen.bin bs=1 seek=40 conv=notrunc"),
    ],
)
def test_a_changed_byte_makes_them_fail(folder: Path, before: str, change: str) -> None:
    script = lines()
    assert before in script
    found = climb(folder, script.replace(before, f"{change}\n{before}", 1))
    assert found.returncode != 0
