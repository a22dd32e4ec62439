"""Whether the shot log verifies, as far as is known: one line."""

from typing import assert_never

from textual.content import Content
from textual.widgets import Static

from injector.tui.plain import printable
from injector.tui.records.verification import (
    Failed,
    NotYet,
    Standing,
    UnderWay,
    Unknown,
    Verified,
)
from injector.tui.speech import _
from injector.tui.widgets.face import bar


class VerificationLine(Static):
    """Shows a standing; drawn anew when it has changed."""

    DEFAULT_CSS = """
    VerificationLine { height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    _shown: tuple[Standing, int] | None = None

    def show_standing(self, standing: Standing, size: int) -> None:
        """Show it, of a log that has ``size`` entries now."""
        if (standing, size) != self._shown:
            self._shown = standing, size
            self.update(verification_words(standing, size))


def verification_words(standing: Standing, size: int) -> Content:
    """A standing in words, with a sign of its own."""
    match standing:
        case NotYet():
            return Content.styled(_("○ The log was not verified in this run: c verifies it"), "dim")
        case UnderWay():
            drawn = bar(standing.done, max(1, standing.of), 16)
            return Content(
                _("… Verifying: {drawn} {done} of {of}").format(
                    drawn=drawn, done=standing.done, of=standing.of or size
                )
            )
        case Verified():
            said = _("● Verified up to entry {last}").format(last=standing.size - 1)
            newer = size - standing.size
            if newer > 0:
                said += _("; {newer} are newer").format(newer=newer)
            return Content.styled(said, "bold")
        case Failed():
            said = _("✖ The log does NOT verify: {where}").format(
                where=printable(", ".join(standing.findings))
            )
            return Content.styled(said, "bold $notice-high")
        case Unknown():
            said = _("✖ The log cannot be verified: {why}").format(why=printable(standing.why))
            return Content.styled(said, "bold $notice-high")
        case _:
            assert_never(standing)
