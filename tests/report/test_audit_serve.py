"""Promises of ``injector audit serve``, kept by the real command and looked at in a browser."""

import html
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from injector.cli import log_words as words
from injector.cli.exits import Exit
from injector.shotlog.findings import Noted, Remark
from injector.shotlog.reader import LogReader
from tests.report import chromium
from tests.report.chromium import needs_chromium
from tests.report.page_reading import Page
from tests.shotlog import samples


class Web(NamedTuple):
    process: subprocess.Popen[str]
    url: str
    temporary: Path


def command(log: Path, temporary: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "injector.cli.main", "audit", "serve", "--log", str(log), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(temporary)},
    )


@contextmanager
def serving(log: Path, temporary: Path, *options: str) -> Iterator[Web]:
    temporary.mkdir(exist_ok=True)
    process = command(log, temporary, *options)
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:"), process.communicate(timeout=60)
        yield Web(process, url, temporary)
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def log(tmp_path: Path) -> Path:
    samples.write_sample(tmp_path / "shots.db")
    return tmp_path / "shots.db"


def get(url: str) -> str:
    with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310 -- our own address
        return str(answer.read().decode())


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_in_order_and_nothing_is_left(
    log: Path, tmp_path: Path, number: signal.Signals
) -> None:
    with serving(log, tmp_path / "tmp") as web:
        (folder,) = web.temporary.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        with LogReader.open(log) as reader:
            assert f"{reader.size:,} entries; the log verifies" in get(web.url)
        web.process.send_signal(number)
        out, err = web.process.communicate(timeout=60)
        assert web.process.returncode == Exit.OK
        assert (out, "Traceback" in err) == ("", False)
        assert list(web.temporary.iterdir()) == []


def test_stdout_is_the_address_and_what_is_served_is_the_copy_of_one_moment(
    log: Path, tmp_path: Path
) -> None:
    with serving(log, tmp_path / "tmp") as web:
        with LogReader.open(log) as reader:
            size = reader.size
        assert f"{size:,} entries; the log verifies. Copied from shots.db on " in get(web.url)
        with samples.open_log(log) as live:
            samples.write_session(live, "t00000000000000c3", first=101)
        counted = get(f"{web.url}audit.json?sql=SELECT+count(*)+AS+n+FROM+session&_shape=array")
        assert counted == '[{"n": 2}]'
        verified = get(f"{web.url}-/verified")
        assert "every private text opens its commitment" in verified
        # A judge was there; it is the sample's library that it cannot read.
        assert html.escape(words.remark(Noted(Remark.LIBRARY_UNKNOWN, 2))) in verified


def test_a_question_that_is_not_one_and_an_address_that_is_none_get_an_answer(
    log: Path, tmp_path: Path
) -> None:
    """By the command as it is: what answers for errors has to be loaded there, too."""
    with serving(log, tmp_path / "tmp") as web:
        for path, status, said in [
            ("audit.json?sql=DELETE+FROM+shot", 400, "Statement must be a SELECT"),
            ("audit/nothing", 404, "Table not found"),
        ]:
            with pytest.raises(urllib.error.HTTPError) as refused:
                get(web.url + path)
            assert (refused.value.code, said in refused.value.read().decode()) == (status, True)
        web.process.send_signal(signal.SIGTERM)
        _out, err = web.process.communicate(timeout=60)
        assert "Traceback" not in err


def test_a_session_leads_to_its_report_out_of_the_verified_copy(log: Path, tmp_path: Path) -> None:
    with serving(log, tmp_path / "tmp") as web:
        link = re.search(rf"[^\"]*/-/report/{samples.SESSION}", get(f"{web.url}audit/session"))
        assert link is not None
        shown = Page(get("/".join(web.url.split("/")[:3]) + link.group()))
        assert shown.ids["session"] == samples.SESSION
        assert shown.ids["shots"] == "8"
        assert "The log verifies" in shown.ids["verified"]
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(f"{web.url}-/report/c0000000000000000")


def test_it_listens_on_this_computer_alone(log: Path, tmp_path: Path) -> None:
    with serving(log, tmp_path / "tmp") as web:
        port = int(web.url.split(":")[2].split("/")[0])
        table = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
        addresses = [line.split()[1] for line in table.splitlines() if f":{port:04X} " in line[:40]]
        listening = [each for each in addresses if int(each.split(":")[1], 16) == port]
        assert set(listening) == {f"0100007F:{port:04X}"}
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get(f"http://127.0.0.1:{port}/audit")


def test_a_log_that_does_not_verify_is_served_only_where_that_is_asked_for(
    log: Path, tmp_path: Path
) -> None:
    samples.tamper(
        log,
        "UPDATE entries SET body = json_set(body, '$.counts_nl', 1) "
        "WHERE seq = (SELECT min(seq) FROM entries WHERE kind = 'shot')",
    )
    (tmp_path / "tmp").mkdir()
    process = command(log, tmp_path / "tmp")
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (Exit.FAILED, "")
    assert "does not verify" in err
    assert list((tmp_path / "tmp").iterdir()) == []
    with serving(log, tmp_path / "tmp", "--even-if-broken") as web:
        for path in ("", "audit/shot", "-/charts"):
            assert "THIS LOG DOES NOT VERIFY" in get(web.url + path)
        assert "leaf hash" in get(f"{web.url}-/verified")


def test_a_port_that_is_taken_is_said_to_be(log: Path, tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        process = command(log, tmp_path, "--port", str(other.getsockname()[1]))
        _, err = process.communicate(timeout=60)
    assert process.returncode == Exit.BAD_INPUT
    assert "in use" in err


def test_without_the_extra_one_clear_error_names_it(log: Path, tmp_path: Path) -> None:
    blocked = (
        "import sys; sys.modules['datasette'] = None; "
        "from injector.cli.main import main; sys.argv = ['injector', 'audit', 'serve', '--log', "
        f"{str(log)!r}]; main()"
    )
    ended = subprocess.run(
        [sys.executable, "-c", blocked], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == Exit.UNSUPPORTED
    assert "pip install '.[audit]'" in ended.stderr
    assert "Traceback" not in ended.stderr


@needs_chromium
@pytest.mark.timeout(400)
def test_a_browser_shows_tables_facets_questions_and_charts(log: Path, tmp_path: Path) -> None:
    def look(path: str) -> str:
        return chromium.page(web.url + path, tmp_path / "profile")

    with serving(log, tmp_path / "tmp") as web:
        home = chromium.text(look(""))
        assert "Shot log, for auditors" in home
        assert "Overrides by practitioner" in home
        shots = look("audit/shot?_facet=zone&_facet=outcome")
        assert "<title>audit: shot: 16 rows sorted by seq</title>" in shots
        assert shots.count('<td class="in-log">') == 16
        said = chromium.text(shots)
        assert "elbow 16" in said
        assert "complete 16" in said
        # Datasette's own script ran, under our policy for scripts.
        assert "dropdown-menu-icon" in shots
        question = chromium.text(look("audit/unreviewed_sessions"))
        assert samples.SESSION in question
        assert samples.SECOND_SESSION in question
        assert "<svg" in look("-/charts")
        for number, path in enumerate(("", "audit/shot", "audit/unreviewed_sessions", "-/charts")):
            chromium.picture(web.url + path, tmp_path / f"{number}.png", tmp_path / "profile")
            assert (tmp_path / f"{number}.png").stat().st_size > 10_000
