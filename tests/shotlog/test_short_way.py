"""Entries are read and written at once where that is certain: the long way says the same."""

from pathlib import Path
from random import Random

import pytest

from injector.shotlog import canonical, envelope
from injector.shotlog.entries import KINDS, Draft, Entry, Moment, Settled
from injector.shotlog.envelope import MalformedBodyError, pack, read_fields
from injector.shotlog.reader import connect
from tests.shotlog.samples import write_sample


def bodies(path: Path) -> list[bytes]:
    db = connect(path, "ro")
    rows = db.conn.execute("SELECT CAST(body AS BLOB) FROM entries ORDER BY seq").fetchall()
    db.close()
    return [body for (body,) in rows]


def long_way(data: bytes) -> Entry | None:
    try:
        return read_fields(canonical.decode(data))
    except (canonical.NotCanonicalError, MalformedBodyError):
        return None


@pytest.fixture
def sample(tmp_path: Path) -> list[bytes]:
    write_sample(tmp_path / "a.db")
    return bodies(tmp_path / "a.db")


def test_what_is_read_the_short_way_is_what_the_long_way_reads(sample: list[bytes]) -> None:
    quick = {}
    for data in sample:
        entry = envelope._quick_read(data)
        if entry is not None:
            assert entry == long_way(data)
            assert type(entry.body) is KINDS[entry.body.kind]
            quick[entry.body.kind] = data
    assert {"shot", "grant", "anchor", "session_closed"} <= quick.keys()


def test_no_flipped_bit_is_read_that_the_long_way_refuses(sample: list[bytes]) -> None:
    one_of_each = {data[data.find(b'"kind":') :][:20]: data for data in sample}
    for data in one_of_each.values():
        for bit in range(8 * len(data)):
            flipped = bytearray(data)
            flipped[bit >> 3] ^= 1 << (bit & 7)
            entry = envelope._quick_read(bytes(flipped))
            if entry is not None:
                assert entry == long_way(bytes(flipped))


@pytest.mark.parametrize(
    "change",
    [
        (b'"seq":', b'"seq": '),
        (b'"serial":"', b'"serial":"\\u0041'),
        (b'"shots":', b'"shots":1,"shots":'),
        (b'"shots":', b'"shots":-0,"zhots":'),
        (b'"kind":"settled"', b'"a":{"kind":"settled"}'),
        (b'"link":3', b'"link":3.0'),
        (b'"link":3', b'"link":9007199254740992'),
        (b'"session":null', b'"session":"t0000000000000000\\n"'),
        (b"}", b"}\n"),
    ],
)
def test_another_spelling_is_not_read_at_all(change: tuple[bytes, bytes]) -> None:
    body = Settled(serial="A", link=3, shots=1, volume_nl=2, returned_shots=0, returned_nl=0)
    data = pack(Draft(None, body), 5, Moment(1, 2), bytes(16), bytes).body
    assert envelope._quick_read(data) is not None
    changed = data.replace(*change, 1)
    assert changed != data
    assert envelope._quick_read(changed) is None
    assert long_way(changed) is None


def test_what_is_written_the_short_way_is_the_canonical_form() -> None:
    chance = Random(1)  # noqa: S311 -- texts that come again, no secret
    for _ in range(200):
        serial = "".join(chance.choice('AZ"\\/ ~') for _ in range(5))
        body = Settled(
            serial=serial,
            link=chance.randrange(2**53),
            shots=chance.randrange(9),
            volume_nl=chance.randrange(2**53),
            returned_shots=0,
            returned_nl=0,
        )
        packed = envelope._quick_pack(Draft(None, body), 7, Moment(3, 4), bytes(16))
        if packed is None:
            continue  # a figure of 16 digits or more goes the long way
        assert packed.body == canonical.encode(canonical.decode(packed.body))
        assert long_way(packed.body) == packed.entry


def test_a_number_beyond_what_every_reader_keeps_is_not_written_at_all() -> None:
    body = Settled(
        serial="A", link=1, shots=1, volume_nl=2, returned_shots=0, returned_nl=0
    ).model_copy(update={"volume_nl": 2**53})
    with pytest.raises(canonical.NotCanonicalError, match="2\\^53"):
        pack(Draft(None, body), 5, Moment(1, 2), bytes(16), bytes)
