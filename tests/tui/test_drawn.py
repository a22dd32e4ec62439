"""What is drawn with characters: bars, sparks, large letters, the body, the line of keys."""

import doctest
from dataclasses import replace

import pytest

from injector.control.snapshot import ConsoleState, GapView, ProductView
from injector.control.states import State
from injector.protocol.codes import Faults, Inhibits
from injector.tui import bigletters
from injector.tui.bigletters import big
from injector.tui.dialogs.gap import gap_words
from injector.tui.keys import EVERYWHERE, STOP, TREATMENT
from injector.tui.look import is_news
from injector.tui.screens.next_step import PATIENCE_US, NextStep
from injector.tui.widgets import body_map, keys, progress, sparks
from injector.tui.widgets.pull import short_reason
from injector.tui.widgets.sparks import spark
from tests.tui.bench import library

EMPTY = ConsoleState(
    state=State.READY, latched=False, gun=None, away="", envelope=None, status=None, session=None,
    shots=(), alarms=(), sound=False, denied=None, gaps=(), foreign=False, log_size=0,
)  # fmt: skip


def test_the_examples_in_the_words_hold() -> None:
    for module in (bigletters, sparks, progress):
        assert doctest.testmod(module).failed == 0


def test_every_reason_has_a_short_form_that_fits_a_small_screen_in_large_letters() -> None:
    for inhibit in Inhibits:
        words = short_reason(inhibit, Faults(0))
        assert words
        assert len(big(words, 60, 3)) == 3, words
        assert len(big(words, 80, 5)) == 5, words
        assert max(map(len, big(words, 60, 3))) <= 60
    for fault in Faults:
        assert short_reason(Inhibits.FAULT, fault) not in ("", "FAULT")
    assert short_reason(Inhibits(0), Faults(0)) == ""


def test_stop_is_the_reason_that_comes_first() -> None:
    every = Inhibits(sum(Inhibits))
    assert short_reason(every, Faults(0)) == "STOP"
    assert short_reason(Inhibits.CONTACT | Inhibits.CADENCE, Faults(0)) == "NO CONTACT"
    assert short_reason(Inhibits.FAULT | Inhibits.CONTACT, Faults.EMPTY) == "EMPTY"


def test_large_letters_are_as_large_as_there_is_room_for() -> None:
    assert len(big("stop", 80, 5)[0]) > len(big("stop", 30, 5)[0]) > 4
    assert big("no contact at all, and words without an end", 60, 3) == [
        "NO CONTACT AT ALL, AND WORDS WITHOUT AN END"
    ]
    assert big("armé", 80, 5) == big("ARME", 80, 5)


def test_noise_is_no_mountain_range_and_a_jump_is_one() -> None:
    assert set(spark([2_000, 2_010, 1_990, 2_005], 10)) <= set("▄▅")
    assert spark([0, 0, 20_000], 10) == "▁▁█"
    assert spark(list(range(0, 100, 20)), 8) == "▁▃▅▆█"
    assert len(spark(list(range(100)), 8)) == 8
    assert spark([0, 0], 5) == "▄▄" or set(spark([0, 0], 5)) <= set("▄▅")


def test_a_product_s_bar_is_what_is_given_of_what_is_planned() -> None:
    half = ProductView("saline", 200_000, 20_000, 5_000_000, 500_000, 1_000_000)
    [row] = progress._product_rows(half, 61, tall=False)
    assert "0.500 mL, 5.00 mg" in row.plain
    assert row.plain.count("█") == row.plain.count("░")
    rows = progress._product_rows(half, 60, tall=True)
    assert rows[1].plain.strip() == "0.20 mg/shot"
    [narrow] = progress._product_rows(half, 30, tall=False)
    assert narrow.plain == "saline 5.00 mg, 0.20/shot"
    unknown = replace(half, given_ng=None, shot_ng=None)
    assert "mg" not in progress._product_rows(unknown, 60, tall=True)[1].plain


def test_a_step_s_bar_needs_room_and_its_count_never_goes() -> None:
    assert progress._step(0, ("nappage elbow", 12, 48), 30, here=True).plain.endswith(
        "█░░░░░ 12/48"
    )
    assert progress._step(0, ("nappage elbow", 12, 48), 24, here=True).plain.endswith(
        "elbow   12/48"
    )
    assert progress._step(8, ("a very long technique", 0, 48), 12, here=False).plain.endswith(
        " 0/48"
    )


# -- the body ------------------------------------------------------------------------------


def test_the_body_knows_every_zone_of_the_library_and_draws_each() -> None:
    zones = set(library().figures.zone)
    assert zones == set(body_map._REGIONS.values())
    drawn = set("".join(body_map._FRONT + body_map._BACK)) - {" "}
    assert drawn == set(body_map._REGIONS)
    assert {len(row) for row in body_map._FRONT + body_map._BACK} == {len(body_map._FRONT[0])}


def test_no_zone_has_the_key_that_disarms() -> None:
    assert "d" not in body_map._LETTERS
    assert len(body_map._LETTERS) >= len(library().figures.zone)


# -- keys ----------------------------------------------------------------------------------


def test_no_two_acts_have_one_key() -> None:
    every = [key.key for key in (*EVERYWHERE, *TREATMENT)]
    assert len(every) == len(set(every))


@pytest.mark.parametrize("width", [40, 58, 78, 120, 200])
@pytest.mark.parametrize("most", [2, 3])
def test_the_line_of_keys_fits_and_always_has_stop_and_help(width: int, most: int) -> None:
    rows = keys._rows(keys.in_order(TREATMENT), width, most)
    assert len(rows) <= most
    for row in rows:
        assert sum(keys._cells(key) for key in row) + len(row) - 1 <= width
    assert rows[0][0] is STOP
    assert rows[-1][-1].action == "help"


# -- news ----------------------------------------------------------------------------------


def test_what_somebody_waits_for_is_drawn_at_once_and_a_shot_is_not() -> None:
    assert is_news(None, EMPTY)
    assert not is_news(EMPTY, replace(EMPTY, log_size=7))
    assert is_news(EMPTY, replace(EMPTY, latched=True))
    assert is_news(EMPTY, replace(EMPTY, state=State.STOPPING))
    assert is_news(EMPTY, replace(EMPTY, gaps=(3,)))


def test_a_step_waits_for_the_grant_to_go_and_for_nothing_else() -> None:
    armed = replace(EMPTY, state=State.ARMED)
    step = NextStep()
    assert step.look(armed, 0) is None
    step.want(1, armed, 0)
    assert step.look(armed, 1) is None
    assert step.look(replace(EMPTY, state=State.SETTLING), 2) is None
    assert step.look(EMPTY, 3) == 1
    assert step.look(EMPTY, 4) is None, "once"


@pytest.mark.parametrize(
    "between",
    [
        replace(EMPTY, state=State.STOPPING, latched=True),
        replace(EMPTY, latched=True),
        replace(EMPTY, state=State.OFFLINE),
        replace(EMPTY, state=State.TAKEN),
        replace(EMPTY, state=State.PRIMING),
    ],
)
def test_whatever_comes_between_two_steps_arms_nothing(between: ConsoleState) -> None:
    step = NextStep()
    step.want(1, replace(EMPTY, state=State.ARMED), 0)
    assert step.look(replace(EMPTY, state=State.DISARMING), 1) is None
    assert step.look(between, 2) is None
    assert step.look(EMPTY, 3) is None


def test_a_step_that_waits_too_long_is_not_armed() -> None:
    step = NextStep()
    step.want(1, replace(EMPTY, state=State.ARMED), 0)
    assert step.look(EMPTY, PATIENCE_US + 1) is None


# -- gaps ----------------------------------------------------------------------------------


def test_a_gap_says_which_entries_and_the_most_they_can_have_been() -> None:
    gap = GapView(12, 40, 42, 3, 60_600, "memory_lost")
    assert gap_words(gap) == (
        "• entries 40 to 42 of the gun's memory are lost: at most 3 shots and 0.061 mL"
    )
    assert "entry 40 of" in gap_words(replace(gap, last=40, shots_max=1))
    assert "does not tell which" in gap_words(replace(gap, first=0, last=0))
