"""What could not be learnt is a value of its own, never an absence, and it never passes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias, TypeVar

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Unknown:
    """A fact that could not be learnt, with the reason a person reads.

    `by_content`: the pull request's own content caused it (too large, unparsable), so its author
    must not be the one whose word stands in for the fact.
    """

    reason: str
    by_content: bool = False


Known: TypeAlias = V | Unknown

NOT_ASKED = Unknown("not asked for")
# Of the files of one pull request that come after those that took all of its time.
TIME_USED_UP = Unknown("time budget used up", by_content=True)
