"""Promise: what is read is a whole copy of one moment, and nothing is left of it."""

from pathlib import Path

import pytest

from injector.report.copying import private_copy
from injector.report.visible import visible
from injector.shotlog.entries import Draft
from injector.shotlog.errors import LogMissing
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from tests.shotlog import samples


def test_a_live_log_is_copied_whole_and_the_copy_verifies(tmp_path: Path) -> None:
    with samples.open_log(tmp_path / "shots.db") as live:
        samples.write_session(live)
        with private_copy(live.path) as copy:
            live.append([Draft(None, samples.facts.Access(what="locked", person=None, role=None))],
                        samples.NOW)  # fmt: skip
            assert verify(copy).ok
            with LogReader.open(copy) as reader:
                assert reader.size == live.size - 1


def test_only_its_owner_gets_at_the_copy_and_it_goes_with_its_folder(tmp_path: Path) -> None:
    samples.write_sample(tmp_path / "shots.db")
    with private_copy(tmp_path / "shots.db") as copy:
        assert copy.parent.stat().st_mode & 0o777 == 0o700
    assert not copy.parent.exists()


def test_a_log_that_cannot_be_written_is_copied_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    samples.write_sample(tmp_path / "shots.db")
    monkeypatch.setattr("os.access", lambda *_: False)  # root may write everything
    with private_copy(tmp_path / "shots.db") as copy:
        assert verify(copy).ok
        assert [each.name for each in copy.parent.iterdir()] == ["shots.db"]


def test_no_log_is_no_copy(tmp_path: Path) -> None:
    with pytest.raises(LogMissing), private_copy(tmp_path / "none.db"):
        pass


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("Élodie, 5 µm", "Élodie, 5 µm"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("invoice\u202efdp.exe", "invoice\\u202efdp.exe"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("a\u2028b\nc", "a\\u2028b\\nc"),
        ("tag\U000e0041", "tag\\U000e0041"),
    ],
)
def test_characters_that_draw_nothing_are_seen(typed: str, shown: str) -> None:
    assert visible(typed) == shown


def test_a_line_may_break_where_lines_may_break() -> None:
    assert visible("a\nb\rc", keep="\n") == "a\nb\\rc"
