"""A usual shot on a usual joint, under the library that comes with the package."""

import pytest

from injector.limits.context import Context
from injector.limits.library import Library
from injector.limits.mixture import Mixture, MixtureItem
from injector.limits.setpoint import Repeat, Setpoint
from injector.treatment.shipped import shipped_library
from tests.limits.worlds import DEVICE

SALINE = Mixture((MixtureItem("saline", "carrier", 2_500_000),))


@pytest.fixture(scope="session")
def shipped() -> Library:
    """The shipped library."""
    return shipped_library()


@pytest.fixture
def nappage() -> Setpoint:
    """A shot of nappage."""
    return Setpoint(
        volume_nl=20_000,
        depth_um=2_000,
        flow_nl_s=200_000,
        needle_um_s=100_000,
        cadence_per_min=300,
        mode=Repeat(),
    )


@pytest.fixture
def elbow(shipped: Library) -> Context:
    """The first step of a session on an elbow."""
    return Context(
        library=shipped,
        device=DEVICE,
        technique="nappage",
        zone="elbow",
        needle_um=4_000,
        syringe_nl=2_500_000,
        syringe_left_nl=2_500_000,
        planned_shots=24,
        mixture=SALINE,
    )
