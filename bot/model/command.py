"""What people type after `/handoff`, and what it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
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
    """Who spoke and what entitles them, learnt live; Unknown means: refused, with that reason.

    `roles`: those of the policy, by name, that were asked about. `through_app`: slug of the App
    that wrote in the person's name.
    """

    person: Person
    standing: Known[Standing]
    is_author: bool
    is_contributor: Known[bool] = False
    is_reviewer: Known[bool] = False
    roles: Mapping[str, Known[bool]] = field(default_factory=dict)
    through_app: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unchecked(Problem):
    """A refusal for want of an answer of GitHub's: the same line may be run in a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Barred(Problem):
    """A refusal of the person, who may not say this at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip(Problem):
    """A refusal of one word, with what may have been meant; the whole line is shown mended."""

    wrong: str
    near: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stood:
    """A head that may have been meant, other than the one that stands; `sha` empty where nothing
    is known of it.

    `matter`: as it was judged at that head; None where it never was.
    """

    sha: str
    matter: Matter | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that one command line is decided by.

    `key`: of the act that may come of it. `place`: id of the comment and number of the line.
    `through`: comment, review, line, button or box. `stood`: heads that may have been meant, in
    the window around `said_at` or named; `heads`: every head that the pull request had.
    `scope_of`: fingerprints of an item as a matter has it, parted by blanks.
    """

    line: CommandLine
    asker: Asker
    matter: Matter
    report: Report
    scope_of: Callable[[str, Matter], Known[str]]
    key: str = ""
    place: tuple[int, int] = (0, 0)
    said_at: datetime
    through: str = "comment"
    stood: tuple[Stood, ...] = ()
    heads: tuple[str, ...] = ()
    commands: tuple[Command, ...] = ()
    later: tuple[Act, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What a command leads to. `recheck`: cached facts of this head are forgotten first.

    `show`: the sticky comment is rendered anew even where nothing else changed. `answer`: plain
    text of the one reply; empty for no reply.
    """

    acts: tuple[Act, ...] = ()
    answer: str = ""
    recheck: bool = False
    show: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """One verb. `decide` is pure: the scene in, what comes of it or a Problem out.

    `usage`, `who`: as people read them, `does` in half a sentence. `edits`: whether it may be run
    from an edited comment. `view`: it changes nothing, so extra words are passed over and Apps may
    say it in a person's name. `asks_standing`: whether what the asker may do in the repository
    matters; it costs a request. `bound`: it is about a certain head. `closed`: it may be said of a
    pull request that is closed or merged.
    """

    id: str
    verb: str
    usage: str
    who: str
    does: str
    examples: tuple[str, ...]
    edits: bool
    decide: Decide
    view: bool = False
    asks_standing: bool = False
    bound: bool = False
    closed: bool = False


Decide: TypeAlias = "Callable[[Scene], Heard | Problem]"
