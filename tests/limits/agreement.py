"""One question to both: the engine, and the evaluator that was written from the text."""

import re
from collections import Counter
from fractions import Fraction
from itertools import pairwise

from injector.limits.context import Axis, Context, DeviceEnvelope
from injector.limits.course import Course
from injector.limits.exposure import Exposure, SessionExposure
from injector.limits.flags import flags
from injector.limits.given import Given
from injector.limits.library import Library
from injector.limits.mixture import Mixture, MixtureItem
from injector.limits.patient import Answer, Patient
from injector.limits.realm import Realm
from injector.limits.room import room
from injector.limits.setpoint import Burst, Mode, Perfusion, Repeat, Setpoint, Single
from injector.limits.verdict import Allow, Passed, Refuse, Soft, judge
from tests.limits import bruteforce
from tests.limits.bruteforce import Beyond, Question, charge_of
from tests.limits.drawn_library import Table, as_toml

_MODES: dict[str, Mode] = {
    "single": Single(),
    "repeat": Repeat(),
    "burst": Burst(3),
    "perfusion": Perfusion(),
}
_OUTCOMES = {Allow: "allow", Soft: "soft", Refuse: "refuse"}
OUTCOMES = ("allow", "soft", "refuse")
"""From the mildest on."""


def to_engine(library: Library, asked: Question) -> tuple[Setpoint, Context]:
    """The question in the engine's words."""
    setpoint = Setpoint(
        volume_nl=asked.volume_nl,
        depth_um=asked.depth_um,
        flow_nl_s=asked.flow_nl_s,
        needle_um_s=asked.needle_um_s,
        cadence_per_min=asked.cadence_per_min,
        mode=_MODES[asked.mode],
    )
    axes = {figure: Axis(*axis) for figure, axis in asked.device.items()}
    patient = asked.patient and Patient(
        weight_g=asked.patient.weight_g,
        conditions={code: Answer(word) for code, word in asked.patient.conditions.items()},
        athlete=asked.patient.athlete,
        allergies=asked.patient.allergies,
    )
    context = Context(
        library=library,
        device=DeviceEnvelope(**axes, tolerance_ppm=asked.tolerance_ppm),
        technique=asked.technique,
        zone=asked.zone,
        needle_um=asked.needle_um,
        syringe_nl=asked.syringe_nl,
        syringe_left_nl=asked.left_nl,
        planned_shots=asked.planned,
        exposure=_exposure(asked.shots, asked.volumes),
        overridden=asked.overridden,
        realm=Realm.CLINICAL if asked.clinical else Realm.TRAINING,
        device_class=asked.device_class,
        mixture=Mixture(
            tuple(
                MixtureItem(
                    product=item.product,
                    product_class=item.product_class,
                    volume_nl=item.volume_nl,
                    concentration_ug_ml=item.concentration_ug_ml,
                    expiry=item.expiry,
                )
                for item in asked.mixture
            )
        ),
        doses=asked.doses,
        patient=patient,
        untold=asked.untold,
        before=Given(
            _exposure(asked.shots_before, asked.volumes_before),
            asked.doses_before,
            asked.untold_before,
        ),
        today=asked.today,
        purpose=asked.purpose,
        indication=asked.indication,
        course=None if asked.course is None else Course(*asked.course),
        elapsed_min=asked.elapsed_min,
        needle_lot=asked.needle_lot,
        needle_expiry=asked.needle_expiry,
    )
    return setpoint, context


class Compared:
    """Both answers to one question."""

    def __init__(self, tables: Table, asked: Question) -> None:
        """``tables`` are those of a library file, which the engine gets as text."""
        self.tables = tables
        self.asked = asked
        self.expected = bruteforce.evaluate(self.tables, asked)
        self.shots = bruteforce.most_shots(self.tables, asked)
        self.library = Library.parse(as_toml(tables))
        self.setpoint, self.context = to_engine(self.library, asked)
        self.verdict = judge(self.setpoint, self.context)
        self.outcome = _OUTCOMES[type(self.verdict)]
        self.room = room(self.setpoint, self.context)

    def difference(self) -> str | None:
        """What they do not agree on, or None."""
        named = {_beyond(passed) for passed in self.verdict.passed}
        only_engine = sorted(named - self.expected.passed)
        only_text = sorted(self.expected.passed - named)
        found = []
        if self.outcome != self.expected.outcome:
            found.append(
                f"outcome: the engine says {self.outcome}, the text {self.expected.outcome}"
            )
        if only_engine:
            found.append(f"only the engine names {only_engine}")
        if only_text:
            found.append(f"only the text names {only_text}")
        if self.room.shots != self.shots:
            found.append(f"room: the engine says {self.room.shots}, the text {self.shots}")
        if self.room.volume_nl != self.shots * bruteforce.charge(self.asked):
            found.append(f"room: {self.room.volume_nl} nL for {self.shots} shots")
        patient, mixture = self.context.patient, self.context.mixture
        on_a_list = {flag.product for flag in flags(mixture, patient, self.library)}
        if on_a_list != bruteforce.flagged(self.tables, self.asked):
            found.append(f"flagged: the engine says {on_a_list}")
        found += [*self._order(), *self._sources(), *self._what_would_pass()]
        return "; ".join(found) or None

    def _order(self) -> list[str]:
        """The most limiting first."""
        ranks = [_rank(passed) for passed in self.verdict.passed]
        if any(one[0] > next_[0] for one, next_ in pairwise(ranks)):
            return ["order: missing, forbidden, hard, soft"]
        for one, next_ in pairwise(ranks):
            if one[0] == next_[0] and one[1] + Fraction(2, 1_000_000) < next_[1]:
                return [f"order: {one} stands before {next_}"]
        return []

    def _sources(self) -> list[str]:
        """Each with its source and strength, as they stand in the file."""
        wrong = []
        for passed in self.verdict.passed:
            table = self._table(passed)
            if table is not None and (passed.source, passed.strength) != (
                table["source"],
                table["strength"],
            ):
                wrong.append(f"{passed.limit}: its source is not {passed.source!r}")
        return wrong

    def _what_would_pass(self) -> list[str]:
        """The nearest value that this limit lets pass and that the device can do."""
        wrong = []
        for passed in self.verdict.passed:
            figure = passed.figure.value.replace("charge_nl", "volume_nl")
            if passed.rule.value in ("missing", "forbidden"):
                expected: set[int | None] = {None}
            elif figure in self.asked.device:
                expected = _nearest(self.asked, figure, passed)
            else:
                expected = {passed.bound}
            if passed.would_pass not in expected:
                wrong.append(
                    f"{passed.limit}, {passed.rule.value} {passed.bound}: "
                    f"{passed.would_pass} would not pass, but {expected}"
                )
        return wrong

    def _table(self, passed: Passed) -> dict[str, str] | None:
        """Where the file says who says so."""
        if passed.rule.value == "missing":
            return None
        keys = passed.limit.split(".")
        if keys[0] in ("device", "needle", "syringe") or keys[-1] == "expiry":
            return None
        if passed.rule.value == "forbidden" and keys[0] in ("class", "device_class"):
            keys.append("refused")
        if keys[0] == "schedule":
            keys = keys[:2]
        here = self.tables
        if keys[0].startswith("pace "):
            here, keys = self.tables["pace"][int(keys[0].removeprefix("pace ")) - 1], keys[1:]
        for key in keys:
            here = here[key]
        return here

    def kinds(self) -> Counter[str]:
        """What of all that can happen happened here; for counting over many worlds."""
        kinds = Counter({self.expected.outcome: 1})
        hard = [limit for limit in self.expected.passed if limit.level == "hard"]
        if len(hard) == 1:
            kinds["for one reason"] = 1
        if self.shots:
            kinds["with room"] = 1
        kinds.update({_kind(limit) for limit in self.expected.passed})
        return kinds


def _kind(limit: Beyond) -> str:
    """A rule, without the codes and numbers of one library: ``zone.CODE.depth hard most``."""
    table, *keys = re.sub(r" [0-9]+", " N", limit.place).split(".")
    if table not in ("shot", "session", "pace", "pace N") and keys[:1] != ["products"]:
        keys[:1] = ["CODE"] * len(keys[:1])
    return f"{'.'.join((table, *keys))} {limit.level} {limit.why}"


def _exposure(shots: dict[str, int], volumes: dict[str, int]) -> SessionExposure:
    zones = {*shots, *volumes}
    return SessionExposure({z: Exposure(shots.get(z, 0), volumes.get(z, 0)) for z in zones})


def _beyond(passed: Passed) -> Beyond:
    why = passed.rule.value
    if why in ("missing", "forbidden"):
        return Beyond(passed.limit, passed.level.value, why)
    return Beyond(passed.limit, passed.level.value, why, passed.value, passed.bound)


def _nearest(asked: Question, figure: str, passed: Passed) -> set[int | None]:
    """By trying: the values around the ends, from the nearest outwards.

    To a step it goes down, unless there is nothing below.
    """
    axis = asked.device[figure]
    value = getattr(asked, figure)
    least = max(axis.least, 0 if figure == "depth_um" else 1)
    tolerance = asked.tolerance_ppm if passed.figure.value == "charge_nl" else 0

    def lets_pass(tried: int) -> bool:
        if passed.rule.value == "most":
            return charge_of(tried, tolerance) <= passed.bound
        return tried >= passed.bound if passed.rule.value == "least" else True

    ends = {value, passed.bound, least, axis.most}
    ends.add(passed.bound * 1_000_000 // (1_000_000 + tolerance))
    near = {end - end % axis.step + more * axis.step for end in ends for more in (-1, 0, 1)}
    possible = [tried for tried in near if least <= tried <= axis.most and lets_pass(tried)]
    if passed.rule.value == "step":
        possible = [tried for tried in possible if tried < value] or possible
    return {min(possible, key=lambda tried: abs(tried - value), default=None)}


def _rank(passed: Passed) -> tuple[int, Fraction]:
    """Its place in the order, and how far beyond it is, less than it where that is not told."""
    rule = passed.rule.value
    soft = 3 if passed.level.value == "soft" else 0
    if rule in ("missing", "forbidden"):
        return soft or ("missing", "forbidden").index(rule), Fraction(1)
    far = {"most": (passed.value, passed.bound), "least": (passed.bound, passed.value)}
    above, below = far.get(rule, (1, 1))
    return soft or 2, Fraction(above, below or 1)
