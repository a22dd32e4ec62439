"""Roots and proofs of a log of some length, against the tree computed from its bodies."""

from pathlib import Path

import pytest

from injector.shotlog.entries import Draft, Stop
from injector.shotlog.log import ShotLog
from injector.shotlog.merkle import Peaks, consistency_holds, inclusion_holds, leaf_hash
from injector.shotlog.reader import LogReader
from injector.shotlog.tree import LogTree
from tests.shotlog.samples import NOW, open_log

SIZE = 700
"""Two subtrees of the smallest stored height, and more."""


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tree") / "shots.db"
    with open_log(path) as log:
        fill(log)
    return path


def fill(log: ShotLog) -> None:
    stop = Draft(None, Stop(origin="console", by=None, serial=None))
    log.append([stop] * (SIZE - log.size), NOW)


def leaves(path: Path) -> list[bytes]:
    with LogReader.open(path) as reader:
        rows = reader._db.execute("SELECT CAST(body AS BLOB) FROM entries ORDER BY seq")
        return [leaf_hash(body) for (body,) in rows]


def root(hashes: list[bytes]) -> bytes:
    peaks = Peaks()
    for each in hashes:
        peaks.append(each)
    return peaks.root()


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 511, 512, 513, SIZE])
def test_the_root_of_any_size_is_that_of_the_first_bodies(path: Path, size: int) -> None:
    with LogReader.open(path) as reader:
        assert LogTree(reader).root(size) == root(leaves(path)[:size])


@pytest.mark.parametrize("seq", [0, 1, 255, 256, 511, 512, SIZE - 1])
def test_an_entry_s_proof_holds_for_it_and_for_no_other(path: Path, seq: int) -> None:
    hashes = leaves(path)
    with LogReader.open(path) as reader:
        proof = LogTree(reader).inclusion(seq, SIZE)
    assert inclusion_holds(hashes[seq], seq, SIZE, proof, root(hashes))
    assert not inclusion_holds(hashes[seq - 1], seq, SIZE, proof, root(hashes))


@pytest.mark.parametrize("old", [1, 255, 256, 257, 512, SIZE - 1, SIZE])
def test_a_longer_tree_proves_that_it_goes_on_from_a_shorter(path: Path, old: int) -> None:
    hashes = leaves(path)
    with LogReader.open(path) as reader:
        proof = LogTree(reader).consistency(old, SIZE)
    before, now = root(hashes[:old]), root(hashes)
    assert consistency_holds(old, SIZE, proof, before, now)
    assert not consistency_holds(old, SIZE, proof, bytes(32), now)


def test_a_tree_longer_than_the_log_has_no_root(path: Path) -> None:
    with LogReader.open(path) as reader, pytest.raises(ValueError, match="ends before"):
        LogTree(reader).root(SIZE + 1)
