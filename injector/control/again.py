"""The plan of a session that was found open, made again from its opening in the log.

Whoever goes on after a restart has the patient before them and not always the plan's file.
The opening holds every code and amount of it; only the words of an override are not there
again, and they stand in the grants that used them.
"""

from typing import Any, Final

from pydantic import ValidationError

from injector.limits.faults import FileError
from injector.limits.library import Library
from injector.shotlog import entries as log
from injector.shotlog.reader import LogReader
from injector.treatment.plan import Plan
from injector.units import (
    format_cadence_per_min,
    format_concentration_ug_ml,
    format_depth_um,
    format_flow_nl_s,
    format_needle_um_s,
    format_volume_nl,
)

OVERRIDDEN: Final = "as the plan said when the session was opened"
_UNTITLED: Final = "a session that was found open"


def plan_and_library(reader: LogReader, session: str) -> tuple[Plan | None, Library | None]:
    """What that session was opened with; None for what the log does not have whole."""
    entry = next(reader.entries(session=session, kinds=("session_opened",)), None)
    if entry is None or not isinstance(entry.body, log.SessionOpened):
        return None, None
    text = reader.library_text(entry.body.library_digest)
    try:
        library = None if text is None else Library.parse(text)
    except FileError:
        library = None
    return plan_again(entry.body, reader.private_text(entry.seq, "/title")), library


def plan_again(opened: log.SessionOpened, title: str | None) -> Plan | None:
    """The plan; None where what the opening holds is no plan of this version."""
    said: Any = opened.plan
    try:
        return Plan.model_validate(
            {
                "title": title or _UNTITLED,
                "indication": said["indication"],
                "purpose": opened.purpose,
                "needle": format_depth_um(opened.needle_um),
                "syringe": format_volume_nl(opened.syringe_nl),
                "mixture": [_product(item) for item in opened.mixture],
                "step": [_step(step) for step in said["steps"]],
            }
        )
    except (ValidationError, KeyError, TypeError, ValueError):
        return None


def _product(item: Any) -> dict[str, Any]:
    concentration = item.concentration_ug_ml
    return {
        "product": item.product,
        "product_class": item.product_class,
        "volume": format_volume_nl(item.volume_nl),
        "multi_dose": item.multi_dose,
    } | (
        {}
        if concentration is None
        else {"concentration": format_concentration_ug_ml(concentration)}
    )


def _step(step: Any) -> dict[str, Any]:
    held = step["setpoint"]
    return {
        "technique": step["technique"],
        "zone": step["zone"],
        "mode": held["mode"],
        "burst": held["burst"] or None,
        "volume": format_volume_nl(held["volume_nl"]),
        "depth": format_depth_um(held["depth_um"]),
        "flow": format_flow_nl_s(held["flow_nl_s"]),
        "needle_speed": format_needle_um_s(held["needle_um_s"]),
        "cadence": format_cadence_per_min(held["cadence_per_min"]),
        "shots": step["shots"],
        "override": OVERRIDDEN if step["override"] else None,
    }
