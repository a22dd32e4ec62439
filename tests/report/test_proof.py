"""Proofs of entries: at every place, of one moment, and of nothing else."""

import base64
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from injector.report.proof import Proof, ProofError, prove
from injector.shotlog.entries import Draft, Stop
from injector.shotlog.errors import LogDamaged
from injector.shotlog.log import ShotLog
from injector.shotlog.note import VerifierKey
from injector.shotlog.reader import LogReader
from tests.report.reading import mth, path, sha256
from tests.shotlog.samples import NOW, open_log, tamper

ROOT = Path(__file__).parents[2]
STOP = Draft(None, Stop(origin="console", by=None, serial=None))
WRITE = """
from tests.report.test_proof import *
with open_log(Path(sys.argv[1])) as log:
    print("open", flush=True)
    while True:
        log.append([STOP] * 3, NOW)
"""


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ShotLog]:
    with open_log(tmp_path_factory.mktemp("grown") / "shots.db") as log:
        yield log


def grow(log: ShotLog, size: int) -> list[bytes]:
    """Make the log so long, at least; return its leaf hashes, from the bodies."""
    log.append([STOP] * (size - log.size), NOW)
    return [sha256(b"\x00" + body) for body in log.reader.bodies(0, size)]


def key_of(log: ShotLog) -> VerifierKey:
    return VerifierKey.parse(log.vkey)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7, 8, 13, 255, 256, 257, 511, 523])
def test_every_entry_of_a_tree_of_any_size_is_proven_as_the_rfc_defines_it(
    grown: ShotLog, size: int
) -> None:
    leaves = grow(grown, size)
    assert grown.size == size, "sizes rise from test to test"
    bodies = grown.reader.bodies(0, size)
    every = range(size) if size < 100 else [*range(0, size, 17), size - 2, size - 1]
    for seq in every:
        proof = prove(grown.reader, seq)
        assert list(proof.path) == path(seq, leaves)
        checkpoint = proof.check(bodies[seq], key_of(grown))
        assert (checkpoint.size, checkpoint.root) == (size, mth(leaves))


def test_a_proof_is_a_c2sp_tlog_proof_to_the_byte(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        leaves = grow(log, 11)
        text = prove(log.reader, 6).text()
        lines = ["c2sp.org/tlog-proof@v1", "index 6"]
        lines += [base64.b64encode(each).decode() for each in path(6, leaves)]
        assert text == "\n".join([*lines, "", log.checkpoint])
        assert Proof.parse(text) == prove(log.reader, 6)


def test_the_only_entry_of_a_log_needs_no_path(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        proof = prove(log.reader, 0)
        assert proof.text() == f"c2sp.org/tlog-proof@v1\nindex 0\n\n{log.checkpoint}"
        assert Proof.parse(proof.text()) == proof


def test_a_proof_moved_to_another_entry_fails(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        grow(log, 9)
        bodies = log.reader.bodies(0, 9)
        for seq in range(9):
            proof = prove(log.reader, seq)
            for other in set(range(9)) - {seq}:
                with pytest.raises(ProofError, match="does not lead"):
                    proof.check(bodies[other], key_of(log))
                with pytest.raises(ProofError, match="does not lead"):
                    Proof(other, proof.path, proof.checkpoint).check(bodies[seq], key_of(log))


def test_another_log_s_key_opens_no_proof(tmp_path: Path) -> None:
    with open_log(tmp_path / "a.db") as log, open_log(tmp_path / "b.db") as other:
        proof = prove(log.reader, 0)
        with pytest.raises(ProofError, match="the checkpoint: not signed by"):
            proof.check(log.reader.bodies(0, 1)[0], key_of(other))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("@v1", "@v2"), "begins with"),
        (("\n\n", "\n"), "base64"),
        (("index 2\n", ""), "names the entry"),
        (("index 2", "index 02"), "names the entry"),
        (("index 2", "index -2"), "names the entry"),
        (("index 2\n", "index 2\nAAAA\n"), "32 bytes each"),
        (("index 2\n", "index 2\n?\n"), "base64"),
        (("index 2\n", "index 2\n" + "A" * 42 + "B=\n"), "32 bytes each"),
        (("index 2\n", "index 2\n" + ("A" * 43 + "=\n") * 63), "more than 64"),
    ],
)
def test_what_is_no_proof_is_refused_and_said_why(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    with open_log(tmp_path / "shots.db") as log:
        grow(log, 4)
        text = prove(log.reader, 2).text()
    assert change[0] in text
    with pytest.raises(ProofError, match=words):
        Proof.parse(text.replace(*change, 1))


def test_extra_data_is_passed_over(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        proof = prove(log.reader, 0)
    assert Proof.parse(proof.text().replace("@v1\n", "@v1\nextra AAAA\n")) == proof


def test_an_entry_that_is_not_there_has_no_proof(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        for seq in (-1, 1):
            with pytest.raises(ValueError, match="no entry"):
                prove(log.reader, seq)


@pytest.mark.parametrize(
    ("seq", "statement"),
    [
        (3, "UPDATE entries SET body = replace(body, 'console', 'consolf') WHERE seq = 3"),
        (3, "UPDATE entries SET leaf = zeroblob(32) WHERE seq = 2"),
        (280, "UPDATE nodes SET hash = zeroblob(32)"),
        (280, "DELETE FROM nodes"),
        (3, "UPDATE head SET checkpoint = replace(checkpoint, '300', '299')"),
        (3, "UPDATE head SET checkpoint = 'nothing'"),
        (3, "DELETE FROM entries WHERE seq = 3"),
    ],
)
def test_what_a_damaged_log_holds_is_not_proven(tmp_path: Path, seq: int, statement: str) -> None:
    with open_log(tmp_path / "shots.db") as log:
        grow(log, 300)
    tamper(tmp_path / "shots.db", statement)
    with LogReader.open(tmp_path / "shots.db") as reader, pytest.raises(LogDamaged):
        prove(reader, seq)


def test_proofs_of_a_log_that_grows_meanwhile_are_each_of_one_moment(tmp_path: Path) -> None:
    place = tmp_path / "shots.db"
    sizes = set()
    with subprocess.Popen(
        [sys.executable, "-c", WRITE, str(place)], stdout=subprocess.PIPE, cwd=ROOT, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        try:
            with LogReader.open(place) as reader:
                key = VerifierKey.parse(reader.vkey)
                while len(sizes) < 40:
                    seq = reader.size - 1
                    proof = prove(reader, seq)
                    checkpoint = proof.check(reader.bodies(seq, 1)[0], key)
                    sizes.add(checkpoint.size)
        finally:
            writer.kill()
    assert max(sizes) > 40


def test_a_damaged_log_is_named_with_the_entry_that_cannot_be_proven(tmp_path: Path) -> None:
    with open_log(tmp_path / "shots.db") as log:
        grow(log, 5)
    tamper(tmp_path / "shots.db", "UPDATE entries SET leaf = zeroblob(32) WHERE seq = 2")
    with (
        LogReader.open(tmp_path / "shots.db") as reader,
        pytest.raises(LogDamaged, match=re.escape(f"{tmp_path / 'shots.db'}: entry 3 cannot")),
    ):
        prove(reader, 3)
