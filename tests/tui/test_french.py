"""The real console on a real terminal, in French."""

from pathlib import Path

import pytest

from injector.cli.simulator_process import SimulatorProcess
from tests.tui.bench import Hand
from tests.tui.test_on_a_terminal import open_terminal


@pytest.mark.parametrize(
    "env", [{"INJECTOR_LANGUAGE": "fr"}, {"LC_ALL": "", "LC_MESSAGES": "fr_FR.UTF-8"}]
)
def test_the_console_speaks_french_where_it_is_asked_to(
    env: dict[str, str], gun: SimulatorProcess, hand: Hand, tmp_path: Path
) -> None:
    with open_terminal(gun, tmp_path / "shots.db", env=env) as terminal:
        terminal.wait("ENTRAÎNEMENT", "A R R Ê T É", "STOP verrouillé ; r le lève")
        terminal.send(b"r")
        terminal.wait("P R Ê T", "o ouvre la séance")
        terminal.send(b"o")
        terminal.wait("a arme l'étape 1 sur 2 : nappage, coude, 48 tirs")
        terminal.send(b"a")
        terminal.wait("A R M É", "0,020 mL", "pas de contact avec la peau")
        hand.shoot()
        terminal.wait("complet")
        terminal.send(b"\x1b[20~")
        terminal.wait("A R R Ê T É")
