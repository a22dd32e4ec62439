"""The hand on a simulated gun: what it sees, and what is broken. For engineers, in English."""

from textual.content import Content
from textual.widgets import Static

from injector.tui.figures import volume_ml
from injector.tui.hand import Missed, Seen
from injector.tui.plain import printable
from injector.tui.widgets.face import lines


class HandLine(Static):
    """Two rows: the gun as its holder sees it, and the faults that are switched on."""

    DEFAULT_CSS = """
    HandLine { height: 2; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    """

    def show_hand(self, seen: Seen | Missed | None, faults: frozenset[str]) -> None:
        """Show it."""
        self.update(hand_words(seen, faults))


def hand_words(seen: Seen | Missed | None, faults: frozenset[str]) -> Content:
    """What the hand has to say."""
    if seen is None:
        return Content.styled("the hand reaches for the gun", "dim")
    if isinstance(seen, Missed):
        return Content.styled(f"✖ {printable(seen.why)}", "bold $notice-medium")
    trigger = "▼ pulled" if seen.trigger else "△ let go"
    contact = "● on the skin" if seen.contact else "○ off the skin"
    broken = ", ".join(sorted(each.replace("_", " ") for each in faults)) or "none"
    odd = "" if seen.power else "  POWER OFF"
    odd += "" if seen.plugged else "  UNPLUGGED"
    return lines(
        [
            Content.assemble(
                "hand: light ",
                (seen.light, "bold"),
                f"  {trigger}  {contact}  shots {seen.shots}",
                (odd, "bold"),
            ),
            Content(
                f"battery {seen.battery_pct} %  syringe {volume_ml(seen.syringe_left_nl)} mL"
                f"  faults: {broken}"
            ),
        ]
    )
