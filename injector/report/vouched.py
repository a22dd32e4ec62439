"""What vouches for a report: what ``verify`` found, and the checkpoint that one keeps.

Only `verify` can say whether the log is as it was written. Whoever makes a report hands in
what it said of the whole log, or None; then the page says that nobody looked.
"""

from typing import Final

import segno
from markupsafe import Markup

from injector.report.speech import Words, mark
from injector.shotlog.findings import Report, Status
from injector.shotlog.reader import LogReader

_STATUS: Final = {
    Status.PASSED: mark("passed"),
    Status.FAILED: mark("FAILED"),
    Status.NOT_CHECKED: mark("not checked"),
}


def vouched(words: Words, reader: LogReader, verified: Report | None) -> dict[str, object]:
    """Return what the template ``vouched.html`` shows."""
    checkpoint = reader.checkpoint
    return {
        "verified": verified,
        "checks": None if verified is None else _checks(words, verified),
        "checkpoint": checkpoint,
        "checkpoint_qr": _qr(checkpoint),
        "vkey": reader.vkey,
    }


def _checks(words: Words, verified: Report) -> list[dict[str, object]]:
    return [
        {
            "check": words.code(each.check.value),
            "status": words.say(_STATUS[each.status]),
            "failed": each.status is Status.FAILED,
            "passed": each.status is Status.PASSED,
            "counted": each.counted,
            "found": [
                (
                    "" if finding.seq is None else f"{finding.seq}",
                    finding.code.value,
                    finding.detail,
                )
                for finding in each.findings
            ],
        }
        for each in verified.checks
    ]


def _qr(text: str) -> Markup:
    """Return a QR code as SVG that stands in a page."""
    code = segno.make_qr(text, error="l", boost_error=False)
    return Markup(code.svg_inline(scale=2, border=4))  # noqa: S704 -- made by the library of modules alone
