"""A pull request, or a merge group, may have changed."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Lane(IntEnum):
    """How urgent a wake is; a lower number goes first."""

    COMMAND = 0
    VERDICT = 1
    UPDATE = 2
    SWEEP = 3


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What is evaluated: pull request `number`, or, with number 0, the merge group at `group`."""

    repo_id: int
    number: int
    group: str = ""

    @property
    def key(self) -> str:
        """`7#118` for a pull request, `7@<sha>` for a merge group."""
        return f"{self.repo_id}@{self.group}" if self.group else f"{self.repo_id}#{self.number}"

    @staticmethod
    def parse(key: str) -> Subject:
        """The subject of a key; raises ValueError for anything else."""
        if "@" in key:
            repo, _, sha = key.partition("@")
            return Subject(int(repo), 0, sha)
        repo, _, number = key.partition("#")
        return Subject(int(repo), int(number))
