"""A checkpoint on paper: five lines that come back, and a code that a camera reads."""

import re
from pathlib import Path

import pytest
import zxingcpp
from click.testing import CliRunner

from injector.anchors.printed import five_lines, qr_on_screen, qr_svg, retyped
from injector.cli.log import log as log_command
from injector.shotlog.note import NoteError
from tests.anchors.strangers import Witness
from tests.shotlog.samples import NOW, open_log, opened, write_sample


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("printed") / "shots.db"
    write_sample(made)
    return made


@pytest.fixture(scope="module")
def note(path: Path) -> str:
    with open_log(path) as log:
        return log.checkpoint


def scan(modules: list[list[bool]], dot: int = 3) -> str:
    """What a camera reads off light (True) and dark modules."""
    data = b"".join(
        b"".join((b"\xff" if light else b"\x00") * dot for light in row) * dot for row in modules
    )
    picture = memoryview(data).cast("B", shape=[len(modules) * dot, len(modules[0]) * dot])
    [found] = zxingcpp.read_barcodes(picture)
    return str(found.text)


def test_the_five_lines_are_the_note(note: str) -> None:
    lines = five_lines(note)
    assert len(lines) == 5
    assert "\n".join(lines) + "\n" == note
    with pytest.raises(NoteError):
        five_lines(note + Witness("a+b+c").line("text"))


@pytest.mark.parametrize("width", [20, 72, 80])
def test_lines_that_were_typed_off_paper_are_the_note_again(note: str, width: int) -> None:
    """Broken where the paper ends, with a hyphen for the dash and spaces where none were."""
    *head, signature = five_lines(note)
    dash, name, packed = signature.split(" ")
    broken = [packed[at : at + width] for at in range(0, len(packed), width)]
    typed = ["", *(f"{line}  " for line in head), f"- {name} {broken[0]}", *broken[1:], ""]
    assert dash == "\N{EM DASH}"
    assert retyped("\r\n".join(typed)) == note
    assert retyped(note) == note


@pytest.mark.parametrize("text", ["", "\n", "hello", "a\n\nb\n", "a\n\n- \n"])
def test_what_is_no_checkpoint_is_left_for_the_reader_to_refuse(text: str) -> None:
    assert retyped(text) == text


def test_the_code_on_the_screen_reads_as_the_note(note: str) -> None:
    lines = qr_on_screen(note).splitlines()
    assert max(map(len, lines)) <= 65
    modules = []
    for line in lines:
        modules += [[mark in "█▀" for mark in line], [mark in "█▄" for mark in line]]
    assert scan(modules) == note


def test_the_code_for_paper_reads_as_the_note(note: str) -> None:
    """The SVG's one path of dark strokes, drawn here dot by dot."""
    svg = qr_svg(note).decode()
    found = re.search(r'class="qrline" stroke="#000" d="([^"]*)"', svg)
    assert found
    size = re.search(r'width="(\d+)"', svg)
    assert size
    side = int(size[1]) // 4
    light = [[True] * side for _ in range(side)]
    x = y = 0.0
    for command, numbers in re.findall(r"([Mmh])(-?[\d.]+(?:[ -]+[\d.]+)?)", found[1]):
        parts = [float(each) for each in re.findall(r"-?[\d.]+", numbers)]
        if command == "M":
            x, y = parts
        elif command == "m":
            x, y = x + parts[0], y + parts[1]
        else:
            for at in range(int(x), int(x + parts[0])):
                light[int(y)][at] = False
            x += parts[0]
    assert scan(light) == note


def test_the_printed_lines_entered_again_verify_against_the_log(path: Path, note: str) -> None:
    typed = "\n".join(five_lines(note)).replace("\N{EM DASH}", "--")
    typed = typed[:-40] + "\n" + typed[-40:]
    with open_log(path) as log:  # it goes on after it was printed
        log.append([opened("t00000000000000c3", before=16)], NOW)
    found = CliRunner().invoke(
        log_command, ["verify", "--log", str(path), "--against", "-"], input=typed
    )
    assert found.exit_code == 0, found.output
    wrong = typed.replace("1", "2", 1)
    found = CliRunner().invoke(
        log_command, ["verify", "--log", str(path), "--against", "-"], input=wrong
    )
    assert found.exit_code != 0


def test_the_command_prints_the_code_and_writes_the_svg(path: Path, tmp_path: Path) -> None:
    svg = tmp_path / "code.svg"
    found = CliRunner().invoke(
        log_command, ["checkpoint", "--log", str(path), "--qr", "--svg", str(svg)]
    )
    assert found.exit_code == 0, found.output
    note, _, code = found.stdout.partition("\n█")
    assert "█" + code.rstrip("\n") == qr_on_screen(note + "\n").rstrip("\n")
    assert svg.read_bytes() == qr_svg(note + "\n")
    assert svg.stat().st_mode & 0o777 == 0o600


def test_the_svg_is_written_over_nothing_least_of_all_the_log(path: Path) -> None:
    before = path.read_bytes()
    found = CliRunner().invoke(log_command, ["checkpoint", "--log", str(path), "--svg", str(path)])
    assert found.exit_code == 2
    assert f"{path}: is there already; nothing is written over it" in found.stderr
    assert found.stdout == ""
    assert path.read_bytes() == before
