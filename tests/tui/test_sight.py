"""The proof that somebody can see the console."""

from injector.tui.terminal.sight import ASK_US, FORGET_US, FRESH_US, PATIENCE_US, Ask, By, Sight

T0 = 10_000_000


def test_a_prompt_answer_proves_it() -> None:
    sight = Sight()
    assert sight.ask(T0) is Ask.QUESTION
    assert sight.answered(T0 + 1_000)
    assert sight.by is By.ANSWERS


def test_an_answer_proves_it_once() -> None:
    sight = Sight()
    sight.ask(T0)
    assert sight.answered(T0 + 1_000)
    assert not sight.answered(T0 + 2_000)


def test_an_answer_that_nobody_asked_for_proves_nothing() -> None:
    assert not Sight().answered(T0)


def test_a_late_answer_proves_nothing() -> None:
    sight = Sight()
    sight.ask(T0)
    assert not sight.answered(T0 + FRESH_US + 1)


def test_one_question_waits_at_a_time() -> None:
    """Else the late answer to an older question would pass for a prompt one."""
    sight = Sight()
    sight.ask(T0)
    sight.answered(T0 + 1_000)
    assert sight.ask(T0 + ASK_US - 1) is None
    assert sight.ask(T0 + ASK_US) is Ask.QUESTION
    assert sight.ask(T0 + 2 * ASK_US) is None
    assert sight.ask(T0 + ASK_US + FORGET_US) is Ask.QUESTION


def test_a_slow_terminal_never_passes_for_a_prompt_one() -> None:
    """With every answer 1.2 s late there is no proof, however long it goes on."""
    sight, due = Sight(), []
    proofs = 0
    for now_us in range(T0, T0 + 30_000_000, 50_000):
        while due and due[0] <= now_us:
            due.pop(0)
            proofs += sight.answered(now_us)
        if sight.ask(now_us) is Ask.QUESTION:
            due.append(now_us + 1_200_000)
    assert proofs == 0


def test_a_terminal_that_never_answers_is_judged_by_its_writes() -> None:
    sight = Sight()
    sight.ask(T0)
    assert not sight.written(T0 + 1_000)
    assert sight.ask(T0 + PATIENCE_US) is Ask.MARK
    assert sight.by is By.WRITES
    assert sight.written(T0 + PATIENCE_US + 1_000)
    assert not sight.written(T0 + PATIENCE_US + 2_000)


def test_a_write_that_stands_still_proves_nothing() -> None:
    sight = Sight()
    sight.ask(T0)
    asked_us = T0 + PATIENCE_US
    sight.ask(asked_us)
    assert not sight.written(asked_us + FRESH_US + 1)


def test_the_first_answer_ends_the_fallback_for_good() -> None:
    sight = Sight()
    sight.ask(T0)
    sight.ask(T0 + PATIENCE_US)
    sight.answered(T0 + PATIENCE_US + 10)
    assert sight.by is By.ANSWERS
    assert not sight.written(T0 + PATIENCE_US + 20)
    assert sight.ask(T0 + PATIENCE_US + ASK_US) is Ask.QUESTION
