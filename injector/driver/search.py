"""Whose turn it is: on which of the named ports a gun is looked for next.

They are tried in turn, beginning with the one where a gun was last. Whoever looks says
what came of it. Where the gun must be the same as before, only its own port comes into
question: another one in its place is not wanted, and hello would end the link of whoever
has that.
"""

from injector.driver.ports import Candidates, FoundPort, PortsFileError

NONE_NAMED = "no port was named; `injector ports name PORT` names one"


class Search:
    """One search, for as long as an engine runs.

    ``before`` is the path of the port where a gun was last, as far as somebody knows.
    """

    def __init__(self, candidates: Candidates, before: str = "") -> None:
        self._candidates = candidates
        self._before = before
        self._tried = ""
        """Identity of the port tried last."""
        self._found = ""
        """Identity of the port where a gun answered last."""
        self._at_once = False
        """That port goes before the others."""
        self._why: dict[str, str] = {}
        """By identity, why a port had no gun."""

    def next(self, *, same: bool = False) -> FoundPort | None:
        """The port to try now; None where there is none, and :attr:`why` says why.

        With ``same``, only the port of the gun that answered last, where one has.
        """
        there = self._there(same=same)
        if not there:
            return None
        first = [port for port in there if self._is_first(port)]
        after = [n for n, port in enumerate(there) if port.identity == self._tried]
        chosen = first[0] if first else there[(after[0] + 1) % len(there) if after else 0]
        self._before, self._at_once = "", False
        self._tried = chosen.identity
        return chosen

    def elsewhere(self, *, same: bool = False) -> bool:
        """Whether there is another port to try than the one tried last."""
        return any(port.identity != self._tried for port in self._there(same=same))

    @property
    def why(self) -> str:
        """Why there is no gun, as far as is known: one reason for each port."""
        return "; ".join(self._why.values())

    def failed(self, why: str) -> None:
        """The port tried last has no gun for us."""
        self._why[self._tried] = why

    def answered(self) -> None:
        """A gun answered on the port tried last."""
        self._found = self._tried
        self._why.clear()

    def lost(self) -> None:
        """The gun's port is gone; it is the first to be tried again."""
        self._at_once = True

    def _there(self, *, same: bool) -> tuple[FoundPort, ...]:
        try:
            there = self._candidates()
        except PortsFileError as error:
            self._why = {"": str(error)}
            return ()
        if same and self._found:
            there = tuple(port for port in there if port.identity == self._found)
        known = {port.identity for port in there}
        self._why = {of: why for of, why in self._why.items() if of in known}
        if not there:
            self._why = {"": NONE_NAMED}
        return there

    def _is_first(self, port: FoundPort) -> bool:
        if self._at_once:
            return port.identity == self._found
        return bool(self._before) and port.path == self._before
