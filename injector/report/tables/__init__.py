"""The tables that people ask: what each column means, its unit, and where it comes from.

This is the one definition. The auditor's web, CSV, JSON Lines and Parquet are made from
the same database (`injector.report.deriving`), so that a figure has one meaning wherever
it is read.

A column's name ends in its unit: ``_nl`` nanolitres, ``_um`` micrometres, ``_nl_s``
nanolitres a second, ``_um_s`` micrometres a second, ``_per_min`` a minute, ``_pa`` pascals,
``_us`` microseconds, ``_ng`` nanograms, ``_g`` grams, ``_ug_ml`` micrograms a millilitre,
``_s`` seconds. Amounts are integers. A name that ends in ``_utc`` is a time in UTC as ISO
8601 writes it, with microseconds. ``_by`` and ``by_person`` are ids of people who answer
for what is recorded; patients are random ids. Private texts stand in none of the `TABLES`.
What people typed all the same (a lot, a name) stands there as `injector.report.visible` shows it.

Most columns are SQL over the body of one entry, which is ``e`` there. What has to be added
up by filling (``dose``, and what counts as given in a session) is added in `deriving`.
"""

from typing import Final

from injector.report.table import Table
from injector.report.tables.limits import OVERRIDE, REFUSED
from injector.report.tables.sessions import DOSE, SESSION
from injector.report.tables.shots import EXCEPTIONAL, GRANT, HAND_SHOTS, SHOT
from injector.report.tables.syringes import INGREDIENT, SYRINGE
from injector.report.tables.troubles import ADVERSE_EVENT, ALARM, GAP
from injector.report.tables.vouching import ACCESS, ANCHOR, SIGNATURE, TEXT

__all__ = [
    "ACCESS", "ADVERSE_EVENT", "ALARM", "ANCHOR", "DOSE", "EXCEPTIONAL", "FROM_ENTRIES", "GAP",
    "GRANT", "HAND_SHOTS", "INGREDIENT", "OVERRIDE", "REFUSED", "SESSION", "SHOT", "SIGNATURE",
    "SYRINGE", "TABLES", "TEXT", "order", "table",
]  # fmt: skip

FROM_ENTRIES: Final = (
    ALARM,
    GAP,
    SIGNATURE,
    REFUSED,
    ADVERSE_EVENT,
    HAND_SHOTS,
    SYRINGE,
    INGREDIENT,
    ACCESS,
    ANCHOR,
    OVERRIDE,
    SESSION,
)
"""What SQL makes of entries beside grants and shots, each after those that it looks at."""

TABLES: Final = (
    SESSION,
    DOSE,
    SHOT,
    HAND_SHOTS,
    GRANT,
    OVERRIDE,
    REFUSED,
    ALARM,
    GAP,
    ADVERSE_EVENT,
    SYRINGE,
    INGREDIENT,
    SIGNATURE,
    ACCESS,
    ANCHOR,
)
"""Every table, in the order in which people look at them. None holds a private text."""


def table(name: str) -> Table:
    """Return the table of that name."""
    return next(each for each in (*TABLES, TEXT) if each.name == name)


def order(of: Table) -> tuple[str, ...]:
    """Return the columns that its rows are in order by."""
    return ("opened_seq",) if of is SESSION else of.key
