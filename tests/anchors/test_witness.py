"""A witness as C2SP's specification has it, on the loopback: what we ask it, what we believe."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from injector.anchors.failure import AnchorError, Why
from injector.anchors.witness import cosign
from injector.shotlog.checkpoint import Checkpoint
from injector.shotlog.cosignature import WitnessKey, open_cosignature
from injector.shotlog.entries import Anchor
from injector.shotlog.log import ShotLog
from injector.shotlog.note import NoteError, parse_note
from injector.shotlog.tree import LogTree
from tests.anchors.strangers import Reply, Witness, nobody, served
from tests.shotlog.samples import SECOND_SESSION, open_log, write_session


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ShotLog]:
    with open_log(tmp_path / "shots.db") as opened:
        write_session(opened)
        yield opened


def newest(log: ShotLog) -> Anchor:
    entry = log.last("anchor")
    assert entry is not None
    assert isinstance(entry.body, Anchor)
    return entry.body


def ask(log: ShotLog, witness: Witness, url: str, *, last: int = 0, note: str = "") -> int:
    """Ask for the newest anchor; return the second of the cosignature."""
    line, seconds = cosign(
        url,
        note or newest(log).checkpoint,
        WitnessKey.parse(witness.vkey),
        last_size=last,
        log_size=log.size,
        proof=LogTree(log.reader).consistency,
    )
    text = parse_note(note or newest(log).checkpoint)[0]
    assert open_cosignature(text, line, WitnessKey.parse(witness.vkey)) == (line, seconds)
    return seconds


def test_the_example_of_the_specification_verifies() -> None:
    """From c2sp.org/tlog-cosignature: key id and time of the line, under its checkpoint."""
    line = (
        "\N{EM DASH} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWX"
        "EhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    text = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    [(name, data)] = parse_note(f"{text}\n{line}")[1]
    assert (name, data[:4].hex()) == ("witness.example.com/w1", "8d66cf3f")
    assert int.from_bytes(data[4:12]) == 1_679_315_147  # as the document's signed message has it


def test_a_witness_signs_the_first_checkpoint_that_it_sees(log: ShotLog) -> None:
    witness = Witness(log.vkey)
    with served(witness.behave) as url:
        assert ask(log, witness, url) == witness.seconds
    assert witness.size == newest(log).size


def test_it_signs_a_later_one_with_a_proof_from_the_one_before(log: ShotLog) -> None:
    witness = Witness(log.vkey)
    with served(witness.behave) as url:
        ask(log, witness, url)
        first = witness.size
        write_session(log, SECOND_SESSION, first=9)
        ask(log, witness, url, last=first)
    assert witness.asked == [0, first]
    assert witness.size == newest(log).size > first


def test_a_witness_that_remembers_another_size_says_so_and_is_asked_again(log: ShotLog) -> None:
    witness = Witness(log.vkey)
    with served(witness.behave) as url:
        ask(log, witness, url)
        first = witness.size
        write_session(log, SECOND_SESSION, first=9)
        ask(log, witness, url, last=0)
    assert witness.asked == [0, 0, first]


def test_the_same_checkpoint_is_signed_again(log: ShotLog) -> None:
    witness = Witness(log.vkey)
    with served(witness.behave) as url:
        ask(log, witness, url)
        ask(log, witness, url, last=witness.size)


def test_a_log_that_was_put_back_is_shorter_than_what_the_witness_saw(log: ShotLog) -> None:
    witness = Witness(log.vkey, size=log.size + 5, root=bytes(32))
    with served(witness.behave) as url, pytest.raises(AnchorError) as caught:
        ask(log, witness, url)
    assert (caught.value.why, caught.value.detail) == (Why.AHEAD, str(log.size + 5))


@pytest.mark.parametrize("shorter", [0, 3])
def test_a_log_that_was_written_anew_is_not_signed(log: ShotLog, shorter: int) -> None:
    """The witness remembers another root at that size: it answers 409, or 422 to the proof."""
    witness = Witness(log.vkey, size=newest(log).size - shorter, root=bytes(32))
    with served(witness.behave) as url, pytest.raises(AnchorError) as caught:
        ask(log, witness, url)
    assert caught.value.why is Why.INCONSISTENT
    assert witness.root == bytes(32)


def test_a_log_that_the_witness_does_not_know_is_refused(log: ShotLog, tmp_path: Path) -> None:
    with open_log(tmp_path / "other.db") as other:
        write_session(other)
        witness = Witness(other.vkey)
    with served(witness.behave) as url, pytest.raises(AnchorError) as caught:
        ask(log, witness, url)
    assert caught.value.why is Why.REFUSED


def test_a_witness_with_another_key_is_not_believed(log: ShotLog) -> None:
    witness, impostor = Witness(log.vkey), Witness(log.vkey)
    with served(impostor.behave) as url, pytest.raises(AnchorError) as caught:
        ask(log, witness, url)
    assert caught.value.why is Why.NOT_SIGNED


def test_a_signature_that_is_about_another_checkpoint_is_not_believed(log: ShotLog) -> None:
    witness = Witness(log.vkey)
    other = Checkpoint(log.reader.opened.origin, 3, bytes(32)).text()
    reply: Reply = (200, {}, witness.line(other).encode())
    with served(lambda *_: reply) as url, pytest.raises(AnchorError) as caught:
        ask(log, witness, url)
    assert caught.value.why is Why.NOT_SIGNED


def test_signatures_of_others_beside_its_own_are_passed_over(log: ShotLog) -> None:
    witness, other = Witness(log.vkey), Witness(log.vkey, name="witness.example/w2")
    text = parse_note(newest(log).checkpoint)[0]
    reply: Reply = (200, {}, (other.line(text) + witness.line(text)).encode())
    with served(lambda *_: reply) as url:
        assert ask(log, witness, url) == witness.seconds


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        ((200, {}, b""), Why.MALFORMED),
        ((200, {}, b"<html></html>"), Why.MALFORMED),
        ((200, {}, b"\xff\xfe\n"), Why.MALFORMED),
        ((200, {}, "\N{EM DASH} a AAAA\n\n\N{EM DASH} a AAAA\n".encode()), Why.MALFORMED),
        ((409, {"Content-Type": "text/plain"}, b"5\n"), Why.MALFORMED),
        ((409, {"Content-Type": "text/x.tlog.size"}, b"-5\n"), Why.MALFORMED),
        ((409, {"Content-Type": "text/x.tlog.size"}, b"05\n"), Why.MALFORMED),
        ((409, {"Content-Type": "text/x.tlog.size"}, b"9" * 4_000), Why.MALFORMED),
        ((403, {}, b""), Why.REFUSED),
        ((422, {}, b""), Why.INCONSISTENT),
        ((301, {"Location": "http://127.0.0.1:1/"}, b""), Why.STATUS),
        ((200, {}, b"x" * 65_537), Why.TOO_LONG),
    ],
)
def test_what_is_no_answer_is_not_taken(log: ShotLog, reply: Reply, why: Why) -> None:
    with served(lambda *_: reply) as url, pytest.raises(AnchorError) as caught:
        ask(log, Witness(log.vkey), url)
    assert caught.value.why is why


def test_one_that_always_says_another_size_is_asked_twice_and_no_more(log: ShotLog) -> None:
    asked: list[bytes] = []

    def behave(_path: str, body: bytes) -> Reply:
        asked.append(body)
        return 409, {"Content-Type": "text/x.tlog.size"}, f"{len(asked)}\n".encode()

    with served(behave) as url, pytest.raises(AnchorError) as caught:
        ask(log, Witness(log.vkey), url)
    assert caught.value.why is Why.INCONSISTENT
    assert len(asked) == 2


def test_where_nobody_listens_it_is_unreachable(log: ShotLog) -> None:
    with pytest.raises(AnchorError) as caught:
        ask(log, Witness(log.vkey), nobody())
    assert caught.value.why is Why.UNREACHABLE


def test_a_witness_key_is_read_strictly(log: ShotLog) -> None:
    vkey = Witness(log.vkey).vkey
    assert str(WitnessKey.parse(vkey)) == vkey
    name, key_id, packed = vkey.split("+", 2)
    for wrong in ("", name, f"{name}+{key_id}", f"{name}+00000000+{packed}", log.vkey,
                  f"{name}+{key_id}+{packed[:-4]}"):  # fmt: skip
        with pytest.raises(NoteError):
            WitnessKey.parse(wrong)
