"""Entries of a session, made small: what ledgers and recalls are fed with."""

from typing import Final

from injector.shotlog import entries as log
from injector.shotlog.facts import MixtureItem, Setpoint

SERIAL: Final = "GUN-1"
OTHER: Final = "GUN-2"
JOURNAL: Final = 77
VOLUME_NL: Final = 20_000
DEBIT_NL: Final = 20_200
DIGEST: Final = "00" * 8
LIBRARY: Final = "ab" * 32
SESSIONS: Final = ("t0000000000000001", "t0000000000000002", "t0000000000000003")


def opened(serial: str = SERIAL, *, newest: int = 0, shots: int = 0) -> log.SessionOpened:
    """A session on that gun, with 2 mL in the syringe."""
    return log.SessionOpened(
        realm="training",
        operator="ada",
        patient=None,
        pseudonym=None,
        title=None,
        purpose=None,
        indication="tendinopathy_elbow",
        weight_g=None,
        athlete=False,
        answers=(),
        allergies=(),
        treatments=None,
        prescription=None,
        consent=None,
        plan={"steps": []},
        library_digest=LIBRARY,
        serial=serial,
        journal_id=JOURNAL,
        newest=newest,
        shots=shots,
        volume_nl=shots * DEBIT_NL,
        mixture=(
            MixtureItem(
                product="saline",
                product_class="vitamin",
                concentration_ug_ml=None,
                lot=None,
                expiry=None,
                volume_nl=2_000_000,
                multi_dose=False,
            ),
        ),
        flagged=(),
        syringe_nl=2_500_000,
        mixed_by=None,
        mixed_where=None,
        needle_um=4_000,
        needle_lot=None,
        needle_expiry=None,
    )


def closed(given: int = 0) -> log.SessionClosed:
    """Its end."""
    return log.SessionClosed(
        reason="done",
        by="ada",
        serial=SERIAL,
        journal_id=JOURNAL,
        newest=0,
        shots=0,
        volume_nl=0,
        given_shots=given,
        given_nl=given * VOLUME_NL,
        zones=(),
        doses=(),
        library_digest=LIBRARY,
        signature=None,
    )


def grant(
    number: int,
    shots: int,
    *,
    serial: str = SERIAL,
    link: int = 5,
    step: int = 0,
    base: int = 0,
    zone: str = "elbow",
    fill: int = 0,
) -> log.Grant:
    """Permission for so many shots beyond the counter ``base``."""
    return log.Grant(
        serial=serial,
        link=link,
        grant=number,
        step=step,
        fill=fill,
        setpoint=Setpoint(
            volume_nl=VOLUME_NL,
            depth_um=2_000,
            flow_nl_s=250_000,
            needle_um_s=100_000,
            cadence_per_min=300,
            mode="repeat",
            burst=0,
        ),
        setpoint_digest=DIGEST,
        technique="nappage",
        zone=zone,
        verdict=log.Verdict(rules=1, outcome="allow", passed=(), override=None),
        library_digest=LIBRARY,
        armed_by="ada",
        shots_limit=base + shots,
        volume_limit_nl=(base + shots) * DEBIT_NL,
        shots=shots,
        volume_nl=shots * DEBIT_NL,
    )


def shot(
    index: int,
    *,
    grant_seq: int | None = 1,
    number: int = 1,
    serial: str = SERIAL,
    link: int = 5,
    volume_nl: int = VOLUME_NL,
    journal: int = JOURNAL,
) -> log.Shot:
    """A shot; less than its setpoint was given where ``volume_nl`` says so."""
    part = volume_nl < VOLUME_NL
    return log.Shot(
        serial=serial,
        journal_id=journal,
        index=index,
        grant_seq=grant_seq,
        link=link,
        grant=number,
        boot_id=9,
        setpoint_digest=DIGEST,
        outcome="partial" if part else "complete",
        cause="stop" if part else None,
        volume_nl=volume_nl,
        depth_um=2_000,
        flow_nl_s=250_000,
        pressure_pa=60_000,
        t_us=index * 200_000,
        duration_us=100_000,
        debit_nl=DEBIT_NL,
        counts_nl=volume_nl,
        shots_total=index,
        volume_total_nl=index * DEBIT_NL,
        slice=0,
    )


def uncertain(index: int, *, number: int = 1, serial: str = SERIAL, link: int = 5) -> log.Uncertain:
    """A shot of which nobody knows how much was given."""
    return log.Uncertain(
        serial=serial,
        journal_id=JOURNAL,
        index=index,
        grant_seq=1,
        link=link,
        grant=number,
        boot_id=9,
        setpoint_digest=DIGEST,
        t_us=1,
        debit_nl=DEBIT_NL,
        counts_nl=DEBIT_NL,
        shots_total=index,
        volume_total_nl=index * DEBIT_NL,
        slice=0,
    )


def gap(shots: int, *, serial: str = SERIAL, reason: str = "memory_lost") -> log.Gap:
    """So many shots that are unaccounted for."""
    return log.Gap(
        serial=serial,
        journal_id=JOURNAL,
        first=1,
        last=shots,
        shots_max=shots,
        volume_max_nl=shots * DEBIT_NL,
        reason=reason,
    )


def settled(shots: int, *, serial: str = SERIAL, link: int = 5, returned: int = 0) -> log.Settled:
    """The link's grants are accounted for at that counter."""
    return log.Settled(
        serial=serial,
        link=link,
        shots=shots,
        volume_nl=shots * DEBIT_NL,
        returned_shots=returned,
        returned_nl=returned * DEBIT_NL,
    )


def seen(
    *,
    serial: str = SERIAL,
    journal: int = JOURNAL,
    newest: int = 0,
    acknowledged: int = 0,
    shots: int = 0,
) -> log.DeviceSeen:
    """A gun said who it is."""
    return log.DeviceSeen(
        serial=serial,
        model="m",
        firmware="1",
        protocol=1,
        boot_id=9,
        journal_id=journal,
        oldest=min(1, newest),
        newest=newest,
        acknowledged=acknowledged,
        shots=shots,
        volume_nl=shots * DEBIT_NL,
        stop_count=1,
        link=5,
        port="p",
    )
