"""Other processes: one that holds the log, and one that is killed while it writes."""

import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from injector.shotlog.errors import LogLocked
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from tests.shotlog.killed import folders, kill_at_every_step
from tests.shotlog.samples import JOURNAL, SERIAL, open_log

ROOT = Path(__file__).parents[2]
ROUNDS = 6
"""`make kills` kills a whole host three hundred times."""

HOLD = """
from tests.shotlog.samples import *
import sys
with open_log(Path(sys.argv[1])) as log:
    print(os.getpid(), flush=True)
    sys.stdin.read()
"""

WRITE = """
from tests.shotlog.samples import *
import sys
first = int(sys.argv[2])
with open_log(Path(sys.argv[1])) as log:
    for index in range(first, first + 100_000):
        other = shot(index).model_copy(update={"serial": "PG-0002"})
        log.append([Draft(None, shot(index)), Draft(None, other)], NOW)
        print(index, flush=True)
"""


def start(code: str, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


def test_one_process_writes_and_the_error_names_it(tmp_path: Path) -> None:
    path = tmp_path / "shots.db"
    with start(HOLD, str(path)) as holder:
        assert holder.stdout is not None
        pid = int(holder.stdout.readline())
        with pytest.raises(LogLocked, match=f"process {pid} is writing") as caught:
            open_log(path)
        assert caught.value.pid == pid
        with LogReader.open(path) as reader:
            assert reader.size == 1
        holder.kill()
    open_log(path).close()


def test_a_writer_killed_at_any_moment_loses_nothing_that_it_had_said_was_written(
    tmp_path: Path,
) -> None:
    path = tmp_path / "shots.db"
    chance = random.Random(20_260_101)  # noqa: S311 -- chooses moments, keeps no secret
    told = 0
    for _ in range(ROUNDS):
        with start(WRITE, str(path), str(told + 1)) as writer:
            assert writer.stdout is not None
            for _ in range(chance.randrange(1, 40)):
                told = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().split("\n")
        told = max([told, *(int(line) for line in rest[:-1])])
        with open_log(path) as log:
            pairs, others = (
                {
                    entry.body.index  # type: ignore[union-attr]  # journal() yields journal kinds
                    for entry in log.journal(serial, JOURNAL)
                }
                for serial in (SERIAL, "PG-0002")
            )
            assert pairs == others, "half a batch"
            assert pairs >= set(range(1, told + 1)), "an entry is lost that was said to be written"
            told = max(pairs)
        assert verify(path).ok


MAKING = """
from injector.shotlog import keys, making
def act(folder):
    die_at(making, "sync_folder", "_build")
    die_at(keys, "write")
    die_at(Path, "rename")
    open_log(folder / "shots.db").close()
"""
MAKING_STEPS = 9


def test_a_log_whose_making_is_killed_at_any_moment_is_made_by_the_next(tmp_path: Path) -> None:
    rooms = folders(tmp_path, MAKING_STEPS)
    kill_at_every_step(tmp_path, MAKING_STEPS, MAKING)
    for each in rooms:
        path = each / "shots.db"
        with open_log(path) as log:
            assert log.size == 1
        assert verify(path).ok
        assert not list(each.glob("*.new*"))
