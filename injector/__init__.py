"""The host for Pistor-type injection guns.

Rooms and their floors are in ``docs/architecture.md``. Importing this package
imports nothing else of it, so that a command starts as fast as what it uses.
"""

from typing import Final

__version__: Final = "0.1.0"
