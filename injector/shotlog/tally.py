"""What the open session has given, added up a second time by another route.

The `Ledger` adds by zone, as each entry comes, and what it says decides what may be
granted. Here the same entries are kept as they are, by filling, and added only when
somebody asks; the doses are computed from the entries' own figures and not by the limits'
mixture. Nothing is shared with the ledger but the entries. After every commit the two are
compared: where they differ, one of them is wrong, and nobody knows which, so that
nothing more may be granted.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from injector.shotlog import entries as log
from injector.shotlog import facts

_SHOT_KINDS: Final = (1, 2)
"""Kinds of a foreign journal entry that are shots."""
_COUNTS_NOTHING: Final = (log.Grant, log.Settled, log.Alarm, log.Disarmed)
"""The commonest entries that add nothing: what was added up before them still holds."""


class Filled(NamedTuple):
    """One filling, and what counts as given from it."""

    mixture: tuple[facts.MixtureItem, ...]
    given_nl: int


class Totals(NamedTuple):
    """What a session has given, without what an open grant may still give."""

    shots: int
    volume_nl: int
    doses: Mapping[str, int]
    """In nanograms, by product."""


class _Shot(NamedTuple):
    fill: int
    serial: str
    link: int
    debit_nl: int
    counts_nl: int


class _Lost(NamedTuple):
    """A gap."""

    fill: int
    serial: str
    link: int | None
    """The link of the gun that was swapped; None for a gap that nothing is found of."""
    shots: int
    volume_nl: int
    found_from: int
    """How many shots had come before it."""


@dataclass(slots=True)
class Tally:
    """The second route. Fed with the same entries, in the same order."""

    _session: str | None = None
    _serial: str = ""
    _mixtures: dict[int, tuple[facts.MixtureItem, ...]] = field(default_factory=dict)
    _in_gun: int = 0
    _granted: dict[int, tuple[str | None, int]] = field(default_factory=dict)
    """Session and filling of each grant, by the grant's entry."""
    _open_grants: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Link and filling of the grants that are not settled, by serial."""
    _shots: list[_Shot] = field(default_factory=list)
    _lost: list[_Lost] = field(default_factory=list)
    _by_hand: list[tuple[int, int, int]] = field(default_factory=list)
    """Filling, shots and volume of what was given by hand."""

    _totals: Totals | None = None
    """What was added up last; None since an entry came that counts."""

    def apply(self, entry: log.Entry) -> None:
        """Take the next entry."""
        body = entry.body
        if not isinstance(body, _COUNTS_NOTHING):
            self._totals = None
        ours = self._session is not None and entry.session == self._session
        match body:
            case log.SessionOpened():
                self._forget()
                self._session, self._serial = entry.session, body.serial
                self._mixtures, self._in_gun = {0: body.mixture}, 0
            case log.SessionClosed():
                self._forget()
            case facts.SyringeLoaded() if ours:
                self._mixtures[body.fill] = body.mixture
                self._in_gun = body.fill if body.place == "gun" else self._in_gun
            case log.Grant():
                self._granted[entry.seq] = (entry.session, body.fill)
                self._open_grants = {body.serial: (body.link, body.fill)}
            case log.Settled():
                self._open_grants = {}
            case log.Shot() | log.Uncertain() if ours:
                self._shots.append(self._shot(body))
            case log.Foreign() if ours and body.serial == self._serial:
                self._foreign(body)
            case log.Gap() if self._session is not None:
                self._gap(body)
            case facts.HandShots() if ours:
                # A number that nobody loaded is a slip: it came from what was there.
                self._by_hand.append((self._known(body.fill), body.shots, body.volume_nl))
            case _:
                pass

    def totals(self) -> Totals:
        """Add everything up, if anything came since it was done."""
        if self._totals is None:
            self._totals = self._added_up()
        return self._totals

    def filled(self) -> dict[int, Filled]:
        """Return every filling of the session with what counts as given from it, by number."""
        _, given_nl = self._by_fill()
        return {fill: Filled(self._mixtures[fill], given_nl[fill]) for fill in given_nl}

    def _added_up(self) -> Totals:
        shots, given_nl = self._by_fill()
        doses: dict[str, int] = {}
        for fill, volume_nl in given_nl.items():
            for product, dose_ng in _doses(self._mixtures[fill], volume_nl).items():
                doses[product] = doses.get(product, 0) + dose_ng
        return Totals(shots, sum(given_nl.values()), doses)

    def _by_fill(self) -> tuple[int, dict[int, int]]:
        """Shots, and the volume that counts as given from each filling."""
        given_nl = dict.fromkeys(self._mixtures, 0)
        shots = len(self._shots)
        for shot in self._shots:
            given_nl[shot.fill] += shot.counts_nl
        for fill, by_hand, volume_nl in self._by_hand:
            shots += by_hand
            given_nl[fill] += volume_nl
        for lost in self._lost:
            found = [
                each
                for each in self._shots[lost.found_from :]
                if (each.serial, each.link) == (lost.serial, lost.link)
            ]
            shots += max(0, lost.shots - len(found))
            missing_nl = lost.volume_nl - sum(each.debit_nl for each in found)
            given_nl[lost.fill] += max(0, missing_nl)
        return shots, given_nl

    def _known(self, fill: int) -> int:
        return fill if fill in self._mixtures else self._in_gun

    def _shot(self, body: log.Shot | log.Uncertain) -> _Shot:
        fill = self._in_gun
        if body.grant_seq in self._granted:
            session, granted = self._granted[body.grant_seq]
            fill = granted if session == self._session else self._in_gun
        return _Shot(self._known(fill), body.serial, body.link, body.debit_nl, body.counts_nl)

    def _foreign(self, body: log.Foreign) -> None:
        debit_nl = body.what.get("debit_nl")
        if body.what.get("kind") in _SHOT_KINDS and isinstance(debit_nl, int):
            self._shots.append(_Shot(self._in_gun, body.serial, 0, debit_nl, debit_nl))

    def _gap(self, body: log.Gap) -> None:
        fill, link = self._in_gun, None
        if body.serial in self._open_grants:
            granted_on, fill = self._open_grants[body.serial]
            if body.reason == "device_swapped":
                link = granted_on
                self._open_grants = {}
        self._lost.append(
            _Lost(
                self._known(fill),
                body.serial,
                link,
                body.shots_max,
                body.volume_max_nl,
                len(self._shots),
            )
        )

    def _forget(self) -> None:
        self._session = None
        self._mixtures = {}
        self._open_grants = {}
        self._shots.clear()
        self._lost.clear()
        self._by_hand.clear()


def _doses(mixture: tuple[facts.MixtureItem, ...], given_nl: int) -> dict[str, int]:
    """Nanograms of each product in ``given_nl`` of a filling, each rounded up once.

    Micrograms a millilitre times nanolitres are picograms, and 1000 of these one nanogram.
    """
    whole_nl = sum(item.volume_nl for item in mixture)
    picograms: dict[str, int] = {}
    unknown = {item.product for item in mixture if item.concentration_ug_ml is None}
    for item in mixture:
        if item.product not in unknown and item.volume_nl:
            there = (item.concentration_ug_ml or 0) * item.volume_nl
            picograms[item.product] = picograms.get(item.product, 0) + there
    return {
        product: (amount * given_nl + whole_nl * 1000 - 1) // (whole_nl * 1000)
        for product, amount in picograms.items()
    }
