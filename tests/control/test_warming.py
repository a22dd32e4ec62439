"""Before the engine runs, no record's validator is left to be built."""

import subprocess
import sys

_LEFT = """
from injector.control import engine
from injector.control.warming import build_validators
from injector.limits.written import Table
from injector.protocol.fieldmap import FieldMap
from injector.shotlog.fields import Record

def left(kind):
    own = [] if kind.__pydantic_complete__ else [kind.__name__]
    return own + [name for each in kind.__subclasses__() for name in left(each)]

before = [name for kind in (FieldMap, Record, Table) for name in left(kind)]
build_validators()
print(len(before), *[name for kind in (FieldMap, Record, Table) for name in left(kind)])
"""


def test_every_validator_is_built_before_the_engine_runs() -> None:
    """In a process of its own: here the other tests have built most of them."""
    said = subprocess.run(
        [sys.executable, "-c", _LEFT], capture_output=True, text=True, check=True
    ).stdout.split()
    assert int(said[0]) > 50
    assert said[1:] == []
