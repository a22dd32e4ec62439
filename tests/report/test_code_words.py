"""Promise: what the program itself writes into a log as a code, a French report says in French."""

from collections.abc import Iterable
from typing import get_args

import pytest
from babel.messages.pofile import read_po

from injector.control.alarms import AlarmCode
from injector.control.autopilot import Result
from injector.protocol import messages as wire
from injector.protocol.codes import Ending, FaultCode, Mode, Reason
from injector.protocol.framing import BadCause
from injector.report.speech import LOCALE
from injector.shotlog.findings import Check, Code

CODES = {
    "alarms": [each.value for each in AlarmCode],
    "how a run ended": [each.value for each in Result],
    "why a shot ended": [each.name.lower() for each in Ending],
    "faults of the gun": [each.name.lower() for each in FaultCode],
    "why the gun refused": [each.name.lower() for each in Reason],
    "what the gun was asked": [each.__name__.lower() for each in get_args(wire.Request)],
    "modes": [each.name.lower() for each in Mode],
    "bad frames": [each.name.lower() for each in BadCause],
    "checks": [each.value for each in Check],
    "findings": [each.value for each in Code],
}


@pytest.mark.parametrize("codes", CODES.values(), ids=CODES)
def test_every_code_of_the_program_has_french_words(codes: Iterable[str]) -> None:
    with (LOCALE / "fr" / "LC_MESSAGES" / "report.po").open("rb") as file:
        french = read_po(file)
    said = {code: french.get(code.replace("_", " ")) for code in codes}
    assert said
    assert [code for code, words in said.items() if words is None or not words.string] == []
