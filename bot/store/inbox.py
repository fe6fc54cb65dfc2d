"""Deliveries: stored, routed and marked in one transaction, once each, before they are answered."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from cachetools import LRUCache, TTLCache

from bot.model.arrival import Arrival, Control, RepoSeen, Stored
from bot.model.codec import Decoder, canonical
from bot.model.effect import TimerKind
from bot.model.relevance import Relevance
from bot.model.wake import Lane, Subject
from bot.store.controls import apply_control
from bot.store.head_index import ask_beside, ask_head, ask_standing, into, on_head, see_head
from bot.store.marking import Mark, mark
from bot.store.moment import to_ms

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.store.port import Rows, Store, Tx

_KNOWN = """
SELECT r.installation_id, r.full_name, r.default_branch, p.digest FROM repository r
LEFT JOIN policy p ON p.scope = 'repo:' || r.id AND p.relevance IS NOT NULL
WHERE r.id = ? AND r.removed_at IS NULL
"""
# At most once a minute.
_FIND = f"""
INSERT INTO timer AS t (key, due_at, kind, set_at) SELECT :key, max(:now, r.found_at + 60000),
  '{TimerKind.FIND}', :now FROM repository r WHERE r.id = :repo
ON CONFLICT (key) DO UPDATE SET due_at = min(t.due_at, excluded.due_at),
  set_at = max(t.set_at + 1, excluded.set_at)
"""
# Commits that were nobody's head when we looked, and for how many seconds that is believed.
_MISSES, _MISSED_FOR = 10_000, 600.0
# Commits of which we remember whose heads they are: not to be believed, but to name them.
_HEADS = 10_000
# Those change nothing but a row of their own, or that of the merge group that they name.
_BY_ITSELF = frozenset({Control.NONE, Control.POLICY_PUSH, Control.GROUP})


class _Asked(NamedTuple):
    """What was asked about an arrival, of the store as it was before."""

    seen: Rows
    known: Rows | None
    head: Rows | None
    beside: Rows | None
    found: tuple[Rows, Rows] | None


class _Others(Exception):
    """It reaches a subject that it did not name: who is in the middle of that may wait for us."""


class Inbox:
    """The one way in; keeps each repository's relevance and installation in memory."""

    def __init__(self, database: Store, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._relevance: dict[int, Relevance] = {}
        self._known: dict[int, tuple[int, str, str | None]] = {}
        self._digests: dict[int, str] = {}
        self._missed: TTLCache[tuple[int, str | None], bool]
        self._missed = TTLCache(_MISSES, _MISSED_FOR, clock.monotonic)
        self._on: LRUCache[tuple[int, str], frozenset[str]] = LRUCache(_HEADS)

    async def load(self) -> None:
        """Read the stored relevance, so that a restart costs no call."""
        rows = await self._database.read(
            lambda tx: tx.execute(
                "SELECT scope, relevance FROM policy WHERE relevance IS NOT NULL"
            ).fetchall()
        )
        for scope, text in rows:
            self.learn(
                int(scope.removeprefix("repo:")), Decoder().decode(Relevance, json.loads(text))
            )

    def learn(self, repo_id: int, relevance: Relevance) -> None:
        """What matters under the policy that was just judged by."""
        self._relevance[repo_id] = relevance

    async def receive(self, arrival: Arrival) -> tuple[Stored, tuple[Subject, ...]]:
        """Store the delivery and mark what it wakes; durable when this returns."""
        about = _about(arrival)
        if about and self._database.shared:
            about |= await self._reached(arrival)
        try:
            outcome, subjects, installation = await self._stored(arrival, about)
        except _Others:
            outcome, subjects, installation = await self._stored(arrival, frozenset())
        # Only now: what a failed commit took back must be introduced and looked up again.
        if arrival.repo is not None and outcome is not Stored.DUPLICATE:
            self._known[arrival.repo.id] = _row_of(installation, arrival.repo)
            if outcome is Stored.UNROUTED and self._worth_finding(arrival, arrival.repo.id):
                self._missed[arrival.repo.id, arrival.sha] = True
            self._note(arrival, arrival.repo.id, outcome, subjects)
        return outcome, subjects

    async def _reached(self, arrival: Arrival) -> frozenset[str]:
        """The subjects that an arrival reaches without naming them, as far as that is known."""
        repo, sha, branch = arrival.repo, arrival.sha, arrival.base_ref
        if repo is None or arrival.number is not None or not self._matters(arrival):
            return frozenset()
        if branch is not None:
            return _keys(await self._database.read(lambda tx: into(tx, repo.id, branch)))
        if sha is None:
            return frozenset()
        known = self._on.get((repo.id, sha))
        if known is None:
            asked = partial(ask_standing, repo=repo.id, sha=sha)
            known = _keys(await self._database.read(lambda tx: on_head(asked(tx)[0], repo.id)))
        return known

    def _note(
        self, arrival: Arrival, repo: int, outcome: Stored, subjects: tuple[Subject, ...]
    ) -> None:
        """Who was reached by a commit will be by what comes next about it."""
        if outcome not in {Stored.WOKE, Stored.UNROUTED}:
            return
        if arrival.head is not None:
            here = repo, arrival.head.sha
            self._on[here] = self._on.get(here, frozenset()) | _keys(subjects)
        elif arrival.number is None and arrival.sha is not None:
            self._on[repo, arrival.sha] = _keys(subjects)

    async def _stored(
        self, arrival: Arrival, about: frozenset[str]
    ) -> tuple[Stored, tuple[Subject, ...], int]:
        named = about if self._database.shared else frozenset[str]()
        work = partial(self._receive, arrival, named=named)
        return await self._database.ask(about, lambda tx: self._ask(tx, arrival), work)

    def _ask(self, tx: Tx, arrival: Arrival) -> _Asked:
        """What is asked for whatever arrives: the answers are looked at when all have asked."""
        repo = arrival.repo.id if arrival.repo is not None else 0
        head = arrival.head
        found = None
        if arrival.number is None and arrival.sha is not None and repo and self._matters(arrival):
            found = ask_standing(tx, repo, arrival.sha)
        return _Asked(
            seen=tx.execute("SELECT 1 FROM delivery WHERE guid = ?", (arrival.guid,)),
            known=tx.execute(_KNOWN, (repo,)) if repo and self._database.shared else None,
            head=ask_head(tx, repo, head.number) if repo and head is not None else None,
            beside=ask_beside(tx, repo, head.number) if repo and head is not None else None,
            found=found,
        )

    def _receive(
        self, arrival: Arrival, tx: Tx, asked: _Asked, *, named: frozenset[str]
    ) -> tuple[Stored, tuple[Subject, ...], int]:
        if asked.seen.fetchone() is not None:
            return Stored.DUPLICATE, (), 0
        now = to_ms(self._clock.now())
        if asked.known is not None and arrival.repo is not None:
            self._look_again(tx, arrival.repo.id, asked.known.fetchone())
        installation = self._introduce(tx, arrival, now)
        left = None
        if arrival.head is not None and arrival.repo is not None and asked.head is not None:
            left = see_head(tx, arrival.repo.id, arrival.head, now, asked.head)
        outcome, subjects = self._route(tx, arrival, installation, asked.found, now)
        beside: tuple[Subject, ...] = ()
        if left is not None and outcome is Stored.WOKE and asked.beside is not None:
            # Those that shared the head no longer share the verdict.
            beside = on_head(asked.beside, subjects[0].repo_id)
        if named and not _keys(subjects + beside) <= named:
            raise _Others
        self._keep(tx, arrival, outcome, subjects, now)
        for subject in subjects:
            mark(tx, self._mark(arrival, subject, installation), now)
        for subject in beside:
            mark(tx, Mark(subject=subject, installation_id=installation, lane=Lane.UPDATE), now)
        return outcome, subjects + beside, installation

    def _look_again(self, tx: Tx, repo: int, row: Any) -> None:
        """Another process may have learnt of a newer policy, or have changed the repository."""
        if row is None:
            self._known.pop(repo, None)
            return
        self._known[repo] = row[:3]
        if row[3] is not None and row[3] != self._digests.get(repo):
            scope = (f"repo:{repo}",)
            text = tx.execute("SELECT relevance FROM policy WHERE scope = ?", scope).fetchone()
            self.learn(repo, Decoder().decode(Relevance, json.loads(text[0])))
            self._digests[repo] = row[3]

    def _introduce(self, tx: Tx, arrival: Arrival, now: int) -> int:
        """Make sure that installation and repository have rows; the installation's id."""
        repo = arrival.repo
        installation = arrival.installation_id
        if repo is None:
            if installation is not None:
                _add_installation(tx, installation, arrival.account or "")
            return installation or 0
        known = self._known.get(repo.id)
        if known is not None and known == _row_of(installation or known[0], repo):
            return known[0]
        if installation is None:
            row = tx.execute(
                "SELECT installation_id FROM repository WHERE id = ?", (repo.id,)
            ).fetchone()
            installation = row[0] if row else 0
        _add_installation(tx, installation, arrival.account or "")
        tx.execute(
            "INSERT INTO repository AS r "
            "(id, installation_id, full_name, default_branch, reconcile_at) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET full_name = excluded.full_name, "
            "installation_id = excluded.installation_id, removed_at = NULL, "
            "default_branch = coalesce(excluded.default_branch, r.default_branch)",
            (repo.id, installation, repo.full_name, repo.default_branch, now + 900_000),
        )
        return installation

    def _route(
        self, tx: Tx, arrival: Arrival, installation: int, found: tuple[Rows, Rows] | None, now: int
    ) -> tuple[Stored, tuple[Subject, ...]]:
        if arrival.control is not Control.NONE:
            apply_control(tx, arrival, installation, now)
            if arrival.control in {Control.RENAME, Control.REPOSITORIES, Control.UNINSTALL}:
                self._known.clear()
            if arrival.control is not Control.GROUP:
                woken = self._moved(tx, arrival)
                return (Stored.WOKE if woken else Stored.CONTROL), woken
        if arrival.ours:
            return Stored.OWN, ()
        if arrival.repo is None or installation == 0:
            return Stored.UNROUTED, ()
        if not self._matters(arrival):
            known = self._relevance.get(arrival.repo.id)
            silent = known is not None and not known.policy
            return (Stored.NO_POLICY if silent else Stored.IRRELEVANT), ()
        subjects = self._subjects(tx, arrival, arrival.repo.id, found)
        if subjects:
            return Stored.WOKE, subjects
        if self._worth_finding(arrival, arrival.repo.id):
            key = f"{TimerKind.FIND}:{arrival.repo.id}"
            tx.execute(_FIND, {"key": key, "now": now, "repo": arrival.repo.id})
        return Stored.UNROUTED, ()

    def _moved(self, tx: Tx, arrival: Arrival) -> tuple[Subject, ...]:
        """Whose base moved, where verdicts under the policy rest on it."""
        if arrival.repo is None or arrival.base_ref is None or not self._matters(arrival):
            return ()
        return into(tx, arrival.repo.id, arrival.base_ref)

    def _matters(self, arrival: Arrival) -> bool:
        """Unknown relevance wakes: the evaluation learns it."""
        assert arrival.repo is not None  # noqa: S101  the caller has looked
        relevance = self._relevance.get(arrival.repo.id)
        if relevance is None:
            return arrival.matters not in {"comments", "base"}
        if not relevance.policy:
            return False
        if arrival.matters == "always":
            return True
        if arrival.matters == "checks":
            # A suite's own events say nothing that those of its runs do not.
            name = arrival.evidence_name
            return name is not None and relevance.wants_check(name)
        if arrival.matters == "statuses":
            name = arrival.evidence_name or ""
            return relevance.wants_status(name) or relevance.wants_check(name)
        return arrival.matters in relevance.matters

    def _subjects(
        self, tx: Tx, arrival: Arrival, repo: int, asked: tuple[Rows, Rows] | None
    ) -> tuple[Subject, ...]:
        if arrival.number is not None:
            return (Subject(repo, arrival.number),)
        if arrival.group is not None:
            return (Subject(repo, 0, arrival.group),)
        if arrival.base_ref is not None:
            return into(tx, repo, arrival.base_ref)
        if arrival.sha is None:
            return ()
        heads, group = asked or ask_standing(tx, repo, arrival.sha)
        found = on_head(heads, repo)
        if not found and group.fetchone() is not None:
            return (Subject(repo, 0, arrival.sha),)
        return found or _unseen(tx, repo, arrival.beside)

    def _worth_finding(self, arrival: Arrival, repo: int) -> bool:
        """Whether to look the open pull requests up: at most once a minute and once for a commit;
        a commit of the default branch is nobody's head, or known as one."""
        known = arrival.sha is not None and repo in self._relevance
        return known and not arrival.merged and (repo, arrival.sha) not in self._missed

    def _mark(self, arrival: Arrival, subject: Subject, installation: int) -> Mark:
        expect: dict[str, str] = {}
        head = arrival.head
        if head is not None and head.open:
            moment = head.updated_at.isoformat()
            expect = {"sha": head.sha, "at": moment}
            if arrival.action in {"opened", "synchronize", "reopened", "ready_for_review"}:
                expect["head_since"] = moment
            expect |= arrival.pushed
        if arrival.group is not None:
            expect = {
                "sha": arrival.group,
                "ref": arrival.group_ref or "",
                "base": arrival.group_base or "",
                "from": arrival.group_from or "",
            }
        return Mark(
            subject=subject,
            installation_id=installation,
            lane=arrival.lane,
            expect=expect,
            delivery=arrival.guid,
            forced=arrival.forced,
            fresh=arrival.lane == Lane.VERDICT,
        )

    def _keep(
        self, tx: Tx, arrival: Arrival, outcome: Stored, subjects: tuple[Subject, ...], now: int
    ) -> None:
        # A merge group hears nobody.
        heard = outcome is Stored.WOKE and not subjects[0].group
        said = arrival.said if heard else None
        tx.execute(
            "INSERT INTO delivery (guid, received_at, event, action, installation_id, repo_id, pr, "
            "sha, lane, outcome, hear, said, seq, facts) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
            "coalesce((SELECT d.seq FROM dirty d WHERE d.pr = ?), 0) + 1, ?)",
            (
                arrival.guid,
                now,
                arrival.event,
                arrival.action,
                arrival.installation_id,
                arrival.repo.id if arrival.repo else None,
                subjects[0].key if subjects else None,
                arrival.sha or arrival.group,
                int(arrival.lane),
                outcome.value,
                int(said is not None),
                said.key if said else None,
                subjects[0].key if said else None,
                canonical(said).decode() if said else None,
            ),
        )


def _about(arrival: Arrival) -> frozenset[str]:
    """The things on which arrivals follow from each other."""
    if arrival.repo is None or arrival.control not in _BY_ITSELF:
        return frozenset()
    repo, head = arrival.repo.id, arrival.head
    heads = (arrival.sha, arrival.group, head.sha if head is not None else None)
    numbers = (arrival.number, *arrival.beside)
    things = {
        arrival.guid,
        *(f"{repo}#{one}" for one in numbers),
        *(f"{repo}@{sha}" for sha in heads),
    }
    return frozenset(things) - {f"{repo}#None", f"{repo}@None"}


def _keys(subjects: tuple[Subject, ...]) -> frozenset[str]:
    return frozenset(one.key for one in subjects)


def _row_of(installation: int, repo: RepoSeen) -> tuple[int, str, str | None]:
    return installation, repo.full_name, repo.default_branch


def _unseen(tx: Tx, repo: int, numbers: tuple[int, ...]) -> tuple[Subject, ...]:
    """Those of which we know no head: of the others we know better than the payload."""
    known = "SELECT 1 FROM head_index WHERE repo_id = ? AND number = ?"
    return tuple(
        Subject(repo, number)
        for number in numbers
        if tx.execute(known, (repo, number)).fetchone() is None
    )


def _add_installation(tx: Tx, installation: int, login: str) -> None:
    tx.execute(
        "INSERT INTO installation AS i (id, login) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET "
        "login = CASE WHEN excluded.login = '' THEN i.login ELSE excluded.login END",
        (installation, login),
    )
