"""The one door to a log that is written to.

Whoever adds to a log that was put back from a copy, or exchanged, makes a second history of
it. So every door looks at the newest checkpoint kept outside first: the engine's, and that of
each command that writes without one. Two have no use for it: a copy that is being made is
held against all checkpoints at hand before it takes its place, and a successor is the way out
for a log that the check refuses.
"""

from pathlib import Path

from injector.anchors.beside import check
from injector.shotlog.batch import RandomBytes
from injector.shotlog.entries import Moment
from injector.shotlog.failures import as_log_errors
from injector.shotlog.kept import default_path
from injector.shotlog.log import ShotLog


def open_to_write(
    path: Path,
    *,
    now: Moment,
    random_bytes: RandomBytes,
    software: str,
    anchors: Path | None,
    ended: bool = False,
) -> ShotLog:
    """Open the log at ``path`` as `ShotLog.open` does, where it goes on from what was kept.

    ``anchors`` is the file of checkpoints; None: the one beside the log. Raises what the log
    raises, and `LogContradicted` where it does not go on from the newest checkpoint there.
    """
    log = ShotLog.open(path, now=now, random_bytes=random_bytes, software=software, ended=ended)
    try:
        with as_log_errors(path):
            check(log.reader, anchors or default_path(path))
    except BaseException:
        log.close()
        raise
    return log
