"""What the limits refuse is never sent; and the gun refuses it too, whoever sends it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from injector.cli.simulator_process import SimulatorProcess, start_simulator
from injector.driver.gun import Gun, GunRefusedError
from injector.protocol.codes import Mode, Reason
from injector.protocol.messages import (
    Configure,
    Grant,
    Granted,
    Prime,
    Refused,
    Release,
    Request,
    Setpoint,
    Status,
)
from tests.acceptance.stage import (
    EXAMPLES,
    Hand,
    Recorder,
    assert_clear,
    hand_on,
    injector,
    step,
    write_plan,
)

REFUSED: Final = EXAMPLES / "refused"

REASONS: Final[dict[str, tuple[str, ...]]] = {
    "too-deep": ("depth 4.5 mm", "at most 4.0 mm", "technique.nappage.depth", "zone.face.depth"),
    "too-much": ("0.060 mL", "at most 0.050 mL", "technique.nappage.volume"),
    "too-fast": ("cadence 720/min", "at most 540/min", "shot.cadence"),
    "too-many": ("step 2", "shots of the session 1100", "at most 1000", "session.shots"),
    "needle-too-short": ("depth 5.0 mm", "at most 4.0 mm", "set by needle"),
    "session-volume": ("6.500 mL", "at most 6.000 mL", "group.face.volume"),
    "four-products": (
        "plan: products in the mixture 4: limit at most 3", "mixture.products",
        "source: French Society of Mesotherapy (SFM)", "would pass: 3",
    ),
    "expired-lot": (
        "piroxicam: out of date: 2025-02-28 was its last day, and today is ",
        "would pass: 2025-02-28", "mixture.piroxicam.expiry",
    ),
    "no-weight": ("lidocaine: body weight: its dose goes by body weight, so a weight must be",),
    "corticosteroid": ("corticosteroid: products of this class are not given", "(SFM) [society]"),
    "anaesthetics-together": (
        "local anaesthetic: sum of the doses' parts of their maxima 102.6032 %",
        "at most 100 %", "class.local_anaesthetic.shared_maximum",
    ),
    "pregnancy": ("pregnancy: absolute contraindication, so there is no treatment",),
    "all-at-once": (
        "depth 14.0 mm", "zone.face.depth", "technique.nappage.depth", "needle",
        "0.300 mL", "cadence 720/min", "shots of the session 1200",
        "volume of the session 360.000 mL", "syringe", "group.face.volume",
    ),
}  # fmt: skip
"""Each plan, and what its refusal must say: the value, the limit, whose it is, what would
pass. ``all-at-once`` has every fault of the others, and is told every one at once."""

NOTHING_WOULD_PASS: Final = {"no-weight", "corticosteroid", "pregnancy"}
"""Refused for something that is asked for or missing, where no other value would do."""


def test_there_is_an_example_for_each_kind_of_refusal() -> None:
    assert {path.stem for path in REFUSED.glob("*.toml")} == set(REASONS)


@pytest.mark.rule("R-REFUSED-SAID", "R-ALL-REASONS")
@pytest.mark.parametrize("name", REASONS)
def test_a_plan_beyond_the_limits_is_refused_with_every_reason_and_not_one_byte_is_sent(
    name: str, tmp_path: Path
) -> None:
    log = tmp_path / "shots.db"
    with Recorder() as port:
        ran = injector(
            "run", REFUSED / f"{name}.toml", "--port", port.path, "--log", log, "--operator", "Ada"
        )
    assert_clear(ran, 3, f"{name}.toml", "nothing was sent", *REASONS[name])
    assert ("would pass" in ran.err) is (name not in NOTHING_WOULD_PASS)
    assert port.heard == b""
    assert not log.exists()


def test_a_refused_plan_changes_nothing_on_a_gun_and_does_not_open_its_port(
    tmp_path: Path,
) -> None:
    with start_simulator() as gun, hand_on(gun) as hand:
        link, state = Path(gun.port).readlink(), hand.state
        ran = injector(
            "run", REFUSED / "all-at-once.toml", "--port", gun.port, "--operator", "Ada",
            "--log", tmp_path / "shots.db",
        )  # fmt: skip
        assert ran.status == 3
        assert (hand.truth["shots"], hand.journal, hand.state) == (0, [], state)
        assert Path(gun.port).readlink() == link  # a host that comes and goes renews it


def test_a_refusal_in_a_later_step_refuses_the_whole_plan(tmp_path: Path) -> None:
    plan = write_plan(tmp_path, step(), step(), step(volume="0.300 mL"))
    with Recorder() as port:
        ran = injector("run", plan, "--port", port.path, "--log", tmp_path / "shots.db")
    assert_clear(ran, 3, "step 3", "volume per shot")
    assert "step 1" not in ran.err
    assert port.heard == b""


@pytest.mark.rule("R-OVERRIDE")
def test_a_soft_limit_is_refused_until_the_plan_says_why_it_is_passed(tmp_path: Path) -> None:
    plan = write_plan(tmp_path, step(depth="0.8 mm"))
    ran = injector("run", plan, "--port", "/dev/null", "--log", tmp_path / "shots.db")
    assert_clear(ran, 3, "soft limit, needs an override", "technique.papule.depth", "at least 1.0")


@pytest.mark.rule("R-MISSING")
def test_a_missing_limit_means_no_shot(tmp_path: Path) -> None:
    plan = write_plan(
        tmp_path,
        step().replace('"papule"', '"mesoperfusion"').replace('"repeat"', '"perfusion"'),
    )
    ran = injector("run", plan, "--port", "/dev/null", "--log", tmp_path / "shots.db")
    assert_clear(ran, 3, "sets no limit", "without a limit there is no shot")


# -- a host that cheats ---------------------------------------------------------------------------

ALLOWED: Final = Setpoint(
    volume_nl=10_000,
    depth_um=1_500,
    flow_nl_s=250_000,
    needle_um_s=150_000,
    cadence_per_min=480,
    mode=Mode.REPEAT,
    burst=0,
    needle_um=4_000,
    syringe_nl=2_000_000,
)
PERMISSION_NL: Final = 10_100
"""What one such shot may give, tolerance included."""


@pytest.fixture
def served() -> Iterator[SimulatorProcess]:
    with start_simulator() as gun:
        yield gun


@pytest.fixture
def hand(served: SimulatorProcess) -> Iterator[Hand]:
    with hand_on(served) as held:
        yield held


@pytest.fixture
def cheat(served: SimulatorProcess, hand: Hand) -> Iterator[Gun]:
    """A host without limits of its own, on a gun that was released."""
    with Gun.open(served.port) as gun:
        gun.release()
        yield gun


@pytest.fixture(scope="module")
def standing() -> Iterator[tuple[SimulatorProcess, Hand]]:
    """One gun for everything that it refuses whole."""
    with start_simulator() as gun, hand_on(gun) as hand:
        yield gun, hand


@pytest.fixture
def unheeded(standing: tuple[SimulatorProcess, Hand]) -> Iterator[tuple[Gun, Hand]]:
    """A host that cheats on a gun that gives nothing."""
    served, hand = standing
    with Gun.open(served.port) as gun:
        gun.release()
        yield gun, hand
    assert (hand.truth["shots"], hand.journal) == (0, [])


def refusal(gun: Gun, request: Request) -> Refused:
    reply = gun.call(request)
    assert isinstance(reply, Refused), reply
    return reply


def pull_on_skin(gun: Gun, hand: Hand, *, times: int = 3) -> None:
    """Try to fire: on skin, pull after pull, while the host beats as it should."""
    hand.do("contact", on=True)
    for _ in range(times):
        hand.do("trigger", held=True)
        for _ in gun.entries(seconds=0.3):
            pass
        hand.do("trigger", held=False)
        gun.beat()


@pytest.mark.rule("R-DEVICE")
@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("depth_um", 14_000, 2),
        ("volume_nl", 201_000, 1),
        ("volume_nl", 0, 1),
        ("flow_nl_s", 2_000_000, 3),
        ("needle_um_s", 500_000, 4),
        ("cadence_per_min", 720, 5),
        ("burst", 4, 7),
        ("needle_um", 1_000, 8),
        ("needle_um", 5_000, 8),
        ("syringe_nl", 3_000_000, 9),
    ],
)
def test_the_gun_refuses_a_setpoint_outside_its_own_envelope_and_names_the_field(
    unheeded: tuple[Gun, Hand], field: str, value: int, key: int
) -> None:
    cheat, hand = unheeded
    said = refusal(cheat, Configure(setpoint=ALLOWED.model_copy(update={field: value})))
    assert (said.reason, said.field) == (Reason.RANGE, key)
    # It holds no setpoint now, so a grant for it is refused and a pull gives nothing.
    grant = Grant(grant=1, digest=bytes(4), shots_limit=5, volume_limit_nl=1_000_000)
    assert refusal(cheat, grant).reason is Reason.NO_SETPOINT
    pull_on_skin(cheat, hand, times=1)


@pytest.mark.rule("R-NEEDLE")
def test_the_gun_refuses_a_depth_that_its_needle_does_not_reach(
    unheeded: tuple[Gun, Hand],
) -> None:
    cheat, _ = unheeded
    deep = ALLOWED.model_copy(update={"depth_um": 5_000, "needle_um": 4_000})
    assert refusal(cheat, Configure(setpoint=deep)).reason is Reason.RANGE


def test_a_refused_setpoint_does_not_take_the_place_of_the_one_held(cheat: Gun, hand: Hand) -> None:
    cheat.configure(ALLOWED)
    refusal(cheat, Configure(setpoint=ALLOWED.model_copy(update={"depth_um": 14_000})))
    cheat.grant(ALLOWED, shots=1, volume_nl=PERMISSION_NL)
    pull_on_skin(cheat, hand)
    (shot,) = hand.journal
    assert abs(shot["depth_um"] - ALLOWED.depth_um) <= 100


@pytest.mark.rule("INV-4")
def test_a_grant_for_another_setpoint_than_the_gun_holds_is_refused(cheat: Gun, hand: Hand) -> None:
    cheat.configure(ALLOWED)
    lie = ALLOWED.model_copy(update={"volume_nl": 5_000})
    with pytest.raises(GunRefusedError, match="DIGEST"):
        cheat.grant(lie, shots=5, volume_nl=500_000)
    pull_on_skin(cheat, hand)
    assert hand.truth["shots"] == 0


@pytest.mark.parametrize(
    ("shots", "volume_nl"), [(249, 3_000_000), (10_000, 3_000_000), (10, 26_000_000)]
)
def test_a_grant_bigger_than_the_gun_allows_is_refused(
    unheeded: tuple[Gun, Hand], shots: int, volume_nl: int
) -> None:
    cheat, hand = unheeded
    cheat.configure(ALLOWED)
    with pytest.raises(GunRefusedError) as caught:
        cheat.grant(ALLOWED, shots=shots, volume_nl=volume_nl)
    assert caught.value.refused.reason in (Reason.RANGE, Reason.JOURNAL_ROOM)
    pull_on_skin(cheat, hand, times=1)


@pytest.mark.rule("R-GRANT-KEPT")
@pytest.mark.parametrize(
    ("shots", "volume_nl", "given"),
    [(2, 1_000_000, 2), (100, 2 * PERMISSION_NL, 2), (100, PERMISSION_NL - 1, 0)],
    ids=["its-shots", "its-volume", "less-than-one-shot"],
)
def test_however_often_the_trigger_is_pulled_the_gun_stops_at_the_grant(
    cheat: Gun, hand: Hand, shots: int, volume_nl: int, given: int
) -> None:
    cheat.configure(ALLOWED)
    cheat.grant(ALLOWED, shots=shots, volume_nl=volume_nl)
    pull_on_skin(cheat, hand, times=4)
    assert hand.truth["shots"] == given
    assert hand.truth["moved_nl"] <= given * PERMISSION_NL


@pytest.mark.rule("R-REPEATED-WORD")
def test_a_grant_repeated_word_for_word_permits_nothing_more(cheat: Gun, hand: Hand) -> None:
    cheat.configure(ALLOWED)
    status = cheat.beat()
    for number in (1, 2, 3):
        grant = Grant(
            grant=number,
            digest=ALLOWED.digest()[:4],
            shots_limit=status.shots + 2,
            volume_limit_nl=status.volume_nl + 2 * PERMISSION_NL,
        )
        assert isinstance(cheat.call(grant), Granted)
        pull_on_skin(cheat, hand, times=2)
    assert hand.truth["shots"] == 2


@pytest.mark.rule("R-REPEATED-WORD")
def test_an_older_grant_is_refused_after_a_newer_one(cheat: Gun) -> None:
    cheat.configure(ALLOWED)

    def grant(number: int) -> Grant:
        digest = ALLOWED.digest()[:4]
        return Grant(grant=number, digest=digest, shots_limit=3, volume_limit_nl=50_000)

    assert isinstance(cheat.call(grant(5)), Granted)
    assert refusal(cheat, grant(4)).reason is Reason.STALE_GRANT


@pytest.mark.rule("R-STOP-LATCHED")
def test_nothing_is_granted_while_stopped_and_an_old_release_releases_nothing(
    cheat: Gun, hand: Hand
) -> None:
    cheat.configure(ALLOWED)
    before = cheat.beat().stop_count
    cheat.stop()
    stopped = cheat.wait_stopped()
    assert stopped.stop_count > before
    assert refusal(cheat, Release(stop_count=before)).reason is Reason.STALE_RELEASE
    with pytest.raises(GunRefusedError, match="STOPPED"):
        cheat.grant(ALLOWED, shots=1, volume_nl=PERMISSION_NL)
    pull_on_skin(cheat, hand, times=1)
    assert hand.truth["shots"] == 0


@pytest.mark.rule("INV-4")
def test_a_setpoint_cannot_be_changed_under_an_open_grant(cheat: Gun, hand: Hand) -> None:
    cheat.configure(ALLOWED)
    cheat.grant(ALLOWED, shots=1, volume_nl=PERMISSION_NL)
    deeper = ALLOWED.model_copy(update={"depth_um": 3_000})
    assert refusal(cheat, Configure(setpoint=deeper)).reason is Reason.ARMED
    pull_on_skin(cheat, hand, times=1)
    (shot,) = hand.journal
    assert abs(shot["depth_um"] - ALLOWED.depth_um) <= 100


def test_a_prime_of_more_than_the_gun_allows_is_refused(unheeded: tuple[Gun, Hand]) -> None:
    cheat, _ = unheeded
    assert refusal(cheat, Prime(volume_nl=600_000)).reason is Reason.RANGE


@pytest.mark.rule("INV-3")
def test_a_host_that_never_beats_cannot_fire(cheat: Gun, hand: Hand) -> None:
    cheat.configure(ALLOWED)
    cheat.grant(ALLOWED, shots=5, volume_nl=5 * PERMISSION_NL)
    hand.wait("ms", ms=600)  # the lease of the beat that `grant` made has ended by then
    hand.do("contact", on=True)
    hand.do("pull", ms=300)
    assert hand.truth["shots"] == 0


@pytest.mark.rule("R-TRIGGER")
def test_the_host_cannot_fire_the_gun_only_the_trigger_does(cheat: Gun, hand: Hand) -> None:
    hand.do("contact", on=True)
    cheat.configure(ALLOWED)
    cheat.grant(ALLOWED, shots=5, volume_nl=5 * PERMISSION_NL)
    for _ in cheat.entries(seconds=0.5):
        pass
    status = cheat.beat()
    assert isinstance(status, Status)
    assert (status.shots_left, hand.truth["shots"]) == (5, 0)
