"""The checkpoint's signature verifies with openssl alone, by the lines of the document.

The commands run in a folder with the log's copy in it and a PATH without Python and without
our software.
"""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.acceptance.conftest import Finished
from tests.acceptance.stage import ROOT, copy_log

TOOLS: Final = (
    "bash", "sh", "openssl", "sqlite3", "sha256sum", "base64", "cmp", "sed", "head", "tail", "cut",
    "tr", "cat",
)  # fmt: skip
_missing: Final = [tool for tool in TOOLS if shutil.which(tool) is None]

pytestmark = pytest.mark.skipif(bool(_missing), reason=f"not installed here: {_missing}")


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH with these tools and nothing else."""
    folder = tmp_path_factory.mktemp("tools")
    for tool in TOOLS:
        (folder / tool).symlink_to(shutil.which(tool) or "")
    return str(folder)


def section(title: str) -> str:
    """The shell lines of a section of docs/verify.md."""
    text = (ROOT / "docs" / "verify.md").read_text(encoding="utf-8")
    (body,) = [part for part in re.split(r"^## ", text, flags=re.M) if part.startswith(title)]
    lines = re.findall(r"^```sh\n(.*?)^```", body, re.M | re.S)
    assert lines, f"no lines under {title!r}"
    return "".join(lines)


def run(folder: Path, tools: str, script: str, vkey: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        cwd=folder,
        env={"PATH": tools, "VKEY": vkey, "LC_ALL": os.environ.get("LC_ALL", "C.UTF-8")},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


FIRST: Final = "The first rung"
SECOND: Final = "The second rung"


def test_the_signature_of_a_real_session_s_log_verifies_with_openssl_alone(
    finished: Finished, tmp_path: Path, tools: str
) -> None:
    copy_log(finished.log, tmp_path)
    done = run(tmp_path, tools, section(FIRST), finished.vkey)
    assert done.returncode == 0, done.stderr
    assert "Signature Verified Successfully" in done.stdout
    assert (tmp_path / "note.txt").read_text(encoding="utf-8") == finished.kept


def test_a_checkpoint_that_was_kept_verifies_by_the_same_lines(
    finished: Finished, tmp_path: Path, tools: str
) -> None:
    copy_log(finished.log, tmp_path)
    (tmp_path / "note.txt").write_text(finished.kept, encoding="utf-8")
    lines = [line for line in section(FIRST).splitlines() if "sqlite3" not in line]
    done = run(tmp_path, tools, "\n".join(lines), finished.vkey)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("what", ["size", "root", "key"])
def test_openssl_finds_a_forged_checkpoint(
    finished: Finished, tmp_path: Path, tools: str, what: str
) -> None:
    copy_log(finished.log, tmp_path)
    origin, size, root, *rest = finished.kept.splitlines()
    vkey = finished.vkey
    if what == "size":
        size = str(int(size) - 1)
    elif what == "root":
        root = ("B" if root[0] == "A" else "A") + root[1:]
    else:
        last = vkey[-10]
        vkey = vkey[:-10] + ("B" if last == "A" else "A") + vkey[-9:]
    (tmp_path / "note.txt").write_text("\n".join([origin, size, root, *rest, ""]), "utf-8")
    lines = [line for line in section(FIRST).splitlines() if "sqlite3" not in line]
    done = run(tmp_path, tools, "\n".join(lines), vkey)
    assert done.returncode != 0
    assert "Verified Successfully" not in done.stdout


def test_one_entry_verifies_with_sha256sum(finished: Finished, tmp_path: Path, tools: str) -> None:
    copy_log(finished.log, tmp_path)
    done = run(tmp_path, tools, section(FIRST) + section(SECOND), finished.vkey)
    assert done.returncode == 0, done.stderr
    computed = (tmp_path / "computed.txt").read_text(encoding="utf-8")
    assert re.fullmatch(r"[0-9a-f]{64}\n", computed)


def test_whoever_may_only_read_the_log_can_still_take_the_copy(
    finished: Finished, tmp_path: Path
) -> None:
    """An auditor is given read access, no more: the document's way of copying must do."""
    log = copy_log(finished.log, tmp_path)
    first = section(FIRST).splitlines()[0].replace("sqlite3 shots.db", f"sqlite3 -readonly {log}")
    assert "-readonly" in first
    done = subprocess.run(
        ["bash", "-euc", first], cwd=tmp_path, capture_output=True, encoding="utf-8", check=False
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "copy.db").stat().st_size > 0
