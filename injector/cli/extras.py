"""How an extra of the package is installed.

No index is named: the package is on none that we answer for, and a name that anybody can
take there must not be what our own errors tell people to install.
"""

from typing import Literal


def install(extra: Literal["audit", "pdf"]) -> str:
    """The command, and where it is given."""
    return f"`pip install '.[{extra}]'` in a clone of the project"
