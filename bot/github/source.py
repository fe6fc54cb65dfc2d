"""Facts from GitHub: one query and one page of files, more only where more is needed."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypeAlias

from cachetools import LRUCache, TTLCache

from bot.errors import Denied, Gone, Refused, Stale, Trouble
from bot.github.artifacts import Shelf
from bot.github.blobs import policy_at_head
from bot.github.contents import files_of, texts_of
from bot.github.facts import file_of, part, sticky_of
from bot.github.files import FORGOTTEN, FilesCache, Kept, changes_of, files_page, stored_files
from bot.github.groups import group_outline, organisation_policy, own_policy
from bot.github.needs import (
    Trees,
    deployments_of,
    label_setters_of,
    owners_of,
    people_in,
    runs_alone,
    threads_of,
    with_standings,
)
from bot.github.people import People, ask_standing, comment_now
from bot.github.place import Place, both, moment, together
from bot.github.pull import CHECKS_REFUSED, PullAnswer, ask_facts
from bot.github.queries import ORGANISATION_PATH, POLICY_FILE, POLICY_HISTORY, POLICY_PATH
from bot.github.talk import talk_of
from bot.model.arrival import HeadSeen
from bot.model.facts import Facts, Person, Standing
from bot.model.known import Known, Unknown
from bot.model.look import CommentNow, GroupOutline, Outline, PolicyFile, StickySeen, Talk
from bot.model.need import Members, Need, Part, Permissions
from bot.model.policy import Role
from bot.model.wake import Lane, Subject
from bot.readers.attributes import marked_of

if TYPE_CHECKING:
    from datetime import datetime

    from bot.clock import Clock
    from bot.github.client import GitHub
    from bot.github.place import Look
    from bot.github.rows import Row
    from bot.model.area import Area
    from bot.model.arrival import Said
    from bot.model.claim import Claim
    from bot.model.effect import Published
    from bot.model.facts import Changes, CheckRun, Owners
    from bot.model.reading import Side
    from bot.model.results import AllLeft, Left

# GitHub's API lags behind its own webhooks by seconds; later its word counts as it is.
LAG_AT_MOST = timedelta(seconds=8)
# Seconds for which a content that GitHub does not have is not asked for again.
ABSENT_FOR = 600


# The matter of the newest judgement of a head, by whichever process of this version.
Stored: TypeAlias = Callable[[Subject, str], Awaitable[bytes | None]]


class GitHubSource:
    """Implements the worker's Source."""

    def __init__(
        self, github: GitHub, clock: Clock, app_id: int, stored: Stored | None = None
    ) -> None:
        self._github = github
        self._stored = stored
        self._clock = clock
        self._app_id = app_id
        # Node ids of our comments by their number.
        self._comments: LRUCache[int, str] = LRUCache(10_000)
        self._files = FilesCache(clock.monotonic)
        self._people = People(clock)
        self._trees = Trees()
        self._absent: TTLCache[tuple[int, str], bool]
        self._absent = TTLCache(10_000, ABSENT_FOR, clock.monotonic)
        self._shelf = Shelf()
        self._owned: LRUCache[tuple[Subject, int, datetime], Known[Owners]] = LRUCache(100)

    async def outline(self, claim: Claim, sticky: Published | None) -> Outline:
        """The pull request as it is now. Raises errors.Trouble; Gone when there is none, Stale
        when GitHub still shows an older state than the wake told of."""
        place = self._place(claim)
        comment = await self._sticky(place, sticky)
        node = comment if isinstance(comment, str) else ""
        kept = self._files.get(claim.subject)
        first: Kept | Known[list[Row]] | None = None
        if kept is not None and claim.expect.get("sha") in {None, kept.head}:
            look = await ask_facts(place, node)
        else:
            look, first = await both(ask_facts(place, node), self._first(claim, place))
        answer = self._answer(claim, place, look)
        facts = await answer.facts(claim, self._clock.now())
        kept = await self._changed(claim, place, answer, first)
        unread = facts.unread
        if isinstance(kept.proposed, Unknown):
            unread = (*unread, f"the proposed policy: {kept.proposed.reason}")
        return Outline(
            facts=replace(
                facts,
                changes=kept.changes,
                unread=unread,
                generated=marked_of(answer.attributes, kept.changes),
            ),
            repository=own_policy(look),
            organisation=organisation_policy(look),
            proposed=kept.proposed if isinstance(kept.proposed, PolicyFile) else None,
            sticky=comment if isinstance(comment, StickySeen) else sticky_of(look),
            head=_seen(facts, answer.updated_at),
        )

    async def group(self, claim: Claim) -> GroupOutline:
        """The merge group of the claim. Raises errors.Trouble."""
        try:
            return await group_outline(self._place(claim), claim, self._app_id, self._clock.now())
        except Gone as gone:
            raise self._not_yet(claim, gone) from gone

    async def load(
        self, claim: Claim, facts: Facts, needs: frozenset[Need], roles: Mapping[str, Role]
    ) -> Facts:
        """The facts with what `needs` asks for filled in, or Unknown with the reason."""
        place, roles = self._place(claim), {"codeowner": _CODEOWNER, **roles}
        asked = {need.role for need in needs if isinstance(need, Members)}
        owned = any(role in roles and roles[role].codeowners for role in asked)
        jobs: dict[str, Coroutine[Any, Any, Any]] = {}
        if Part.OWNERS in needs or owned:
            jobs["owners"] = self._owners(claim, facts)
        if Part.TREE in needs:
            jobs["tree"] = self._trees.of(place, facts.head_sha)
        if Part.LABEL_SETTERS in needs:
            jobs["label_setters"] = label_setters_of(place, facts.labels)
        if Part.THREADS in needs:
            jobs["threads"] = threads_of(place)
        if Part.DEPLOYMENTS in needs:
            jobs["deployments"] = deployments_of(place, facts)
        if Part.CHECKS in needs and facts.checks == CHECKS_REFUSED:
            jobs["checks"] = runs_alone(place, facts.head_sha, self._app_id)
        if Permissions() in needs:
            jobs["reviews"] = with_standings(place, facts.reviews, self._people)
        found = dict(zip(jobs, await together(*jobs.values()), strict=True))
        if "checks" in found:
            found["unread"] = (*facts.unread, "commit statuses: GitHub does not show them")
        facts = replace(facts, **found)
        if not asked:
            return facts
        return replace(facts, members=await self._members(claim, facts, asked, roles))

    async def texts(
        self, claim: Claim | None, facts: Facts, places: Sequence[tuple[Side, str]]
    ) -> Mapping[tuple[Side, str], Known[bytes]]:
        """Contents of changed files at the merge base or the head, of others at head or tip."""
        assert claim is not None  # noqa: S101  only a checkout has none
        return await texts_of(self._place(claim), facts, places, self._trees, self._absent)

    async def files(
        self, claim: Claim | None, facts: Facts, area: Area, side: Side
    ) -> Known[Mapping[str, str]]:
        """Every file of the area at the head or the tip: its path and git id."""
        assert claim is not None  # noqa: S101  only a checkout has none
        return await files_of(self._place(claim), facts, area, self._trees, side)

    async def artifacts(
        self, claim: Claim | None, facts: Facts, workflow: str | None
    ) -> Known[AllLeft]:
        """What the workflow runs of the head left, of one workflow file or of all."""
        assert claim is not None  # noqa: S101  only a checkout has none
        return await self._shelf.left(self._place(claim), facts, workflow)

    async def before(
        self, claim: Claim | None, facts: Facts
    ) -> Known[tuple[str, tuple[CheckRun, ...]]]:
        """The merge base of the head, and what CI says of that."""
        assert claim is not None  # noqa: S101  only a checkout has none
        return await self._shelf.before(self._place(claim), facts, self._app_id)

    async def artifact(self, claim: Claim | None, left: Left, at_most: int) -> Known[bytes]:
        """The bytes of one of them; Unknown where they are more than `at_most`."""
        assert claim is not None  # noqa: S101  only a checkout has none
        return await self._shelf.body(self._place(claim), left, at_most)

    async def standing(self, claim: Claim, person: Person) -> Known[Standing]:
        """What the person may do in the repository, asked live."""
        return await ask_standing(self._place(claim), person)

    async def roles(
        self, claim: Claim, person: Person, roles: Mapping[str, Role], facts: Facts
    ) -> Mapping[str, Known[bool]]:
        """Whether the person is in each of the roles, asked live."""
        place = self._place(claim)
        owned = any(role.codeowners for role in roles.values())
        owners = await self._owners(claim, facts) if owned else facts.owners
        return await People(self._clock).roles_of(place, person, roles, owners)

    async def comment_now(self, claim: Claim, said: Said) -> Known[CommentNow | None]:
        """The comment as it stands by now; None where it was deleted or hidden."""
        return await comment_now(self._place(claim), said.node_id)

    async def roster(self, claim: Claim, role: Role, facts: Facts) -> Known[tuple[Person, ...]]:
        """Who is in the role, in the policy's order where it names people."""
        place = self._place(claim)
        owners = await self._owners(claim, facts) if role.codeowners else facts.owners
        return await self._people.roster(place, role, owners)

    async def talk(self, claim: Claim, head_sha: str) -> Talk:
        """What was written at the pull request, and since when the head is judged."""
        return await talk_of(self._place(claim), head_sha, self._app_id)

    async def policy_history(self, claim: Claim, path: str) -> Sequence[PolicyFile]:
        """The last 20 versions of the file on the default branch, newest first."""
        try:
            look = await self._place(claim).ask_repository(POLICY_HISTORY, path=path)
            branch = look.must("repository", "defaultBranchRef", "target", "history")
        except Refused:
            return ()
        entries = [(one or {}).get("file") or {} for one in branch.get("nodes") or []]
        files = [
            part(look, path, (), lambda: file_of(path, entry.get("object"), entry))  # noqa: B023
            for entry in entries
        ]
        return [one for one in files if not isinstance(one, Unknown) and one.text is not None]

    async def policy_file(
        self, claim: Claim, repo: str, path: str, ref: str | None
    ) -> Known[PolicyFile]:
        """A file of another repository of the same owner, at a ref or its default branch."""
        place = replace(self._place(claim), repo=repo)
        try:
            look = await place.ask_widely(POLICY_FILE, expression=f"{ref or 'HEAD'}:{path}")
            found = look.must("repository")
        except (Gone, Denied) as refused:
            return Unknown(f"{repo} cannot be read: {refused.what}")
        where = ("repository", "file")
        return part(look, f"{repo}:{path}", where, lambda: file_of(path, found["file"], None))

    async def forget(self, claim: Claim) -> None:
        """Drop what is cached about the subject."""
        self._absent.clear()
        self._files.put(claim.subject, FORGOTTEN)

    def forget_people(self) -> None:
        """Ask again who is in which team and who may do what: one of them changed."""
        self._people.forget()

    def _place(self, claim: Claim) -> Place:
        return Place(
            client=self._github.installation(claim.installation_id),
            repo=claim.repo,
            repo_id=claim.subject.repo_id,
            number=claim.subject.number,
            lane=claim.lane,
        )

    async def _sticky(self, place: Place, sticky: Published | None) -> str | StickySeen | None:
        """The node id of our comment, by which alone GitHub tells whether it is hidden; one that
        is gone is remembered as an empty id and never asked for again."""
        if sticky is None or sticky.remote_id is None:
            return None
        comment = sticky.remote_id
        if comment not in self._comments and (noted := json.loads(sticky.detail).get("node")):
            self._comments[comment] = noted
        if comment not in self._comments:
            try:
                answer = await place.get(f"issues/comments/{comment}")
            except Gone:
                self._comments[comment] = ""
            except Refused:
                return None
            else:
                node = answer.data.get("node_id") if isinstance(answer.data, dict) else None
                if not isinstance(node, str):
                    return None
                self._comments[comment] = node
        return self._comments[comment] or StickySeen(gone=True, hidden=False)

    def _answer(self, claim: Claim, place: Place, look: Look) -> PullAnswer:
        """A1: of this repository, of one moment, and not older than what the wake told of."""
        try:
            answer = PullAnswer(place, look, self._app_id)
        except Gone as gone:
            raise (self._not_yet(claim, gone) if "sha" in claim.expect else gone) from gone
        if answer.repository.get("databaseId") != claim.subject.repo_id:
            raise Gone(f"{claim.repo} is another repository by now")
        if not answer.consistent and self._lags(claim):
            raise Stale("GitHub's list of commits lags behind the head")
        sha, at = claim.expect.get("sha"), claim.expect.get("at")
        later = at is not None and answer.updated_at > moment(at)
        if sha is not None and answer.head != sha and not later:
            raise Stale(f"GitHub still shows {answer.head[:7]}, not {sha[:7]}")
        return answer

    def _not_yet(self, claim: Claim, gone: Gone) -> Trouble:
        """What a webhook just told of may not be visible yet; only later it is gone."""
        return Stale(gone.what) if self._lags(claim) else gone

    def _lags(self, claim: Claim) -> bool:
        return self._clock.now() - claim.first_at <= LAG_AT_MOST

    async def _first(self, claim: Claim, place: Place) -> Kept | Known[list[Row]]:
        """The files that a judgement of the head has stored, else their first page."""
        sha, again = claim.expect.get("sha"), claim.lane is not Lane.VERDICT
        if self._stored and sha and again and self._files.get(claim.subject) is not FORGOTTEN:
            matter = await self._stored(claim.subject, sha)
            found = await stored_files(matter) if matter else None
            if found is not None:
                return found
        return await files_page(place, 1)

    async def _changed(
        self,
        claim: Claim,
        place: Place,
        answer: PullAnswer,
        first: Kept | Known[list[Row]] | None,
    ) -> Kept:
        kept = self._files.get(claim.subject)
        heads = (answer.head, answer.base)
        if kept is not None and (kept.head, kept.base) == heads:
            return kept
        changes: Changes
        try:
            changes = await changes_of(place, heads, answer.counts, first)
            proposed = await self._proposed(place, answer.head, changes)
        except Stale as stale:
            if self._lags(claim):
                raise
            changes, proposed = Unknown(stale.what), None
        kept = Kept(head=answer.head, base=answer.base, changes=changes, proposed=proposed)
        self._files.put(claim.subject, kept)
        return kept

    async def _proposed(
        self, place: Place, head: str, changes: Changes
    ) -> Known[PolicyFile] | None:
        """The policy file at the head, where the pull request touches it; in the organisation's own
        repository its layer first."""
        if isinstance(changes, Unknown):
            return None
        layer = [ORGANISATION_PATH] if place.repo.endswith("/.github") else []
        touched = [p for p in (*layer, POLICY_PATH) if any(p in file.paths for file in changes)]
        if not touched:
            return None
        if not any(file.path == touched[0] and file.head_blob for file in changes):
            return PolicyFile(path=touched[0])
        return await policy_at_head(place, head, touched[0])

    async def _owners(self, claim: Claim, facts: Facts) -> Known[Owners]:
        """Who owns the changed paths, read once an evaluation."""
        run = (claim.subject, claim.epoch, facts.taken_at)
        known = self._owned.get(run)
        if known is None:
            known = self._owned[run] = await owners_of(self._place(claim), facts.changes)
        return known

    async def _members(
        self, claim: Claim, facts: Facts, asked: set[str], roles: Mapping[str, Role]
    ) -> dict[str, Known[frozenset[int]]]:
        said = [
            Person(id=one.by_id, login=one.by_login, bot=one.by_type == "Bot") for one in claim.said
        ]
        # Nobody's own act rests on an answer of minutes ago.
        self._people.forget(one.login for one in said)
        people = people_in(facts) | {one.id: one for one in said}
        found: dict[str, Known[frozenset[int]]] = dict(facts.members)
        place, owners = self._place(claim), facts.owners
        for role in sorted(asked):
            if role not in roles:
                found[role] = Unknown(f"the policy has no role {role}")
                continue
            found[role] = await self._people.members(place, roles[role], people.values(), owners)
        return found


# A reserved word: no policy spells it out.
_CODEOWNER = Role(name="codeowner", codeowners=True)


def _seen(facts: Facts, updated_at: datetime) -> HeadSeen:
    return HeadSeen(
        number=facts.number or 0,
        sha=facts.head_sha,
        base_ref=facts.base_ref,
        base_sha=facts.base_sha,
        fork=facts.from_fork,
        open=facts.open,
        updated_at=updated_at,
    )
