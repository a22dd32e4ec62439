"""Reading a report's page as a stranger does: by its ids and its tables, with html.parser."""

import re
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Final

_VOID: Final = frozenset({"meta", "link", "br", "img", "hr", "input", "col"})


class Page(HTMLParser):
    """What stands in a page: the text of each id, the rows of each table, the lists."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: dict[str, str] = {}
        self.rows: dict[str, list[list[str]]] = {}
        """The cells of each row of a table's body, by the table's id or class."""
        self.dense: list[str] = []
        """Every shot in the dense lists."""
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str, str]] = []
        """Tag, name and value of every attribute."""
        self.text = ""
        """All that is shown."""
        self._open: list[tuple[str, str | None]] = []
        self._table: str | None = None
        self._in_head = False
        self._cell: list[str] | None = None
        self._row: list[str] = []
        self._item: list[str] | None = None
        self._hidden = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if found.get("id"):
            self.ids[str(found["id"])] = ""
        match tag:
            case "table":
                self._table = found.get("id") or found.get("class") or ""
                self.rows.setdefault(self._table, [])
            case "thead":
                self._in_head = True
            case "tr":
                self._row = []
            case "td":
                self._cell = []
            case "li":
                self._item = []
            case "style" | "title":
                self._hidden += 1
            case _:
                pass
        if tag not in _VOID:
            self._open.append((tag, found.get("id")))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass
        match tag:
            case "thead":
                self._in_head = False
            case "td" if self._cell is not None:
                self._row.append(tidy("".join(self._cell)))
                self._cell = None
            case "tr" if not self._in_head and self._table is not None and self._row:
                self.rows[self._table].append(self._row)
            case "table":
                self._table = None
            case "li" if self._item is not None:
                self.dense.append("".join(self._item))
                self._item = None
            case "style" | "title":
                self._hidden -= 1
            case _:
                pass

    def handle_data(self, data: str) -> None:
        if self._hidden:
            return
        self.text += data
        for _, name in self._open:
            if name is not None:
                self.ids[name] += data
        if self._cell is not None:
            self._cell.append(data)
        if self._item is not None:
            self._item.append(data)


def tidy(text: str) -> str:
    """A text with single spaces, where a page may break its lines."""
    return re.sub(r"[ \t\r\n]+", " ", text).strip(" ")


def ml(volume_nl: int) -> str:
    """A volume as people read it, worked out anew: at least three decimals, exactly."""
    whole, rest = divmod(volume_nl, 1_000_000)
    return f"{whole}.{f'{rest:06d}'.rstrip('0').ljust(3, '0')} mL"


def mm(depth_um: int) -> str:
    """A depth, likewise: at least one decimal."""
    whole, rest = divmod(depth_um, 1000)
    return f"{whole}.{f'{rest:03d}'.rstrip('0').ljust(1, '0')} mm"


def mg(dose_ng: int) -> str:
    """A dose, likewise: no decimals where none are needed."""
    whole, rest = divmod(dose_ng, 1_000_000)
    decimals = f"{rest:06d}".rstrip("0")
    return f"{whole}.{decimals} mg" if decimals else f"{whole} mg"


def whole(count: int) -> str:
    """A count with thin spaces between thousands."""
    return f"{count:,}".replace(",", "\u202f")


def second(utc_us: int) -> str:
    """A time in UTC to the second."""
    return f"{datetime.fromtimestamp(utc_us // 1_000_000, UTC):%Y-%m-%d %H:%M:%S}"
