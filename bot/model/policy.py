"""The parsed configuration that applies to a repository."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from bot.model.area import Area
from bot.model.facts import Standing
from bot.model.item import ALWAYS, Condition, Item, PathOverride

RESERVED_ROLES = (
    "author",
    "reviewer",
    "codeowner",
    "asked",
    "holder",
    "triager",
    "writer",
    "anyone",
)

# What may be worth a question; a person may put any of them, whatever the policy looks for itself.
TRIGGERS = (
    "contract-gap",
    "performance",
    "new-dependency",
    "data-model",
    "cross-cutting",
    "shared-logic",
    "refactor-too-wide",
)


class Mode(StrEnum):
    """How much the bot may do, weakest first."""

    OBSERVE = "observe"
    ADVISE = "advise"
    ENFORCE = "enforce"


class Block(StrEnum):
    """How an escalation holds the check, weakest first."""

    NEVER = "never"
    UNTIL_ACKNOWLEDGED = "until-acknowledged"
    UNTIL_DECIDED = "until-decided"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One file that the policy came from; `commit` is its blob id, shortened where shown."""

    origin: str
    path: str
    commit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A layer that should have counted and could not be read, and why."""

    origin: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where the policy came from. `broken`: said first in the check, empty when all is well."""

    layers: tuple[Layer, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    preset: str = ""
    broken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkingTime:
    """So many working days, or so much time within hours."""

    days: int = 0
    time: timedelta = timedelta()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How long a question may wait; `rounds`: how often the ladder of those asked is climbed."""

    remind_after: WorkingTime = WorkingTime(time=timedelta(hours=4))
    widen_after: WorkingTime = WorkingTime(time=timedelta(hours=8))
    acknowledgement_lasts: WorkingTime = WorkingTime(days=1)
    decide_within: WorkingTime = WorkingTime(days=1)
    rounds: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """People or a team: exactly one of team, people, codeowners, permission; all empty: nobody.

    `duty`: first and last day of each login's turn. `hours`: their own, None for the policy's.
    """

    name: str
    team: str | None = None
    people: tuple[str, ...] = ()
    codeowners: bool = False
    permission: Standing | None = None
    ask: int = 1
    pick: str = "rotation"
    then: str | None = None
    apart: tuple[str, ...] = ()
    channel: str | None = None
    ask_by: str = "comment"
    mention_team: bool = False
    duty: Mapping[str, tuple[date, date]] = field(default_factory=dict)
    hours: Hours | None = None

    @property
    def anybody(self) -> bool:
        """Whether there may be people in it."""
        return bool(self.team or self.people or self.codeowners or self.permission)

    @property
    def mentioned(self) -> tuple[str, ...]:
        """The whole team, where it may be mentioned when nobody of it has answered."""
        return (self.team,) if self.team and self.mention_team else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """Named paths with the role that owns them; the first component that matches a file wins."""

    name: str
    area: Area
    owner: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """When not to make noise; nothing here changes a verdict."""

    comment: str = "when-needed"
    drafts: bool = True
    authors: tuple[str, ...] = ()
    pings_at_most: int = 6

    def rests(self, *, draft: bool) -> bool:
        """Whether nobody is asked, because it is a draft."""
        return draft and self.drafts


@dataclass(frozen=True, slots=True, kw_only=True)
class Exempt:
    """When the list does not apply at all."""

    only_changed: tuple[Area, ...] = ()
    label: str | None = None
    label_set_by: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ci:
    """How CI evidence is treated; `app` is the slug for checks that name none."""

    app: str = "github-actions"
    wait_at_most: timedelta = timedelta(minutes=60)
    when_weakened: str = "unsure"


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerUse:
    """A trigger as the policy uses it: when, whom to ask, and whether it holds the check."""

    id: str
    when: Condition
    ask: str
    block: Block


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldUse:
    """A field of a notice; `sources` in the policy's words, such as `deployment staging`.
    `confirmed_by`: empty where a draft may be told as it is."""

    name: str
    sources: tuple[str, ...]
    confirmed_by: str = ""
    when: Condition = ALWAYS
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeUse:
    """A notice as the policy uses it; `answer`: expected, none or before-merge."""

    name: str
    when: Condition
    to: str
    after: tuple[str, ...]
    answer: str
    fields: tuple[FieldUse, ...] = ()
    answer_within: WorkingTime = WorkingTime(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandRule:
    """What a policy says of a verb; `by` None where it leaves open who may say it."""

    by: frozenset[str] | None = None
    not_by: frozenset[str] = frozenset()
    reason_required: bool = False
    lasts: str | None = None
    persons: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """A working calendar; `days` are 0 (Monday) to 6, times are `HH:MM` in `zone`."""

    days: tuple[int, ...] = (0, 1, 2, 3, 4)
    start: str = "09:00"
    end: str = "17:00"
    zone: str = "UTC"
    holidays: tuple[date, ...] = ()
    always: bool = False

    @property
    def day(self) -> timedelta:
        """How long a working day is by the clock on the wall."""
        if self.always:
            return timedelta(days=1)
        opens, closes = (
            datetime.fromisoformat(f"2026-01-01T{one}") for one in (self.start, self.end)
        )
        return closes - opens


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What must be true, who may say so, who is asked and told.

    `digest`: SHA-256 of the effective policy as canonical JSON. `floor`: the organisation's own
    policy, judged beside this one; the graver answer of the two counts.
    `returns`: issue or none; `checkboxes`: view or attest; `co_authors`: count or ignore.
    `agreed`: path of the agreed contract, None for the one at the base. `marked`: paths that count
    as generated for one pull request.
    """

    mode: Mode
    digest: str
    origin: Origin
    items: tuple[Item, ...]
    lists: Mapping[str, tuple[str, ...]]
    checks: tuple[str, ...] = ("handoff",)
    judged: tuple[str, ...] = ("**",)
    handed_over: tuple[str, ...] = ("default",)
    applies_from: date | None = None
    policy_changes_by: str | None = None
    areas: Mapping[str, Area] = field(default_factory=dict)
    components: tuple[Component, ...] = ()
    roles: Mapping[str, Role] = field(default_factory=dict)
    hours: Hours = Hours()
    away: Mapping[str, tuple[tuple[date, date], ...]] = field(default_factory=dict)
    quiet: Quiet = Quiet()
    exempt: Exempt = Exempt()
    ci: Ci = Ci()
    triggers: tuple[TriggerUse, ...] = ()
    timing: Timing = Timing()
    notices: tuple[NoticeUse, ...] = ()
    returns: str = "issue"
    labels: bool = False
    board_issue: bool = False
    checkboxes: str = "view"
    co_authors: str = "count"
    agreed: str | None = None
    commands: Mapping[str, CommandRule] = field(default_factory=dict)
    paths: tuple[PathOverride, ...] = ()
    floor: Policy | None = None
    marked: tuple[str, ...] = ()

    @property
    def generated(self) -> Area:
        """Files that are never judged and never counted."""
        return Area("generated", (*self.unbound.globs, *self.marked))

    @property
    def unbound(self) -> Area:
        """Files whose change ends no word: what the policy itself calls generated."""
        return self.areas.get("generated", Area("generated", ()))
