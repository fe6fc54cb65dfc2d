"""One pull request in the pure core: people speak, pushes come and time passes, without a network.

Comments go through `hear`, the App's own steps through `Following`, on a clock that only moves when
a test says so, and that stops wherever a timer of ours would wake us.
"""

from __future__ import annotations

from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from hashlib import sha1
from typing import Any, TypeVar

from bot.acts.who import every_role, reviews
from bot.errors import Transient
from bot.judge.episodes import owes
from bot.judge.evaluate import evaluate, needs_of
from bot.judge.hear import AllHeard, Court, hear, hear_again, overtaken
from bot.model.act import Act
from bot.model.arrival import Said
from bot.model.asked import Asked
from bot.model.claim import Claim
from bot.model.command import Asker, Stood
from bot.model.effect import Effect
from bot.model.facts import Change, Commits, Facts, Person, Reviews, Standing
from bot.model.known import Known, Unknown
from bot.model.policy import Policy, Role
from bot.model.report import Matter, Report
from bot.model.wake import Subject
from bot.readers.command_lines import read_commands
from bot.text.title import title_of
from bot.wiring.catalogue import all_commands, registry
from bot.worker.following import Following
from tests.support.judging import policy
from tests.support.pulls import ANA, BEN, SAM
from tests.support.sources import written

T = TypeVar("T")
_NAMES = ("maria", "jo", "li", "pat", "kim")
PEOPLE: Mapping[str, Person] = {
    **{one.login: one for one in (ANA, BEN, SAM)},
    **{name: Person(id=at, login=name) for at, name in enumerate(_NAMES, 4)},
    "helper": Person(id=9, login="helper", bot=True),
}
_WRITE = frozenset({"ana", "ben", "sam", "maria", "pat"})
COMMANDS = {one.verb: one for one in all_commands()}
_REGISTRY = registry()
_CLAIM: Any = Claim
Files = Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Room:
    """`teams`: who is in a role that names no people; a role in `silent` cannot be read now, one in
    `closed` never. `told`: login and moment of everything that was asked of anybody anywhere."""

    policy: Policy
    now: datetime
    files: Files = field(default_factory=dict)
    teams: Mapping[str, Sequence[str]] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    standing: Mapping[str, Standing] = field(default_factory=dict)
    more: dict[str, Any] = field(default_factory=dict)
    wrote: frozenset[int] = frozenset({ANA.id})
    acts: tuple[Act, ...] = ()
    effects: list[Effect] = field(default_factory=list)
    told: list[tuple[str, datetime]] = field(default_factory=list)
    heads: list[tuple[str, datetime, Matter]] = field(default_factory=list)
    again_at: datetime | None = None
    comments: int = 0
    decided: Mapping[int, tuple[Act, ...]] = field(default_factory=dict)
    direct: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def under(cls, text: str, now: datetime, files: Files, **more: Any) -> Room:
        """A pull request that ana has just opened with these files."""
        room = cls(policy=policy(text), now=now, teams=more.pop("teams", {}), more=more)
        room.pushes(files)
        return room

    # ── what happens ──────────────────────────────────────────────────────────────────────────

    def pushes(self, files: Files, by: str = "ana") -> None:
        """The head is new and has these files."""
        self.files, self.wrote = files, self.wrote | {PEOPLE[by].id}
        self.more["head_sha"] = sha1(f"{len(self.heads)}".encode()).hexdigest()
        self.more["head_since"] = self.now
        self.heads.append((self.more["head_sha"], self.now, self.matter))
        self.wakes()

    def becomes(self, **known: Any) -> None:
        """Something else of the facts changes."""
        self.more.update(known)
        self.wakes()

    def types(self, login: str, text: str, at: datetime | None = None) -> str:
        """What is answered, `done` where nothing needs saying."""
        said = self.said(login, text, at)
        heard = self.heard(said)
        self.acts = (*self.acts, *heard.acts)
        self.wakes(heard.acts)
        answers = [one.said or "done" for one in heard.answers]
        return "; ".join(answers)

    def waits(self, **time: float) -> None:
        """Time passes, and we wake whenever a timer of ours is due."""
        self.until(self.now + timedelta(**time))

    def until(self, moment: datetime) -> None:
        """As `waits`, to a moment."""
        while self.again_at is not None and self.again_at <= moment:
            assert self.again_at > self.now
            self.now = self.again_at
            self.wakes()
        self.now = moment

    def wakes(self, heard: Sequence[Act] = ()) -> None:
        """One evaluation, all of the App's own steps included."""
        following = Following(
            people=_People(self), acts=_Acts(self), web="https://github.com", direct=self.direct
        )
        matter = self.matter
        coming = following.follow(_CLAIM, matter, self._judge(matter), self._judge, heard)
        followed = _run(coming)
        self.acts = (*self.acts, *followed.acts)
        self.effects += followed.effects
        self.again_at = followed.again_at
        for act in followed.acts:
            pinged = act.data.get("pinged", "").split()
            self.told += [(login.casefold(), act.said_at) for login in pinged]

    # ── what stands ───────────────────────────────────────────────────────────────────────────

    @property
    def facts(self) -> Facts:
        commits = Commits(shas=(self.more["head_sha"],), contributors=self.wrote)
        known = {"commits": commits, **self.more, "taken_at": self.now}
        return replace(_facts(self.files, self.policy), **known)

    @property
    def matter(self) -> Matter:
        return Matter(facts=self.facts, policy=self.policy, acts=self.acts)

    @property
    def report(self) -> Report:
        return self._judge(self.matter)

    @property
    def title(self) -> str:
        return title_of(self.report)

    @property
    def states(self) -> dict[str, str]:
        """Every question by its name."""
        return {one.name: one.state.value for one in self.report.escalations}

    @property
    def asked(self) -> list[str]:
        """Who was asked what, in turn: `e1 sam`, `e1 #channel`, `e1 -` where nobody could be."""
        found = []
        for act in self.acts:
            if act.kind.value == "ask":
                data = act.data
                whom = data.get("pinged") or (f"({data['for']})" if "for" in data else "-")
                whom = f"#{data['channel']}" if "channel" in data else whom
                found.append(f"{act.subjects[0]} {whom}")
        return found

    def said(self, login: str, text: str, at: datetime | None = None) -> Said:
        """A new comment."""
        self.comments += 1
        at = at or self.now
        return Said(
            key=f"comment:{self.comments}",
            node_id="n",
            body=text,
            by_id=PEOPLE[login].id,
            by_login=login,
            by_type="User",
            created_at=at,
            updated_at=at,
        )

    def heard(self, said: Said) -> AllHeard:
        """What comes of a comment now, without keeping it."""
        matter = self.matter
        return hear(read_commands(said.body), self._court(said), matter, self._judge(matter))

    def arrives(self, said: Said) -> None:
        """A comment with what comes of it, and of what was refused before it came."""
        found = self.heard(said)
        self.acts, late = (*self.acts, *found.acts, *found.refusals), found.acts
        for one in sorted(overtaken(self.acts, [said]), key=lambda one: one.moment):
            matter, lines = self.matter, read_commands(one.body)
            again = hear_again(lines, self._court(one), matter, self._judge(matter), late)
            if again is not None and late:
                self.acts = (*self.acts, *again.acts, *again.refusals)
                late = (*late, *again.acts)
        self.wakes()

    def _court(self, said: Said) -> Court:
        now = self.more["head_sha"]
        stood = [Stood(sha=sha, matter=then) for sha, _, then in self.heads if sha != now]
        window = timedelta(seconds=30)
        ends = [since for _, since, _ in self.heads[1:]]
        seen = [
            one for one, end in zip(stood, ends, strict=False) if end >= said.created_at - window
        ]
        return Court(
            said=said,
            asker=self._asker(said.by_login),
            commands=COMMANDS,
            judge=self._judge,
            stood=tuple(seen),
            heads=tuple(sha for sha, _, _ in self.heads),
        )

    def roster(self, role: Role) -> Known[tuple[Person, ...]]:
        """Who is in a role."""
        if role.name in self.closed:
            return Unknown(f"the team of {role.name} cannot be read")
        return tuple(PEOPLE[login] for login in role.people or self.teams.get(role.name, ()))

    def _asker(self, login: str) -> Asker:
        roles: dict[str, Known[bool]] = {}
        for name, role in every_role(self.policy).items():
            some = self.roster(role)
            roles[name] = some if isinstance(some, Unknown) else PEOPLE[login] in some
        known = self.facts.commits
        wrote = known if isinstance(known, Unknown) else known.contributors
        usual = Standing.WRITE if login in _WRITE else Standing.READ
        asker = Asker(
            person=PEOPLE[login],
            standing=self.standing.get(login, usual),
            is_author=login == "ana",
            is_contributor=wrote if isinstance(wrote, Unknown) else PEOPLE[login].id in wrote,
            roles=roles,
        )
        return replace(asker, is_reviewer=reviews(asker, self.facts))

    def _judge(self, matter: Matter) -> Report:
        return evaluate(matter, _REGISTRY, "1")


@dataclass(frozen=True, slots=True)
class _People:
    room: Room

    async def roster(self, _claim: Claim, role: Role, _facts: Facts) -> Known[tuple[Person, ...]]:
        if role.name in self.room.silent:
            raise Transient("GitHub answers 502")
        return self.room.roster(role)

    async def standing(self, _claim: Claim, _person: Person) -> Known[Standing]:
        raise NotImplementedError

    async def roles(self, *_: Any) -> Mapping[str, Known[bool]]:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class _Acts:
    room: Room

    async def asked(
        self, logins: Sequence[str], since: datetime, *, counted: bool = False
    ) -> Mapping[str, Asked]:
        found: dict[str, Asked] = {}
        for login in {one.casefold() for one in logins}:
            moments = {at for whom, at in self.room.told if whom == login}
            if moments:
                lately = sum(at >= since for at in moments)
                owed = owes(self.room.acts, login) if counted else 0
                found[login] = Asked(last=max(moments), lately=lately, open=owed)
        return found

    async def decided(self, _repo: str) -> Mapping[int, tuple[Act, ...]]:
        return self.room.decided

    async def acts(self, _subject: Subject) -> tuple[Act, ...]:
        return self.room.acts

    async def heads(self, _subject: Subject) -> Sequence[tuple[str, datetime]]:
        raise NotImplementedError

    async def newest_matter(self, _subject: Subject, _sha: str) -> bytes | None:
        raise NotImplementedError


def _run(coming: Coroutine[Any, Any, T]) -> T:
    """Nothing in here waits for anything."""
    try:
        coming.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    raise AssertionError("it waits")


_READ: dict[tuple[str, str], Facts] = {}


def _facts(files: Files, rules: Policy) -> Facts:
    """The facts of files that are all new, with everything read that the policy needs."""
    key = (rules.digest, repr(sorted(files.items())))
    if key not in _READ:
        _READ[key] = _read(files, rules)
    return _READ[key]


def _read(files: Files, rules: Policy) -> Facts:
    texts = {path: ("", text) for path, text in files.items()}
    facts = written(needs_of(written(frozenset(), texts), rules, _REGISTRY), texts)
    assert not isinstance(facts.changes, Unknown)
    rows = [
        replace(one, head_blob=sha1(texts[one.path][1].encode()).hexdigest(), change=Change.ADDED)
        for one in facts.changes
    ]
    nobody = Reviews(opinions=(), requested=(BEN,), requested_teams=())
    return replace(facts, changes=tuple(rows), reviews=nobody)
