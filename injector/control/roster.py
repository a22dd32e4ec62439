"""Who may do what in this installation, and which limit libraries are in force.

Both are somebody's word in the log. Who an operator is, the newest entry says; one who
was withdrawn is nobody. An approval stands for the library with that digest and no
other: a file of which one byte changed is a new library.
"""

from dataclasses import dataclass, field

from injector.limits.library import Library
from injector.shotlog import entries as log
from injector.shotlog import facts
from injector.staff.roles import Act, Role, may


@dataclass(slots=True)
class Roster:
    """Operators and approvals. Fed with every entry that tells of them, in order."""

    operators: dict[str, facts.OperatorRecorded] = field(default_factory=dict)
    """By their id."""
    approved: dict[str, facts.LibraryApproved] = field(default_factory=dict)
    """By the library's digest; only what a qualified practitioner approved."""

    def apply(self, entry: log.Entry) -> None:
        """Take an entry."""
        match entry.body:
            case facts.OperatorRecorded() as operator:
                self.operators[operator.person] = operator
            case facts.LibraryApproved() as approval if self.qualified(approval.by):
                self.approved[approval.digest] = approval
            case _:
                pass

    def qualified(self, person: str) -> bool:
        """Whether that is a practitioner with a diploma and a registration on record."""
        operator = self.operators.get(person)
        return (
            operator is not None
            and operator.role == "practitioner"
            and operator.diploma is not None
            and operator.registration is not None
        )

    def barred(self, person: str, act: Act) -> bool:
        """Whether that person's role on record rules it out.

        For one who is not on record, and for an assistant, it does not: training is open to
        them, and whoever treats must be qualified besides.
        """
        operator = self.operators.get(person)
        if operator is None or operator.role == "assistant":
            return False
        return operator.role == "withdrawn" or not may(Role(operator.role), act)

    def approval(self, library: Library, by: str) -> facts.LibraryApproved | None:
        """The entry by which that person approves a library; None for one who may not."""
        operator = self.operators.get(by)
        if operator is None or operator.registration is None or not self.qualified(by):
            return None
        return facts.LibraryApproved(
            digest=library.digest,
            name=library.figures.name,
            version=library.figures.version,
            by=by,
            registration=operator.registration,
        )
