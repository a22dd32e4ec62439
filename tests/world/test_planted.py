"""The harness can fail: each mistake planted in host or firmware is found by `soak`.

The bound of issue and suite is 200 seeds; histories are drawn so that most are found
within ten. `make soak` has the same worlds without a mistake, by the thousand.
"""

from collections.abc import Callable

import pytest

from injector.world.invariants import Invariant
from injector.world.soaking import Soak
from tests.world.planted import PLANTED

SEEDS = 200
SHOTS = 60
INVARIANTS = {invariant.value for invariant in Invariant}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_mistake_is_found_within_200_seeds(
    name: str, monkeypatch: pytest.MonkeyPatch, record_property: Callable[[str, object], None]
) -> None:
    PLANTED[name](monkeypatch)
    for played in Soak().run(range(SEEDS), SHOTS):
        if played.broken is not None:
            break
    else:
        pytest.fail(f"{SEEDS} seeds passed")
    record_property("seed", played.history.seed)
    assert played.broken.kind in INVARIANTS
