"""What people record counts: by zone, by filling, by product, by day; and it is added up twice."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from injector.control.ledger import Ledger
from injector.limits.exposure import Exposure
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.shotlog.entries import Entry, Moment
from tests.control.bodies import (
    DEBIT_NL,
    SERIAL,
    SESSIONS,
    VOLUME_NL,
    closed,
    gap,
    grant,
    opened,
    settled,
    shot,
    uncertain,
)

PATIENT: Final = "00000000000000aa"
HOUR_US: Final = 3_600_000_000
LIDOCAINE: Final = facts.MixtureItem(
    product="lidocaine",
    product_class="local_anaesthetic",
    concentration_ug_ml=10_000,
    lot=None,
    expiry=None,
    volume_nl=500_000,
    multi_dose=False,
)
SALINE: Final = LIDOCAINE.model_copy(
    update={"product": "saline", "product_class": "vehicle", "concentration_ug_ml": None}
)

VAGUE: Final = LIDOCAINE.model_copy(update={"concentration_ug_ml": None})


class Book:
    """A ledger that is fed body by body, at times that a test chooses."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.seq = 0
        self.at = Moment(100 * HOUR_US, HOUR_US)
        self.session: str | None = None

    def take(self, *bodies: log.Body, session: str | None = None) -> None:
        for body in bodies:
            where = session or self.session
            self.ledger.apply(Entry(self.seq, self.at, where, body))
            self.seq += 1

    def start(self, boot: str = "boot 1") -> None:
        self.take(log.EngineStarted(software="tests", host_boot=boot))

    def later(self, hours: int, *, jump: int = 0) -> None:
        """So many hours later; somebody set the clock ahead by ``jump`` hours besides."""
        utc_us = self.at.utc_us + (hours + jump) * HOUR_US
        self.at = Moment(utc_us, self.at.mono_us + hours * HOUR_US)

    def open(self, session: str, *mixture: facts.MixtureItem) -> None:
        self.session = session
        body = opened().model_copy(
            update={"patient": PATIENT, "mixture": mixture or (LIDOCAINE, SALINE)}
        )
        self.take(body)

    def close(self) -> None:
        session = self.ledger.session
        assert session is not None
        zones = tuple(
            facts.ZoneTotal(zone=zone or None, shots=each.shots, volume_nl=each.volume_nl)
            for zone, each in session.given.by_zone.items()
        )
        doses = tuple(
            facts.ProductDose(product=product, dose_ng=dose_ng)
            for product, dose_ng in self.ledger.doses().items()
        )
        self.take(closed().model_copy(update={"zones": zones, "doses": doses}))
        self.session = None

    @property
    def total(self) -> Exposure:
        return self.ledger.exposure().total()

    @property
    def before(self) -> Exposure:
        assert self.ledger.session is not None
        return self.ledger.session.before.exposure.total()


def by_hand(shots: int = 3, volume_nl: int = 300_000, *, fill: int = 0) -> facts.HandShots:
    return facts.HandShots(
        technique="papule", zone="knee", fill=fill, shots=shots, volume_nl=volume_nl, by="ada"
    )


def loaded(fill: int, *mixture: facts.MixtureItem) -> facts.SyringeLoaded:
    return facts.SyringeLoaded(
        fill=fill,
        place="gun",
        mixture=mixture or (LIDOCAINE, SALINE),
        flagged=(),
        syringe_nl=2_500_000,
        mixed_by=None,
        mixed_where=None,
        by="ada",
    )


def elsewhere(minutes_ago: int, dose_ng: int = 1_000_000) -> facts.GivenElsewhere:
    return facts.GivenElsewhere(
        minutes_ago=minutes_ago,
        product="lidocaine",
        dose_ng=dose_ng,
        zone="knee",
        shots=2,
        volume_nl=200_000,
        device_class=None,
        by="ada",
    )


# -- by zone, by filling, by product -------------------------------------------------------


@pytest.mark.rule("R-HAND")
def test_shots_by_hand_count_in_their_zone_from_their_filling_in_their_products_dose() -> None:
    book = Book()
    book.open(SESSIONS[0])
    book.take(grant(1, 2), shot(1), by_hand())
    session = book.ledger.session
    assert session is not None
    assert session.given.by_zone["knee"] == Exposure(3, 300_000)
    assert session.given.by_zone["elbow"] == Exposure(1, VOLUME_NL)
    # Half of the mixture is lidocaine of 10 mg/mL: 5 ng in a nanolitre, and what the open
    # grant may still give counts as well.
    assert book.ledger.doses() == {"lidocaine": 5 * (300_000 + VOLUME_NL + DEBIT_NL)}
    assert session.fills.gun.left_least_nl == 1_000_000 - 300_000 - VOLUME_NL


@pytest.mark.rule("R-TWO-SYRINGES")
def test_a_product_in_two_syringes_is_one_dose() -> None:
    book = Book()
    book.open(SESSIONS[0])
    book.take(grant(1, 1), shot(1), settled(1), loaded(1, LIDOCAINE))
    book.take(grant(2, 1).model_copy(update={"fill": 1}))
    book.take(shot(2, grant_seq=book.seq - 1, number=2), settled(2))
    assert book.ledger.doses() == {"lidocaine": 5 * VOLUME_NL + 10 * VOLUME_NL}
    assert book.total == Exposure(2, 2 * VOLUME_NL)
    assert book.ledger.syringe_left_nl() == 500_000 - VOLUME_NL
    assert book.ledger.step_shots(0) == 2, "a syringe change keeps the count of its step"


@pytest.mark.rule("R-SYRINGE-CHANGE", "R-LATE")
def test_a_late_shot_is_taken_from_the_syringe_that_it_was_granted_from() -> None:
    book = Book()
    book.open(SESSIONS[0])
    book.take(grant(1, 1))
    granted = book.seq - 1
    book.take(settled(0, returned=1), loaded(1), shot(1, grant_seq=granted))
    session = book.ledger.session
    assert session is not None
    assert [fill.given_nl for fill in session.fills.open()] == [VOLUME_NL, 0]
    assert book.ledger.differs() is None


@pytest.mark.rule("R-ADDS-UP")
def test_what_is_left_of_a_filling_adds_up_or_differs() -> None:
    book = Book()
    book.open(SESSIONS[0])
    book.take(grant(1, 10), *(shot(index) for index in range(1, 11)), settled(10))
    book.take(
        facts.Spilled(fill=0, volume_nl=100_000, by="ada"),
        by_hand(1, 100_000),
        log.Moved(
            serial=SERIAL, journal_id=77, index=11, link=5, boot_id=9, act="prime",
            outcome="complete", cause=None, volume_nl=50_000, debit_nl=50_500, t_us=1,
            duration_us=1, shots_total=10, volume_total_nl=0,
        ),
    )  # fmt: skip
    session = book.ledger.session
    assert session is not None
    fill = session.fills.gun
    left_nl = 1_000_000 - 10 * VOLUME_NL - 100_000 - 100_000 - 50_000
    assert (fill.left_least_nl, fill.left_most_nl) == (left_nl, left_nl)
    assert fill.differs_nl(left_nl) == fill.differs_nl(left_nl - 40_000) == 0
    assert fill.differs_nl(left_nl - 200_000) == 200_000
    assert fill.differs_nl(left_nl + 200_000) == -200_000


@pytest.mark.rule("R-ADDS-UP")
def test_an_uncertain_shot_and_a_gap_widen_what_may_be_left() -> None:
    book = Book()
    book.open(SESSIONS[0])
    book.take(grant(1, 3), uncertain(1), gap(1), settled(2, returned=1))
    session = book.ledger.session
    assert session is not None
    fill = session.fills.gun
    assert (fill.left_least_nl, fill.left_most_nl) == (1_000_000 - 2 * DEBIT_NL, 1_000_000)


# -- the rolling day -------------------------------------------------------------------------


@pytest.mark.rule("R-DAY")
def test_a_session_earlier_the_same_day_stands_before_the_next_one_of_that_patient() -> None:
    book = Book()
    book.start()
    book.open(SESSIONS[0])
    book.take(by_hand())
    book.close()
    book.later(3)
    book.open(SESSIONS[1])
    session = book.ledger.session
    assert session is not None
    assert book.before == Exposure(3, 300_000)
    assert session.before.doses == {"lidocaine": 5 * 300_000}
    assert book.total == Exposure()


@pytest.mark.rule("R-DAY")
def test_midnight_changes_nothing_and_a_day_later_it_is_over() -> None:
    for hours, counts in ((23, True), (24, False)):
        book = Book()
        book.start()
        book.open(SESSIONS[0])
        book.take(by_hand())
        book.close()
        book.later(hours)
        book.open(SESSIONS[1])
        assert (book.before.shots == 3) is counts, hours


@pytest.mark.rule("R-DAY")
def test_a_clock_that_was_set_ahead_or_back_between_sessions_makes_no_room() -> None:
    for jump in (25, -25, 24 * 365):
        book = Book()
        book.start()
        book.open(SESSIONS[0])
        book.take(by_hand())
        book.close()
        book.later(1, jump=jump)
        book.open(SESSIONS[1])
        assert book.before.shots == 3, jump


@pytest.mark.rule("R-CUMULATIVE")
def test_a_clock_jump_between_shots_forgets_nothing_of_the_session() -> None:
    book = Book()
    book.start()
    book.open(SESSIONS[0])
    book.take(by_hand(), elsewhere(60))
    book.later(1, jump=48)
    book.take(by_hand())
    assert (book.total.shots, book.before.shots) == (6, 2)


@pytest.mark.rule("R-ELSEWHERE")
def test_what_was_given_elsewhere_counts_from_when_it_was_given() -> None:
    book = Book()
    book.start()
    book.open(SESSIONS[0])
    book.take(elsewhere(10 * 60))
    assert book.before == Exposure(2, 200_000)
    book.close()
    book.later(13)
    book.open(SESSIONS[1])
    assert book.before == Exposure(2, 200_000)
    book.close()
    book.later(1)
    book.open(SESSIONS[2])
    assert book.before == Exposure()


@pytest.mark.rule("R-UNTOLD")
def test_what_came_from_a_mixture_without_a_concentration_is_untold_from_then_on() -> None:
    book = Book()
    book.start()
    book.open(SESSIONS[0])
    assert book.ledger.untold() == set(), "saline is in the syringe, and none of it was given"
    book.take(by_hand())
    assert book.ledger.untold() == {"saline"}
    book.take(loaded(1, VAGUE).model_copy(update={"place": "hand"}), by_hand(0, 0, fill=1))
    assert book.ledger.untold() == {"saline"}
    book.take(by_hand(fill=1))
    assert book.ledger.untold() == {"saline", "lidocaine"}
    assert book.ledger.doses()["lidocaine"] > 0, "what is known of it is told all the same"


@pytest.mark.rule("R-UNTOLD", "INV-1")
def test_what_the_open_grant_may_still_give_without_a_concentration_is_untold() -> None:
    book = Book()
    book.open(SESSIONS[0], VAGUE)
    book.take(grant(1, 2))
    assert book.ledger.untold() == {"lidocaine"}
    book.take(settled(0))
    assert book.ledger.untold() == set()


@pytest.mark.rule("R-UNTOLD", "R-DAY")
@pytest.mark.parametrize(("hours", "untold"), [(1, {"lidocaine"}), (24, set())])
def test_an_untold_dose_stands_before_the_sessions_of_a_day(hours: int, untold: set[str]) -> None:
    book = Book()
    book.start()
    book.open(SESSIONS[0], LIDOCAINE)
    book.take(loaded(1, VAGUE).model_copy(update={"place": "hand"}), by_hand(fill=1))
    book.close()
    book.later(hours)
    book.open(SESSIONS[1])
    assert book.ledger.session is not None
    assert book.ledger.session.before.untold == untold


@pytest.mark.rule("R-UNTOLD")
@pytest.mark.parametrize(
    ("given", "given_nl", "by_hand_from", "untold"),
    [
        (3, 300_000, 0, set()),  # all of it by hand, from the syringe whose strength is known
        (3, 300_000, 1, {"lidocaine"}),
        (4, 320_000, 0, {"lidocaine"}),  # one by the gun, and nobody knows from which syringe
        (3, 350_000, 0, {"lidocaine"}),  # as in a gap of volume without a shot
        (3, 300_000, 7, {"lidocaine"}),  # a filling that nobody loaded is the gun's
        (0, 0, None, set()),
    ],
)
def test_a_closed_session_tells_by_its_hand_shots_what_its_gun_may_have_given(
    given: int, given_nl: int, by_hand_from: int | None, untold: set[str]
) -> None:
    book = Book()
    book.start()
    book.open(SESSIONS[0], LIDOCAINE)
    book.take(loaded(1, VAGUE))
    if by_hand_from is not None:
        book.take(by_hand(fill=by_hand_from))
    book.take(closed(given).model_copy(update={"given_nl": given_nl}))
    assert book.ledger.past.untold(SESSIONS[0]) == untold


@pytest.mark.rule("R-UNTOLD")
@pytest.mark.parametrize(("least_nl", "untold"), [(500_000, set()), (499_999, {"lidocaine"})])
def test_a_syringe_that_was_discarded_as_full_as_it_was_gave_nothing(
    least_nl: int, untold: set[str]
) -> None:
    book = Book()
    book.start()
    book.open(SESSIONS[0], VAGUE)
    discarded = facts.SyringeDiscarded(
        fill=0, reason="discarded", left_nl=None, least_nl=least_nl, most_nl=500_000, by="ada"
    )
    book.take(discarded, loaded(1, LIDOCAINE), closed(4))
    assert book.ledger.past.untold(SESSIONS[0]) == untold


@pytest.mark.rule("R-SAME-PATIENT")
def test_what_another_patient_was_given_is_not_before_this_one() -> None:
    book = Book()
    book.start()
    book.open(SESSIONS[0])
    book.take(by_hand())
    book.close()
    book.session = SESSIONS[1]
    book.take(opened().model_copy(update={"patient": "00000000000000bb"}))
    assert book.before == Exposure()


@pytest.mark.rule("R-SAME-PATIENT")
def test_a_patient_is_found_by_a_pseudonym_whatever_its_case_and_spaces() -> None:
    past = Ledger().past
    past.know("Blue  Heron", PATIENT)
    assert past.patient(" blue heron ") == PATIENT
    assert past.patient("blue herons") is None


# -- added up twice ---------------------------------------------------------------------------


class Chance:
    """Draws a session, entry by entry, as a gun and its people could make it."""

    def __init__(self, data: st.DataObject) -> None:
        self.data, self.book = data, Book()
        self.book.open(SESSIONS[0], *self.data.draw(st.sampled_from([(LIDOCAINE,), (SALINE,)])))
        self.index = self.fill = self.number = 0
        self.link, self.under, self.granted, self.left = 5, 5, 0, 0

    def grant(self) -> None:
        shots = self.data.draw(st.integers(1, 4))
        self.number += 1
        self.book.take(grant(self.number, shots, link=self.link, fill=self.fill))
        self.granted, self.under = self.book.seq - 1, self.link
        self.left += shots

    def fire(self) -> None:
        self.index += 1
        if self.data.draw(st.booleans()):
            nl = self.data.draw(st.integers(0, VOLUME_NL))
            body: log.Body = shot(
                self.index,
                grant_seq=self.granted,
                number=self.number,
                link=self.under,
                volume_nl=nl,
            )
        else:
            body = uncertain(self.index, number=self.number, link=self.under).model_copy(
                update={"grant_seq": self.granted}
            )
        self.book.take(body)
        self.left = max(0, self.left - 1)

    def lose(self) -> None:
        self.book.take(gap(self.data.draw(st.integers(0, 3))))

    def swap(self) -> None:
        self.book.take(gap(self.left, reason="device_swapped"))
        self.left, self.link = 0, self.link + 1  # the first gun comes back on a new link

    def settle(self) -> None:
        self.book.take(settled(self.index, link=self.link))
        self.left, self.link = 0, self.link + 1

    def by_hand(self) -> None:
        fill = self.data.draw(st.integers(0, self.fill + 1))
        self.book.take(by_hand(2, self.data.draw(st.integers(0, 400_000)), fill=fill))

    def load(self) -> None:
        self.settle()
        self.fill += 1
        self.book.take(
            loaded(self.fill, *self.data.draw(st.sampled_from([(LIDOCAINE,), (SALINE,)])))
        )


@pytest.mark.rule("R-TWICE")
@given(st.data())
def test_both_routes_come_to_the_same_whatever_happens(data: st.DataObject) -> None:
    chance = Chance(data)
    names = ("grant", "fire", "fire", "lose", "swap", "settle", "by_hand", "load")
    for name in data.draw(st.lists(st.sampled_from(names), max_size=25)):
        if name in ("fire", "swap") and not chance.number:
            continue
        getattr(chance, name)()
        assert chance.book.ledger.differs() is None


@pytest.mark.rule("R-TWICE")
def test_a_shot_that_came_while_no_session_was_open_is_in_none_by_either_route() -> None:
    book = Book()
    book.open(SESSIONS[0], SALINE)
    book.take(closed())
    book.session = None
    book.take(shot(1, grant_seq=None))
    book.open(SESSIONS[1], SALINE)
    assert book.ledger.exposure().total() == Exposure()
    assert book.ledger.differs() is None
