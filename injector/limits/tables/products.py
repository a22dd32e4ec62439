"""What may be in a syringe: products, their classes, and how many together."""

from pydantic import Field

from injector.limits.bound import DoseBound, DosePerKgBound, ProductsBound, Sourced
from injector.limits.written import Code, Table, Words


class MixtureLimits(Table):
    """What limits a mixture as a whole."""

    products: ProductsBound | None = None
    """How many different products; without it no mixture is allowed."""


class ProductClass(Table):
    """What kind of substance a product is."""

    name: Words
    refused: Sourced | None = None
    """Where it stands, no product of this class is allowed, for this reason."""
    shared_maximum: Sourced | None = None
    """Where it stands, the products of this class share one maximum: what was given of each,
    as a fraction of its own hard maximum, adds up to at most one."""


class Product(Table):
    """A product that may be in a mixture. One that is not listed is refused."""

    name: Words
    product_class: Code = Field(alias="class")
    per_day: DoseBound | None = None
    """Of this product in 24 hours, given elsewhere included."""
    per_kg: DosePerKgBound | None = None
    """The same by body weight; without a weight the product is refused."""
    doping: Sourced | None = None
    """Where it stands, the product is on a doping list: flagged for athletes, never refused."""
