"""Promise: CI runs every test that it can, or fails and says why it could not.

The script itself runs, on a machine that is made of a few files: what installs packages, and
what runs the checks, only write down that they were asked.
"""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

SCRIPT: Final = Path(__file__).parents[2] / ".ci" / "run"
NEEDED: Final = ("venv", "openssl", "sqlite3", "lnav", "libpangoft2-1.0", "chromium")
UNPACKS: Final = 'for each in "$@"; do : > "$BIN/$each" && chmod +x "$BIN/$each"; done'
"""As a package manager does: a package brings the command of its name."""
BREAKS: Final = 'echo "E: no route to the mirror" >&2; exit 100'


class Machine:
    """A computer with nothing on it but what the script itself needs."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.asked = folder / "bin", folder / "asked"
        self.bin.mkdir()
        self.asked.touch()
        for tool in ("bash", "dirname", "grep", "chmod"):
            (self.bin / tool).symlink_to(shutil.which(tool) or "")
        self.command("make", "")
        self.command("python3", '[ -e "$BIN/python3-venv" ]')
        self.command("id", "echo 0")
        self.command("ldconfig", '[ ! -e "$BIN/libpangoft2-1.0-0" ] || '
                     'printf "\\tlibsqlite3.so\\n\\tlibpangoft2-1.0.so.0 (libc6)\\n"')  # fmt: skip

    def command(self, name: str, does: str) -> None:
        path = self.bin / name
        path.write_text(f'#!{self.bin}/bash\necho "{name} $*" >> "$ASKED"\n{does}\n')
        path.chmod(0o755)

    def run(self, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.bin / "bash", SCRIPT],
            env={"PATH": str(self.bin), "BIN": str(self.bin), "ASKED": str(self.asked)}
            | environment,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    def done(self, tool: str) -> int:
        return sum(line.startswith(tool) for line in self.asked.read_text().splitlines())


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_what_the_tests_use_is_installed(machine: Machine) -> None:
    machine.command("apt-get", f'[ "$1" = update ] || {{ {UNPACKS}; }}')
    done = machine.run(CI="true")
    assert (done.returncode, done.stderr) == (0, "")
    assert machine.done("apt-get install") == len(NEEDED)
    assert machine.done("make") == 2
    again = machine.run(CI="true")
    assert again.returncode == 0
    assert machine.done("apt-get install") == len(NEEDED)


def test_in_ci_a_failed_installation_is_tried_again_and_then_fails(machine: Machine) -> None:
    machine.command("apt-get", BREAKS)
    done = machine.run(CI="true")
    assert done.returncode == 1
    assert "no route to the mirror" in done.stderr
    assert "error: venv could not be installed" in done.stderr
    assert machine.done("apt-get") == 2
    assert machine.done("make") == 0


def test_in_ci_an_installation_that_works_the_second_time_is_one(machine: Machine) -> None:
    machine.command(
        "apt-get",
        f'[ "$1" != update ] || exit 0; [ -e "$ASKED.once" ] || {{ : > "$ASKED.once"; {BREAKS}; }};'
        f" {UNPACKS}",
    )
    done = machine.run(CI="true")
    assert (done.returncode, machine.done("make")) == (0, 2), done.stderr


@pytest.mark.parametrize("outside", ["no CI", "no package manager", "no root"])
def test_elsewhere_it_is_said_what_is_skipped(machine: Machine, outside: str) -> None:
    if outside != "no package manager":
        machine.command("apt-get", BREAKS)
    if outside == "no root":
        machine.command("id", "echo 1000")
    done = machine.run(**({} if outside == "no CI" else {"CI": "true"}))
    assert (done.returncode, machine.done("make")) == (0, 2)
    said = done.stderr.splitlines()
    for name in NEEDED:
        assert f"there is no {name} here: what uses it is skipped, or fails" in said
    assert machine.done("apt-get install") == 0
    assert os.access(SCRIPT, os.X_OK)
