"""Makes the pictures of reports from real ones: ``make report-pictures``.

A session of a thousand shots is made as the tests make it, reported, and looked at with
Chromium without a window. Needs ``chromium``.
"""

import tempfile
from pathlib import Path
from typing import Final

from injector.control.reckoned import reckoned
from injector.report.card import card_html
from injector.report.session import session_html
from injector.report.speech import Language
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from tests.report import chromium, long_session
from tests.shotlog import samples

PICTURES: Final = Path(__file__).parent / "pictures"


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        log = folder / "shots.db"
        long_session.write(log)
        with LogReader.open(log) as reader:
            report = session_html(
                reader,
                long_session.SESSION,
                made_utc_us=samples.NOW.utc_us,
                reckoned=reckoned(reader, long_session.SESSION),
                verified=verify(log),
            )
            cards = {
                language: card_html(
                    reader,
                    long_session.PATIENT,
                    [long_session.SESSION],
                    pseudonym=long_session.PSEUDONYM,
                    language=language,
                )
                for language in Language
            }
        pages = {
            "report-session": (report, 760, 1000),
            "report-shots": (_from_its_shots(report), 760, 960),
            "report-card": (cards[Language.ENGLISH], 540, 820),
            "report-carte": (cards[Language.FRENCH], 540, 880),
        }
        for picture, (html, width, height) in pages.items():
            page = folder / f"{picture}.html"
            page.write_text(html, encoding="utf-8")
            into = PICTURES / f"{picture}.png"
            chromium.picture(page.as_uri(), into, folder / "profile", width=width, height=height)


def _from_its_shots(report: str) -> str:
    """The same page without what stands before its shots."""
    head, body = report.split("<body>")
    return f"{head}<body>{body[body.index('<h2>Shots</h2>') :]}"


if __name__ == "__main__":
    main()
