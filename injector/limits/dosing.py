"""What the library says to the doses of products: by day, by weight, and of a class together.

A dose counts over 24 hours: what this session has given, what was given before and
elsewhere, and what the shots asked for would add at their charge. Every product counts
that is in the mixture or was given at all, so that a dose which stands beyond its
limit ends everything, whatever is in the syringe now. So does one that nobody can tell:
given from a mixture without its concentration, it may stand beyond its limit already.
"""

from collections.abc import Iterator
from math import lcm
from typing import Final, NamedTuple

from injector.limits.context import Context
from injector.limits.mixture import PG_PER_NG
from injector.limits.prepared import ALL_OF_IT_PPM, ProductSides
from injector.limits.side import Figure, SetBy, Side, missing
from injector.limits.use import ONE, Applied, Use

_G_PER_KG: Final = 1_000


class _Member(NamedTuple):
    """A product of a class that shares one maximum."""

    given_ng: int
    mass_pg: int
    """In the whole mixture."""
    most_ng: int
    """Its own hard maximum."""


def doses(context: Context, charge: int) -> Iterator[Applied]:
    """Every side of a dose; ``charge`` is the most that one shot can give, in nL."""
    before, now = context.before.doses, context.doses
    untold = context.untold | context.before.untold
    weight_g = context.patient.weight_g if context.patient else None
    masses = context.mixture.masses_pg
    products = dict.fromkeys(masses)
    for given in (now, before):
        products.update((code, None) for code, dose in given.items() if dose)
    products.update((code, None) for code in sorted(untold))
    # A shot of `charge` nL out of all of the mixture: picograms times nL over nL.
    per = PG_PER_NG * max(1, context.mixture.volume_nl)
    classes: dict[str, list[_Member]] = {}
    unsure = set()
    for code in products:
        sides = context.library.sides.products.get(code)
        if sides is None:
            yield ONE, (missing(Figure.PRODUCT, SetBy.LIBRARY, f"product.{code}", code),)
            continue
        if not sides.limited:
            continue
        given_ng = now.get(code, 0) + before.get(code, 0)
        mass_pg = masses.get(code, 0)
        if mass_pg is None:
            yield ONE, (missing(Figure.CONCENTRATION, SetBy.PRODUCT, f"product.{code}", code),)
            unsure.add(sides.product_class)
            mass_pg = 0
        elif code in untold:
            yield ONE, (missing(Figure.GIVEN, SetBy.PRODUCT, f"product.{code}", code),)
            unsure.add(sides.product_class)
        use = Use(given_ng * per, mass_pg * charge, per)
        yield use, sides.per_day
        if sides.per_kg:
            yield use, _by_weight(weight_g, sides, code)
        if sides.product_class in context.library.sides.shared:
            most_ng = _most_ng(weight_g, sides)
            if most_ng is None:
                unsure.add(sides.product_class)
                if sides.hard_ng_kg is None:
                    place = f"product.{code}.per_day"
                    yield ONE, (missing(Figure.DOSE, SetBy.PRODUCT, place, code),)
            else:
                member = _Member(given_ng, mass_pg, most_ng)
                classes.setdefault(sides.product_class, []).append(member)
    for code, members in classes.items():
        if code not in unsure:  # else the missing limit that makes it unsure is named already
            yield _together(members, charge, per), (context.library.sides.shared[code],)


def _by_weight(weight_g: int | None, sides: ProductSides, code: str) -> tuple[Side, ...]:
    """The product's limits by weight, as doses; rounded down, so never above them."""
    if weight_g is None:
        return (missing(Figure.WEIGHT, SetBy.PATIENT, f"product.{code}.per_kg", code),)
    return tuple([side._replace(bound=side.bound * weight_g // _G_PER_KG) for side in sides.per_kg])


def _most_ng(weight_g: int | None, sides: ProductSides) -> int | None:
    """The product's hard maximum for this patient; None where it has none or it is not known."""
    found = [] if sides.hard_ng is None else [sides.hard_ng]
    if sides.hard_ng_kg is not None:
        if weight_g is None:
            return None
        found.append(sides.hard_ng_kg * weight_g // _G_PER_KG)
    return min(found, default=None)


def _together(members: list[_Member], charge: int, per: int) -> Use:
    """The sum of the members' fractions, exactly: over one denominator, rounded up at the end."""
    whole = lcm(*(member.most_ng for member in members))
    shares = [(member, whole // member.most_ng) for member in members]
    return Use(
        ALL_OF_IT_PPM * per * sum(member.given_ng * share for member, share in shares),
        ALL_OF_IT_PPM * charge * sum(member.mass_pg * share for member, share in shares),
        per * whole,
    )
