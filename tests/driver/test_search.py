"""Named ports are tried in turn; the gun's own comes first, and nothing else while it is meant."""

from pathlib import Path

from injector.driver.ports import FoundPort, NamedPorts, OnePort
from injector.driver.search import NONE_NAMED, Search


def port(name: str, path: str = "") -> FoundPort:
    return FoundPort(path or f"/dev/{name}", "", name, named=True)


class There:
    """The ports that are there, as a test says."""

    def __init__(self, *names: str) -> None:
        self.ports = tuple(port(name) for name in names)

    def __call__(self) -> tuple[FoundPort, ...]:
        return self.ports


def tried(search: Search, times: int, *, same: bool = False) -> list[str]:
    found = [search.next(same=same) for _ in range(times)]
    return ["-" if each is None else each.identity for each in found]


def test_every_port_has_its_turn() -> None:
    there = There("a", "b", "c")
    search = Search(there)
    assert tried(search, 5) == ["a", "b", "c", "a", "b"]
    there.ports = (port("c"), port("d"))
    assert tried(search, 3) == ["c", "d", "c"]


def test_where_a_gun_was_last_it_is_looked_for_first() -> None:
    search = Search(There("a", "b", "c"), before="/dev/c")
    assert tried(search, 3) == ["c", "a", "b"]
    search.answered()
    tried(search, 1)
    search.lost()
    assert tried(search, 2) == ["b", "c"]


def test_a_gun_that_is_meant_is_looked_for_by_its_adapter_wherever_that_is_plugged_in() -> None:
    there = There("a", "b")
    search = Search(there)
    assert tried(search, 1, same=True) == ["a"]
    search.answered()
    assert tried(search, 3, same=True) == ["a", "a", "a"]
    assert not search.elsewhere(same=True)
    assert search.elsewhere()
    there.ports = (port("b"), port("a", "/dev/ttyUSB7"))
    again = search.next(same=True)
    assert again is not None
    assert again.path == "/dev/ttyUSB7"
    there.ports = (port("b"),)
    assert tried(search, 1, same=True) == ["-"]


def test_each_port_says_why_it_has_no_gun_until_one_answers() -> None:
    there = There("a", "b")
    search = Search(there)
    for each in ("a is away", "b is silent"):
        tried(search, 1)
        search.failed(each)
    assert search.why == "a is away; b is silent"
    there.ports = there.ports[1:]
    tried(search, 1)
    assert search.why == "b is silent"
    search.answered()
    assert search.why == ""


def test_where_nothing_was_named_nothing_is_tried(tmp_path: Path) -> None:
    search = Search(NamedPorts(tmp_path / "ports.json").there)
    assert search.next() is None
    assert search.why == NONE_NAMED


def test_a_file_of_names_that_cannot_be_read_is_said_and_nothing_is_tried(tmp_path: Path) -> None:
    path = tmp_path / "ports.json"
    path.write_text("{")
    search = Search(NamedPorts(path).there)
    assert search.next() is None
    assert "not JSON" in search.why
    assert not search.elsewhere()


def test_a_port_that_was_given_is_the_only_one() -> None:
    search = Search(OnePort("socket://127.0.0.1:9"))
    assert tried(search, 2) == ["socket://127.0.0.1:9"] * 2
    assert not search.elsewhere()
