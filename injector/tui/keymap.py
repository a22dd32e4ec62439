"""Other keys for acts: what the config file may ask for, and what it may not.

A foot pedal is a keyboard that sends one key, so any act can have another key. What is
refused, with a reason: an act that does not exist; a key that not every terminal sends, or
sends as something else; one key for two acts that can both be meant on one screen; and
taking STOP away from F9. STOP may have a second key, which must be a function key: the
terminal's input thread recognises it in the raw bytes (`injector.tui.terminal.tap`).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from injector.limits.faults import Fault
from injector.tui.keys import EVERYWHERE, SCREENS, STOP, Key

KEY: Final = re.compile(r"f[1-9]|f1[0-2]|[^\W_]|[!-+\--/:-@\[-`{-~]")
"""A function key, or one letter, digit or sign; a comma would part two keys."""
_FUNCTION: Final = re.compile(r"f[1-9]|f1[0-2]")
_TAKEN: Final = {"?": "help"}
"""Keys that an act has beside its own."""


def faults_of(keys: Mapping[str, str]) -> list[Fault]:
    """Everything that is wrong with these keys; the place is the act's name."""
    known = {key.action: key for table in (EVERYWHERE, *SCREENS) for key in table}
    found = []
    for action, key in keys.items():
        if action not in known:
            wrong = f"no such act; known here: {', '.join(sorted(known))}"
            found.append(Fault(f"keys.{action}", wrong))
        elif not KEY.fullmatch(key):
            found.append(Fault(f"keys.{action}", _unfit(key)))
        elif action == STOP.action and key != STOP.key and not _FUNCTION.fullmatch(key):
            wrong = f"{key!r}: the second key of STOP is a function key, f1 to f12"
            found.append(Fault(f"keys.{action}", wrong))
    return found or [Fault(f"keys.{action}", wrong) for action, wrong in _clashes(keys)]


def _unfit(key: str) -> str:
    if "+" in key and len(key) > 1:
        why = "not every terminal sends a key held together with another"
    elif key in ("escape", "tab", "enter", "space", "backspace", "up", "down", "left", "right"):
        why = "this key moves and answers everywhere"
    else:
        why = "not every terminal sends this key"
    return f"{key!r}: {why}; one letter, digit or sign, or f1 to f12"


def _clashes(keys: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Acts that would share a key on one screen, each pair once; the one that moved is blamed."""
    told = set()
    for screen in SCREENS or ((),):
        taken = dict(_TAKEN)
        table = [*EVERYWHERE, *screen]
        table.sort(key=lambda key: key.action in keys and key is not STOP)
        for each in table:
            for key in keys_of(each, keys):
                other = taken.setdefault(key, each.action)
                moved = each.action in keys or other in keys
                if moved and other != each.action and (each.action, other) not in told:
                    told.add((each.action, other))
                    blamed, owner = (
                        (each.action, other) if each.action in keys else (other, each.action)
                    )
                    yield blamed, f"{key!r} is the key of {owner!r}; each act needs its own"


def keys_of(key: Key, keys: Mapping[str, str]) -> tuple[str, ...]:
    """The keys of an act under this map. F9 stays STOP whatever stands beside it."""
    other = keys.get(key.action, key.key)
    return (STOP.key, other) if key is STOP and other != STOP.key else (other,)


def stop_keys(keys: Mapping[str, str]) -> frozenset[str]:
    """Every key that is STOP under this map."""
    return frozenset(keys_of(STOP, keys))


def keymap(keys: Mapping[str, str]) -> dict[str, str]:
    """The map as Textual takes it: binding id to keys."""
    known = {key.action: key for table in (EVERYWHERE, *SCREENS) for key in table}
    return {action: ",".join(keys_of(known[action], keys)) for action in keys}
