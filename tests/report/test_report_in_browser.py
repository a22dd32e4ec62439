"""Promise: a report of a thousand shots opens in a browser, asks nobody for anything, and prints.

The browser is told to send every request to a proxy of ours, which writes each down.
"""

import re
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

import pypdf
import pytest
import zxingcpp
from PIL import Image

from injector.control.reckoned import reckoned
from injector.report.session import session_html
from injector.shotlog.reader import LogReader
from injector.shotlog.verify import verify
from tests.report import long_session
from tests.report.bodies import bodies_of, of_kind
from tests.report.chromium import _OPTIONS, PROGRAM, needs_chromium
from tests.report.page_reading import Page
from tests.shotlog import samples

pytestmark = [needs_chromium, pytest.mark.xdist_group("browser")]
MOST_PAGES = 6
SHOT: Final = re.compile(r"^ *(\d+) +(\d+\.\d{3}|-) +(\d+\.\d{3}|-)(?: +[▲■!?]+)? *$", re.MULTILINE)
"""A line of the list of all shots: number, volume, depth, and signs."""
BLUE, VERMILION, ORANGE = (0, 0x72, 0xB2), (0xD5, 0x5E, 0), (0xE6, 0x9F, 0)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    long_session.write(folder / "long.db")
    with LogReader.open(folder / "long.db") as reader:
        html = session_html(
            reader, long_session.SESSION, made_utc_us=samples.NOW.utc_us,
            reckoned=reckoned(reader, long_session.SESSION), verified=verify(folder / "long.db"),
        )  # fmt: skip
        (folder / "note").write_text(reader.checkpoint, encoding="utf-8")
    (folder / "report.html").write_text(html, encoding="utf-8")
    return folder / "report.html"


def micro(thousandths: int | None) -> str:
    return "-" if thousandths is None else f"{thousandths / 1000:.3f}"


def browse(profile: Path, *arguments: str) -> bytes:
    assert PROGRAM is not None
    command = [PROGRAM, *_OPTIONS, f"--user-data-dir={profile}", *arguments]
    return subprocess.run(command, capture_output=True, timeout=150, check=True).stdout


@contextmanager
def recorder(page: Path) -> Iterator[tuple[str, list[str]]]:
    """A server that gives the page for whatever is asked; its address, and all that was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page.read_bytes())

        def do_CONNECT(self) -> None:
            asked.append(self.path)
            self.send_error(403)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 -- its own name
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_it_opens_without_asking_anybody_for_anything(page: Path, tmp_path: Path) -> None:
    with recorder(page) as (address, asked):
        shown = browse(
            tmp_path / "profile",
            f"--proxy-server=http://{address}",
            "--proxy-bypass-list=<-loopback>",
            "--dump-dom",
            "http://report.example/session.html",
        ).decode()
    of_page = [each for each in asked if "report.example" in each]
    assert of_page == ["http://report.example/session.html"]
    read = Page(shown)
    assert len(read.dense) == long_session.SHOTS
    assert read.ids["given_shots"] == "1\u202f000"


def test_it_looks_as_it_should_and_its_code_can_be_read_by_a_camera(
    page: Path, tmp_path: Path
) -> None:
    browse(
        tmp_path / "profile", "--window-size=800,5200", f"--screenshot={tmp_path / 'seen.png'}",
        page.as_uri(),
    )  # fmt: skip
    with Image.open(tmp_path / "seen.png") as picture:
        seen = picture.convert("RGB")
    counted = seen.getcolors(seen.width * seen.height) or []
    colours = {colour: count for count, colour in counted}
    # A light page; dots for the shots, triangles and squares for exceptions.
    assert colours[255, 255, 255] > seen.width * seen.height // 2
    assert colours[BLUE] > 2_000
    assert colours[VERMILION] > 200
    assert colours[ORANGE] > 100
    [code] = zxingcpp.read_barcodes(seen)
    assert code.text == (page.parent / "note").read_text(encoding="utf-8")


def test_it_prints_on_few_pages_with_every_shot(page: Path, tmp_path: Path) -> None:
    printed = tmp_path / "printed.pdf"
    browse(
        tmp_path / "profile", "--no-pdf-header-footer", f"--print-to-pdf={printed}", page.as_uri()
    )
    read = pypdf.PdfReader(printed)
    assert len(read.pages) <= MOST_PAGES
    shown = [found.groups() for each in read.pages for found in SHOT.finditer(each.extract_text())]
    bodies = bodies_of(page.parent / "long.db", long_session.SESSION)
    right = [
        (str(number), *(micro(body.get(name)) for name in ("volume_nl", "depth_um")))
        for number, body in enumerate(of_kind(bodies, "shot", "uncertain"), 1)
    ]
    assert len(right) == long_session.SHOTS
    assert sorted(shown, key=lambda each: int(each[0])) == right
