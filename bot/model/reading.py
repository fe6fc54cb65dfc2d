"""What a reader makes of foreign bytes: small typed values, cached for ever by blob id."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from hashlib import sha256
from typing import TYPE_CHECKING, Generic, TypeAlias, TypeVar

from bot.model.contract import Comparison
from bot.model.endpoint import Endpoints
from bot.model.evidence import Guards
from bot.model.manifest import Manifest
from bot.model.migration import Migration, Models
from bot.model.operation import Operations
from bot.model.secret import CommitSecrets, Secrets
from bot.model.signal import Signals
from bot.model.syntax import Matches

if TYPE_CHECKING:
    from bot.model.area import Area

V_co = TypeVar("V_co", covariant=True)

# Every value that a reader may return; a stored one is told from the others by its class name.
ReadValue: TypeAlias = (
    Comparison
    | CommitSecrets
    | Endpoints
    | Guards
    | Manifest
    | Matches
    | Migration
    | Models
    | Operations
    | Secrets
    | Signals
)


class Side(StrEnum):
    """Which text of a file: at the merge base, at the head, or at the base branch as it is now;
    `past`: what a commit on the way to the head changed, its SHA in place of a path."""

    BASE = "base"
    HEAD = "head"
    TIP = "tip"
    PAST = "past"


BOTH = frozenset({Side.BASE, Side.HEAD})
HEAD_ONLY = frozenset({Side.HEAD})
TIP_ONLY = frozenset({Side.TIP})
PAST_ONLY = frozenset({Side.PAST})
# Sides whose files the diff does not name.
LISTED = (Side.TIP, Side.PAST)
# Newest commits of a pull request that are read one by one.
COMMITS_AT_MOST = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[V_co]):
    """One kind of reading; a new `version` makes old cached values void."""

    id: str
    value: type[V_co]
    version: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """The reading of every changed file of an area; `unchanged`: of its other files too; `pair`:
    of both its texts at once, found at the head's side under its newest name; `against`: of which
    file's text at the base instead of its own; `options`: what the reader is told beside the text.
    With one of these two `reading` carries its digest.

    Files that are not changed are read at the head only: their text at the base is the same. At
    the tip every file of the area is read, of the past every commit where there are several.
    """

    reading: str
    area: Area
    sides: frozenset[Side] = HEAD_ONLY
    unchanged: bool = False
    pair: bool = False
    against: str = ""
    options: str = ""

    @property
    def listed(self) -> bool:
        """Whether it is about more than the changed files."""
        return self.unchanged or any(side in self.sides for side in LISTED)


# Stands for the path where it could not be learnt which files there are.
EVERY = "*"


def reading_key(reading: str, side: Side, path: str) -> str:
    """The key of a reading among the facts."""
    return f"{reading}:{side}:{path}"


def told(reading: Reading[V_co], options: str) -> Reading[V_co]:
    """The reading by a reader that is told something: with other options it is another one."""
    return replace(reading, id=f"{reading.id}/{sha256(options.encode()).hexdigest()[:32]}")


SIGNALS = Reading(id="signals", value=Signals, version=7)
MIGRATION = Reading(id="migration", value=Migration, version=3)
MODELS = Reading(id="models", value=Models, version=3)
MANIFEST = Reading(id="manifest", value=Manifest)
SECRETS = Reading(id="secrets", value=Secrets, version=2)
COMMIT_SECRETS = Reading(id="commit-secrets", value=CommitSecrets, version=2)
EVIDENCE = Reading(id="evidence", value=Guards, version=3)
CONTRACT = Reading(id="contract", value=Comparison)
ENDPOINTS = Reading(id="endpoints", value=Endpoints, version=6)
OPERATIONS = Reading(id="operations", value=Operations, version=3)
SYNTAX = Reading(id="syntax", value=Matches)
