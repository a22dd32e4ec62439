"""What a benchmark promises, as it is written into its file: word for word, so that a bar that
was loosened shows in a test."""

from typing import Any


def promised(written: dict[str, Any]) -> dict[str, tuple[float, str]]:
    """Return the bound of each bar, and on which side of it the figure must be."""
    return {bar["name"]: (bar["bound"], bar["side"]) for bar in written["bars"]}
