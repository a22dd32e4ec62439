"""All tables of a library file together."""

from typing import Literal

from pydantic import Field

from injector.limits.tables.equipment import DeviceClass, Needle, Syringe
from injector.limits.tables.indications import Indication, Purpose
from injector.limits.tables.products import MixtureLimits, Product, ProductClass
from injector.limits.tables.questions import Checklist, Contraindication
from injector.limits.tables.schedules import Schedule
from injector.limits.tables.session import SessionLimits
from injector.limits.tables.shots import Pace, ShotLimits, Technique
from injector.limits.tables.zones import Group, Zone
from injector.limits.written import Code, Table, Words


class Figures(Table):
    """What a library file says. Codes are the keys of its tables."""

    format: Literal[1]
    name: Words
    version: Words
    shot: ShotLimits = ShotLimits()
    session: SessionLimits = SessionLimits()
    group: dict[Code, Group] = Field(default_factory=dict)
    zone: dict[Code, Zone] = Field(default_factory=dict)
    technique: dict[Code, Technique] = Field(default_factory=dict)
    pace: tuple[Pace, ...] = Field(default=(), strict=False)
    """From shallow to deep."""
    needle: dict[Code, Needle] = Field(default_factory=dict)
    syringe: dict[Code, Syringe] = Field(default_factory=dict)
    device_class: dict[Code, DeviceClass] = Field(default_factory=dict)
    mixture: MixtureLimits = MixtureLimits()
    product_class: dict[Code, ProductClass] = Field(default_factory=dict, alias="class")
    product: dict[Code, Product] = Field(default_factory=dict)
    purpose: dict[Code, Purpose] = Field(default_factory=dict)
    schedule: dict[Code, Schedule] = Field(default_factory=dict)
    indication: dict[Code, Indication] = Field(default_factory=dict)
    contraindication: dict[Code, Contraindication] = Field(default_factory=dict)
    checklist: dict[Code, Checklist] = Field(default_factory=dict)
