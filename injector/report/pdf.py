"""A page of a report as PDF, by WeasyPrint, which only the extra ``pdf`` brings."""

from typing import NoReturn


class NoPdfError(RuntimeError):
    """PDF cannot be made here. The message says what is missing."""


def to_pdf(html: str) -> bytes:
    """Return a page as PDF; nothing is fetched for it.

    Raises `NoPdfError` where WeasyPrint, or a library of the system that it needs, is missing.
    """
    try:
        from weasyprint import HTML  # noqa: PLC0415 -- an extra, and slow to load
    except ImportError as error:
        raise NoPdfError("the extra `pdf` is not installed") from error
    except OSError as error:  # Pango is a library of the system's
        raise NoPdfError(f"a library of the system is missing: {error}") from error
    return bytes(HTML(string=html, url_fetcher=_refuse).write_pdf())


def _refuse(url: str) -> NoReturn:
    raise ValueError(f"a report needs nothing from elsewhere: {url}")
