"""The gun: which it is, how it stands, what it has given in its life."""

from typing import NamedTuple

from textual.content import Content
from typing_extensions import override

from injector.control.snapshot import Gun
from injector.protocol.codes import DeviceState, Faults
from injector.tui.look import View
from injector.tui.records.moments import moment
from injector.tui.records.summary import Summary
from injector.tui.speech import _, number
from injector.tui.widgets.cards import card, row
from injector.tui.widgets.face import Face
from injector.tui.words import fault_words, outcome_words
from injector.units import format_volume_nl


class _Part(NamedTuple):
    gun: Gun | None
    away: str
    told: tuple[int, int, int, DeviceState, Faults] | None
    """Battery, lifetime shots and volume, state, faults."""


class GunCard(Face[_Part]):
    """Lives with the snapshots; what the log knows besides is told by :meth:`last_seen`."""

    GROWS = True
    _summary: Summary | None = None

    def last_seen(self, summary: Summary) -> None:
        """What the log knows of guns."""
        self._summary = summary
        self.refresh(layout=True)

    @override
    def pick(self, view: View) -> _Part:
        status = view.state.status
        told = (
            None
            if status is None
            else (
                status.battery_pct,
                status.shots,
                status.volume_nl,
                status.state,
                status.faults,
            )
        )
        return _Part(view.state.gun, view.state.away, told)

    @override
    def paint(self, part: _Part, width: int) -> Content:
        gun = part.gun
        if gun is None:
            rows = [Content.styled(_("none: {why}").format(why=part.away or "…"), "dim")]
            seen = None if self._summary is None else self._summary.gun
            if seen is not None:
                last = f"{seen.model} {seen.serial}"
                rows.append(row(_("last seen"), f"{last}, {seen.port}"))
            return card(_("The gun"), rows)
        rows = [
            row(_("model"), f"{gun.model} {gun.serial}"),
            row(_("firmware"), gun.firmware),
            row(_("port"), gun.port),
        ]
        if part.told is not None:
            battery, shots, volume_nl, state, faults = part.told
            rows.append(row(_("battery"), f"{battery} %"))
            given = f"{shots:,}".replace(",", " ")
            rows.append(
                row(
                    _("in its life"),
                    _("{shots} shots, {volume}").format(
                        shots=given, volume=number(format_volume_nl(volume_nl))
                    ),
                )
            )
            rows.append(row(_("self-test"), self._self_test(state)))
            if faults:
                rows.append(Content.styled(f"✖ {fault_words(faults)}", "bold $notice-medium"))
        return card(_("The gun"), rows)

    def _self_test(self, state: DeviceState) -> str:
        """How it stands with the self-test; it is the gun's own, and never asked for here."""
        if state is DeviceState.SELF_TEST:
            return _("under way")
        last = None if self._summary is None else self._summary.self_test
        if last is None:
            return _("none in the log")
        at, moved = last
        return f"{outcome_words(moved.outcome, moved.cause)}, {moment(at.utc_us)[:16]}"
