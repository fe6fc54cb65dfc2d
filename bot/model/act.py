"""What a person did, stored when they did it and bound to the code that it was about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from bot.model.facts import Person, Standing


class ActKind(StrEnum):
    """The acts that a judgement counts."""

    ATTEST = "attest"
    NOT_APPLICABLE = "n/a"
    WAIVE = "waive"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """`subjects`: item ids. `scopes`: item id to the scope fingerprint at `head_sha`.

    `ends_at`: None where only a changed scope ends it. `roles`: what entitled the person then,
    reserved words included.
    """

    key: str
    kind: ActKind
    by: Person
    subjects: tuple[str, ...]
    head_sha: str
    said_at: datetime
    standing: Standing = Standing.NONE
    roles: frozenset[str] = frozenset()
    reason: str = ""
    scopes: Mapping[str, str] = field(default_factory=dict)
    ends_at: datetime | None = None
    ends_with_push: bool = False
    is_author: bool = False
    is_contributor: bool = False
