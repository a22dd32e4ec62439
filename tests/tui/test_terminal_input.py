"""What the input thread recognises, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events

from injector.tui.terminal.parser import ConsoleParser
from injector.tui.terminal.tap import Heard, InputTap

STOPS = [
    b"\x1b[20~",
    b"\x1b[20;2~",  # with shift
    b"\x1b[20;129~",  # with num lock, in the kitty protocol
    b"\x1b[20;1:1~",
    b"\x1b[20^",  # rxvt with control
    b"\x1b\x1b[20~",  # with alt
]
ANSWERS = [b"\x1b[0n", b"\x1b[3n"]


@pytest.mark.parametrize("sequence", STOPS)
def test_f9_is_stop_with_any_modifier_and_from_any_terminal(sequence: bytes) -> None:
    assert InputTap().feed(sequence) == [Heard.STOP]


@pytest.mark.parametrize(
    "sequence",
    [b"\x1b", b"\x1b[21~", b"\x1b[2~", b"20~", b"\x1b[200~", b"\x1b[120~", b"\x1b[20;5H"],
)
def test_other_keys_are_not_stop(sequence: bytes) -> None:
    assert InputTap().feed(sequence) == []


@given(
    st.lists(st.sampled_from([*STOPS, *ANSWERS, b"a", b"\x1b[A", b"\x1b[<0;10;5M"]), max_size=8),
    st.data(),
)
def test_pieces_of_any_size_say_the_same(sequences: list[bytes], data: st.DataObject) -> None:
    whole = b"".join(sequences)
    expected = [
        Heard.STOP if s in STOPS else Heard.ANSWER for s in sequences if s in STOPS + ANSWERS
    ]
    tap, heard = InputTap(), []
    while whole:
        size = data.draw(st.integers(1, len(whole)))
        heard += tap.feed(whole[:size])
        whole = whole[size:]
    assert heard == expected


def test_a_paste_that_never_ends_does_not_hide_f9() -> None:
    tap = InputTap()
    tap.feed(b"\x1b[200~" + b"x" * 10_000)
    assert tap.feed(b"\x1b[20~") == [Heard.STOP]


@given(st.binary(max_size=200))
def test_noise_does_not_hide_f9(noise: bytes) -> None:
    tap = InputTap()
    tap.feed(noise)
    assert Heard.STOP in tap.feed(b"\x1b[20~")


def keys(*pieces: str) -> list[str]:
    """The keys that come out of the parser."""
    parser = ConsoleParser()
    found = [message for piece in pieces for message in parser.feed(piece)]
    return [message.key for message in found if isinstance(message, events.Key)]


def test_the_terminals_answer_never_becomes_a_key_and_swallows_none() -> None:
    assert keys("a\x1b[0nb") == ["a", "b"]
    assert keys("a\x1b[", "0", "nb") == ["a", "b"]


def test_f9_that_was_sent_by_the_input_thread_is_not_sent_again_by_a_key() -> None:
    assert keys("a\x1b[20~b\x1b[21~") == ["a", "b", "f10"]
