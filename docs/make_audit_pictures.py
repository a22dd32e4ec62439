"""Makes the pictures of the auditor's web from the running web: ``make audit-pictures``.

A log in which everything happens is made as the tests make it, served, and looked at with
Chromium without a window. Needs ``chromium``.
"""

import tempfile
import threading
from pathlib import Path
from typing import Final

from injector.report.audit.pages import Source
from injector.report.audit.web import HOST, audit_app, listen, make_copy, make_tables, server
from tests.report import busy_log, chromium

PICTURES: Final = Path(__file__).parent / "pictures"
BASE: Final = "/for-pictures/"
PAGES: Final = {
    "audit-shots": ("audit/shot?_sort=seq&_size=14", 1150),
    "audit-charts": ("-/charts", 900),
}


def main() -> None:
    """Make them all."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        busy_log.write(folder / "shots.db")
        copy = make_copy(folder / "shots.db", folder)
        source = Source(
            copy=copy,
            tables=make_tables(copy, folder),
            broken=False,
            note="Copied from shots.db on 2027-01-15 at 08:30:00 UTC.",
            verified="",
        )
        about = f"The log verifies. {source.note}"
        with listen(0) as sock:
            port = sock.getsockname()[1]
            with audit_app(
                source, port=port, base=BASE, title="Shot log, for auditors", about=about
            ) as app:
                run, end = server(app)
                thread = threading.Thread(target=run, args=(sock,))
                thread.start()
                try:
                    for picture, (path, height) in PAGES.items():
                        chromium.picture(
                            f"http://{HOST}:{port}{BASE}{path}",
                            PICTURES / f"{picture}.png",
                            folder / "profile",
                            width=1100,
                            height=height,
                        )
                finally:
                    end()
                    thread.join()


if __name__ == "__main__":
    main()
