"""What an evaluation leaves behind: in the store, and on GitHub."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from bot.model.act import Act
from bot.model.arrival import HeadSeen
from bot.model.effect import Effect, Timer
from bot.model.policy import Mode
from bot.model.relevance import Relevance
from bot.model.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What stands on GitHub after a write; `remote_id` and `detail` are kept in `published`.
    `gen`: under which generation, where that is not the planned one."""

    remote_id: int | None
    detail: str = "{}"
    gen: int = 0
    suppressed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPolicy:
    """What the store keeps of one scope: the newest good text (`repo:7`, `org:acme`), or the newest
    that extends another file and could not be used (`tried:7`)."""

    scope: str
    blob: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Newest:
    """The newest head of a subject and the mode of the policy in force; `judged`: by a verdict."""

    head: str
    mode: Mode
    judged: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedEffect:
    """One outbox row: the effect with its key's generation; `uncertain`: look before sending.
    `error`: what became of the last try."""

    effect: Effect
    gen: int
    digest: str
    uncertain: bool = False
    attempts: int = 0
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """All that one evaluation commits, in one transaction.

    `report` None: nothing could be judged, or a merge group. `matter`: JSON for replay without the
    policy, which is stored once under its digest as `policy_json`. `heard`: keys of the comments
    that were heard. `relevance`: stored with the policy's digest. `suppress`: keys that a person
    ended. `reverted`: remarks on other pull requests of the repository. `forced`: somebody asked
    for a write even if nothing changed. `head`: as GitHub shows it. `opened_at`: what is older than
    the store may show what the store does not know of. `settled`: keys of the asks that are over.
    """

    report: Report | None
    report_json: bytes
    matter: bytes
    policy_json: bytes = b""
    effects: Sequence[Effect]
    timers: Sequence[Timer]
    acts: Sequence[Act] = ()
    heard: Sequence[str] = ()
    relevance: Relevance | None = None
    policy_digest: str = ""
    policies: Sequence[StoredPolicy] = ()
    suppress: Sequence[str] = ()
    settled: Sequence[str] = ()
    reverted: Mapping[int, Act] = field(default_factory=dict)
    forced: bool = False
    head: HeadSeen | None = None
    opened_at: datetime | None = None
