"""Writes ``docs/states.md`` from the controller's table; ``--check`` only compares."""

import sys
from pathlib import Path

from injector.control.states import GRANTING, LINKED, TABLE, State, Turn

PAGE = Path(__file__).parent / "states.md"
EVERYWHERE = (Turn.PORT_LOST, Turn.LOG_FAILED, Turn.END)
WHEN_LINKED = (Turn.STOP, Turn.LINK_GONE, Turn.LINK_TAKEN)


def page() -> str:
    """The page, from the table and the states' own docstrings."""
    own = [
        (state, turn, to)
        for (state, turn), to in TABLE.items()
        if turn not in (*EVERYWHERE, *WHEN_LINKED)
    ]
    lines = [
        "# The controller's states",
        "",
        "Made from the table in `injector/control/states.py` by `docs/make_states.py`;",
        "CI compares. What the diagram leaves out, for being the same everywhere: every",
        "state has these turns:",
        "",
        *(f"- {turn}: to {to}" for turn, to in _same_everywhere(EVERYWHERE, State.READY)),
        "",
        "and every linked state has these:",
        "",
        *(f"- {turn}: to {to}" for turn, to in _same_everywhere(WHEN_LINKED, State.READY)),
        "",
        "A turn that is in neither place cannot happen.",
        "",
        "```mermaid",
        "stateDiagram-v2",
        f"    [*] --> {State.OFFLINE}",
        *(f"    {state} --> {to}: {turn}" for state, turn, to in own),
        f"    {State.ENDED} --> [*]",
        "```",
        "",
        f"Linked: {_names(LINKED)}. Granting: {_names(GRANTING)}.",
        "",
        "| state | turn | next |",
        "| --- | --- | --- |",
        *(f"| {state} | {turn} | {to} |" for (state, turn), to in TABLE.items()),
    ]
    return "\n".join(lines) + "\n"


def _same_everywhere(turns: tuple[Turn, ...], example: State) -> list[tuple[Turn, State]]:
    return [(turn, TABLE[example, turn]) for turn in turns]


def _names(states: frozenset[State]) -> str:
    return ", ".join(state for state in State if state in states)


if __name__ == "__main__":
    made = page()
    if "--check" in sys.argv:
        if not PAGE.is_file() or PAGE.read_text(encoding="utf-8") != made:
            sys.exit(f"{PAGE.name} is not what the table says; run docs/make_states.py")
    else:
        PAGE.write_text(made, encoding="utf-8")
