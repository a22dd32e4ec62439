"""Builds every record's validator before the engine runs.

Records build theirs when they are first used, so that a console or a command pays only for
those that it needs. The engine must not: a validator takes milliseconds to build, and the
first use of one may be the moment in which a beat is due.
"""

from pydantic import BaseModel

from injector.limits.written import Table
from injector.protocol.fieldmap import FieldMap
from injector.shotlog.fields import Record


def build_validators() -> None:
    """Build those of the wire, the log and the limits. Costs nothing the second time."""
    for kind in (FieldMap, Record, Table):
        _build(kind)


def _build(kind: type[BaseModel]) -> None:
    kind.model_rebuild()
    for each in kind.__subclasses__():
        _build(each)
