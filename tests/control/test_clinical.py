"""Clinical sessions: an approved library, a practitioner on record, a patient with a past."""

from dataclasses import replace
from datetime import date
from typing import Final

import pytest

from injector.control.inputs import Arm, CloseSession, OpenSession
from injector.control.snapshot import Denial
from injector.control.states import State
from injector.control.wants import (
    AnswerGiven,
    ApproveLibrary,
    ChangeNeedle,
    Particulars,
    Record,
    RecordOperator,
    Subject,
    TakeOver,
)
from injector.limits.library import Library
from injector.shotlog import facts
from injector.shotlog.entries import Refused, SessionOpened
from injector.treatment.pseudonyms import Doubt
from injector.tui.words import denied_words
from injector.world.happenings import ClockJumps, HostKilled, HostStarted
from tests.control.test_facts import by_hand, denial, wait
from tests.control.worlds import LIBRARY, OPERATOR, PLAN, World

SESSIONS: Final = tuple(f"c{number:016x}" for number in range(1, 9))
HOUR_US: Final = 3_600_000_000
CLINICAL_PLAN: Final = PLAN.model_copy(
    update={
        "mixture": tuple(
            item.model_copy(update={"expiry": date(2099, 1, 31), "concentration_ug_ml": 20_000})
            for item in PLAN.mixture
        )
    }
)
HERON: Final = Subject(
    pseudonym="blue heron",
    new_id="00000000000000aa",
    weight_g=70_000,
    answers=tuple(AnswerGiven(code, False) for code in LIBRARY.figures.contraindication),
)
CURATIVE: Final = Particulars(
    purpose="curative", consent="folder 7", needle_lot="N-1", needle_expiry="2099-05-31"
)


def operator(person: str = OPERATOR, *, diploma: str | None = "DIU mesotherapy") -> RecordOperator:
    return RecordOperator(
        facts.OperatorRecorded(
            person=person, name="Ada Example", role="practitioner", diploma=diploma,
            registration="75-1", by=OPERATOR,
        )
    )  # fmt: skip


def opening(
    session: str = SESSIONS[0],
    *,
    by: str = OPERATOR,
    subject: Subject | None = HERON,
    library: Library = LIBRARY,
    known: Particulars = CURATIVE,
) -> OpenSession:
    return OpenSession(session, "clinical", CLINICAL_PLAN, library, by, subject, known)


def ready(world: World) -> None:
    """Have a practitioner on record who has approved the library."""
    world.released()
    world.want(operator())
    wait(world, "operator_recorded")
    world.want(ApproveLibrary(LIBRARY, OPERATOR))
    wait(world, "library_approved")


def begin(world: World, session: str = SESSIONS[0], subject: Subject = HERON) -> None:
    world.want(opening(session, subject=subject))
    assert denial(world) is None
    wait(world, "session_opened")
    check_off(world)


def check_off(world: World) -> None:
    """Answer every point of every checklist."""
    for code, checklist in LIBRARY.figures.checklist.items():
        items = tuple(facts.ChecklistItem(item=item, done=True) for item in checklist.items)
        world.want(Record(facts.ChecklistAnswered(checklist=code, items=items, by=OPERATOR)))
        wait(world, "checklist_answered")


def finish(world: World) -> None:
    world.want(CloseSession(OPERATOR))
    world.house.run(lambda: world.seen.session is None)
    world.house.run_for(20)


@pytest.mark.rule("R-APPROVAL", "R-QUALIFIED", "R-PATIENT")
def test_only_a_qualified_practitioner_approves_and_only_then_a_clinical_session_opens(
    world: World,
) -> None:
    world.released()
    world.want(opening())
    assert denial(world) is Denial.NOT_APPROVED
    world.want(ApproveLibrary(LIBRARY, OPERATOR))
    world.house.run_for(20)
    assert denial(world) is Denial.NOT_QUALIFIED
    world.want(operator(diploma=None))
    wait(world, "operator_recorded")
    world.want(ApproveLibrary(LIBRARY, OPERATOR))
    world.house.run_for(20)
    assert denial(world) is Denial.NOT_QUALIFIED
    ready(world)
    world.want(opening(by="bea"))
    assert denial(world) is Denial.NOT_QUALIFIED
    world.want(opening(subject=None))
    assert denial(world) is Denial.NO_PATIENT
    begin(world)
    assert world.seen.session is not None
    assert world.seen.session.realm == "clinical"


@pytest.mark.rule("R-DIGEST")
def test_a_file_of_which_one_byte_changed_is_a_library_that_nobody_approved(world: World) -> None:
    ready(world)
    world.want(opening(library=Library.parse(LIBRARY.text + "# one byte more\n")))
    assert denial(world) is Denial.NOT_APPROVED


@pytest.mark.rule("R-APPROVAL", "R-QUALIFIED")
def test_an_approval_and_a_qualification_are_known_after_a_restart(world: World) -> None:
    ready(world)
    world.house.happen(HostKilled())
    world.house.happen(HostStarted())
    world.settle()
    begin(world)


@pytest.mark.rule("R-QUALIFIED")
def test_who_was_withdrawn_opens_and_arms_nothing_more(world: World) -> None:
    ready(world)
    begin(world)
    withdrawn = facts.OperatorRecorded(
        person=OPERATOR, name="Ada Example", role="withdrawn", diploma="DIU", registration="75-1",
        by="bea",
    )  # fmt: skip
    world.want(RecordOperator(withdrawn))
    wait(world, "operator_recorded")
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.NOT_ALLOWED


@pytest.mark.rule("R-CHECKLIST")
def test_a_clinical_session_arms_nothing_before_every_point_of_its_checklists_is_done(
    world: World,
) -> None:
    ready(world)
    world.want(opening())
    wait(world, "session_opened")
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.CHECKLIST
    check_off(world)
    code, checklist = next(iter(LIBRARY.figures.checklist.items()))
    first, *others = checklist.items
    items = (
        facts.ChecklistItem(item=first, done=False),
        *(facts.ChecklistItem(item=each, done=True) for each in others),
    )
    world.want(Record(facts.ChecklistAnswered(checklist=code, items=items, by=OPERATOR)))
    wait(world, "checklist_answered")
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.CHECKLIST
    check_off(world)
    world.want(Arm(0, OPERATOR))
    world.to(State.ARMED)


@pytest.mark.rule("R-TAKE-OVER", "R-QUALIFIED")
def test_a_colleague_arms_in_a_clinical_session_only_after_taking_it_over(world: World) -> None:
    ready(world)
    world.want(operator("bea"))
    wait(world, "operator_recorded")
    begin(world)
    world.want(Arm(0, "bea"))
    assert denial(world) is Denial.NOT_IN_CHARGE
    world.want(TakeOver("cid"))
    assert denial(world) is Denial.NOT_QUALIFIED
    world.want(TakeOver("bea"))
    wait(world, "taken_over")
    world.want(Arm(0, "bea"))
    world.to(State.ARMED)


@pytest.mark.rule("R-ANSWERS", "R-ASKED")
def test_a_clinical_session_arms_only_what_the_patient_s_answers_allow(world: World) -> None:
    ready(world)
    begin(world, subject=replace(HERON, answers=HERON.answers[1:]))
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS
    wait(world, "refused")
    [refused] = [entry.body for entry in world.entries("refused")]
    assert isinstance(refused, Refused)
    assert {each.figure for each in refused.verdict.passed} == {"contraindication"}
    answer = facts.PatientAnswer(condition=HERON.answers[0].condition, present=False, reason=None)
    asked = facts.PatientAnswered(
        weight_g=None, answers=(answer,), allergies=None, treatments=None, by=OPERATOR
    )
    world.want(Record(asked))
    wait(world, "patient_answered")
    world.want(Arm(0, OPERATOR))
    world.to(State.ARMED)


def figures_refused(world: World) -> set[str]:
    """What the newest refusal is about."""
    body = world.entries("refused")[-1].body
    assert isinstance(body, Refused)
    return {each.figure for each in body.verdict.passed}


@pytest.mark.rule("R-STERILE", "R-SET")
def test_a_clinical_session_arms_only_with_a_sterile_set_that_is_known_and_in_date(
    world: World,
) -> None:
    ready(world)
    world.want(opening(known=Particulars(purpose="curative")))
    wait(world, "session_opened")
    check_off(world)
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS
    wait(world, "refused")
    assert figures_refused(world) == {"needle_lot", "needle_expiry"}
    for expiry in ("2001-01-31", "2099-02-30"):  # the second is no day, so it is in date on none
        world.want(ChangeNeedle(4_000, OPERATOR, lot="N-2", expiry=expiry))
        wait(world, "needle_changed")
        world.want(Arm(0, OPERATOR))
        assert denial(world) is Denial.LIMITS
        wait(world, "refused")
        assert figures_refused(world) == {"needle_expiry"}
    world.want(ChangeNeedle(4_000, OPERATOR, lot="N-3", expiry="2099-02-28"))
    wait(world, "needle_changed")
    world.want(Arm(0, OPERATOR))
    world.to(State.ARMED)


@pytest.mark.rule("R-ALLERGY", "R-ANSWERS")
def test_a_session_arms_nothing_that_the_patient_is_allergic_to(world: World) -> None:
    ready(world)
    begin(world, subject=replace(HERON, allergies=("nsaid",)))
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS
    wait(world, "refused")
    assert figures_refused(world) == {"allergy"}
    for allergies, armed in (((), True), (("piroxicam",), False), (None, False)):
        asked = facts.PatientAnswered(
            weight_g=None, answers=(), allergies=allergies, treatments=None, by=OPERATOR
        )
        world.want(Record(asked))
        wait(world, "patient_answered")
        world.to(State.READY)
        world.want(Arm(0, OPERATOR))
        if armed:
            world.to(State.ARMED)
        else:
            assert denial(world) is Denial.LIMITS


@pytest.mark.rule("R-OUTLIVES", "R-STERILE", "R-SET")
def test_no_needle_outlives_its_session_and_the_next_one_names_its_own(world: World) -> None:
    ready(world)
    begin(world)
    world.want(ChangeNeedle(6_000, OPERATOR, lot="N-2", expiry="2099-02-28"))
    wait(world, "needle_changed")
    finish(world)
    discarded = [entry.body for entry in world.entries("needle_discarded")]
    assert [
        (each.reason, each.needle_um, each.lot, each.expiry)
        for each in discarded
        if isinstance(each, facts.NeedleDiscarded)
    ] == [("changed", 4_000, "N-1", "2099-05-31"), ("closed", 6_000, "N-2", "2099-02-28")]
    kinds = [entry.body.kind for entry in world.entries("needle_discarded", "session_closed")]
    assert kinds[-2:] == ["needle_discarded", "session_closed"]
    world.want(opening(SESSIONS[1], known=Particulars(purpose="curative")))
    wait(world, "session_opened")
    check_off(world)
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS
    wait(world, "refused")
    assert figures_refused(world) == {"needle_lot", "needle_expiry"}


@pytest.mark.rule("R-PSEUDONYM", "R-PRIVATE")
def test_a_pseudonym_that_may_tell_who_the_patient_is_is_questioned_once_and_not_repeated(
    world: World,
) -> None:
    ready(world)
    named = replace(HERON, pseudonym="Ada Lovelace, 10.12.1815")
    world.want(opening(subject=named))
    denied = world.seen.denied
    assert denied is not None
    assert (denied.why, denied.doubts) == (Denial.QUESTIONED, (Doubt.DATE, Doubt.NAME))
    words = denied_words(denied)
    assert "it looks like a birth date" in words
    assert "Lovelace" not in words + repr(denied)
    world.house.run_for(100)
    assert not world.entries("session_opened")
    begin(world, subject=replace(named, confirmed=True))
    finish(world)
    begin(world, SESSIONS[1], subject=named)


# -- the day ----------------------------------------------------------------------------------


def filled_up(world: World, session: str) -> None:
    """A session in which all that a body may get was given by hand."""
    begin(world, session)
    volume = LIBRARY.figures.group["body"].volume
    assert volume is not None
    world.want(by_hand(volume.hard.most - 10_000))
    wait(world, "hand_shots")
    finish(world)


@pytest.mark.rule("R-DAY", "R-HARD", "R-SAME-PATIENT")
def test_a_second_session_on_the_same_day_cannot_pass_the_session_s_hard_bound(
    world: World,
) -> None:
    ready(world)
    filled_up(world, SESSIONS[0])
    begin(world, SESSIONS[1], replace(HERON, pseudonym=" Blue  HERON ", new_id="0" * 16))
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS
    opened = [entry.body for entry in world.entries("session_opened")]
    assert all(isinstance(body, SessionOpened) for body in opened)
    assert len({body.patient for body in opened if isinstance(body, SessionOpened)}) == 1


@pytest.mark.rule("R-DAY", "R-HARD")
def test_neither_a_crash_nor_a_clock_set_ahead_makes_room_for_a_second_session(
    world: World,
) -> None:
    ready(world)
    filled_up(world, SESSIONS[0])
    world.house.happen(ClockJumps(30 * HOUR_US))
    begin(world, SESSIONS[1])
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS
    world.house.happen(HostKilled())
    world.house.happen(ClockJumps(-29 * HOUR_US))
    world.house.happen(HostStarted())
    world.settle()
    finish(world)
    begin(world, SESSIONS[2])
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.LIMITS


@pytest.mark.rule("R-SCHEDULE", "R-DAY")
def test_a_day_later_the_next_session_has_its_room_and_the_schedule_speaks(world: World) -> None:
    ready(world)
    filled_up(world, SESSIONS[0])
    world.house.happen(HostKilled())  # overnight nothing runs
    world.house.run_for(25 * 3_600_000)
    world.house.happen(HostStarted())
    world.settle()
    begin(world, SESSIONS[1])
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.NEEDS_OVERRIDE
    wait(world, "refused")
    refused = world.entries("refused")[-1].body
    assert isinstance(refused, Refused)
    assert {each.figure for each in refused.verdict.passed} == {"session_day"}


@pytest.mark.rule("R-COURSE")
def test_a_year_after_the_first_session_the_course_is_over_however_late_the_last_one_was(
    world: World,
) -> None:
    ready(world)
    for session, days in ((SESSIONS[0], 0), (SESSIONS[1], 300), (SESSIONS[2], 66)):
        world.house.happen(ClockJumps(days * 24 * HOUR_US))
        begin(world, session)
        if session != SESSIONS[2]:
            world.want(by_hand(10_000))
            wait(world, "hand_shots")
            finish(world)
    world.want(Arm(0, OPERATOR))
    assert denial(world) is Denial.NEEDS_OVERRIDE
    wait(world, "refused")
    assert figures_refused(world) == {"course_days"}


@pytest.mark.rule("R-SAME-PATIENT")
def test_another_patient_is_not_charged_with_it(world: World) -> None:
    ready(world)
    filled_up(world, SESSIONS[0])
    begin(world, SESSIONS[1], replace(HERON, pseudonym="grey owl", new_id="00000000000000bb"))
    world.want(Arm(0, OPERATOR))
    world.to(State.ARMED)
