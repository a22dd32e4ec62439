"""The journal desk: every entry once, in order, and no acknowledgement past a hole."""

from hypothesis import given
from hypothesis import strategies as st

from injector.control.journal import JournalDesk, Offer
from tests.control.test_accounts import shot

NEWEST = 20


def desk(start: int = 0, target: int = 0) -> JournalDesk:
    """A desk that begins to read after ``start``."""
    return JournalDesk("GUN-1", 7, taken=start, committed=start, target=target)


@given(st.lists(st.integers(1, NEWEST), max_size=200))
def test_in_any_order_and_repetition_entries_are_taken_once_and_in_order(come: list[int]) -> None:
    at, taken = desk(), []
    for index in come:
        offer = at.offer(shot(index))
        if offer is Offer.TAKEN:
            taken.append(index)
        assert offer is not Offer.CONFLICT
        if index > len(taken):
            assert offer is Offer.EARLY
    assert taken == list(range(1, len(taken) + 1))


@given(st.lists(st.integers(1, NEWEST), max_size=200))
def test_reading_what_is_wanted_takes_everything_that_was_told_of(come: list[int]) -> None:
    at = desk()
    for index in come:
        at.offer(shot(index))
    while (wanted := at.wanted()) is not None:
        assert at.offer(shot(wanted)) is Offer.TAKEN
    assert at.taken == max(come, default=0)


@given(st.lists(st.integers(1, NEWEST), max_size=100), st.integers(0, 5))
def test_the_acknowledgement_never_passes_a_hole(commits: list[int], start: int) -> None:
    at, durable = desk(start), set(range(1, start + 1))
    for index in range(start + 1, NEWEST + 1):
        at.offer(shot(index))
    for index in commits:
        at.commit(index)
        durable.add(index)
        assert set(range(1, at.acknowledge + 1)) <= durable


@given(st.integers(1, NEWEST), st.integers(1, NEWEST))
def test_neither_foreign_nor_contradicted_entries_are_acknowledged(
    held: int, conflict: int
) -> None:
    at = desk()
    for index in range(1, NEWEST + 1):
        at.offer(shot(index))
        at.commit(index)
    at.hold(held)
    assert at.acknowledge == held - 1
    at.contradict(conflict)
    assert at.acknowledge == min(held, conflict) - 1
    at.held = None
    assert at.acknowledge == conflict - 1


def test_one_identity_with_two_contents_is_a_conflict() -> None:
    at = desk()
    at.offer(shot(1))
    assert at.offer(shot(1)) is Offer.KNOWN
    assert at.offer(shot(1).model_copy(update={"volume_nl": 3})) is Offer.CONFLICT


def test_an_index_that_was_committed_before_this_link_and_comes_again_is_a_conflict() -> None:
    assert desk(start=5).offer(shot(3)) is Offer.CONFLICT


def test_an_entry_of_another_journal_is_not_taken() -> None:
    at = desk()
    assert at.offer(shot(1).model_copy(update={"journal": 8})) is Offer.OTHER_JOURNAL
    assert at.wanted() is None


def test_what_was_overwritten_is_skipped_only_when_nothing_before_it_is_under_way() -> None:
    at = desk(target=9)
    at.offer(shot(1))
    at.skip_to(5)
    assert at.wanted() == 2
    at.commit(1)
    at.skip_to(5)
    assert at.wanted() == 5
    at.skip_to(3)
    assert at.wanted() == 5


def test_it_is_complete_when_all_it_was_told_of_is_committed() -> None:
    at = desk(target=2)
    for index in (1, 2):
        assert not at.complete
        at.offer(shot(index))
        assert not at.complete
        at.commit(index)
    assert at.complete
