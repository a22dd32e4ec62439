"""How far the session is, and the gun: given, syringe, steps; battery, contact, trigger."""

from typing import Final, NamedTuple

from textual.content import Content
from typing_extensions import override

from injector.control.snapshot import Gun, ProductView, SessionView
from injector.protocol.codes import Faults
from injector.tui.figures import Side, dose_mg, volume_ml
from injector.tui.limit_words import code_words
from injector.tui.look import View
from injector.tui.plain import printable
from injector.tui.speech import _, number, plural
from injector.tui.widgets.face import Face, bar, lines
from injector.tui.words import fault_words

_ROOMY: Final = 26
_WIDE: Final = 44
"""A column so wide has room for mL, mg and a bar on one row."""
_TALL: Final = 18
"""A column so high has two rows for each product."""
_LOW: Final = 10
"""A column so low has no room for what does not change."""
_BAR: Final = 6


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
        height = self.content_size.height
        low = height < _LOW
        if part.given is not None:
            volume_nl, shots, granted = part.given
            given = number(f"{volume_ml(volume_nl, Side.UP)} mL")
            counted = ", " + _shots(shots) if width >= _ROOMY else f" / {shots}"
            rows.append(Content.assemble(f"{_('given'):<7} ", (given, "bold"), counted))
            if not low:
                rows.append(Content(_("granted {count} more").format(count=granted)))
        if part.syringe is not None:
            left_nl, size_nl = part.syringe
            left = number(f"{volume_ml(left_nl, Side.DOWN)} mL")
            start = f"{_('syringe'):<7} "
            drawn = bar(left_nl, size_nl, max(2, width - len(start) - len(left) - 1))
            rows.append(Content.assemble(start, (left, "bold"), " ", (drawn, "$bar")))
        if low:
            rows += _gun(part)[1:]  # whether it feels skin comes before everything that can wait
        widest = max((len(f"{done}/{of}") for _name, done, of in part.steps), default=0)
        rows += [
            _step(place, part.steps[place], width, widest, here=place == part.at_hand)
            for place in in_sight(len(part.steps), part.at_hand, max(2, height // 3))
        ]
        for each in part.products:
            rows += _product_rows(each, width, tall=height >= _TALL)
        return lines(rows if low and part.told is not None else rows + _gun(part))


def in_sight(steps: int, at_hand: int | None, most: int) -> range:
    """Which steps to show where not all have room: the one at hand, and those around it.

    >>> in_sight(2, 0, 3), in_sight(9, 4, 3), in_sight(9, 8, 3)
    (range(0, 2), range(3, 6), range(6, 9))
    """
    first = max(0, min((at_hand or 0) - most // 2, steps - most))
    return range(first, min(steps, first + most))


def _step(
    place: int, step: tuple[str, int, int], width: int, counted: int = 0, *, here: bool
) -> Content:
    """A step: its name, and how far it is as a bar where there is room for one.

    ``counted`` is how wide the widest count is, so that the bars stand under each other.
    """
    name, done, planned = step
    count = " " + f"{done}/{planned}".rjust(counted)
    cells = _BAR if width >= _ROOMY else 0
    room = max(4, width - len(count) - (cells + 1 if cells else 0))
    words = f"{'▸' if here else ' '}{place + 1} {name}"[:room]
    style = "bold" if here else ""
    return Content.assemble(
        (f"{words:<{room}}", style),
        (f" {bar(done, planned, cells)}" if cells else "", "$bar"),
        (count, style),
    )


def _product_rows(product: ProductView, width: int, *, tall: bool) -> list[Content]:
    """A product: mL and mg so far, how much of what is planned, and what a shot gives of it."""
    given_ml = number(f"{volume_ml(product.given_nl, Side.UP)} mL")
    if width < _WIDE and not tall:
        return [Content(_product(product, width))]
    words = given_ml
    if product.given_ng is not None:
        words += number(f", {dose_mg(product.given_ng)} mg")
    name = code_words(product.product)
    cells = max(_BAR, width - len(name) - len(words) - 2)
    if len(name) + 1 + cells + 1 + len(words) > width:
        name = name[: max(4, width - cells - len(words) - 2)]
    drawn = bar(product.given_nl, product.planned_nl, cells) if product.planned_nl else ""
    first = Content.assemble(f"{name} ", (f"{drawn} ", "$bar"), (words, "bold"))
    return [first, Content.styled(f"  {_per_shot(product)}", "dim")] if tall else [first]


def _per_shot(product: ProductView) -> str:
    if product.shot_ng is None:
        return number(f"{volume_ml(product.shot_nl, Side.UP)} mL") + _("/shot")
    return number(f"{dose_mg(product.shot_ng)} mg") + _("/shot")


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
            ("● " + _("contact") if contact else "○ " + _("no contact"), "bold" if contact else ""),
            " " + _("bat. {percent} %").format(percent=battery),
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
