"""What one migration file does, how it is undone, and which columns a model file declares."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Destroys(StrEnum):
    """What an operation may lose or break; the policy's words."""

    DROPS = "drops"
    NARROWS = "narrows"
    RENAMES = "renames"
    BACKFILLS = "backfills"


class Undo(StrEnum):
    """Where the way down is: in the file, in a file beside it, nowhere, or not needed."""

    HERE = "here"
    BESIDE = "beside"
    MISSING = "missing"
    NOT_NEEDED = "not-needed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """A foreign key. `column`: its first one, "" where computed; `says`: what delete does."""

    column: str
    line: int
    says: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One step. `table`, `columns`: bare names in lower case, "" or none where computed.

    `creates`: afterwards the table, or the column of it, is there and was not before. `to`: what a
    renamed table is called then. `references`: foreign keys that it makes. `leads`: the columns
    that its indexes and keys begin with, "" for one that is computed.
    """

    name: str
    line: int
    table: str = ""
    columns: tuple[str, ...] = ()
    to: str = ""
    destroys: Destroys | None = None
    creates: bool = False
    references: tuple[Reference, ...] = ()
    leads: tuple[str, ...] = ()

    @property
    def target(self) -> str:
        """The table with its columns, as people read it."""
        return ".".join(part for part in (self.table, ", ".join(self.columns)) if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with the way down; `kind` is a kind id of the rule that shows it."""

    kind: str
    note: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One file. `tool`: alembic, django, flyway, golang-migrate, goose, dbmate, sql-migrate, sql,
    rails, prisma, liquibase, or none: not a migration.

    `revision`, `parents`: the names by which the tool orders files (Django: file stem and pairs
    `app:stem`). `group`: files of different groups never follow each other (Django: the app).
    `branches`: it starts a named branch. `replaces`: what a squash stands for.
    `operations`, `undoing`: steps up and down. `findings`: about undoing. `opaque`: lines up that
    were not understood; `unsure`: why the way down was not. `beside`: paths of the file with the
    way down, or their beginnings where they end with `__`. `repeatable`: meant to be edited.
    `indexing`: its database, or its tool, makes the indexes of foreign keys by itself.
    `digest`: of all that runs; `up_digest`: without the way down and the file's place in the line.
    """

    tool: str
    revision: str = ""
    parents: tuple[str, ...] = ()
    group: str = ""
    branches: bool = False
    replaces: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    undoing: tuple[Operation, ...] = ()
    findings: tuple[Finding, ...] = ()
    opaque: tuple[int, ...] = ()
    unsure: str = ""
    undo: Undo = Undo.HERE
    beside: tuple[str, ...] = ()
    up_line: int = 1
    empty: bool = False
    down: bool = False
    repeatable: bool = False
    indexing: bool = False
    digest: str = ""
    up_digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column-bearing attribute of a mapped class; `type`: its type with what the table sees."""

    model: str
    name: str
    type: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The columns that a source file declares; none for a file without mapped classes."""

    columns: tuple[Column, ...] = ()
