"""Every verdict in a log is given again from the log alone, and must come out as written."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Final, TypeVar

import pytest
from pydantic import ValidationError

from injector.control.envelopes import unbounded
from injector.control.inputs import Arm
from injector.control.judged_again import JudgedAgain, _Allowed
from injector.control.wants import AddStep, Override, Record
from injector.limits.exposure import charge_nl
from injector.shotlog.entries import (
    Anchor,
    Body,
    Draft,
    EngineStarted,
    Entry,
    Grant,
    LibraryPart,
    LogOpened,
    Moment,
    Note,
    Refused,
    SessionOpened,
    Shot,
    Unknown,
)
from injector.shotlog.envelope import commitments
from injector.shotlog.facts import HandShots as HandShotsEntry
from injector.shotlog.facts import OperatorRecorded, OverrideGiven, StepAdded
from injector.shotlog.fields import TO_BE_SEALED
from injector.shotlog.findings import Check, CheckResult, Code, Remark, Status
from injector.shotlog.log import ShotLog
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from injector.shotlog.vouching import DeviceEnvelope
from injector.world.happenings import DiskSlows
from tests.control import bodies
from tests.control.conftest import MakeWorld
from tests.control.worlds import LIBRARY, OPERATOR, PLAN, SESSION, World

DISK_US: Final = (300, 40_000, 400_000)
Kind = TypeVar("Kind", bound=Body)
Change = Callable[[Body], Body]


def verdicts(path: Path, *others: Check) -> CheckResult:
    """The check of verdicts; besides it the ``others`` fail, and none more."""
    report = verify(path, judge=JudgedAgain())
    failed = {each.check for each in report.checks if each.status is Status.FAILED}
    assert failed - {Check.VERDICTS} == set(others)
    return next(each for each in report.checks if each.check is Check.VERDICTS)


def found(result: CheckResult) -> set[Code]:
    return {each.code for each in result.findings}


def remarks(result: CheckResult) -> dict[Remark, int]:
    return {each.remark: each.count for each in result.remarks}


def treated(world: World, shots: int = 34) -> Path:
    """A session in which a step was topped up, and what was given by hand besides."""
    world.armed()
    world.fire(shots)
    world.let_go()
    world.close_session()
    world.shut_down()
    return world.log


def written_anew(path: Path, change: Change, folder: Path) -> Path:
    """The same log as its keeper could have written it: the key is at hand."""
    folder.mkdir(exist_ok=True)
    new, numbers = folder / "forged.db", count()
    with LogReader.open(path) as reader:
        entries = list(reader.entries())
        first, log = entries[0], None
        for entry in entries:
            if log is None:
                log = ShotLog.open(
                    new,
                    now=first.at,
                    random_bytes=lambda size: next(numbers).to_bytes(size, "big"),
                    software="forger",
                )
            body = entry.body
            assert not isinstance(body, Unknown)
            if isinstance(body, LogOpened | Anchor):
                continue
            places = [place for place, _ in commitments(body.model_dump())]
            texts = {place: reader.private_text(entry.seq, place) or "" for place in places}
            changed = change(unsealed(body))
            kept = {place for place, _ in commitments(changed.model_dump())}
            texts = {place: texts.get(place, "x") for place in kept}
            log.append([Draft(entry.session, changed, texts)], entry.at)
        assert log is not None
        log.close()
    return new


def unsealed(body: Body) -> Body:
    """The body with every private text to be sealed again."""

    def open_(value: object) -> object:
        match value:
            case {"hmac_sha256": str(), **more} if not more:
                return TO_BE_SEALED.model_dump()
            case dict():
                return {key: open_(item) for key, item in value.items()}
            case list() | tuple():
                return tuple(open_(item) for item in value)
            case _:
                return value

    if isinstance(body, DeviceEnvelope):
        return body
    model: type[Body] = type(body)
    fields = body.model_dump()
    plan = {"plan": fields["plan"]} if "plan" in fields else {}
    opened = open_(fields)
    assert isinstance(opened, dict)
    return model.model_validate({**opened, **plan})


def without(kind: type[Body]) -> Change:
    """A note stands in the place of every entry of a kind."""
    note = Note(text=TO_BE_SEALED, by="ada")
    return lambda body: note if isinstance(body, kind) else body


def changing(kind: type[Kind], how: Callable[[Kind], Body]) -> Change:
    """Change every entry of a kind."""
    return lambda body: how(body) if isinstance(body, kind) else body


def test_what_the_host_judged_comes_out_again(world: World) -> None:
    result = verdicts(treated(world))
    assert (result.status, result.found) == (Status.PASSED, 0)
    assert result.counted >= 2, "it was topped up"
    assert not result.remarks


@pytest.mark.parametrize("commit_us", DISK_US)
def test_on_a_slow_disk_too(world: World, commit_us: int) -> None:
    world.opened()
    world.house.happen(DiskSlows(commit_us))
    world.arm_again()
    world.fire(40)
    world.let_go()
    world.close_session()
    world.shut_down()
    assert verdicts(world.log).status is Status.PASSED


def test_a_log_written_anew_without_a_change_passes(world: World, tmp_path: Path) -> None:
    result = verdicts(written_anew(treated(world), lambda body: body, tmp_path))
    assert (result.status, result.found) == (Status.PASSED, 0)


def larger(grant: Grant) -> Grant:
    """Each shot is three times as large, beyond what the technique allows."""
    volume_nl = 3 * grant.setpoint.volume_nl
    return grant.model_copy(
        update={
            "setpoint": grant.setpoint.model_copy(update={"volume_nl": volume_nl}),
            "volume_nl": grant.shots * charge_nl(volume_nl, 10_000),
        }
    )


def more(grant: Grant) -> Grant:
    each_nl = grant.volume_nl // grant.shots
    return grant.model_copy(update={"shots": 900, "volume_nl": 900 * each_nl})


def deeper(grant: Grant) -> Grant:
    return grant.model_copy(
        update={"setpoint": grant.setpoint.model_copy(update={"depth_um": 9_000})}
    )


@pytest.mark.parametrize(
    ("how", "code", "others"),
    [
        (larger, {Code.VERDICT_DIFFERS}, {Check.GRANTS}),
        (deeper, {Code.VERDICT_DIFFERS}, set()),
        (more, {Code.GRANT_BEYOND_PLAN}, {Check.GRANTS}),
        (
            lambda grant: grant.model_copy(update={"volume_nl": 1}),
            {Code.GRANT_VOLUME},
            {Check.GRANTS},
        ),
        (
            lambda grant: grant.model_copy(update={"library_digest": "0" * 64}),
            {Code.GRANT_UNFOUNDED},
            set(),
        ),
    ],
    ids=["shots too large", "too deep", "beyond the plan", "another volume", "another library"],
)
def test_a_grant_that_the_limits_do_not_give_is_found(
    world: World,
    tmp_path: Path,
    how: Callable[[Grant], Grant],
    code: set[Code],
    others: set[Check],
) -> None:
    """Where a grant no longer fits its own shots, the check of grants finds it, too."""
    result = verdicts(written_anew(treated(world), changing(Grant, how), tmp_path), *others)
    assert result.status is Status.FAILED
    assert found(result) == code


def of_step(number: int, **update: object) -> Change:
    """The plan's step with that number asked for something else."""

    def how(body: SessionOpened) -> SessionOpened:
        steps = list(body.plan["steps"])
        steps[number] = {**steps[number], **update}
        return body.model_copy(update={"plan": {**body.plan, "steps": steps}})

    return changing(SessionOpened, how)


@pytest.mark.parametrize(
    "change",
    [
        changing(Grant, lambda grant: grant.model_copy(update={"step": 9})),
        of_step(0, technique="point_by_point"),
        of_step(0, zone="knee"),
        of_step(0, setpoint={}),
        of_step(0, shots="many"),
    ],
    ids=["no such step", "another technique", "another zone", "another setpoint", "no step"],
)
def test_a_grant_that_no_step_of_the_plan_asks_for_is_found(
    world: World, tmp_path: Path, change: Change
) -> None:
    result = verdicts(written_anew(treated(world), change, tmp_path))
    assert found(result) == {Code.GRANT_NOT_PLANNED}
    assert result.found >= 2


def test_a_step_that_was_added_is_one_of_the_plan_and_only_what_it_asks_for(
    world: World, tmp_path: Path
) -> None:
    world.opened()
    world.want(AddStep(PLAN.steps[0].model_copy(update={"shots": 8}), OPERATOR))
    world.house.run_for(400)
    world.arm_again(2)
    world.fire(4)
    world.let_go()
    world.close_session()
    world.shut_down()
    assert verdicts(world.log).status is Status.PASSED

    def how(body: StepAdded) -> StepAdded:
        return body.model_copy(update={"zone": "knee"})

    result = verdicts(written_anew(world.log, changing(StepAdded, how), tmp_path))
    assert found(result) == {Code.GRANT_NOT_PLANNED}
    result = verdicts(written_anew(world.log, without(StepAdded), tmp_path / "other"))
    assert found(result) == {Code.GRANT_NOT_PLANNED}


def all_but_the_setpoint(body: Body) -> Body:
    """The gun is told another setpoint than the one that was judged, and keeps to it."""
    if isinstance(body, Grant | Shot):
        return body.model_copy(update={"setpoint_digest": "ff" * 8})
    return body


def test_a_setpoint_that_the_gun_was_told_and_nobody_judged_is_found(
    world: World, tmp_path: Path
) -> None:
    result = verdicts(written_anew(treated(world), all_but_the_setpoint, tmp_path))
    assert found(result) == {Code.GRANT_SETPOINT}
    assert result.found == result.counted >= 2


def test_the_setpoint_is_told_with_the_needle_that_is_on_the_gun(
    world: World, tmp_path: Path
) -> None:
    """Another needle than the one that was fitted makes another setpoint of the same figures."""

    def how(body: SessionOpened) -> SessionOpened:
        return body.model_copy(update={"needle_um": 6_000})

    result = verdicts(written_anew(treated(world), changing(SessionOpened, how), tmp_path))
    assert Code.GRANT_SETPOINT in found(result)


def allowed_all() -> _Allowed:
    """What a step still wanted was found to be allowed, with a grant on top of another one."""
    granted = bodies.grant(2, 4, base=4)
    under: dict[int | None, tuple[int, int]] = {7: (5, 1), 9: (5, 2)}
    return _Allowed(granted, under, LIBRARY, unbounded(granted), None, None, 20, bodies.DEBIT_NL)


@pytest.mark.parametrize(
    ("holds", "shot"),
    [
        (True, bodies.shot(1, grant_seq=9, number=2)),
        (True, bodies.shot(1, grant_seq=7, number=1)),
        (False, bodies.shot(1, grant_seq=4, number=1)),
        (False, bodies.shot(1, grant_seq=9, number=1)),
        (False, bodies.shot(1, grant_seq=9, number=2, link=6)),
        (False, bodies.shot(1, grant_seq=None)),
        (False, bodies.shot(1, grant_seq=9, number=2, serial="GUN-2")),
    ],
    ids=["its own", "the one before", "an older one", "a number", "a link", "none", "a gun"],
)
def test_what_was_allowed_is_used_up_by_its_own_grants_alone(
    holds: bool,
    shot: Shot,
) -> None:
    """A shot under another one adds to what was given, and the verdict has to be given anew."""
    entry = Entry(10, Moment(1, 1), SESSION, shot)
    assert allowed_all().holds_after([entry]) is holds


def test_what_is_granted_of_it_is_its_own() -> None:
    shot = bodies.shot(1, grant_seq=11, number=3)
    entry = Entry(12, Moment(1, 1), SESSION, shot)
    basis = allowed_all()
    assert not basis.holds_after([entry])
    basis.granted(11, bodies.grant(3, 4, base=8))
    assert basis.holds_after([entry])
    assert basis.shots == 16


def test_a_top_up_alone_that_the_limits_do_not_give_is_found(world: World, tmp_path: Path) -> None:
    """The grants around it are all right: it is no part of what they were judged on."""
    grants = count(1)

    def how(grant: Grant) -> Grant:
        return deeper(grant) if next(grants) == 2 else grant

    result = verdicts(written_anew(treated(world), changing(Grant, how), tmp_path))
    assert (found(result), result.found) == ({Code.VERDICT_DIFFERS}, 1)


SOFT: Final = PLAN.model_copy(
    update={
        "steps": (
            PLAN.steps[0].model_copy(
                update={
                    "depth_um": 3_000,
                    "override": "thick skin over the joint",
                }
            ),
            *PLAN.steps[1:],
        )
    }
)


def allowed(grant: Grant) -> Grant:
    """What was overridden is called allowed."""
    verdict = grant.verdict.model_copy(update={"outcome": "allow", "passed": (), "override": None})
    return grant.model_copy(update={"verdict": verdict})


def test_what_was_overridden_comes_out_again_and_is_missed_where_it_is_taken_away(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    path = treated(make_world(plan=SOFT))
    with LogReader.open(path) as reader:
        grants = [entry.body for entry in reader.entries(kinds=["grant"])]
        [grant, *_] = [each for each in grants if isinstance(each, Grant)]
    assert grant.verdict.outcome == "soft"
    assert verdicts(path).status is Status.PASSED
    bare = grant.verdict.model_copy(update={"override": None})
    with pytest.raises(ValidationError, match="only with an override"):
        Grant.model_validate(grant.model_copy(update={"verdict": bare}).model_dump())

    def called_allowed(body: Body) -> Body:
        return allowed(body) if isinstance(body, Grant) else body

    result = verdicts(written_anew(path, called_allowed, tmp_path))
    assert found(result) == {Code.VERDICT_DIFFERS}


def overridden_by(person: str) -> Change:
    """The grants say that it was this person's word."""

    def how(grant: Grant) -> Grant:
        assert grant.verdict.override is not None
        said = grant.verdict.override.model_copy(update={"by": person})
        verdict = grant.verdict.model_copy(update={"override": said})
        return grant.model_copy(update={"verdict": verdict})

    return changing(Grant, how)


def without_its_word(body: Body) -> Body:
    """The plan has no override of its own."""
    if not isinstance(body, SessionOpened):
        return body
    steps = [{**step, "override": False} for step in body.plan["steps"]]
    return body.model_copy(update={"plan": {**body.plan, "steps": steps}})


@pytest.mark.parametrize(
    "change",
    [overridden_by("somebody else"), without_its_word],
    ids=["of another person", "that is in no plan"],
)
def test_an_override_that_nobody_gave_is_found(
    make_world: MakeWorld, tmp_path: Path, change: Change
) -> None:
    result = verdicts(written_anew(treated(make_world(plan=SOFT)), change, tmp_path))
    assert found(result) == {Code.OVERRIDE_UNFOUNDED}
    assert result.found >= 2


NEEDS_A_WORD: Final = PLAN.model_copy(
    update={
        "steps": (PLAN.steps[0].model_copy(update={"depth_um": 3_000}), *PLAN.steps[1:]),
    }
)


def given_a_word(world: World) -> Path:
    """A session in which a soft limit is passed on a word that was given in it."""
    world.opened()
    world.want(Override(0, "thick skin over the joint", OPERATOR))
    world.house.run_for(400)
    world.arm_again()
    world.fire(10)
    world.let_go()
    world.close_session()
    world.shut_down()
    return world.log


@pytest.mark.parametrize(
    "update", [{"step": 1}, {"by": "somebody else"}], ids=["another step", "another person"]
)
def test_an_override_given_in_the_session_counts_for_its_step_and_who_gave_it(
    make_world: MakeWorld, tmp_path: Path, update: dict[str, object]
) -> None:
    path = given_a_word(make_world(plan=NEEDS_A_WORD))
    assert verdicts(path).status is Status.PASSED

    def how(body: OverrideGiven) -> OverrideGiven:
        return body.model_copy(update=update)

    result = verdicts(written_anew(path, changing(OverrideGiven, how), tmp_path))
    assert found(result) == {Code.OVERRIDE_UNFOUNDED}


def test_an_override_of_somebody_whose_role_does_not_let_them_is_found(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    recorded = OperatorRecorded(
        person=OPERATOR, name="Ada Example", role="auditor", diploma=None, registration=None,
        by=OPERATOR,
    )  # fmt: skip

    def how(body: Body) -> Body:
        return recorded if isinstance(body, EngineStarted) else body

    path = given_a_word(make_world(plan=NEEDS_A_WORD))
    result = verdicts(written_anew(path, how, tmp_path))
    assert found(result) == {Code.OVERRIDE_UNFOUNDED}


def test_more_given_by_hand_than_the_record_had_makes_the_later_grants_wrong(
    world: World, tmp_path: Path
) -> None:
    world.armed()
    world.fire(3)
    world.let_go()
    world.house.run_for(400)
    by_hand = HandShotsEntry(
        fill=0, technique="papule", zone="elbow", shots=1, volume_nl=50_000, by=OPERATOR
    )
    world.want(Record(by_hand))
    world.house.run_for(400)
    world.fire(30)
    world.let_go()
    world.close_session()
    world.shut_down()
    assert verdicts(world.log).status is Status.PASSED

    def how(body: HandShotsEntry) -> HandShotsEntry:
        return body.model_copy(update={"volume_nl": 19_900_000})

    result = verdicts(written_anew(world.log, changing(HandShotsEntry, how), tmp_path))
    assert found(result) == {Code.VERDICT_DIFFERS}


def test_a_device_that_can_do_less_makes_the_verdict_wrong(world: World, tmp_path: Path) -> None:
    def how(body: DeviceEnvelope) -> DeviceEnvelope:
        return body.model_copy(
            update={"figures": {**body.figures, "volume_nl": [1_000, 10_000, 1_000]}}
        )

    result = verdicts(written_anew(treated(world), changing(DeviceEnvelope, how), tmp_path))
    assert found(result) == {Code.VERDICT_DIFFERS}


def test_without_the_devices_envelope_nothing_is_evaluated_and_it_says_so(
    world: World, tmp_path: Path
) -> None:
    def how(body: DeviceEnvelope) -> DeviceEnvelope:
        return body.model_copy(update={"serial": "ANOTHER"})

    path = treated(world)
    result = verdicts(written_anew(path, changing(DeviceEnvelope, how), tmp_path))
    assert (result.status, result.counted) == (Status.NOT_CHECKED, 0)
    assert remarks(result)[Remark.DEVICE_UNKNOWN] >= 2


@pytest.mark.parametrize(
    "figures",
    [
        {"volume_nl": None},
        {"volume_nl": [100_000, 1_000, 1_000]},
        {"depth_um": [0, True]},
        {"tolerance_ppm": -1},
        {"tolerance_ppm": "10000"},
    ],
    ids=["without an axis", "upside down", "of no figures", "less than the setpoint", "as text"],
)
def test_an_envelope_that_can_be_no_guns_is_found_and_nothing_is_evaluated_under_it(
    world: World, tmp_path: Path, figures: dict[str, object]
) -> None:
    def how(body: DeviceEnvelope) -> DeviceEnvelope:
        return body.model_copy(update={"figures": {**body.figures, **figures}})

    result = verdicts(written_anew(treated(world), changing(DeviceEnvelope, how), tmp_path))
    assert found(result) == {Code.ENVELOPE_MALFORMED}
    assert (result.status, result.found) == (Status.FAILED, 1)
    assert remarks(result)[Remark.DEVICE_UNKNOWN] >= 2


def test_what_no_gun_may_be_granted_is_found_without_its_envelope(
    world: World, tmp_path: Path
) -> None:
    def how(body: Body) -> Body:
        if isinstance(body, DeviceEnvelope):
            return body.model_copy(update={"serial": "ANOTHER"})
        if isinstance(body, SessionOpened):
            return body.model_copy(update={"needle_um": 1_000})  # it reaches no such depth
        return body

    result = verdicts(written_anew(treated(world), how, tmp_path))
    assert Code.VERDICT_DIFFERS in found(result)


def of_rules(grant: Grant) -> Grant:
    return grant.model_copy(update={"verdict": grant.verdict.model_copy(update={"rules": 2})})


def lost(part: LibraryPart) -> LibraryPart:
    return part.model_copy(update={"text": part.text + "#"})


@pytest.mark.parametrize(
    ("change", "remark", "others"),
    [
        (changing(Grant, of_rules), Remark.RULES_UNKNOWN, set()),
        (changing(LibraryPart, lost), Remark.LIBRARY_UNKNOWN, {Check.LIBRARIES}),
    ],
    ids=["rules of another version", "a library that is not whole"],
)
def test_what_cannot_be_judged_is_told_and_has_not_passed(
    world: World, tmp_path: Path, change: Change, remark: Remark, others: set[Check]
) -> None:
    result = verdicts(written_anew(treated(world), change, tmp_path), *others)
    assert (result.status, result.counted) == (Status.NOT_CHECKED, 0)
    assert remarks(result)[remark] >= 2


def test_without_a_judge_nothing_of_it_has_passed(world: World) -> None:
    report = verify(treated(world))
    result = next(each for each in report.checks if each.check is Check.VERDICTS)
    assert result.status is Status.NOT_CHECKED
    assert remarks(result) == {Remark.NO_JUDGE: 1}


def test_a_refusal_comes_out_again_and_is_found_where_its_figure_is_another(
    make_world: MakeWorld, tmp_path: Path
) -> None:
    steep = PLAN.steps[0].model_copy(update={"volume_nl": 60_000, "flow_nl_s": 200_000})
    world = make_world(plan=PLAN.model_copy(update={"steps": (steep, *PLAN.steps[1:])}))
    world.opened()
    world.want(Arm(0, OPERATOR))
    world.house.run_for(400)
    world.close_session()
    world.shut_down()
    assert world.entries("refused")
    assert verdicts(world.log).status is Status.PASSED

    def how(body: Refused) -> Refused:
        first, *rest = body.verdict.passed
        passed = (first.model_copy(update={"bound": first.bound + 1}), *rest)
        return body.model_copy(
            update={"verdict": body.verdict.model_copy(update={"passed": passed})}
        )

    result = verdicts(written_anew(world.log, changing(Refused, how), tmp_path))
    assert found(result) == {Code.VERDICT_DIFFERS}
