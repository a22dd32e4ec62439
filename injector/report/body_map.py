"""A body seen from the front and from the back, each zone shaded by what it was given.

The outline is made of plain shapes, one or more for each zone of the shipped library. A
zone that a clinic has added has no shape here; the list beside the drawing names it. Five
shades of one colour tell more from less without it, and each zone bears its number in the
list, so that nothing depends on seeing a colour.
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from markupsafe import Markup

_WIDTH, _HEIGHT = 400, 400
_FRONT, _BACK = 100, 300
"""Where the middle of each figure is."""


class _Shape(NamedTuple):
    """An ellipse, or a rectangle with round corners, by its middle and half its size."""

    x: int
    y: int
    width: int
    height: int
    round: bool = False


def _both(x: int, y: int, width: int, height: int, *, round_: bool = False) -> tuple[_Shape, ...]:
    return tuple(_Shape(side * x, y, width, height, round_) for side in (-1, 1))


_LIMBS: Final[Mapping[str, tuple[_Shape, ...]]] = {
    "limbs": (
        *_both(55, 128, 9, 26), *_both(63, 189, 8, 25), *_both(21, 268, 13, 30),
        *_both(21, 335, 10, 25),
    ),
    "shoulder": _both(48, 96, 14, 13, round_=True),
    "elbow": _both(59, 160, 10, 10, round_=True),
    "wrist_and_hand": _both(67, 228, 10, 17, round_=True),
    "hip": (_Shape(0, 222, 36, 20),),
    "knee": _both(21, 304, 13, 12, round_=True),
    "ankle_and_foot": _both(25, 372, 14, 14, round_=True),
}  # fmt: skip
_SEEN_FROM_FRONT: Final[Mapping[str, tuple[_Shape, ...]]] = {
    "scalp": (_Shape(0, 26, 22, 18, round=True),),
    "face": (_Shape(0, 42, 19, 22, round=True),),
    "neck": (_Shape(0, 73, 10, 10),),
    **_LIMBS,
    "chest": (_Shape(0, 116, 36, 34),),
    "abdomen": (_Shape(0, 176, 33, 27),),
}
_SEEN_FROM_BACK: Final[Mapping[str, tuple[_Shape, ...]]] = {
    "scalp": (_Shape(0, 36, 22, 28, round=True),),
    "neck": (_Shape(0, 73, 10, 10),),
    **_LIMBS,
    "back": (_Shape(0, 142, 35, 60),),
}
ZONES: Final = _SEEN_FROM_FRONT.keys() | _SEEN_FROM_BACK.keys()
"""The zones that it can show."""
_SHADES: Final = ("#d6e6f2", "#a6cbe5", "#6aa9d3", "#2f83bb", "#00568a")
_NONE: Final = "#ffffff"


def body_map(given: Sequence[tuple[str, int]], front: str, back: str) -> Markup:
    """Draw what each zone was given; its number is its place in ``given``, from 1.

    ``front`` and ``back`` are the words under the two figures.
    """
    most = max((amount for _, amount in given), default=0)
    numbers = {zone: number for number, (zone, _) in enumerate(given, 1)}
    amounts = dict(given)
    parts = [
        f'<svg class="body" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img">',
    ]
    for middle, zones, words in (
        (_FRONT, _SEEN_FROM_FRONT, front),
        (_BACK, _SEEN_FROM_BACK, back),
    ):
        for zone, shapes in zones.items():
            shade = _shade(amounts[zone], most) if zone in amounts else _NONE
            parts += [_drawn(shape, middle, shade) for shape in shapes]
        for zone, shapes in zones.items():
            if zone in numbers:
                dark = _shade(amounts[zone], most) in _SHADES[3:]
                parts += [_number(shape, middle, numbers[zone], dark=dark) for shape in shapes]
        parts.append(
            f'<text x="{middle}" y="{_HEIGHT - 2}" text-anchor="middle" font-size="11">'
            f"{Markup.escape(words)}</text>"
        )
    return Markup("".join(parts) + "</svg>")  # noqa: S704 -- shapes, numbers and an escaped word


def _shade(amount: int, most: int) -> str:
    """More is darker; what was given at all is never white."""
    return _SHADES[0 if most <= 0 else min(len(_SHADES) - 1, len(_SHADES) * amount // most)]


def _drawn(shape: _Shape, middle: int, fill: str) -> str:
    x, y = middle + shape.x, shape.y
    line = f'fill="{fill}" stroke="#333333" stroke-width="1"'
    if shape.round:
        return f'<ellipse cx="{x}" cy="{y}" rx="{shape.width}" ry="{shape.height}" {line}/>'
    return (
        f'<rect x="{x - shape.width}" y="{y - shape.height}" width="{2 * shape.width}" '
        f'height="{2 * shape.height}" rx="8" {line}/>'
    )


def _number(shape: _Shape, middle: int, number: int, *, dark: bool) -> str:
    # In the upper part of a head, so that the face does not lie over it.
    y = shape.y - (shape.height // 2 if shape.y < 40 else 0) + 4
    fill = "#ffffff" if dark else "#000000"
    return (
        f'<text x="{middle + shape.x}" y="{y}" text-anchor="middle" font-size="12" '
        f'font-weight="bold" fill="{fill}">{number}</text>'
    )
