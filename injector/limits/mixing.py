"""What the library says to a mixture as such: how many products, which, of what class, in date.

Nothing here depends on how much is given.
"""

from collections.abc import Iterator

from injector.limits.bound import Strength
from injector.limits.context import Context
from injector.limits.mixture import MixtureItem
from injector.limits.realm import Realm
from injector.limits.side import Figure, Level, Rule, SetBy, Side, missing
from injector.limits.use import ONE, Use


def mixture(context: Context) -> Iterator[tuple[Side, Use]]:
    """Every side of the mixture in ``context``. Unknown products are `dosing`'s to name."""
    items = context.mixture.items
    if not items:
        yield missing(Figure.MIXTURE, SetBy.MIXTURE, "mixture"), ONE
        return
    count = Use(len(context.mixture.products))
    for side in context.library.sides.products_count:
        yield side, count
    for product, said in dict.fromkeys((item.product, item.product_class) for item in items):
        yield from _of_the_class(context, product, said)
    for item in items:
        yield from _of_the_date(context, item)


def _of_the_class(context: Context, product: str, said: str) -> Iterator[tuple[Side, Use]]:
    """``said`` is the class that whoever mixed it gives; it must be the library's."""
    library = context.library
    if said not in library.figures.product_class:
        yield missing(Figure.PRODUCT_CLASS, SetBy.LIBRARY, f"class.{said}", product), ONE
    known = library.sides.products.get(product)
    classes = {said} if known is None else {said, known.product_class}
    if len(classes) > 1:
        yield missing(Figure.PRODUCT_CLASS, SetBy.LIBRARY, f"product.{product}.class", product), ONE
    for code in sorted(classes):
        refused = library.sides.refused_classes.get(code)
        if refused is not None:
            yield refused, ONE


def _of_the_date(context: Context, item: MixtureItem) -> Iterator[tuple[Side, Use]]:
    place = f"mixture.{item.product}.expiry"
    if item.expiry is None:
        if context.realm is Realm.CLINICAL:
            yield missing(Figure.EXPIRY, SetBy.MIXTURE, place, item.product), ONE
        return
    if context.today is None:
        yield missing(Figure.EXPIRY, SetBy.MIXTURE, "today", item.product), ONE
        return
    last_day = Side(
        Figure.EXPIRY,
        Rule.MOST,
        item.expiry.toordinal(),
        Level.HARD,
        SetBy.PRODUCT,
        place,
        "",
        Strength.LABEL,
        item.product,
    )
    yield last_day, Use(context.today.toordinal())
