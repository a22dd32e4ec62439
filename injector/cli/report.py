"""``injector report``: a session's report, a patient's card, a clinic's period."""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Final

import click

from injector.cli import extras
from injector.cli.exits import CommandError, Exit
from injector.cli.log_files import as_command_error, find_session, now, open_log
from injector.cli.log_place import log_option
from injector.cli.verifying import verified
from injector.cli.writing import write_new
from injector.control.bringing import patients_named
from injector.control.reckoned import reckoned
from injector.limits.library import LibraryError
from injector.limits.reckoned import Reckoned
from injector.report.card import NotThePatientsError, StillOpenError, card_html, sessions_of
from injector.report.copying import private_copy
from injector.report.deriving import NotDerivedError
from injector.report.pdf import NoPdfError, to_pdf
from injector.report.period import Period, PeriodError, period_html
from injector.report.session import session_html
from injector.report.speech import Language
from injector.shotlog.errors import LogError
from injector.shotlog.findings import Report
from injector.shotlog.reader import LogReader

_MOST_NAMED: Final = 5


@click.command()
@click.argument("session", required=False)
@click.option(
    "--patient", metavar="PSEUDONYM|ID", help="The card of this patient, in large letters."
)
@click.option(
    "--session",
    "sessions",
    multiple=True,
    help="With --patient: this session of theirs; may be repeated.  [default: their last one]",
)
@click.option(
    "--period",
    metavar="MONTH|DAY..DAY",
    help="The clinic's report of these days (UTC): 2026-11, or 2026-11-01..2026-11-30.",
)
@log_option
@click.option(
    "--out",
    type=click.Path(allow_dash=True, path_type=Path),
    help='The new file to write; "-" is standard output.  [default: a name that says what it is]',
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["html", "pdf"]),
    help="html, or pdf (needs the extra `pdf`).  [default: as --out ends, else html]",
)
@click.option(
    "--lang",
    type=click.Choice([each.value for each in Language]),
    default=Language.ENGLISH.value,
    show_default=True,
    help="The language of the report.",
)
@click.option("--with-texts", is_flag=True, help="With SESSION: show its private texts, too.")
@click.option(
    "--no-verify",
    is_flag=True,
    help="With SESSION or --period: do not verify the log; the report says so.",
)
def report(
    session: str | None,
    patient: str | None,
    sessions: tuple[str, ...],
    period: str | None,
    path: Path,
    out: Path | None,
    form: str | None,
    lang: str,
    with_texts: bool,
    no_verify: bool,
) -> None:
    """Write the report of SESSION: its id, a beginning of it, or "last".

    One page of HTML in one file, without scripts and with nothing from elsewhere. With
    --patient it is the card that a patient takes home, with --period a clinic's report.
    """
    if sum(each is not None for each in (session, patient, period)) != 1:
        raise CommandError(
            "say what to report: one SESSION, or --patient, or --period",
            right='`injector report last` reports the newest session; "--help" says more',
        )
    if sessions and patient is None:
        raise CommandError("goes with --patient: it chooses of their sessions", where="--session")
    if with_texts and session is None:
        raise CommandError(
            "goes with SESSION: nothing else can show a session's texts", where="--with-texts"
        )
    if no_verify and patient is not None:
        raise CommandError(
            "does not go with --patient: a card never verifies the log", where="--no-verify"
        )
    pdf = form == "pdf" or (form is None and out is not None and out.suffix.lower() == ".pdf")
    language = Language(lang)
    with _reporting(path):
        if session is not None:
            name, html = _session(path, session, language, texts=with_texts, verify=not no_verify)
        elif patient is not None:
            name, html = _card(path, patient, sessions, language)
        else:
            name, html = _period(path, str(period), language, verify=not no_verify)
    _write(html, out or Path(f"{name}.{'pdf' if pdf else 'html'}"), pdf=pdf)


def _session(
    path: Path, session: str, language: Language, *, texts: bool, verify: bool
) -> tuple[str, str]:
    with open_log(path) as reader:
        chosen = find_session(reader, path, session)
        html = session_html(
            reader,
            chosen,
            made_utc_us=now().utc_us,
            language=language,
            with_texts=texts,
            reckoned=against_limits(reader, chosen),
            verified=_verified(path) if verify else None,
        )
    return f"session-{chosen}", html


def against_limits(reader: LogReader, session: str) -> tuple[Reckoned, ...] | None:
    """The session's totals beside its limits; None where they cannot be known."""
    try:
        return reckoned(reader, session)
    except LibraryError:  # a library of a format that this version does not read
        return None


def _verified(path: Path) -> Report:
    found = verified(path)
    if not found.ok:
        click.echo("the log does NOT verify; the report says so", err=True)
    return found


def _card(
    path: Path, patient: str, sessions: tuple[str, ...], language: Language
) -> tuple[str, str]:
    with open_log(path) as reader:
        whom, pseudonym = _patient(reader, path, patient)
        theirs = sessions_of(reader, whom)
        if not theirs:
            raise CommandError(
                "this patient has no session in this log; what is known of them was brought "
                "forward from the log before it",
                where=f"{path}: --patient",
                right="give the log before with --log",
            )
        chosen = [find_session(reader, path, each) for each in sessions] or theirs[-1:]
        html = card_html(reader, whom, chosen, pseudonym=pseudonym, language=language)
    return f"card-{chosen[-1]}", html


def _patient(reader: LogReader, path: Path, patient: str) -> tuple[str, str | None]:
    """The random id and the pseudonym of a patient, by either."""
    found = patients_named(reader, patient)
    if len(found) == 1:
        ((whom, pseudonym),) = found.items()
        return whom, None if pseudonym == whom else pseudonym
    if found:
        some = ", ".join(list(found)[:_MOST_NAMED])
        raise CommandError(
            f"{len(found)} patients go by that pseudonym",
            where="--patient",
            right=f"give the random id of one: {some}",
        )
    raise CommandError(
        "no patient goes by that pseudonym or id",  # not said again: it may be a name
        where=f"{path}: --patient",
        right="`injector plan` lists patients",
    )


def _period(path: Path, text: str, language: Language, *, verify: bool) -> tuple[str, str]:
    try:
        period = Period.parse(text)
    except PeriodError as error:
        raise CommandError(
            str(error), where="--period", right="as in 2026-11 or 2026-11-01..2026-11-30"
        ) from error
    # A log that is written meanwhile would be read at several moments: its figures, what was
    # verified and the checkpoint beside them would not be of the same entries.
    with private_copy(path) as copy, deriving({copy: path}), open_log(copy) as reader:
        html = period_html(
            reader,
            period,
            made_utc_us=now().utc_us,
            language=language,
            verified=_verified(copy) if verify else None,
        )
    return f"period-{period.first}-{period.last}", html


@contextmanager
def deriving(copies: Mapping[Path, Path] = MappingProxyType({})) -> Iterator[None]:
    """What is wrong with the log that tables are made of ends the command.

    ``copies``: copies that are gone when the error is read, and the log that each is of.
    """
    try:
        yield
    except LogError as error:
        raise as_command_error(error) from error
    except NotDerivedError as error:
        said = str(error)
        for copy, log in copies.items():
            said = said.replace(str(copy), str(log))
        raise CommandError(
            said, right="`injector log verify` says what", exit_code=Exit.FAILED
        ) from error


@contextmanager
def _reporting(path: Path) -> Iterator[None]:
    """What is wrong with the log, or with what was asked of it, ends the command."""
    try:
        with deriving():
            yield
    except NotThePatientsError as error:
        raise CommandError(str(error), where=f"{path}: --session") from error
    except StillOpenError as error:
        raise CommandError(
            str(error),
            where=f"{path}: --patient",
            right="close it first, or choose another one with --session",
        ) from error


def _write(html: str, out: Path, *, pdf: bool) -> None:
    data = _making(lambda: to_pdf(html)) if pdf else html.encode()
    if str(out) == "-":
        sys.stdout.buffer.write(data)
        return
    write_new(out, data)  # what is private in it is for its owner alone until they hand it on
    click.echo(str(out))


def _making(make: Callable[[], bytes]) -> bytes:
    try:
        return make()
    except NoPdfError as error:
        raise CommandError(
            str(error),
            where="--format pdf",
            right=f"{extras.install('pdf')}, and Debian's libpango-1.0-0, libpangoft2-1.0-0 and "
            "libharfbuzz-subset0; or print the HTML from a browser",
            exit_code=Exit.UNSUPPORTED,
        ) from error
