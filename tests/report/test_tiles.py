"""The log as C2SP tlog-tiles, read by a reader that knows the specification and nothing else."""

import base64
import shutil
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from injector.report.proof import prove
from injector.report.tiles import TilesError, export_tiles, tile_path
from injector.shotlog.entries import Draft, Stop
from injector.shotlog.errors import LogDamaged
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import LogReader
from tests.report.reading import TilesFolder, mth, sha256
from tests.report.samples import write_signed
from tests.shotlog.samples import NOW, open_log, tamper

ROOT = Path(__file__).parents[2]
STOP = Draft(None, Stop(origin="console", by=None, serial=None))
THREE_LEVELS = 256 * 256 + 256 + 7
TOOL = Path(sys.executable).with_name("tlog-tiles")
WRITE = """
from tests.report.test_tiles import *
with open_log(Path(sys.argv[1])) as log:
    print("open", flush=True)
    while True:
        log.append([STOP] * 50, NOW)
"""


def grow(log: ShotLog, size: int) -> None:
    while log.size < size:
        log.append([STOP] * min(10_000, size - log.size), NOW)


def check(folder: Path, reader: LogReader) -> TilesFolder:
    """Everything that the specification says of a directory of this size holds for it."""
    tiles = TilesFolder(folder)
    entries = tiles.entries()
    assert len(entries) == tiles.size
    leaves = [sha256(b"\x00" + entry) for entry in entries]
    for level in range(tiles.levels()):
        whole = 256**level
        spans = range(0, len(leaves) // whole * whole, whole)
        assert tiles.hashes(level) == [mth(leaves[at : at + whole]) for at in spans]
    assert base64.b64encode(mth(leaves)).decode() == tiles.root_line
    assert entries == reader.bodies(0, tiles.size)
    return tiles


def held(folder: Path) -> dict[str, bytes]:
    files = (each for each in folder.rglob("*") if each.is_file())
    return {str(each.relative_to(folder)): each.read_bytes() for each in files}


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 700])
def test_a_reader_from_the_specification_computes_the_checkpoint_s_root(
    tmp_path: Path, size: int
) -> None:
    with open_log(tmp_path / "shots.db") as log:
        grow(log, size)
        done = export_tiles(log.reader, tmp_path / "tiles")
        tiles = check(tmp_path / "tiles", log.reader)
        assert (tmp_path / "tiles/checkpoint").read_text() == log.checkpoint
    assert (tiles.origin, tiles.size) == (done.checkpoint.origin, size)
    assert tiles.files() == tiles.needed()
    assert done.written == len(tiles.needed()) - 1


@pytest.mark.parametrize(
    ("number", "place"),
    [
        (0, "tile/0/000"),
        (999, "tile/0/999"),
        (1_000, "tile/0/x001/000"),
        (1_234_067, "tile/0/x001/x234/067"),
        (999_999, "tile/0/x999/999"),
    ],
)
def test_tiles_are_numbered_in_threes(number: int, place: str) -> None:
    assert tile_path(0, number) == place
    assert tile_path(0, number, 7) == f"{place}.p/7"
    assert tile_path("entries", number) == place.replace("/0/", "/entries/")
    assert place.endswith(TilesFolder.name(number, 256))


def test_a_grown_log_adds_files_and_changes_none_but_the_checkpoint(tmp_path: Path) -> None:
    folder = tmp_path / "tiles"
    with open_log(tmp_path / "shots.db") as log:
        before: dict[str, bytes] = {}
        for size in (1, 3, 256, 300, 301, 513, 1_024, 1_100):
            grow(log, size)
            done = export_tiles(log.reader, folder)
            tiles = check(folder, log.reader)
            assert tiles.size == size
            now = held(folder)
            assert tiles.needed() <= set(now)
            for name, data in before.items():
                if name == "checkpoint":
                    assert now[name] != data
                elif name in now:
                    assert now[name] == data
                else:  # a partial tile may go once the full one is there
                    assert ".p/" in name
                    assert name.partition(".p/")[0] in now
            assert done.written == len(set(now) - set(before) - {"checkpoint"})
            before = now


def test_an_export_of_the_same_log_writes_nothing_new(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        grow(log, 300)
        export_tiles(log.reader, tmp_path / "tiles")
        before = held(tmp_path / "tiles")
        again = export_tiles(log.reader, tmp_path / "tiles")
        assert (again.before, again.written) == (300, 0)
        assert held(tmp_path / "tiles") == before


def test_what_an_export_brings_up_to_date_is_what_a_new_one_writes(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        for size in (700, THREE_LEVELS):
            grow(log, size)
            export_tiles(log.reader, tmp_path / "old")
        assert check(tmp_path / "old", log.reader).levels() == 3
        export_tiles(log.reader, tmp_path / "new")
    old, new = held(tmp_path / "old"), held(tmp_path / "new")
    assert {name: old[name] for name in new} == new
    assert set(old) - set(new) == set()


def test_an_export_that_was_cut_short_is_gone_on_with(tmp_path: Path) -> None:
    folder = tmp_path / "tiles"
    with open_log(tmp_path / "shots.db") as log:
        grow(log, 700)

        class Cut(Exception):  # noqa: N818 -- not an error, a moment
            pass

        def cut(done: int, _all: int) -> None:
            if done > 300:
                raise Cut

        with pytest.raises(Cut):
            export_tiles(log.reader, folder, cut)
        assert not (folder / "checkpoint").exists()
        (folder / ".unfinished").write_bytes(b"half")
        export_tiles(log.reader, folder)
        tiles = check(folder, log.reader)
    assert tiles.files() == tiles.needed()


def test_tiles_of_another_log_are_not_mixed_with_these(tmp_path: Path) -> None:
    with open_log(tmp_path / "a.db") as log, open_log(tmp_path / "b.db") as other:
        grow(log, 300)
        grow(other, 400)
        export_tiles(log.reader, tmp_path / "tiles")
        before = held(tmp_path / "tiles")
        with pytest.raises(TilesError, match="of another log"):
            export_tiles(other.reader, tmp_path / "tiles")
        (tmp_path / "tiles/checkpoint").unlink()
        with pytest.raises(TilesError, match="something else than this log"):
            export_tiles(other.reader, tmp_path / "tiles")
        del before["checkpoint"]
        assert held(tmp_path / "tiles") == before


def test_a_log_that_was_put_back_does_not_replace_newer_tiles(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        grow(log, 300)
    for name in ("shots.db", "shots.db.key"):
        shutil.copy(tmp_path / name, tmp_path / f"old-{name}")
    with open_log(tmp_path / "shots.db") as log:
        grow(log, 320)
        export_tiles(log.reader, tmp_path / "tiles")
    with open_log(tmp_path / "old-shots.db") as old:
        with pytest.raises(TilesError, match="was cut, or put back"):
            export_tiles(old.reader, tmp_path / "tiles")
        grow(old, 330)
        with pytest.raises(TilesError, match="does not go on from"):
            export_tiles(old.reader, tmp_path / "tiles")


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/one.txt").write_text("dear")
    (tmp_path / "file").write_text("")
    with open_log(tmp_path / "shots.db") as log:
        for name, words in (("letters", "something else"), ("file", "no directory")):
            with pytest.raises(TilesError, match=words):
                export_tiles(log.reader, tmp_path / name)
    assert [each.name for each in (tmp_path / "letters").iterdir()] == ["one.txt"]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entries SET body = replace(body, 'console', 'consolf') WHERE seq = 30",
        "DELETE FROM entries WHERE seq = 30",
        "UPDATE head SET checkpoint = 'nothing'",
    ],
)
def test_a_damaged_log_gets_no_checkpoint_beside_its_tiles(tmp_path: Path, statement: str) -> None:
    with open_log(tmp_path / "shots.db") as log:
        grow(log, 300)
    tamper(tmp_path / "shots.db", statement)
    with LogReader.open(tmp_path / "shots.db") as reader, pytest.raises(LogDamaged):
        export_tiles(reader, tmp_path / "tiles")
    assert not (tmp_path / "tiles/checkpoint").exists()


def test_stored_hashes_that_lie_are_found_when_tiles_are_brought_up_to_date(
    tmp_path: Path,
) -> None:
    with open_log(tmp_path / "shots.db") as log:
        grow(log, 600)
        export_tiles(log.reader, tmp_path / "tiles")
        before = (tmp_path / "tiles/checkpoint").read_bytes()
        grow(log, 900)
    tamper(tmp_path / "shots.db", "UPDATE nodes SET hash = zeroblob(32) WHERE position = 1")
    with (
        LogReader.open(tmp_path / "shots.db") as reader,
        pytest.raises((LogDamaged, TilesError)),
    ):
        export_tiles(reader, tmp_path / "tiles")
    assert (tmp_path / "tiles/checkpoint").read_bytes() == before


def test_an_export_of_a_log_that_grows_meanwhile_is_of_one_moment(tmp_path: Path) -> None:
    place = tmp_path / "shots.db"
    with subprocess.Popen(
        [sys.executable, "-c", WRITE, str(place)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        try:
            with LogReader.open(place) as reader:
                sizes = []
                while len(set(sizes)) < 6:
                    export_tiles(reader, tmp_path / "tiles")
                    sizes.append(check(tmp_path / "tiles", reader).size)
        finally:
            writer.kill()
    assert sizes == sorted(sizes)


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    peaks = []
    with open_log(tmp_path / "shots.db") as log:
        for size in (2_000, 20_000):
            grow(log, size)
            tracemalloc.start()
            export_tiles(log.reader, tmp_path / f"tiles-{size}")
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0] + 100_000


# -- strangers' tools ---------------------------------------------------------------------------


@pytest.mark.skipif(not TOOL.exists(), reason="tlog-scales is not installed here")
def test_a_stranger_s_tool_reads_the_tiles_and_makes_the_same_proofs(tmp_path: Path) -> None:
    folder = tmp_path / "tiles"
    write_signed(tmp_path / "shots.db", shots=140)
    with LogReader.open(tmp_path / "shots.db") as reader:
        export_tiles(reader, folder)
        assert reader.size > 256
        for seq in (0, 9, 255, 256, reader.size - 1):
            leaf = subprocess.check_output([TOOL, "get-leaf", "--check", folder, str(seq)])
            assert leaf == reader.bodies(seq, 1)[0]
            proof = subprocess.check_output([TOOL, "gen-proof", folder, str(seq)], text=True)
            assert proof == prove(reader, seq).text()
