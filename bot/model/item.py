"""One line of the checklist: when it applies, what proves it, who may say so where nothing can."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeAlias

from bot.model.area import Area
from bot.model.facts import Change


class Level(StrEnum):
    """How much an item counts, weakest first: only `block` may fail the check."""

    NOTE = "note"
    ADVISE = "advise"
    BLOCK = "block"


# ── conditions: yes, no or unknown ────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Enough non-blank lines changed in one of the areas (generated files never count)."""

    areas: tuple[Area, ...]
    kinds: tuple[Change, ...] = ()
    lines_at_least: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """The pull request carries any of the labels."""

    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Titled:
    """The title contains a match of the RE2 pattern."""

    pattern: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BasedOn:
    """The base branch fits one of the globs; the word `default` is the default branch."""

    globs: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthoredBy:
    """The author is in one of the roles."""

    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FromFork:
    """The head lives in another repository (`wanted` False: it does not)."""

    wanted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class LinesAtLeast:
    """Added and removed lines; generated files and blocks that only move aside."""

    lines: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FilesAtLeast:
    """Changed files, generated ones aside."""

    files: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ComponentsAtLeast:
    """The change touches at least so many components; files in none count as one, `(rest)`."""

    components: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedByOthers:
    """One of the components was changed by an author who is not in its owner role."""

    components: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFailed:
    """A check of that name, made by `app`, concluded otherwise than one of `conclusions` on the
    head. `workflow`: its file; `status_by`: a commit status of that login instead."""

    name: str
    app: str
    workflow: str | None = None
    conclusions: tuple[str, ...] = ("success",)
    status_by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrates:
    """A migration of the area does anew one of `what`: drops, narrows, renames, backfills to what
    was there before, or is irreversible."""

    what: tuple[str, ...]
    area: Area
    generated: Area


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTurns:
    """A contract of the area changed so; `what`: changed, additive or breaking. The rest: where
    the code is that may show that a contract was wrong."""

    what: str
    area: Area
    endpoints: Area = Area("endpoints", ())
    tests: Area = Area("tests", ())
    generated: Area = Area("generated", ())


@dataclass(frozen=True, slots=True, kw_only=True)
class AddsNames:
    """A manifest names a package, service or infrastructure that none named before; `what`: which
    of the three count, or packages that auth or logging rests on."""

    what: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SameCode:
    """A function is new that stands in so many components alike, or in so many folders where the
    policy names no component."""

    components: int
    tests: Area
    generated: Area


@dataclass(frozen=True, slots=True, kw_only=True)
class InterfaceTurns:
    """A public function of the base takes something else, or is gone."""

    tests: Area
    generated: Area


@dataclass(frozen=True, slots=True, kw_only=True)
class Registers:
    """Something is registered anew that every request goes through; `what`: handler, middleware."""

    what: tuple[str, ...]
    tests: Area
    generated: Area


@dataclass(frozen=True, slots=True, kw_only=True)
class NamesEndpoints:
    """An added line of the areas names the path of an endpoint that the change is about."""

    areas: tuple[Area, ...]
    endpoints: Area
    tests: Area
    generated: Area


@dataclass(frozen=True, slots=True, kw_only=True)
class CannotTell:
    """A condition that this version validates and cannot answer; always unknown."""

    word: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Every:
    """All conditions hold; an empty one always does."""

    parts: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Some:
    """One of the conditions holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class No:
    """The condition does not hold."""

    part: Condition


Condition: TypeAlias = (
    Changed
    | Labelled
    | Titled
    | BasedOn
    | AuthoredBy
    | FromFork
    | LinesAtLeast
    | FilesAtLeast
    | ComponentsAtLeast
    | ChangedByOthers
    | CheckFailed
    | ContractTurns
    | Migrates
    | AddsNames
    | SameCode
    | InterfaceTurns
    | NamesEndpoints
    | Registers
    | CannotTell
    | Every
    | Some
    | No
)

ALWAYS = Every()


# ── proofs ────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A rule with its options, an instance of that rule's own `options` dataclass.

    `kinds`: findings that the policy lowers, each with `likely` or `off`.
    """

    rule: str
    options: object
    kinds: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attested:
    """A leaf that people answer; `role` is a reserved word or a role of the policy.

    `prompted_by`: rules whose findings are shown to them and prove nothing. `this_push`: a word
    ends with the next push, whatever it changes.
    """

    role: str
    people_at_least: int = 1
    prompted_by: tuple[Use, ...] = ()
    this_push: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NotYet:
    """A proof that this version validates and cannot run; always UNKNOWN."""

    word: str
    why: str = "this version of Handoff does not read it"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllOf:
    """Every part must hold; never empty."""

    parts: tuple[Proof, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("all of nothing proves nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """One part is enough; never empty."""

    parts: tuple[Proof, ...]

    def __post_init__(self) -> None:
        if not self.parts:
            raise ValueError("any of nothing proves nothing")


@dataclass(frozen=True, slots=True, kw_only=True)
class Not:
    """The opposite of the part, where it could be decided."""

    part: Proof


Proof: TypeAlias = Use | Attested | NotYet | AllOf | AnyOf | Not


def words_of(proof: Proof) -> tuple[Attested, ...]:
    """The leaves of a proof that people answer."""
    match proof:
        case Attested():
            return (proof,)
        case AllOf(parts=parts) | AnyOf(parts=parts):
            return tuple(word for part in parts for word in words_of(part))
        case Not(part=part):
            return words_of(part)
        case _:
            return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """`covers` empty: every file but the generated ones. `if_unsure`: a role, or None for block."""

    id: str
    title: str
    level: Level
    when: Condition
    covers: tuple[Area, ...]
    proof: Proof
    help: str = ""
    if_unsure: str | None = None
    waive_by: frozenset[str] = frozenset()
    applies_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemOverride:
    """What `paths` lays over an item for some files; None leaves the item's own value.

    `if_unsure`: empty for block.
    """

    title: str | None = None
    help: str | None = None
    level: Level | None = None
    when: Condition | None = None
    covers: tuple[Area, ...] | None = None
    proof: Proof | None = None
    if_unsure: str | None = None
    waive_by: frozenset[str] | None = None
    applies_from: date | None = None
    drop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PathOverride:
    """Overrides for the files of `area`; `none` takes these files out of every item."""

    area: Area
    none: bool = False
    items: tuple[tuple[str, ItemOverride], ...] = ()
