"""A ledger, a source and a publisher that remember, and do what a test tells them to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bot.errors import Trouble
from bot.model.act import Act
from bot.model.asked import Asked
from bot.model.claim import Claim
from bot.model.effect import Effect, Published, PutComment, SetCheck, digest_of
from bot.model.facts import Facts, Person, Standing
from bot.model.keeping import Judged, Newest, PlannedEffect, Receipt, StoredPolicy
from bot.model.known import Known, Unknown
from bot.model.look import GroupOutline, Outline, PolicyFile
from bot.model.need import Need
from bot.model.policy import Role
from bot.model.wake import Lane, Subject
from tests.support.clock import START
from tests.support.pulls import HEAD

UNREAD = Unknown("GitHub does not answer")


def claim(number: int = 118, group: str = "") -> Claim:
    """The right to work on a pull request of acme/orders."""
    return Claim(
        subject=Subject(7, number, group),
        installation_id=5,
        repo="acme/orders",
        epoch=1,
        seq=1,
        lane=Lane.VERDICT,
        attempts=1,
        started_at=START,
        first_at=START,
    )


def check(
    title: str = "Ready", conclusion: str | None = "success", name: str = "handoff"
) -> SetCheck:
    """A check on the head."""
    return SetCheck(
        repo_id=7,
        head_sha=HEAD,
        name=name,
        status="completed" if conclusion else "in_progress",
        conclusion=conclusion,
        title=title,
        summary="All is well.",
        text="",
    )


def comment(body: str = "Two items are left.") -> PutComment:
    """The sticky comment."""
    return PutComment(repo_id=7, number=118, body=body, create=True)


def row(effect: Effect, **more: Any) -> PlannedEffect:
    """The effect's row in the outbox."""
    return PlannedEffect(effect=effect, gen=1, digest=digest_of(effect), **more)


@dataclass(kw_only=True)
class MemoryActs:
    """What people did on every pull request."""

    said: tuple[Act, ...] = ()
    matters: dict[tuple[int, str], bytes] = field(default_factory=dict)
    stood: tuple[tuple[str, datetime], ...] = ()

    async def acts(self, subject: Subject) -> tuple[Act, ...]:
        return self.said

    async def heads(self, subject: Subject) -> Sequence[tuple[str, datetime]]:
        return self.stood

    async def whole_since(self) -> datetime:
        return datetime.min.replace(tzinfo=UTC)

    async def asked(self, logins: Sequence[str], since: datetime) -> Mapping[str, Asked]:
        return {}

    async def newest_matter(self, subject: Subject, head_sha: str) -> bytes | None:
        return self.matters.get((subject.number, head_sha))


@dataclass(kw_only=True)
class MemoryLedger:
    """`fenced`: keys that may not be sent any more, or everything where a commit is fenced."""

    rows: list[PlannedEffect] = field(default_factory=list)
    standing: dict[str, Published] = field(default_factory=dict)
    good: dict[str, StoredPolicy] = field(default_factory=dict)
    matters: dict[tuple[int, str], bytes] = field(default_factory=dict)
    dropped: set[str] = field(default_factory=set)
    heads: dict[int, Newest] = field(default_factory=dict)
    fenced: bool = False
    done: list[tuple[str, Receipt]] = field(default_factory=list)
    undone: list[tuple[str, str, str, datetime | None]] = field(default_factory=list)
    commits: list[Judged] = field(default_factory=list)

    async def published(self, claim: Claim, keys: Sequence[str]) -> Mapping[str, Published]:
        return {key: self.standing[key] for key in keys if key in self.standing}

    async def good_policy(self, scope: str) -> StoredPolicy | None:
        return self.good.get(scope)

    async def newest_matter(self, subject: Subject, head_sha: str) -> bytes | None:
        return self.matters.get((subject.number, head_sha))

    async def sharing_head(self, repo_id: int, head_sha: str) -> Sequence[tuple[int, bytes]]:
        return ()

    async def commit(self, claim: Claim, judged: Judged) -> bool:
        self.commits.append(judged)
        return not self.fenced

    async def plan(self, claim: Claim, effect: Effect) -> bool:
        self.rows.append(row(effect))
        return not self.fenced

    async def newest(self, subject: Subject) -> Newest | None:
        return self.heads.get(subject.number)

    async def outbox(self, claim: Claim) -> Sequence[PlannedEffect]:
        return self.rows

    async def sending(self, claim: Claim, planned: PlannedEffect) -> bool:
        return planned.effect.key not in self.dropped

    async def sent(self, claim: Claim, planned: PlannedEffect, receipt: Receipt) -> None:
        self.done.append((planned.effect.key, receipt))

    async def unsent(
        self, claim: Claim, planned: PlannedEffect, *, state: str, why: str, due: datetime | None
    ) -> None:
        self.undone.append((planned.effect.key, state, why, due))


@dataclass(kw_only=True)
class MemoryPublisher:
    """`trouble`: raised for an effect's key; `stands`: what a search finds under it."""

    trouble: dict[str, Trouble] = field(default_factory=dict)
    stands: dict[str, Receipt] = field(default_factory=dict)
    asked: list[tuple[str, str, str]] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)

    async def publish(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt:
        self.asked.append(("publish", effect.key, external_id))
        self.effects.append(effect)
        if effect.key in self.trouble:
            raise self.trouble[effect.key]
        return Receipt(remote_id=len(self.asked))

    async def find(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt | None:
        self.asked.append(("find", effect.key, external_id))
        return self.stands.get(effect.key)


@dataclass(kw_only=True)
class MemorySource:
    """`files`: policy files of other repositories, or the trouble in reading them."""

    files: dict[str, Known[PolicyFile] | Trouble] = field(default_factory=dict)
    history: list[PolicyFile] = field(default_factory=list)
    outlines: dict[int, Outline] = field(default_factory=dict)
    groups: list[GroupOutline] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    async def outline(self, claim: Claim, sticky: Published | None) -> Outline:
        self.asked.append(f"outline {claim.subject.number}")
        return self.outlines[claim.subject.number]

    async def group(self, claim: Claim) -> GroupOutline:
        return self.groups[0]

    async def load(
        self, claim: Claim, facts: Facts, needs: frozenset[Need], roles: Mapping[str, Role]
    ) -> Facts:
        self.asked.append(f"load {claim.subject.number}")
        return facts

    async def standing(self, claim: Claim, person: Person) -> Known[Standing]:
        return Standing.READ

    async def policy_history(self, claim: Claim, path: str) -> Sequence[PolicyFile]:
        self.asked.append(f"history {path}")
        return self.history

    async def policy_file(
        self, claim: Claim, repo: str, path: str, ref: str | None
    ) -> Known[PolicyFile]:
        name = f"{repo}:{path}@{ref}"
        self.asked.append(name)
        found = self.files.get(name, UNREAD)
        if isinstance(found, Trouble):
            raise found
        return found

    async def forget(self, claim: Claim) -> None:
        return None
