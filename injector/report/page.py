"""Pages of HTML in one file: no scripts, nothing from elsewhere, and no text obeyed.

Whatever stands in a page was typed or measured by somebody else. So every value goes
through `visible`, which turns what draws nothing into an escape, and then through
jinja2's own escaping; only what this room has made as markup passes untouched. A policy in
the page's head forbids scripts and every request, should that ever fail.
"""

import json
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from injector.report.speech import Words, to_second
from injector.report.visible import visible

POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""Content-Security-Policy of every page."""


def render(template: str, words: Words, **values: Any) -> str:
    """Return the page that this template makes, in that language."""
    environment = Environment(
        loader=PackageLoader("injector.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.globals["_"] = words.say
    environment.globals["policy"] = Markup(POLICY)  # noqa: S704 -- this file's own words
    environment.globals["language"] = words.language.value
    environment.filters |= {
        "code": words.code,
        "volume": words.volume,
        "depth": words.depth,
        "dose": words.dose,
        "whole": words.whole,
        "thousandths": words.thousandths,
        "figure": words.figure,
        "number": words.number,
        "time": to_second,
        "listed": _listed,
    }
    return environment.get_template(template).render(values)


def _listed(cell: str | None) -> str:
    """The texts of a cell that holds a JSON array, one after the other."""
    return "" if cell is None else ", ".join(map(str, json.loads(cell)))


def _shown(value: object) -> object:
    """What stands for a value in a page."""
    if value is None:
        return ""
    return value if isinstance(value, Markup) else visible(str(value))
