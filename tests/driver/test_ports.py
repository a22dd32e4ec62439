"""Which ports a person has named: kept in a file, and never guessed."""

import json
from pathlib import Path

import pytest

from injector.driver.ports import FoundPort, NamedPorts, PortsFileError, found_ports, probe


def test_what_was_named_is_kept_and_can_be_forgotten(tmp_path: Path) -> None:
    path = tmp_path / "state" / "ports.json"
    named = NamedPorts(path)
    assert named.all() == frozenset()
    named.add("usb:A1")
    named.add("/dev/ttyS9")
    named.add("usb:A1")
    assert NamedPorts(path).all() == {"usb:A1", "/dev/ttyS9"}
    named.remove("usb:A1")
    named.remove("never named")
    assert NamedPorts(path).all() == {"/dev/ttyS9"}
    assert json.loads(path.read_text()) == ["/dev/ttyS9"]
    assert [each.name for each in path.parent.iterdir()] == ["ports.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"null", b"{}", b'"usb:A1"', b"[1]", b'["a", null]', b"\xff\xfe", b"[" * 100_000],
    ids=["empty", "cut", "null", "map", "text", "number", "hole", "no text", "bottomless"],
)
def test_a_file_with_anything_else_in_it_is_an_error_that_names_it_and_stays_as_it_was(
    tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "ports.json"
    path.write_bytes(content)
    for use in (
        lambda: NamedPorts(path).all(),
        lambda: NamedPorts(path).add("usb:A1"),
        lambda: NamedPorts(path).remove("usb:A1"),
    ):
        with pytest.raises(PortsFileError) as error:
            use()
        assert str(path) in str(error.value)
        assert path.read_bytes() == content


def test_a_file_that_cannot_be_read_or_written_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(PortsFileError, match=tmp_path.name):
        NamedPorts(tmp_path).all()
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    with pytest.raises(PortsFileError, match="file"):
        NamedPorts(in_the_way / "ports.json").add("usb:A1")


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_STATE_HOME": "/s", "HOME": "/h"}, "/s/injector/ports.json"),
        ({"HOME": "/h"}, "/h/.local/state/injector/ports.json"),
        ({"XDG_STATE_HOME": "relative", "HOME": "/h"}, "/h/.local/state/injector/ports.json"),
    ],
)
def test_the_file_stands_where_the_users_state_stands(
    environ: dict[str, str], expected: str
) -> None:
    assert NamedPorts.of_user(environ)._path == Path(expected)


def test_a_named_port_that_the_system_does_not_list_is_found_while_it_is_there(
    tmp_path: Path,
) -> None:
    link = tmp_path / "gun"
    link.write_text("")
    gone = str(tmp_path / "gone")
    found = found_ports(frozenset({str(link), gone, "socket://127.0.0.1:9"}))
    paths = {port.path: port.named for port in found}
    assert paths[str(link)]
    assert paths["socket://127.0.0.1:9"]
    assert gone not in paths


def test_a_port_that_nobody_named_is_never_written_to(tmp_path: Path) -> None:
    path = tmp_path / "tty"
    path.write_text("")
    with pytest.raises(ValueError, match="never named"):
        probe(FoundPort(str(path), "", str(path), named=False))
    assert path.read_text() == ""


def test_a_named_port_where_no_gun_answers_says_why_not(tmp_path: Path) -> None:
    answer = probe(FoundPort(str(tmp_path / "gone"), "", "x", named=True))
    assert answer.welcome is None
    assert "No such file" in answer.why_not
