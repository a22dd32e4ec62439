"""What the entries of a log come to, reckoned by plain Python over their bodies.

None of our code is in it: pages, tables and exports are held against what it says.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from fractions import Fraction
from math import ceil
from typing import Any, NamedTuple

from tests.report.bodies import Body, of_kind


def utc(us: int | None) -> str | None:
    """A time as tables write it."""
    if us is None:
        return None
    seconds, rest = divmod(us, 1_000_000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:06}Z"


def realm(body: Body) -> str | None:
    """What a session's id says of it."""
    return {"c": "clinical", "t": "training", "": None}[(body["session"] or "")[:1]]


def of_session(bodies: list[Body], session: str) -> list[Body]:
    """Return the bodies of one session."""
    return [body for body in bodies if body["session"] == session]


# -- what people allowed -------------------------------------------------------------------


class Word(NamedTuple):
    """Somebody's word that soft limits may be passed in a step."""

    session: str
    step: int
    by: str
    body: Body
    """The entry that tells of it."""
    grants: int
    shots: int


def words(bodies: list[Body]) -> list[Word]:
    """Return every such word: those given for a step, then those that only a grant holds."""
    soft = [body for body in of_kind(bodies, "grant") if body["verdict"]["override"]]
    tells: dict[tuple[str, int, str], Body] = {}
    for body in of_kind(bodies, "override_given"):
        tells[body["session"], body["step"], body["by"]] = body
    for body in soft:
        tells.setdefault((body["session"], body["step"], body["verdict"]["override"]["by"]), body)
    found = []
    for (session, step, by), body in tells.items():
        mine = [
            grant["seq"]
            for grant in soft
            if (grant["session"], grant["step"], grant["verdict"]["override"]["by"])
            == (session, step, by)
        ]
        shots = sum(s["grant_seq"] in mine for s in of_kind(bodies, "shot", "uncertain"))
        found.append(Word(session, step, by, body, len(mine), shots))
    return found


# -- what was given ------------------------------------------------------------------------


def fillings(bodies: list[Body]) -> list[Body]:
    """Return every syringe that was filled, a session's first one included."""
    loaded = of_kind(bodies, "session_opened", "syringe_loaded")
    return [{"fill": 0, "place": "gun"} | body for body in loaded]


def given_by_filling(bodies: list[Body], session: str) -> dict[int, int]:
    """Return what counts as given from each filling of a session, in nanolitres."""
    given = {body["fill"]: 0 for body in fillings(bodies) if body["session"] == session}
    in_gun = granted = 0
    for body in of_session(bodies, session):
        match body["kind"]:
            case "syringe_loaded" if body["place"] == "gun":
                in_gun = body["fill"]
            case "grant":
                granted = body["fill"]
            case "shot" | "uncertain":
                own = body["grant_seq"]
                given[in_gun if own is None else bodies[own]["fill"]] += body["counts_nl"]
            case "gap":
                given[granted] += body["volume_max_nl"]
            case "hand_shots":
                given[body["fill"]] += body["volume_nl"]
            case _:
                pass
    return given


def given(bodies: list[Body], session: str) -> tuple[int, int]:
    """Return the shots and the nanolitres that count as given in a session.

    As it closed; of an open one, what its entries add up to.
    """
    mine = of_session(bodies, session)
    for closed in of_kind(mine, "session_closed"):
        return closed["given_shots"], closed["given_nl"]
    shots = len(of_kind(mine, "shot", "uncertain"))
    shots += sum(body["shots"] for body in of_kind(mine, "hand_shots"))
    return shots, sum(given_by_filling(bodies, session).values())


def up(value: Fraction) -> int:
    """Never less than it is."""
    return ceil(value)


def reckoned_doses(bodies: list[Body]) -> list[dict[str, Any]]:
    """Return the rows of the table of doses."""
    found = [
        row
        for opened in of_kind(bodies, "session_opened")
        for row in _of_session(bodies, opened)
    ]  # fmt: skip
    return sorted(found, key=lambda row: (row["session"], row["product"]))


def _of_session(bodies: list[Body], opened: Body) -> Iterator[dict[str, Any]]:
    session = opened["session"]
    closed = of_kind(of_session(bodies, session), "session_closed")
    mixtures = {
        body["fill"]: body["mixture"] for body in fillings(bodies) if body["session"] == session
    }
    from_each = given_by_filling(bodies, session)
    if closed and len(mixtures) == 1:
        from_each = {0: closed[0]["given_nl"]}
    items = [each for mixture in mixtures.values() for each in mixture]
    said = {each["product"]: each["dose_ng"] for body in closed for each in body["doses"]}
    for product in dict.fromkeys(each["product"] for each in items):
        share_nl, dose_ng = 0, 0
        for fill, mixture in mixtures.items():
            whole = sum(each["volume_nl"] for each in mixture)
            own = [each for each in mixture if each["product"] == product]
            own_nl = sum(each["volume_nl"] for each in own)
            share_nl += up(Fraction(own_nl * from_each[fill], whole))
            mass_pg = sum(each["volume_nl"] * (each["concentration_ug_ml"] or 0) for each in own)
            dose_ng += up(Fraction(mass_pg * from_each[fill], whole * 1000))
        mine = [each for each in items if each["product"] == product]
        silent = [
            from_each[fill]
            for fill, mixture in mixtures.items()
            for each in mixture
            if each["product"] == product and each["concentration_ug_ml"] is None
        ]
        # Nobody knows what is in a part of it; what nothing was given of is no part.
        known = not any(silent) and len(silent) < len(mine)
        yield {
            "session": session,
            "product": product,
            "product_class": mine[0]["product_class"],
            "realm": realm(opened),
            "opened_utc": utc(opened["utc_us"]),
            "patient": opened["patient"],
            "given_ng": (said.get(product) if closed else dose_ng) if known else None,
            "given_nl": share_nl,
            "lots": list(dict.fromkeys(each["lot"] for each in mine if each["lot"])) or None,
        }
