"""What a world's end asks of its log: that it verifies, and that what was cut off it shows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from injector.shotlog.findings import Report
from injector.shotlog.verify import verify
from injector.world import invariants
from injector.world.happenings import LogBackedUp, LogRestored
from injector.world.history import Cue, Event, History
from injector.world.soaking import Broken, Soak

_PUT_BACK = History(1, 20, (Event(Cue(3), LogBackedUp(), 1_500_000, LogRestored()),))


def _played(patch: pytest.MonkeyPatch, lets_by: Any) -> Broken | None:
    """Play a world whose log is put back, with a verify that is told only what is let by."""

    def told(path: Path, *, against: Sequence[str], **rest: Any) -> Report:
        return verify(path, against=lets_by(against), **rest)

    patch.setattr(invariants, "verify", told)
    return Soak().play(_PUT_BACK).broken


def test_a_log_that_was_put_back_passes_where_what_was_cut_off_shows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[Sequence[str]] = []

    def all_of_them(notes: Sequence[str]) -> Sequence[str]:
        seen.append(notes)
        return notes

    assert _played(monkeypatch, all_of_them) is None
    assert [len(notes) for notes in seen] == [2]


def test_a_checkpoint_of_what_was_cut_off_that_passes_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = _played(monkeypatch, lambda notes: notes[:1])
    assert broken is not None
    assert broken.kind == "INV-5"
    assert "a log that was cut verifies" in broken.what


def test_a_kept_checkpoint_that_the_log_does_not_go_on_from_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = _played(monkeypatch, lambda notes: (*notes, notes[1]))
    assert broken is not None
    assert "does not verify: ['against']" in broken.what
