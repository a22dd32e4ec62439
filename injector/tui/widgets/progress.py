"""How far the session is, and the gun: given, syringe, steps; battery, contact, trigger."""

from typing import Final, NamedTuple

from textual.content import Content
from typing_extensions import override

from injector.control.snapshot import Gun, ProductView, SessionView
from injector.protocol.codes import Faults
from injector.tui.figures import Side, dose_mg, volume_ml
from injector.tui.limit_words import code_words
from injector.tui.look import View
from injector.tui.speech import _, number, plural
from injector.tui.widgets.face import Face, bar, lines
from injector.tui.words import fault_words, printable

_ROOMY: Final = 26


class _Part(NamedTuple):
    given: tuple[int, int, int] | None
    """Volume and shots given, shots granted and not yet given."""
    syringe: tuple[int, int] | None
    """What is left, and its size."""
    steps: tuple[tuple[str, int, int], ...]
    products: tuple[ProductView, ...]
    at_hand: int | None
    gun: Gun | None
    told: tuple[int, bool, bool, Faults] | None
    """Battery, contact, trigger, faults."""


class Progress(Face[_Part]):
    """A column of figures that change while one works."""

    @override
    def pick(self, view: View) -> _Part:
        session, status = view.state.session, view.state.status
        told = (
            None
            if status is None
            else (status.battery_pct, status.contact, status.trigger, status.faults)
        )
        if session is None:
            return _Part(None, None, (), (), None, view.state.gun, told)
        return _Part(
            (session.given_nl, session.given_shots, session.remainder_shots),
            (session.syringe_left_nl, session.syringe_nl),
            _steps(session),
            session.products,
            session.step,
            view.state.gun,
            told,
        )

    @override
    def paint(self, part: _Part, width: int) -> Content:
        rows: list[Content] = []
        if part.given is not None:
            volume_nl, shots, granted = part.given
            given = number(f"{volume_ml(volume_nl, Side.UP)} mL")
            counted = ", " + _shots(shots) if width >= _ROOMY else f" / {shots}"
            rows.append(Content.assemble(f"{_('given'):<7} ", (given, "bold"), counted))
            rows.append(Content(_("granted {count} more").format(count=granted)))
        if part.syringe is not None:
            left_nl, size_nl = part.syringe
            left = number(f"{volume_ml(left_nl, Side.DOWN)} mL")
            drawn = bar(left_nl, size_nl, max(2, width - 17))
            rows.append(
                Content.assemble(f"{_('syringe'):<7} ", (left, "bold"), " ", (drawn, "$bar"))
            )
        for place, (name, done, planned) in enumerate(part.steps):
            here = "▸" if place == part.at_hand else " "
            count = f" {done}/{planned}"
            shown = f"{here}{place + 1} {name}"[: max(4, width - len(count))]
            words = f"{shown:<{max(4, width - len(count))}}{count}"
            rows.append(Content.styled(words, "bold" if place == part.at_hand else ""))
        rows += [Content(_product(each, width)) for each in part.products]
        rows += _gun(part)
        return lines(rows)


def _steps(session: SessionView) -> tuple[tuple[str, int, int], ...]:
    return tuple(
        (f"{code_words(each.technique)} {code_words(each.zone)}", each.done, each.planned)
        for each in session.steps
    )


def _shots(count: int) -> str:
    return plural("{count} shot", "{count} shots", count)


def _product(product: ProductView, width: int) -> str:
    """What is given of a product, and in a shot: in mg, or in mL where it has no dose."""
    if product.given_ng is None or product.shot_ng is None:
        given, shot = volume_ml(product.given_nl, Side.UP), volume_ml(product.shot_nl, Side.UP)
        amount, each = f" {given} mL", f", {shot}" + _("/shot")
    else:
        amount, each = (
            f" {dose_mg(product.given_ng)} mg",
            f", {dose_mg(product.shot_ng)}" + _("/shot"),
        )
    amount, each = number(amount), number(each)
    told = amount + each if width >= _ROOMY else amount
    return code_words(product.product)[: max(4, width - len(told))] + told


def _gun(part: _Part) -> list[Content]:
    if part.gun is None:
        return [Content.styled(_("no gun"), "dim")]
    rows = [Content(printable(f"{part.gun.model} {part.gun.serial}"))]
    if part.told is None:
        return rows
    battery, contact, trigger, faults = part.told
    rows.append(
        Content.assemble(
            _("bat. {percent} %").format(percent=battery) + " ",
            ("● " + _("contact") if contact else "○ " + _("no contact"), "bold" if contact else ""),
        )
    )
    rows.append(
        Content.styled(
            "▼ " + _("trigger held") if trigger else "△ " + _("trigger free"),
            "bold" if trigger else "",
        )
    )
    if faults:
        rows.append(Content.styled(f"✖ {fault_words(faults)}", "bold $notice-medium"))
    return rows
