"""Host and gun as processes, killed with SIGKILL at random moments, hundreds of times.

``injector run`` drives ``injector simulate`` over a pty, into one shot log; the gun's
permanent memory is a file. Either is killed, or both, and started again on what it left,
and killed again. Most kills fall where it hurts, between a session's first grant and its
last acknowledgement. After every kill the log must open and verify, and have permitted
what was fired; at the end of a round, after one run that nobody disturbs, log, gun's
memory and the witness at its moving parts must tell the same.

    python -m tests.processes.kill --host 300 --gun 300 --seed 1

A seed repeats the choices, not the instants: those are the operating system's. A round
that breaks is left on disk, and its folder is named.
"""

import argparse
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from tests.acceptance.stage import COMMAND, holding_hand, step, write_plan
from tests.processes.reckoning import (
    BrokenError,
    Memory,
    Reckoned,
    check_verifies,
    reckon,
    standing,
)
from tests.processes.victims import PATIENCE_S, Gun, Host, wait_for
from tests.processes.witness import Witness

Victim = Literal["host", "gun"]
Phase = Literal["starting", "dosing", "ending", "again"]
_PHASES: Final[tuple[Phase, ...]] = ("starting", "dosing", "ending")
_WEIGHTS: Final = (8, 84, 8)

PER_ROUND: Final = 10
"""Kills of each kind in one round: one log, one gun."""
STEPS: Final = (
    step(shots=10),
    step(mode="burst", burst=8, flow="200 µL/s", cadence="8/s", shots=8),
    step(volume="0.030 mL", flow="60 µL/s", cadence="90/min", shots=3),
)
"""Fast shots, a burst, and slow ones that are easily cut in two."""
SHOTS: Final = 21
LAST_STEPS: Final = (step(shots=4),)


@dataclass(slots=True)
class Round:
    """One log and one gun, and those who are killed."""

    folder: Path
    chance: random.Random
    victims: list[Victim]
    command: Sequence[str] = COMMAND
    """The host's program."""
    witness: Witness = field(default_factory=Witness)
    done: Counter[str] = field(default_factory=Counter)
    """Kills by victim and phase; ``open``: with a grant not settled in the log."""

    def play(self) -> Reckoned:
        """Kill, start again, and reckon at the end."""
        hand_plan = write_plan(self.folder, *STEPS, hand=holding_hand(8))
        hand = self.folder / "hand.jsonl"
        refill = holding_hand(8).replace(
            '{"wait": "armed"}',
            '{"do": "syringe", "volume_nl": 2000000, "size_nl": 2000000}, {"wait": "armed"}',
        )
        hand.write_text(refill, encoding="utf-8")
        last_plan = write_plan(self.folder, *LAST_STEPS, title="Last")
        gun = Gun(self.folder, hand, self.witness)
        with ExitStack() as stack:
            stack.callback(gun.kill)
            host: Host | None = None
            for victim in self.victims:
                host = self._kill_one(victim, hand_plan, gun, host)
            if host is not None:
                host.kill()
                host.close()
            self._finish(last_plan, gun)
        check_verifies(self.folder / "log")
        return reckon(self.folder / "log", Memory.of(gun.state), self.witness)

    def _finish(self, plan: Path, gun: Gun) -> None:
        """One run that nobody disturbs."""
        if not gun.lives:
            gun.start()
        host = Host(self.folder, plan, gun)
        ended = host.wait(PATIENCE_S)
        if not ended:
            host.kill()
        host.close()
        if not ended:
            raise BrokenError("the last run came to no end")
        gun.end()

    def _kill_one(self, victim: Victim, plan: Path, gun: Gun, host: Host | None) -> Host | None:
        """Bring both to some moment, and kill ``victim``; return the host that is left."""
        phase: Phase = "again"
        if host is not None and not host.wait(0) and self.chance.random() < 0.4:
            # At once after the other one's death, while that is being found out.
            host.wait(self.chance.uniform(0, 1.2))
        else:
            host, phase = self._at_a_moment(plan, gun, host)
        self.done[f"{victim} {phase}"] += 1
        if victim == "host" and host is not None:
            host.kill()
        elif gun.lives:
            gun.kill()
        self._check(gun)
        if victim == "gun":
            if host is not None:
                host.disturbed = True
                host.wait(self.chance.choice((0, 0, 0.1, 0.8)))
            if self.chance.random() < 0.1 and host is not None:
                host.kill()  # both at once
                self.done["both"] += 1
            gun.start()
            return host
        if host is not None:
            host.close()
        if self.chance.random() < 0.15:
            wait_for([], self.chance.uniform(0, 0.7))  # before the lease's end, or after it
            gun.kill()
            self.done["both"] += 1
            self._check(gun)
        return None

    def _at_a_moment(self, plan: Path, gun: Gun, host: Host | None) -> tuple[Host, Phase]:
        """Let a session run up to some moment."""
        while True:
            host = self._both_up(plan, gun, host)
            phase: Phase = self.chance.choices(_PHASES, _WEIGHTS)[0]
            if self._reach(phase, gun, host):
                return host, phase

    def _both_up(self, plan: Path, gun: Gun, host: Host | None) -> Host:
        if not gun.lives:
            gun.start()
        if host is not None and host.wait(0):
            host.close()
            host = None
        return Host(self.folder, plan, gun, self.command) if host is None else host

    def _reach(self, phase: str, gun: Gun, host: Host) -> bool:
        """Let both run up to the moment; False where the host ended before it."""
        before = self.witness.begun
        match phase:
            case "starting":
                return not host.wait(self.chance.uniform(0, 0.9))
            case "dosing":
                if not gun.begins_shots(before + 1, host):
                    return False
                return not host.wait(min(4.0, self.chance.expovariate(1.0)))
            case _:
                if not gun.begins_shots(before + SHOTS, host):
                    return False
                return not host.wait(self.chance.uniform(0, 0.8))

    def _check(self, gun: Gun) -> None:
        """The log, whoever has just died: it opens, verifies, and permitted what was fired."""
        log = self.folder / "log"
        if gun.lives:
            gun.listen()
        fired = self.witness.begun
        if not log.exists():
            if fired:
                raise BrokenError(f"{fired} shots, and no log")
            return
        check_verifies(log)
        stands = standing(log)
        self.done["with a grant open"] += stands.open
        if fired > stands.permitted:
            raise BrokenError(f"{fired} shots were fired, and {stands.permitted} permitted")


@dataclass(slots=True)
class Total:
    """What all rounds came to."""

    rounds: int = 0
    lost: int = 0
    doubled: int = 0
    fired: int = 0
    uncertain: int = 0
    partial: int = 0
    sessions: int = 0
    cut: int = 0
    kills: Counter[str] = field(default_factory=Counter)

    def add(self, played: Round, found: Reckoned) -> None:
        """Add a round."""
        self.rounds += 1
        self.lost += found.lost
        self.doubled += found.doubled
        self.fired += found.fired
        self.uncertain += found.uncertain
        self.partial += found.partial
        self.sessions += found.sessions
        self.cut += played.witness.cut
        self.kills += played.done

    def killed(self, victim: Victim) -> int:
        """Kills of that kind."""
        return sum(count for name, count in self.kills.items() if name.startswith(f"{victim} "))

    def __str__(self) -> str:
        kinds = ", ".join(f"{name} {count}" for name, count in sorted(self.kills.items()))
        verified = f"{self.rounds} of {self.rounds} logs verify"
        return (
            f"{self.killed('host')} hosts and {self.killed('gun')} guns killed in"
            f" {self.rounds} rounds ({kinds}); {self.sessions} sessions, {self.fired} shots fired,"
            f" {self.partial} of them partial, {self.uncertain} uncertain, {self.cut} in motion"
            f" as the gun was killed: {self.lost} lost, {self.doubled} doubled, {verified}"
        )


def play(host: int, gun: int, seed: int, folder: Path | None = None) -> Iterator[Total]:
    """Kill so many of each in rounds; yields the total after each round.

    Raises ``BrokenError``; the round's folder then stays where it is, and is named.
    """
    chance = random.Random(seed)  # noqa: S311 -- choices that can be repeated, no secret
    victims: list[Victim] = ["host"] * host
    victims += ["gun"] * gun
    chance.shuffle(victims)
    total = Total()
    while victims:
        now, victims = victims[: 2 * PER_ROUND], victims[2 * PER_ROUND :]
        with _room(folder) as where:
            played = Round(where, random.Random(chance.getrandbits(64)), now)  # noqa: S311
            total.add(played, played.play())
        yield total


@contextmanager
def _room(inside: Path | None) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="injector-kill-", dir=inside))
    try:
        yield folder
    except Exception as error:
        error.add_note(f"what is left of it stands in {folder}")
        raise
    shutil.rmtree(folder)


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise ValueError(text)
    return number


def main() -> None:
    """Run it from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.processes.kill", description=__doc__)
    parser.add_argument("--host", type=_count, default=300, help="how many hosts to kill")
    parser.add_argument("--gun", type=_count, default=300, help="how many guns to kill")
    parser.add_argument("--seed", type=_count, default=1)
    given = parser.parse_args()
    began_s = time.monotonic()
    total = Total()
    try:
        for total in play(given.host, given.gun, given.seed):
            done = total.killed("host") + total.killed("gun")
            print(
                f"round {total.rounds}: {done} of {given.host + given.gun} kills,"
                f" {total.fired} shots, {time.monotonic() - began_s:.0f} s",
                file=sys.stderr,
            )
    except BrokenError as error:
        print(f"broken in round {total.rounds + 1} of seed {given.seed}: {error}", file=sys.stderr)
        print("\n".join(getattr(error, "__notes__", [])), file=sys.stderr)
        sys.exit(1)
    print(f"seed {given.seed}: {total}")


if __name__ == "__main__":
    main()
