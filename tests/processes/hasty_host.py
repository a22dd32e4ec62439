"""``injector`` with a mistake planted: it acknowledges what it has not committed yet.

And then it believes the gun: what was acknowledged must be in the log. The disk takes
its time, so that there is something to lose. For tests of the tests.
"""

import time
from collections.abc import Sequence
from typing import Final

from injector.cli.main import main
from injector.control.device import Device
from injector.control.effects import Append
from injector.control.inputs import CommitFailed, Committed, DeviceRecall
from injector.control.journal import JournalDesk
from injector.control.logdesk import LogDesk
from injector.shotlog.entries import Moment

SLOW_S: Final = 0.3


def plant() -> None:
    """Put the mistake into this process."""
    commit, recalled = LogDesk.commit, Device.recalled

    def slow(self: LogDesk, jobs: Sequence[Append], at: Moment) -> list[Committed | CommitFailed]:
        if any(draft.body.kind == "shot" for job in jobs for draft in job.drafts):
            time.sleep(SLOW_S)
        return commit(self, jobs, at)

    def believing(self: Device, what: DeviceRecall) -> None:
        recalled(self, what)
        if self.desk is not None and self.welcome is not None:
            self.desk.taken = self.desk.committed = self.welcome.acknowledged

    vars_of = {
        LogDesk: ("commit", slow),
        JournalDesk: ("acknowledge", property(lambda desk: desk.taken)),
        Device: ("recalled", believing),
    }
    for owner, (name, planted) in vars_of.items():
        setattr(owner, name, planted)


if __name__ == "__main__":
    plant()
    main()
