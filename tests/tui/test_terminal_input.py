"""What the input thread recognises, and what becomes of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual import events
from textual._ansi_sequences import ANSI_SEQUENCES_KEYS

from injector.tui.terminal.parser import ConsoleParser
from injector.tui.terminal.tap import FUNCTION_KEYS, Heard, InputTap

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


PEDALS = {
    "f1": [b"\x1bOP", b"\x1b[11~", b"\x1b[[A", b"\x1b[P", b"\x1b[1;129P"],
    "f2": [b"\x1bOQ", b"\x1b[12~", b"\x1b[[B", b"\x1b[Q", b"\x1b[1;129Q"],
    "f3": [b"\x1bOR", b"\x1b[13~", b"\x1b[[C", b"\x1b[13;129~"],
    "f4": [b"\x1bOS", b"\x1b[14~", b"\x1b[[D", b"\x1b[S", b"\x1b[1;129S"],
    "f5": [b"\x1b[15~", b"\x1b[[E", b"\x1b[15;129~"],
    "f6": [b"\x1b[17~", b"\x1b[17;129~"],
    "f7": [b"\x1b[18~", b"\x1b[18;129~"],
    "f8": [b"\x1b[19~", b"\x1b[19;129~"],
    "f9": [b"\x1b[20~"],
    "f10": [b"\x1b[21~", b"\x1b[21;129~"],
    "f11": [b"\x1b[23~", b"\x1b[23;129~"],
    "f12": [b"\x1b[24~", b"\x1b[24;129~"],
}
"""What xterm, rxvt, the Linux console and kitty send, and the last with Num Lock on."""


@pytest.mark.rule("R-STOP")
@pytest.mark.parametrize("pedal", FUNCTION_KEYS)
def test_a_pedal_on_any_function_key_is_stop_beside_f9(pedal: str) -> None:
    stop_keys = frozenset({"f9", pedal})
    for sequence in PEDALS[pedal] + PEDALS["f9"]:
        assert InputTap(stop_keys).feed(sequence) == [Heard.STOP]
        assert InputTap(stop_keys).knows(sequence.decode())
    others = [each for key, some in PEDALS.items() if key not in stop_keys for each in some]
    for sequence in others:
        assert InputTap(stop_keys).feed(sequence) == []
        assert not InputTap(stop_keys).knows(sequence.decode())


@pytest.mark.parametrize("pedal", FUNCTION_KEYS)
def test_what_textual_takes_for_a_function_key_is_the_pedal(pedal: str) -> None:
    known = [s for s, keys in ANSI_SEQUENCES_KEYS.items() if keys == (pedal,)]
    tap = InputTap(frozenset({"f9", pedal}))
    assert known
    assert [sequence for sequence in known if not tap.knows(sequence)] == []


def test_a_pedal_that_was_sent_by_the_input_thread_is_not_sent_again_by_a_key() -> None:
    parser = ConsoleParser(InputTap(frozenset({"f9", "f12"})))
    found = list(parser.feed("a\x1b[24~b\x1b[21~\x1b[20~"))
    shown = [each.key for each in found if isinstance(each, events.Key)]
    assert [key for key in shown if key != "<ignore>"] == ["a", "b", "f10"]


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
