"""A new session by keys alone, with the real engine and a real gun on a pty."""

import asyncio
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Final

import pytest

from injector.cli.simulator_process import SimulatorProcess
from injector.control.inputs import CloseSession, OpenSession
from injector.control.wants import (
    AnswerGiven,
    ApproveLibrary,
    Particulars,
    Record,
    RecordOperator,
    Subject,
)
from injector.shotlog import facts
from injector.shotlog.entries import SessionOpened
from injector.staff.roles import Person, Role
from injector.treatment.gs1 import GS
from injector.treatment.plan import Plan
from injector.tui.desk import Place
from tests.tui.bench import DEADLINE_S, Hand, entries, library, plan
from tests.tui.stage import Stage, console, person

ADA: Final = person("ada", Role.PRACTITIONER)
SIZES: Final = [(80, 24), (60, 20)]
CODE: Final = "]d2010401234567890110A7" + GS + "17310228"
GS_KEY: Final = "ctrl+right_square_bracket"
PAGES: Final = (
    "1/8 For whom",
    "2/8 What for",
    "3/8 The patient's answers",
    "4/8 Mixture",
    "5/8 Syringe and needle",
    "6/8 Steps",
    "7/8 Checklists",
    "8/8 Summary",
)


async def until(stage: Stage, met: Callable[[], bool], what: str) -> None:
    """Wait until something is so."""
    end_s = time.monotonic() + DEADLINE_S
    while not met():
        assert time.monotonic() < end_s, f"never {what}:\n{stage.text}"
        await asyncio.sleep(0.02)


async def ready(stage: Stage) -> None:
    """Have STOP released, and be at the first page."""
    await stage.see("S T O P P E D", "r releases it")
    await stage.press("r")
    await stage.see("R E A D Y")
    stage.app.go(Place.NEW_SESSION)
    await stage.see("1/8 For whom")


async def qualified(stage: Stage, who: Person) -> None:
    """Have somebody on record who may treat, and the library approved by them."""
    operator = facts.OperatorRecorded(
        person=who.id, name=who.name, role="practitioner", diploma="DIU mesotherapy",
        registration="75-1", by=who.id,
    )  # fmt: skip
    size = stage.state.log_size
    stage.app.post(RecordOperator(operator))
    await until(stage, lambda: stage.state.log_size > size, "recorded")
    size = stage.state.log_size
    stage.app.post(ApproveLibrary(library(), who.id))
    await until(stage, lambda: stage.state.log_size > size, "approved")


async def told(stage: Stage, *texts: str) -> None:
    """Wait until all of these stand on the screen, wherever their lines are broken."""

    def there() -> bool:
        text = " ".join(stage.text.split())
        return all(each in text for each in texts)

    await until(stage, there, f"told {texts}")


async def type_in(stage: Stage, text: str) -> None:
    """Type, as a keyboard or a scanner does."""
    await stage.press(*(GS_KEY if letter == GS else letter for letter in text))


async def pick(stage: Stage, text: str) -> None:
    """Choose from the list of the field at the cursor, by what is typed into its filter."""
    await stage.insist("enter", "type to filter")
    await type_in(stage, text)
    await stage.press("enter")


@pytest.mark.parametrize("size", SIZES)
async def test_a_training_session_with_a_chosen_plan_is_open_after_a_few_keys(
    size: tuple[int, int], gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    async with console(gun.port, log, size=size, planned=False) as stage:
        await ready(stage)
        await stage.see("training, on a manikin")
        await until(stage, lambda: bool(stage.app.screen.entering.known.plans), "the plans")  # type: ignore[attr-defined]
        await pick(stage, "elbow")
        await stage.see("Elbow tendinopathy, a weekly", "0 open", "within the limits")
        await stage.press("f8")
        await stage.see("8/8 Summary", "Nothing is open", "nappage, elbow, repeat")
        await stage.press("f8")
        await stage.see("a arms step 1 of 2", "TRAINING")
    [opened] = [e.body for e in entries(log) if isinstance(e.body, SessionOpened)]
    assert (opened.realm, opened.patient, opened.title is not None) == ("training", None, True)
    assert [item.lot for item in opened.mixture] == ["TRAINING-A", "TRAINING-B", "TRAINING-C"]


async def fill_in_a_clinical_session(stage: Stage) -> None:
    """From the first page to the summary."""
    await type_in(stage, "heron 7")
    await stage.press("f8")
    await stage.see("2/8 What for")
    await pick(stage, "elbow")
    await stage.see("tendinopathy of the elbow")
    await stage.press("space", "f8")  # the first of the usual purposes
    await stage.see("3/8 The patient's answers")
    asked = library().figures.contraindication
    await stage.press(*["n"] * len(asked), "tab", "n", "f8")
    await stage.see("4/8 Mixture")
    await pick(stage, "piroxicam")
    await type_in(stage, "2.2 mL")
    await stage.press("enter")
    await type_in(stage, "20 mg/mL")
    await stage.press("enter")
    await type_in(stage, CODE)
    await stage.press("enter")
    await stage.see("read: lot A7, expiry 2031-02-28")
    await stage.press("f8")
    await stage.see("5/8 Syringe and needle")
    await pick(stage, "2.5")
    await pick(stage, "4.0")
    await type_in(stage, CODE.replace("A7", "SET-9"))
    await stage.press("enter", "f8")
    await stage.see("6/8 Steps")
    await pick(stage, "nappage")
    await told(stage, "proposed by indication.tendinopathy_elbow.zones", "0.010 mL")
    await stage.press("f5", *["tab"] * 7)
    await type_in(stage, "40")
    await stage.press("f8")
    await stage.see("7/8 Checklists")
    points = sum(len(each.items) for each in library().figures.checklist.values())
    for left in reversed(range(points)):
        await stage.insist("y", f"· {left} ")
    await stage.press("f8")


@pytest.mark.rule("R-SCANNED", "R-CHECKLIST", "R-ASKED")
@pytest.mark.parametrize("size", SIZES)
async def test_a_clinical_session_is_entered_and_opened_by_keys_alone(
    size: tuple[int, int], gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    async with console(gun.port, log, size=size, who=ADA, planned=False) as stage:
        await ready(stage)
        await qualified(stage, ADA)
        await fill_in_a_clinical_session(stage)
        await stage.see("8/8 Summary", "0 open", "Nothing is open")
        await stage.press("f8")
        await stage.see("CLINICAL", "a arms step 1 of 1")
        await stage.press("a")
        await stage.see("A R M E D")
    told = entries(log)
    [opened] = [e.body for e in told if isinstance(e.body, SessionOpened)]
    assert (opened.realm, opened.purpose, opened.indication) == (
        "clinical", "curative", "tendinopathy_elbow",
    )  # fmt: skip
    assert {each.present for each in opened.answers} == {False}
    assert (opened.needle_lot, opened.needle_expiry) == ("SET-9", "2031-02-28")
    [item] = opened.mixture
    assert (item.lot, item.expiry, item.volume_nl) == ("A7", "2031-02-28", 2_200_000)
    answered = [e.body for e in told if isinstance(e.body, facts.ChecklistAnswered)]
    assert {each.checklist for each in answered} == set(library().figures.checklist)


async def one_session_before(stage: Stage) -> None:
    """A clinical session of a patient, with a shot by hand, closed."""
    given = plan()
    vials = tuple(
        item.model_copy(update={"expiry": date(2031, 2, 28), "lot": "OLD-1"})
        for item in given.mixture
    )
    planned: Plan = given.model_copy(update={"mixture": vials})
    answers = tuple(AnswerGiven(code, False) for code in library().figures.contraindication)
    heron = Subject("heron 7", "00000000000000aa", weight_g=70_000, answers=answers)
    known = Particulars(purpose="curative", consent="folder 7", needle_lot="SET-1")
    session = "c00000000000000aa"
    stage.app.post(OpenSession(session, "clinical", planned, library(), ADA.id, heron, known))
    await until(stage, lambda: stage.state.session is not None, "open")
    shot = facts.HandShots(
        technique="nappage", zone="elbow", fill=0, shots=1, volume_nl=10_000, by=ADA.id
    )
    stage.app.post(Record(shot))
    stage.app.post(CloseSession(ADA.id))
    await until(stage, lambda: stage.state.session is None, "closed")


async def repeated(stage: Stage) -> None:
    """The three keys, each of the last two until it has done what it does: on a busy machine one
    that the console could not look at for a second does nothing."""
    entering = stage.app.screen.entering  # type: ignore[attr-defined]
    await stage.press("enter")
    end_s = time.monotonic() + DEADLINE_S
    while not entering.draft.get("step.1.technique"):
        assert time.monotonic() < end_s, stage.text
        await stage.press("f6")
        await asyncio.sleep(0.05)
    await stage.insist("f8", "3/8 The patient's answers")


@pytest.mark.rule("R-REPEAT")
@pytest.mark.parametrize("size", SIZES)
async def test_the_last_session_of_a_patient_is_repeated_in_three_keys(
    size: tuple[int, int], gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    async with console(gun.port, log, size=size, who=ADA, planned=False) as stage:
        await stage.see("S T O P P E D")
        await qualified(stage, ADA)
        await one_session_before(stage)
        await ready(stage)
        await stage.see("known here", "▸ heron 7")
        await repeated(stage)
        await stage.see("3/8 The patient's answers")
        draft = stage.app.screen.entering.draft  # type: ignore[attr-defined]
        assert draft.get("step.1.technique") == "point_by_point"
        assert draft.get("mixture.0.volume") == "0.800 mL"
        assert draft.proposed.keys() == {f"mixture.{at}.concentration" for at in range(3)}
        for place in ("weight", "consent", "needle_lot", "mixture.0.lot", "mixture.0.expiry"):
            assert not draft.get(place)
        assert "(●)" not in stage.text, "no answer is copied"


async def test_a_session_too_early_in_the_schedule_is_told_while_one_enters_it(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", who=ADA, planned=False) as stage:
        await stage.see("S T O P P E D")
        await qualified(stage, ADA)
        await one_session_before(stage)
        await ready(stage)
        await stage.see("▸ heron 7")
        await repeated(stage)
        await stage.see("3/8 The patient's answers", "soft limits passed")
        await stage.press("f7")
        await told(stage, "too early in the schedule")


@pytest.mark.rule("R-ALL-REASONS", "R-NUMBER")
@pytest.mark.parametrize("size", SIZES)
async def test_a_draft_that_the_limits_refuse_names_the_limit_and_what_would_pass_and_stays(
    size: tuple[int, int], gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    async with console(gun.port, log, size=size) as stage:
        await ready(stage)
        await until(stage, lambda: bool(stage.app.screen.entering.known.plans), "the plans")  # type: ignore[attr-defined]
        await pick(stage, "elbow tend")
        await stage.press("f8")
        await stage.see("8/8 Summary")
        await stage.press("f7")
        await stage.see("7/8 Checklists")
        await stage.press("f7")
        await stage.see("6/8 Steps")
        await stage.press("tab", "tab", "tab")
        await type_in(stage, "0,06 mL")
        await stage.see("the decimal sign is a point")
        await stage.press("home", "shift+end")
        await type_in(stage, "0.060 mL")
        await told(stage, "REFUSED by", "at most 0.050 mL", "would pass: 0.049")
        await stage.press("f8")
        await told(stage, "8/8 Summary", "✖ REFUSED by the limits", "step 1:", "at most 0.050 mL")
        await stage.press("f8")
        await told(stage, "Not opened: the limits below refuse it")
        assert stage.state.session is None
    assert not [e for e in entries(log) if isinstance(e.body, SessionOpened)]


@pytest.mark.rule("R-PSEUDONYM")
async def test_a_pseudonym_that_may_be_a_name_is_questioned_and_whoever_stands_by_it_says_so(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", who=ADA, planned=False) as stage:
        await ready(stage)
        await type_in(stage, "Ada Lovelace")
        await told(stage, "it looks like a person's name", "[ ] this tells nobody")
        await stage.press("enter", "space")
        await stage.see("[x] this tells nobody")
        assert "looks like" not in stage.text
        await stage.press("shift+tab", "end")
        await type_in(stage, "x")
        await stage.see("[ ] this tells nobody")


@pytest.mark.rule("R-APPROVAL")
async def test_what_the_engine_denies_is_said_on_the_page_and_the_draft_stays(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", who=ADA, planned=False) as stage:
        await ready(stage)
        await fill_in_a_clinical_session(stage)
        await stage.see("8/8 Summary", "Nothing is open")
        await stage.press("f8")
        await told(stage, "8/8 Summary", "nobody has approved this limit library here")
        await qualified(stage, ADA)
        await stage.press("f8")
        await stage.see("CLINICAL", "a arms step 1 of 1")


@pytest.mark.rule("R-REPEAT")
async def test_nothing_said_for_a_manikin_is_taken_over_into_a_clinical_session(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", who=ADA) as stage:
        await ready(stage)
        await until(stage, lambda: bool(stage.app.screen.entering.known.plans), "the plans")  # type: ignore[attr-defined]
        await stage.press("shift+tab", "space")
        await stage.see("training, on a manikin")
        await stage.press("tab")
        await pick(stage, "elbow tend")
        await told(stage, "within the limits", "0 open")
        assert stage.app.screen.entering.draft.get("mixture.0.lot") == "TRAINING-A"  # type: ignore[attr-defined]
        await stage.press("shift+tab", "space")
        await stage.see("pseudonym", "clinical", "Elbow tendinopathy, a weekly")
        draft = stage.app.screen.entering.draft  # type: ignore[attr-defined]
        assert draft.get("step.0.technique") == "nappage"
        assert not draft.get("mixture.0.lot")


@pytest.mark.rule("R-STOP")
@pytest.mark.parametrize("size", SIZES)
async def test_f9_is_stop_on_every_page_of_a_new_session_and_in_its_lists(
    size: tuple[int, int], gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", size=size, who=ADA) as stage:
        await ready(stage)
        await type_in(stage, "heron 7")
        for at, page in enumerate(PAGES):
            await stage.see(page)
            for opens in ("", *(("enter",) if at in {1, 4, 5} else ())):
                if opens:
                    await stage.press(opens)
                    await stage.see("type to filter")
                await stage.press("f9")
                await until(stage, lambda: stage.state.latched, "stopped")
                assert hand.state["light"] == "stopped"
                if opens:
                    await stage.press("escape")
                stage.app.action_release()
                await until(stage, lambda: not stage.state.latched, "released")
            await stage.press("f8")


async def test_products_and_steps_are_added_and_taken_out(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    async with console(gun.port, tmp_path / "shots.db", who=ADA) as stage:
        await ready(stage)
        await type_in(stage, "heron 7")
        for page in PAGES[1:4]:
            await stage.press("f8")
            await stage.see(page)
        await pick(stage, "saline")  # by its code's word in the library: none has it
        await stage.press("escape")
        await pick(stage, "sodium")
        await stage.see("sodium chloride")
        await stage.press("insert")
        await stage.see("Product 2 of 2")
        await pick(stage, "biotin")
        await stage.see("biotin")
        await stage.press("f7")
        await stage.press("f8")
        await stage.see("Product 1 of 2")
        await stage.press("shift+tab", "tab", "f10")
        await stage.see("Product 1 of 1", "biotin")
        assert "sodium" not in stage.text


async def test_who_may_only_review_can_open_nothing(
    gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    auditor = person("ivo", Role.AUDITOR)
    async with console(gun.port, tmp_path / "shots.db", who=auditor) as stage:
        await ready(stage)
        await until(stage, lambda: bool(stage.app.screen.entering.known.plans), "the plans")  # type: ignore[attr-defined]
        await pick(stage, "elbow tend")
        await stage.press("f8")
        await stage.see("8/8 Summary")
        await stage.press("f8")
        await stage.see("Your role may not open such a session")
        assert stage.state.session is None
