"""What the worker needs of the outside, with only the methods that it calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from bot.model.act import Act
from bot.model.area import Area
from bot.model.arrival import Said
from bot.model.asked import Asked
from bot.model.claim import Claim
from bot.model.effect import Effect, Published
from bot.model.facts import CheckRun, Facts, Person, Standing
from bot.model.keeping import Judged, Newest, PlannedEffect, Receipt, StoredPolicy
from bot.model.known import Known
from bot.model.look import CommentNow, GroupOutline, Outline, PolicyFile, Talk
from bot.model.need import Need
from bot.model.policy import Role
from bot.model.reading import Side
from bot.model.report import Report
from bot.model.results import AllLeft, Left
from bot.model.wake import Subject


class Contents(Protocol):
    """Where contents of files come from; `claim` None for a checkout."""

    async def texts(
        self, claim: Claim | None, facts: Facts, places: Sequence[tuple[Side, str]]
    ) -> Mapping[tuple[Side, str], Known[bytes]]:
        """Contents of changed files at the merge base or the head, of others at head or tip, and
        what commits changed."""
        ...

    async def files(
        self, claim: Claim | None, facts: Facts, area: Area, side: Side
    ) -> Known[Mapping[str, str]]:
        """Every file of the area at the head or the tip: its path and git id. Of the past the
        newest commits of a pull request that has several, by their ids."""
        ...


class Artifacts(Protocol):
    """Where artifacts of CI come from; `claim` None for a checkout."""

    async def artifacts(
        self, claim: Claim | None, facts: Facts, workflow: str | None
    ) -> Known[AllLeft]:
        """What the workflow runs of the head left, of one workflow file or of all."""
        ...

    async def before(
        self, claim: Claim | None, facts: Facts
    ) -> Known[tuple[str, tuple[CheckRun, ...]]]:
        """The merge base of the head, and what CI says of that."""
        ...

    async def artifact(self, claim: Claim | None, left: Left, at_most: int) -> Known[bytes]:
        """The bytes of one of them; Unknown where they are more than `at_most`."""
        ...

    async def texts(
        self, claim: Claim | None, facts: Facts, places: Sequence[tuple[Side, str]]
    ) -> Mapping[tuple[Side, str], Known[bytes]]:
        """Contents of changed files at the merge base or the head, of others at head or tip."""
        ...

    async def files(
        self, claim: Claim | None, facts: Facts, area: Area, side: Side
    ) -> Known[Mapping[str, str]]:
        """Every file of the area at the head or the tip: its path and git id."""
        ...


class Source(Protocol):
    """Where facts come from: GitHub, or a checkout."""

    async def outline(self, claim: Claim, sticky: Published | None) -> Outline:
        """The pull request as it is now. Raises errors.Trouble; Gone when there is none.
        Raises `errors.Stale` when GitHub still shows an older state than the wake told of."""
        ...

    async def group(self, claim: Claim) -> GroupOutline:
        """The merge group of the claim. Raises errors.Trouble."""
        ...

    async def load(
        self, claim: Claim, facts: Facts, needs: frozenset[Need], roles: Mapping[str, Role]
    ) -> Facts:
        """The facts with what `needs` asks for filled in, or Unknown with the reason."""
        ...

    async def policy_history(self, claim: Claim, path: str) -> Sequence[PolicyFile]:
        """The last 20 versions of the file on the default branch, newest first."""
        ...

    async def policy_file(
        self, claim: Claim, repo: str, path: str, ref: str | None
    ) -> Known[PolicyFile]:
        """A file of another repository of the same owner, at a ref or its default branch."""
        ...

    async def forget(self, claim: Claim) -> None:
        """Drop what is cached about the subject."""
        ...


class Reader(Protocol):
    """What a reading is, and what it may take."""

    @property
    def value(self) -> type[Any]:
        """The type of its values."""
        ...

    @property
    def version(self) -> int:
        """Rises when the same bytes give another value."""
        ...

    @property
    def bytes_at_most(self) -> int:
        """Larger files are not read."""
        ...


class Readers(Protocol):
    """Where foreign content is read."""

    def use(self, reading: str) -> Reader:
        """The reader of that reading."""
        ...

    async def read(
        self, jobs: Sequence[tuple[str, str, bytes | None, bytes | None]]
    ) -> Sequence[Known[Any]]:
        """JSON data for each (reading, path, base, head), or Unknown; raises nothing.

        What a reader is told follows the name of its reading after a blank.
        """
        ...


class ReportReaders(Protocol):
    """Where reports are read."""

    def use(self, reading: str) -> Reader:
        """The reader of that reading."""
        ...

    async def report(
        self, reading: str, name: str, bodies: tuple[bytes | None, bytes | None], asked: str
    ) -> Known[Any]:
        """JSON data for an artifact, with what an earlier attempt left; raises nothing."""
        ...


class Publisher(Protocol):
    """Does effects on GitHub."""

    async def publish(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt:
        """Make it so. `before`: what stands under the key. Raises errors.Trouble; Transient with
        `sent` when it may have taken effect."""
        ...

    async def find(
        self, claim: Claim, effect: Effect, before: Published | None, external_id: str
    ) -> Receipt | None:
        """Look for the effect after a lost answer; None when it is not there."""
        ...


class Ledger(Protocol):
    """The store as the worker sees it; every method is one transaction."""

    async def published(self, claim: Claim, keys: Sequence[str]) -> Mapping[str, Published]:
        """What stands outside under these keys."""
        ...

    async def good_policy(self, scope: str) -> StoredPolicy | None:
        """The last good copy of a policy file."""
        ...

    async def newest_matter(self, subject: Subject, head_sha: str) -> bytes | None:
        """Matter JSON of the newest judgement of that head, None if it was never judged."""
        ...

    async def sharing_head(self, repo_id: int, head_sha: str) -> Sequence[tuple[int, bytes]]:
        """(number, report JSON) of every open pull request with that head, where there are two;
        the JSON of one that was never judged there is empty."""
        ...

    async def commit(self, claim: Claim, judged: Judged) -> bool:
        """Store it all and mark the claim's `seq` as evaluated; False when fenced: nothing stored.
        Effects whose digest equals what stands, or what is pending, are left out."""
        ...

    async def plan(self, claim: Claim, effect: Effect) -> bool:
        """Put one effect into the outbox, outside a commit; False when fenced."""
        ...

    async def newest(self, subject: Subject) -> Newest | None:
        """The newest head of what is under a policy, as the store knows it."""
        ...

    async def outbox(self, claim: Claim) -> Sequence[PlannedEffect]:
        """The subject's effects that are due, in the order of their class; those found `sending`
        by a dead run come as `uncertain`."""
        ...

    async def sending(self, claim: Claim, planned: PlannedEffect) -> bool:
        """Mark a row as being sent; False when fenced, superseded, or of a head that is no longer
        current (then the row is dropped)."""
        ...

    async def sent(self, claim: Claim, planned: PlannedEffect, receipt: Receipt) -> None:
        """Outbox row out, published in."""
        ...

    async def unsent(
        self, claim: Claim, planned: PlannedEffect, *, state: str, why: str, due: datetime | None
    ) -> None:
        """The row goes back as `pending` or `uncertain` until `due`, or ends as `dead`."""
        ...


class Rosters(Protocol):
    """Who is in a role."""

    async def roster(self, claim: Claim, role: Role, facts: Facts) -> Known[tuple[Person, ...]]:
        """Who is in the role, in the policy's order where it names people."""
        ...


class Acquaintances(Protocol):
    """Who people are, asked live."""

    async def standing(self, claim: Claim, person: Person) -> Known[Standing]:
        """What the person may do in the repository, asked live."""
        ...

    async def roles(
        self, claim: Claim, person: Person, roles: Mapping[str, Role], facts: Facts
    ) -> Mapping[str, Known[bool]]:
        """Whether the person is in each of the roles, asked live."""
        ...

    async def comment_now(self, claim: Claim, said: Said) -> Known[CommentNow | None]:
        """The comment as it stands by now; None where it was deleted or hidden."""
        ...


class Talks(Protocol):
    """What people wrote, as GitHub still shows it."""

    async def talk(self, claim: Claim, head_sha: str) -> Talk:
        """What was written at the pull request, and since when the head is judged."""
        ...


class Turns(Protocol):
    """Who was asked when."""

    async def asked(
        self, logins: Sequence[str], since: datetime, *, counted: bool = False
    ) -> Mapping[str, Asked]:
        """When each was asked last in any repository, by login in lower case; `counted`: also how
        many open questions they have."""
        ...

    async def decided(self, repo: str) -> Mapping[int, tuple[Act, ...]]:
        """Every act of each pull request of the repository on which something was decided."""
        ...


class Acts(Protocol):
    """What people did, as the store knows it."""

    async def whole_since(self) -> datetime:
        """Since when nothing is missing: of earlier days only what was restored is known."""
        ...

    async def acts(self, subject: Subject) -> tuple[Act, ...]:
        """Every act about the pull request, in the order in which they were said."""
        ...

    async def heads(self, subject: Subject) -> Sequence[tuple[str, datetime]]:
        """The heads that the pull request had and since when, oldest first."""
        ...

    async def newest_matter(self, subject: Subject, head_sha: str) -> bytes | None:
        """Matter JSON of the newest judgement of that head, None if it was never judged."""
        ...


class Log(Protocol):
    """Where faults of ours go, with their trace."""

    def evaluated(self, claim: Claim, report: Report | None, seconds: float) -> None:
        """One line per evaluation."""
        ...

    def took(self, stage: str, seconds: float) -> None:
        """A stage of an evaluation is over."""
        ...

    def fault(self, claim: Claim, fault: str, error: BaseException) -> None:
        """A bug of ours, with its trace."""
        ...
