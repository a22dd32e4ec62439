"""What the library says to a mixture as such: how many products, which, of what class, in date.

Nothing here depends on how much is given.
"""

from collections.abc import Iterator

from injector.limits.bound import Strength
from injector.limits.context import Context
from injector.limits.mixture import MixtureItem
from injector.limits.realm import Realm
from injector.limits.side import Figure, Level, Rule, SetBy, Side, missing
from injector.limits.use import ONE, Applied, Use


def mixture(context: Context) -> Iterator[Applied]:
    """Every side of the mixture in ``context``. Unknown products are `dosing`'s to name."""
    items = context.mixture.items
    # Without a mixture, too: a library that says nothing of the number is told of at once.
    yield Use(len(context.mixture.masses_pg)), context.library.sides.products_count
    if not items:
        yield ONE, (missing(Figure.MIXTURE, SetBy.MIXTURE, "mixture"),)
        return
    for product, said in dict.fromkeys((item.product, item.product_class) for item in items):
        yield from _of_the_class(context, product, said)
    for item in items:
        yield from _of_the_date(context, item)


def _of_the_class(context: Context, product: str, said: str) -> Iterator[Applied]:
    """``said`` is the class that whoever mixed it gives; it must be the library's."""
    library = context.library
    if said not in library.figures.product_class:
        yield ONE, (missing(Figure.PRODUCT_CLASS, SetBy.LIBRARY, f"class.{said}", product),)
    known = library.sides.products.get(product)
    classes = {said} if known is None else {said, known.product_class}
    if len(classes) > 1:
        place = f"product.{product}.class"
        yield ONE, (missing(Figure.PRODUCT_CLASS, SetBy.LIBRARY, place, product),)
    for code in sorted(classes):
        refused = library.sides.refused_classes.get(code)
        if refused is not None:
            yield ONE, (refused,)


def _of_the_date(context: Context, item: MixtureItem) -> Iterator[Applied]:
    place = f"mixture.{item.product}.expiry"
    if item.expiry is None:
        if context.realm is Realm.CLINICAL:
            yield ONE, (missing(Figure.EXPIRY, SetBy.MIXTURE, place, item.product),)
        return
    if context.today is None:
        yield ONE, (missing(Figure.EXPIRY, SetBy.MIXTURE, "today", item.product),)
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
    yield Use(context.today.toordinal()), (last_day,)
