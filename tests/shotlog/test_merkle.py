"""The tree, held against its definition in RFC 6962 and against the official vectors."""

import base64
import hashlib
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.shotlog.merkle import (
    CACHED_HEIGHTS,
    EMPTY_ROOT,
    Peaks,
    consistency_holds,
    consistency_proof,
    inclusion_holds,
    inclusion_proof,
    leaf_hash,
)
from tests.shotlog.vectors import rfc6962

SIZES = st.integers(1, 70)


def defined_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, written from its text."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = defined_root(leaves[:split]), defined_root(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def leaves_of(size: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(size)]


def subtree_of(leaves: Sequence[bytes]):  # type: ignore[no-untyped-def]  # a closure of a test
    def subtree(height: int, position: int) -> bytes:
        chosen = leaves[position << height : (position + 1) << height]
        assert len(chosen) == 1 << height, "asked for a subtree that is not full"
        return defined_root(chosen)

    return subtree


def grown(leaves: Sequence[bytes]) -> Peaks:
    peaks = Peaks()
    for leaf in leaves:
        peaks.append(leaf)
    return peaks


def test_a_leaf_is_hashed_with_its_prefix() -> None:
    assert leaf_hash(b"L123456").hex() == (
        "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    )


def test_the_empty_tree_has_the_root_of_nothing() -> None:
    assert Peaks().root() == EMPTY_ROOT == defined_root([])


@given(st.integers(0, 600))
def test_the_root_is_the_one_defined(size: int) -> None:
    leaves = leaves_of(size)
    assert grown(leaves).root() == defined_root(leaves)


@given(SIZES)
def test_peaks_survive_being_stored(size: int) -> None:
    peaks = grown(leaves_of(size))
    stored = Peaks.from_bytes(size, peaks.to_bytes())
    assert stored.root() == peaks.root()
    assert stored.append(leaf_hash(b"next")) == peaks.append(leaf_hash(b"next"))
    assert stored.root() == peaks.root()


@pytest.mark.parametrize(("size", "joined"), [(1, b""), (2, b"x" * 64), (1, b"x" * 31), (-1, b"")])
def test_peaks_that_do_not_fit_their_size_are_refused(size: int, joined: bytes) -> None:
    with pytest.raises(ValueError, match=r"peak"):
        Peaks.from_bytes(size, joined)


def test_a_copy_grows_without_the_original() -> None:
    peaks = grown(leaves_of(5))
    root = peaks.root()
    peaks.copy().append(leaf_hash(b"more"))
    assert (peaks.size, peaks.root()) == (5, root)


def test_every_full_subtree_of_a_cached_height_is_reported_once() -> None:
    size = (1 << 16) + 300
    leaves = leaves_of(size)
    peaks, nodes = Peaks(), []
    for leaf in leaves:
        nodes += peaks.append(leaf)
    wanted = {(height, at) for height in CACHED_HEIGHTS for at in range(size >> height)}
    assert sorted((node.height, node.position) for node in nodes) == sorted(wanted)
    for node in nodes[:3] + nodes[-1:]:
        chosen = leaves[node.position << node.height : (node.position + 1) << node.height]
        assert node.hash == defined_root(chosen)


@given(st.data(), SIZES)
def test_inclusion_is_proved_for_every_leaf_and_for_no_other(
    data: st.DataObject, size: int
) -> None:
    index = data.draw(st.integers(0, size - 1))
    leaves = leaves_of(size)
    root = defined_root(leaves)
    proof = inclusion_proof(index, size, subtree_of(leaves))
    assert inclusion_holds(leaves[index], index, size, proof, root)
    assert not inclusion_holds(leaf_hash(b"other"), index, size, proof, root)
    for wrong in {index - 1, index + 1}:
        assert not inclusion_holds(leaves[index], wrong, size, proof, root)
    assert not inclusion_holds(leaves[index], index, size, [*proof, root], root)


@given(st.data(), SIZES)
def test_consistency_is_proved_for_every_prefix_and_for_no_other_tree(
    data: st.DataObject, size: int
) -> None:
    old = data.draw(st.integers(1, size))
    leaves = leaves_of(size)
    old_root, new_root = defined_root(leaves[:old]), defined_root(leaves)
    proof = consistency_proof(old, size, subtree_of(leaves))
    assert consistency_holds(old, size, proof, old_root, new_root)
    assert not consistency_holds(old, size, proof, leaf_hash(b"other"), new_root)
    assert not consistency_holds(old, size, proof, old_root, leaf_hash(b"other"))
    assert not consistency_holds(old, size, [*proof, new_root], old_root, new_root)


@pytest.mark.parametrize(("old", "new"), [(0, 3), (4, 3)])
def test_there_is_no_consistency_proof_from_nothing_or_backwards(old: int, new: int) -> None:
    with pytest.raises(ValueError, match="no proof"):
        consistency_proof(old, new, subtree_of(leaves_of(3)))
    assert not consistency_holds(old, new, [], EMPTY_ROOT, EMPTY_ROOT)


def test_the_official_vectors_pass() -> None:
    vectors = rfc6962()
    if not vectors:
        pytest.skip("the RFC 6962 vectors are not here; set INJECTOR_VECTORS to their folder")
    checked = {"inclusion": 0, "consistency": 0}
    for path in vectors:
        vector = json.loads(path.read_text(encoding="utf-8"))
        proof = [base64.b64decode(step) for step in vector["proof"] or []]
        if "leafIdx" in vector:
            kind = "inclusion"
            holds = inclusion_holds(
                base64.b64decode(vector["leafHash"] or ""),
                vector["leafIdx"],
                vector["treeSize"],
                proof,
                base64.b64decode(vector["root"] or ""),
            )
        else:
            kind = "consistency"
            old, new = vector["size1"], vector["size2"]
            holds = consistency_holds(
                old,
                new,
                proof,
                base64.b64decode(vector["root1"] or ""),
                base64.b64decode(vector["root2"] or ""),
            )
        checked[kind] += 1
        assert holds is not vector["wantErr"], f"{path.name}: {vector['desc']}"
    assert min(checked.values()) > 0
