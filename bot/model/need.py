"""What a rule asks to be told: nothing that no touched item needs is ever fetched."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from bot.model.area import Area
from bot.model.reading import Read


class Part(StrEnum):
    """A part of the facts that costs a request or space in one."""

    BODY = "body"
    CHECKS = "checks"
    REVIEWS = "reviews"
    COMMITS = "commits"
    DEPLOYMENTS = "deployments"
    OWNERS = "owners"
    TREE = "tree"
    LABEL_SETTERS = "label-setters"
    THREADS = "threads"


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Who of the people in these facts is in the role."""

    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What each person who reviewed may do in the repository."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """What CI left behind on the head under a name that fits, read as `reading`.

    `workflow`: only what the runs of that workflow file left. `files`: which files in it. `cases`:
    globs of the test cases that count, none: all. `area`: changed files whose lines are asked for.
    `base_for`: what CI left on the merge base instead, for the one kind of finding that needs it.
    """

    reading: str
    name: str
    workflow: str | None = None
    files: str = "**"
    cases: tuple[str, ...] = ()
    area: Area = Area("none", ())
    base_for: str = ""

    @property
    def key(self) -> str:
        """Its key among the facts."""
        words = (self.reading, self.name, self.workflow or "", self.files)
        more = (self.base_for,) if self.base_for else ()
        return ":".join((*words, ",".join(self.cases), ",".join(self.area.globs), *more))


Need: TypeAlias = Part | Members | Permissions | Read | Artifact
