"""What a snapshot comes to for a person."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.control.alarms import PRIORITY, Alarm, AlarmCode
from injector.control.controller import Controller
from injector.control.ledger import Ledger
from injector.control.snapshot import Denial, Denied
from injector.control.states import State
from injector.protocol.codes import Faults, Inhibits
from injector.tui.app import ConsoleApp
from injector.tui.figures import Side, fixed
from injector.tui.keys import EVERYWHERE, TREATMENT
from injector.tui.limit_words import FIGURES
from injector.tui.look import Tone, View, headline
from injector.tui.plain import printable
from injector.tui.screens.treatment import TreatmentScreen
from injector.tui.terminal.sight import By
from injector.tui.widgets.face import bar
from injector.tui.words import alarm_words, denied_words, fault_words, inhibit_words

EMPTY = Controller(log_id=bytes(8), ledger=Ledger(), log_size=1).snapshot()


def view(state: State, *, latched: bool = False, silent: bool = False) -> View:
    """A view of a console in that state."""
    seen = replace(EMPTY, state=state, latched=latched)
    return View(seen, By.ANSWERS, Inhibits(0), leaving=False, port="/dev/gun", silent=silent)


@pytest.mark.parametrize("state", State)
def test_every_state_has_one_word_that_is_not_another_ones(state: State) -> None:
    said = headline(view(state))
    assert said.word
    assert said.next
    live = (Tone.LIVE, Tone.FIRING)
    assert (said.tone in live) is (state is State.ARMED)


@pytest.mark.parametrize("state", [State.SETTLING, State.READY, State.RELEASING])
def test_a_latched_stop_is_what_one_sees(state: State) -> None:
    assert headline(view(state, latched=True)).word == "STOPPED"


@pytest.mark.parametrize("state", [s for s in State if s is not State.ENDED])
def test_an_engine_that_is_silent_is_never_shown_as_if_it_spoke(state: State) -> None:
    assert headline(view(state, silent=True)).word == "NO ENGINE"


@pytest.mark.rule("R-ALARMS")
@pytest.mark.parametrize("code", AlarmCode)
def test_every_alarm_has_words(code: AlarmCode) -> None:
    words = alarm_words(Alarm(code, PRIORITY[code], 0, {"reason": "silent"}, count=3))
    assert code.value not in words
    assert words.endswith("(reason silent), 3 times")


@pytest.mark.rule("R-DENIED-WORDS")
@pytest.mark.parametrize("why", Denial)
def test_every_denial_has_words(why: Denial) -> None:
    assert denied_words(Denied("arm", why)).startswith("Not armed: ")


def test_every_inhibit_and_every_fault_has_words() -> None:
    assert all(inhibit_words(each) for each in Inhibits)
    assert all(fault_words(each) for each in Faults)
    assert inhibit_words(Inhibits.CONTACT | Inhibits.FAULT) == (
        "no contact with the skin, the gun has a fault"
    )


def test_every_key_has_an_act_of_its_own() -> None:
    keys = EVERYWHERE + TREATMENT
    assert len({key.key for key in keys}) == len(keys)
    assert all(hasattr(ConsoleApp, f"action_{key.action}") for key in EVERYWHERE)
    assert all(hasattr(TreatmentScreen, f"action_{key.action}") for key in TREATMENT)


def test_nothing_that_a_terminal_obeys_gets_onto_the_screen() -> None:
    assert "\x1b" not in printable("a\x1b[2Jb\x07\n")


@given(st.integers(0, 10**12), st.sampled_from([1_000, 1_000_000]), st.integers(0, 4))
def test_rounding_is_on_the_side_that_was_asked_for(amount: int, scale: int, digits: int) -> None:
    def back(text: str) -> int:
        whole, _, rest = text.partition(".")
        return int(whole + rest) * scale

    exact = amount * 10**digits
    assert back(fixed(amount, scale, digits, Side.DOWN)) <= exact
    assert back(fixed(amount, scale, digits, Side.UP)) >= exact
    assert abs(back(fixed(amount, scale, digits)) - exact) <= scale


@given(st.integers(0, 2_000), st.integers(1, 1_000), st.integers(1, 60))
def test_a_bar_is_full_only_at_its_limit_and_empty_only_at_nothing(
    amount: int, most: int, width: int
) -> None:
    drawn = bar(amount, most, width)
    assert len(drawn) == width
    assert ("░" not in drawn) is (amount >= most or (width == 1 and amount > 0))
    assert ("█" not in drawn) is (amount == 0)


def test_an_alarm_about_a_limit_says_what_is_passed_with_its_unit() -> None:
    for figure, (name, form) in FIGURES.items():
        detail = {"figure": figure.value, "value": 21_020_081, "bound": 20_000_000}
        said = alarm_words(Alarm(AlarmCode.OVER_LIMIT, "high", 0, detail))
        assert name in said
        assert f"value {form(21_020_081)}, bound {form(20_000_000)}" in said
