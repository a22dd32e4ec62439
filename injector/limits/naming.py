"""What each figure is called, in English, and how its amounts are written.

The console and the reports say the names in the reader's language; their catalogues know
them from here.
"""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Final

from injector.limits.side import Figure
from injector.units import (
    INTERVAL,
    format_cadence_per_min,
    format_concentration_ug_ml,
    format_depth_um,
    format_dose_ng,
    format_duration_min,
    format_flow_nl_s,
    format_needle_um_s,
    format_volume_nl,
    format_weight_g,
)


def mark(message: str) -> str:
    """Marks a message for the catalogues."""
    return message


def _plain(value: int) -> str:
    return str(value)


def _day(value: int) -> str:
    """A day that is counted from 0001-01-01 as 1; a dash where there is none."""
    return date.fromordinal(value).isoformat() if 1 <= value <= date.max.toordinal() else "-"


def _percent(ppm: int) -> str:
    """Millionths as per cent, exactly."""
    whole, rest = divmod(ppm, 10_000)
    return f"{whole}.{rest:04d}".rstrip("0").rstrip(".") + " %"


FIGURES: Final[Mapping[Figure, tuple[str, Callable[[int], str]]]] = {
    Figure.VOLUME: (mark("volume per shot"), format_volume_nl),
    Figure.CHARGE: (mark("volume per shot with the drive's tolerance"), format_volume_nl),
    Figure.DEPTH: (mark("depth"), format_depth_um),
    Figure.FLOW: (mark("flow"), format_flow_nl_s),
    Figure.NEEDLE_SPEED: (mark("needle speed"), format_needle_um_s),
    Figure.CADENCE: (mark("cadence"), format_cadence_per_min),
    Figure.MODE: (mark("mode"), _plain),
    Figure.TECHNIQUE: (mark("technique"), _plain),
    Figure.ZONE: (mark("zone"), _plain),
    Figure.NEEDLE: (mark("needle"), format_depth_um),
    Figure.NEEDLE_LOT: (mark("lot of the sterile set"), _plain),
    Figure.NEEDLE_EXPIRY: (mark("day"), _day),
    Figure.SYRINGE: (mark("syringe"), format_volume_nl),
    Figure.SYRINGE_LEFT: (mark("volume needed from the syringe"), format_volume_nl),
    Figure.MIXTURE_VOLUME: (mark("volume of the mixture"), format_volume_nl),
    Figure.STEP_SHOTS: (mark("shots of the step"), _plain),
    Figure.SESSION_SHOTS: (mark("shots of the session"), _plain),
    Figure.SESSION_VOLUME: (mark("volume of the session"), format_volume_nl),
    Figure.GROUP_SHOTS: (mark("shots in these zones"), _plain),
    Figure.GROUP_VOLUME: (mark("volume in these zones"), format_volume_nl),
    Figure.DAY_SHOTS: (mark("shots in 24 hours"), _plain),
    Figure.DAY_VOLUME: (mark("volume in 24 hours"), format_volume_nl),
    Figure.DAY_GROUP_SHOTS: (mark("shots in these zones in 24 hours"), _plain),
    Figure.DAY_GROUP_VOLUME: (mark("volume in these zones in 24 hours"), format_volume_nl),
    Figure.DURATION: (mark("duration of the session"), format_duration_min),
    Figure.DEVICE_CLASS: (mark("kind of device"), _plain),
    Figure.MIXTURE: (mark("mixture"), _plain),
    Figure.PRODUCTS: (mark("products in the mixture"), _plain),
    Figure.PRODUCT: (mark("product"), _plain),
    Figure.PRODUCT_CLASS: (mark("class of product"), _plain),
    Figure.CONCENTRATION: (mark("concentration"), format_concentration_ug_ml),
    Figure.GIVEN: (mark("what was given of it"), format_dose_ng),
    Figure.EXPIRY: (mark("day"), _day),
    Figure.DOSE: (mark("dose in 24 hours"), format_dose_ng),
    Figure.SHARED_MAXIMUM: (mark("sum of the doses' parts of their maxima"), _percent),
    Figure.PATIENT: (mark("patient"), _plain),
    Figure.WEIGHT: (mark("body weight"), format_weight_g),
    Figure.CONTRAINDICATION: (mark("contraindication"), _plain),
    Figure.ALLERGY: (mark("allergy"), _plain),
    Figure.PURPOSE: (mark("purpose"), _plain),
    Figure.INDICATION: (mark("indication"), _plain),
    Figure.SCHEDULE: (mark("day of the session"), _day),
    Figure.COURSE_SESSIONS: (mark("sessions of the course"), _plain),
    Figure.COURSE_DAYS: (mark("time since the course's first session"), INTERVAL.format),
}
"""The name of each figure, and how its amounts are written, with a decimal point."""
DAYS: Final = (Figure.NEEDLE_EXPIRY, Figure.EXPIRY, Figure.SCHEDULE)
"""Figures whose amounts are days."""
