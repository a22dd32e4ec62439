"""All that an engine and a simulated gun load, for the server that they are forked from.

Nobody else imports it (`tests.tui.forked`).
"""

import injector.cli.simulate
import injector.control.serving  # noqa: F401 -- so that it is there in what is forked
from injector.control.warming import build_validators

build_validators()
