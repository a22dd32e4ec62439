"""A home of its own, so that nothing of the person who runs the tests is read or written."""

from collections.abc import Iterator

import pytest

from injector.cli.simulator_process import SimulatorProcess
from tests.tui.bench import Hand, hand_on
from tests.tui.forked import engines_forked, forked_simulator


@pytest.fixture(scope="session", autouse=True)
def _home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name in ("HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name.lower())))
        for name in ("NO_COLOR", "INJECTOR_LANGUAGE", "INJECTOR_THEME", "INJECTOR_IDLE_LOCK_S"):
            patch.delenv(name, raising=False)
        patch.setenv("LC_ALL", "C.UTF-8")
        yield


@pytest.fixture(autouse=True)
def _engines(_home: None) -> Iterator[None]:
    """For these tests alone: those of `tests/processes` begin engines as the commands do."""
    with engines_forked():
        yield


@pytest.fixture
def gun() -> Iterator[SimulatorProcess]:
    """A gun on a real pty, with 2.2 mL in its syringe."""
    with forked_simulator() as process:
        yield process


@pytest.fixture
def hand(gun: SimulatorProcess) -> Iterator[Hand]:
    """The hand that holds it."""
    with hand_on(gun.control) as held:
        held.do("syringe", volume_nl=2_200_000, size_nl=2_500_000)
        yield held
