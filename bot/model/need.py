"""What a rule asks to be told: nothing that no touched item needs is ever fetched."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from bot.model.reading import Read


class Part(StrEnum):
    """A part of the facts that costs a request or space in one."""

    BODY = "body"
    CHECKS = "checks"
    REVIEWS = "reviews"
    COMMITS = "commits"
    OWNERS = "owners"
    TREE = "tree"
    LABEL_SETTERS = "label-setters"


@dataclass(frozen=True, slots=True, kw_only=True)
class Members:
    """Who of the people in these facts is in the role."""

    role: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What each person who reviewed may do in the repository."""


Need: TypeAlias = Part | Members | Permissions | Read
