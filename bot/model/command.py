"""What people type after `/handoff`, and what it asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from bot.model.act import Act
from bot.model.facts import Person, Standing
from bot.model.known import Known
from bot.model.problem import Problem
from bot.model.report import Matter, Report


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandLine:
    """One recognised line: `number` counts from 1, `verb` in lower case ("" when bare).

    `words`: the words after the verb and before `because`; `reason` None without `because`.
    """

    number: int
    text: str
    verb: str
    words: tuple[str, ...] = ()
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Misread:
    """A line that looks like a command and is not run; `what` says why, as a person reads it."""

    number: int
    text: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who spoke and what entitles them, learnt live; Unknown means: refused, with that reason."""

    person: Person
    standing: Known[Standing]
    is_author: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a command leads to. `recheck`: cached facts of this head are forgotten first.

    `show`: the sticky comment is rendered anew even where nothing else changed. `answer`: markdown
    of the one reply, already escaped; empty for no reply.
    """

    acts: tuple[Act, ...] = ()
    answer: str = ""
    recheck: bool = False
    show: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One verb. `decide` is pure: the line, who asks, what stands now; an answer or a Problem.

    `who`: as people read it. `edits`: whether it may be run from an edited comment.
    `asks_standing`: whether what the asker may do in the repository matters; it costs a request.
    """

    id: str
    verb: str
    usage: str
    who: str
    examples: tuple[str, ...]
    edits: bool
    decide: Decide
    asks_standing: bool = False


Decide: TypeAlias = "Callable[[CommandLine, Asker, Matter, Report], Heard | Problem]"
