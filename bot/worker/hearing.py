"""What people typed: read, judged by who they are now, answered once."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cachetools import TTLCache

from bot.acts.who import entitles, every_role, reviews
from bot.judge.boxes import lines_of, remarks_of, ticks_of
from bot.judge.hear import Court, hear, hear_again, may_be_heard, overtaken, remark_of
from bot.model.codec import Decoder
from bot.model.command import Asker, Command, CommandLine, Misread, Stood
from bot.model.effect import SEEN, Effect, React
from bot.model.facts import Person, Standing
from bot.model.known import Known, Unknown
from bot.model.look import CommentNow
from bot.model.policy import Role
from bot.model.report import Matter
from bot.readers.command_lines import added_commands, read_commands
from bot.text.reply import reply_body
from bot.text.title import title_of
from bot.worker.answering import hidden, reaction, reply_to
from bot.worker.aside import aside
from bot.worker.rates import A_MINUTE, AN_HOUR, Rates

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.clock import Clock
    from bot.judge.hear import AllHeard
    from bot.model.act import Act
    from bot.model.arrival import Said
    from bot.model.claim import Claim
    from bot.model.report import Fault, Report
    from bot.worker.ports import Acquaintances, Acts

SHORTEST_SHA = 7

# So long somebody waits for GitHub to tell who they are.
PATIENCE = timedelta(minutes=10)
AGAIN = timedelta(seconds=30)
# A head that stood so shortly before or after a comment may be the one that its writer saw.
WINDOW = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What the comments of one claim lead to. `heard`: keys of those that are done with; the others
    are heard again at `again_at`. `report`: as the acts leave it."""

    report: Report
    acts: tuple[Act, ...] = ()
    effects: tuple[Effect, ...] = ()
    heard: tuple[str, ...] = ()
    again_at: datetime | None = None
    recheck: bool = False
    faults: tuple[Fault, ...] = ()


@dataclass(slots=True, kw_only=True)
class Hearing:
    """Hears the comments of a claim in GitHub's order; made in wiring. `refused`: told why
    each comment was not run as it stands. `through_apps`: slugs of the Apps through which people
    may act."""

    people: Acquaintances
    ledger: Acts
    commands: Mapping[str, Command]
    classes: Mapping[str, type]
    clock: Clock
    refused: Callable[[str], None] = lambda _: None
    through_apps: frozenset[str] = frozenset()
    _shown: TTLCache[str, str] = field(init=False)
    _mistakes: TTLCache[tuple[str, int], Said] = field(init=False)
    _rechecked: TTLCache[str, str] = field(init=False)
    _rates: Rates = field(init=False)

    def __post_init__(self) -> None:
        size, an_hour, clock = 10_000, AN_HOUR.total_seconds(), self.clock.monotonic
        self._shown = TTLCache(size, an_hour, clock)
        self._mistakes = TTLCache(size, an_hour, clock)
        self._rechecked = TTLCache(size, A_MINUTE.total_seconds(), clock)
        self._rates = Rates(self.clock)

    async def hear(
        self,
        claim: Claim,
        matter: Matter,
        report: Report,
        judge: Callable[[Matter], Report],
        *,
        has_comment: bool,
    ) -> Spoken:
        """Acts, replies, reactions and whether to look again. `judge`: the report of a matter.

        One that waits for GitHub holds up no other: acts count in the order of their saying.
        `has_comment`: the sticky comment says already what a status would.
        """
        spoken = Spoken(report=report)
        gone = {said.key for said in claim.said if said.gone}
        # One that waits is heard again, with whatever became of its comment since.
        waits: set[str] = set()
        again = overtaken(matter.acts, claim.said)
        for said in sorted((*claim.said, *again), key=lambda one: one.moment):
            late = [one for one in spoken.acts if not one.kind.own]
            if (said.key in gone and not said.gone) or (said in again and not late):
                continue
            judged = matter, spoken.report
            if said in again:
                one = await self._once_more(claim, said, judged, judge, late)
            else:
                one = await self._comment(claim, said, judged, judge, has_comment=has_comment)
            matter = replace(matter, acts=(*matter.acts, *one.acts))
            waits |= {said.key} - set(one.heard)
            if one.heard and said.node_id:
                seen = replace(reaction(claim, said, SEEN), gone=True)
                one = replace(one, effects=(*one.effects, seen))
            moments = [at for at in (spoken.again_at, one.again_at) if at is not None]
            spoken = Spoken(
                report=one.report,
                acts=spoken.acts + one.acts,
                effects=spoken.effects + one.effects,
                heard=spoken.heard + one.heard,
                again_at=min(moments) if moments else None,
                recheck=spoken.recheck or one.recheck,
                faults=spoken.faults + one.faults,
            )
        return replace(spoken, heard=tuple(key for key in spoken.heard if key not in waits))

    async def _once_more(
        self,
        claim: Claim,
        said: Said,
        judged: tuple[Matter, Report],
        judge: Callable[[Matter], Report],
        late: Sequence[Act],
    ) -> Spoken:
        """What was refused before something arrived that had been said earlier."""
        matter, report = judged
        lines = _lines(said)
        court = await self.court(claim, said, matter, lines, judge)
        heard = await aside(matter.facts, hear_again, lines, court, matter, report, late)
        if heard is None:
            return Spoken(report=report)
        body = reply_body(heard, title_of(heard.report)) or "All of it is done."
        effects: list[Effect] = [replace(reply_to(claim, said, body), anew=True)]
        if not heard.refused:
            effects = [reaction(claim, said, "+1"), *(hidden(claim, said.key) or effects)]
            effects.append(replace(reaction(claim, said, "confused"), gone=True))
        return Spoken(
            report=heard.report,
            acts=(*heard.acts, *heard.refusals),
            effects=tuple(effects),
            recheck=heard.recheck,
            faults=heard.faults,
        )

    def seen(self, claim: Claim) -> tuple[React, ...]:
        """What tells those who typed a command that it was seen, where they have to wait."""
        some = [one for one in claim.said if one.node_id and may_be_heard(one) and _lines(one)]
        return tuple(reaction(claim, one, SEEN) for one in some)

    async def _comment(
        self,
        claim: Claim,
        said: Said,
        judged: tuple[Matter, Report],
        judge: Callable[[Matter], Report],
        *,
        has_comment: bool,
    ) -> Spoken:
        matter, report = judged
        remark = remark_of(said, matter)
        if remark:
            matter = replace(matter, acts=(*matter.acts, *remark))
            report = await aside(matter.facts, judge, matter)
        done = Spoken(report=report, acts=remark, heard=(said.key,))
        boxes = ticks_of(said, report) if said.key.startswith("box:") else ()
        if boxes and matter.policy.checkboxes != "attest":
            acts = remarks_of(said, boxes, matter.facts.head_sha)
            matter = replace(matter, acts=(*matter.acts, *acts))
            return replace(done, report=await aside(matter.facts, judge, matter), acts=acts)
        lines: Sequence[CommandLine | Misread]
        lines = lines_of(boxes) or (_lines(said) if may_be_heard(said) else ())
        if not lines:
            return done
        standing = _has_standing(said, matter)
        # A list is ticked faster than anybody types, and a tick that is lost is not seen to be.
        typed = 0 if boxes else len(lines)
        over = self._rates.over(claim.subject, said, typed, standing=standing)
        if over > 0:
            self.refused("rate")
            effects = [reaction(claim, said, "confused")] * (over == 1 and said.node_id != "")
            return replace(done, effects=tuple(effects))
        stands = await self._stands_now(claim, said)
        if isinstance(stands, Unknown):
            if self._waits(claim, said):
                return self._again(done, claim, said)
            why = f"I could not check whether this still stands ({stands.reason})"
            lines = [Misread(number=one.number, text=one.text, what=why) for one in lines]
        elif stands is None or stands.body != said.body:
            return done
        court = await self.court(claim, said, matter, lines, judge)
        heard = await aside(matter.facts, hear, lines, court, matter, report)
        if not isinstance(stands, Unknown) and stands.answer:
            return await self._answered(done, heard, stands.answer, matter, judge)
        acts = (*remark, *heard.acts, *heard.refusals)
        found = replace(done, report=heard.report, acts=acts, faults=heard.faults)
        if heard.unchecked and self._waits(claim, said):
            return self._again(found, claim, said)
        return replace(
            found,
            effects=self._answers(claim, said, heard, has_comment=has_comment),
            recheck=heard.recheck and self._may_recheck(claim, said),
        )

    async def _stands_now(self, claim: Claim, said: Said) -> Known[CommentNow | None]:
        """The comment, asked for where much may have become of it since: it was edited, or heard
        by a store that is lost."""
        late = self.clock.now() - said.updated_at > PATIENCE
        if not said.node_id or not (late or said.moment[0] < await self.ledger.whole_since()):
            return CommentNow(said.body)
        stands = await self.people.comment_now(claim, said)
        if said.before is None or isinstance(stands, Unknown) or stands is None:
            return stands
        # What was answered before the edit says nothing about it.
        return CommentNow(stands.body)

    async def _answered(
        self,
        done: Spoken,
        heard: AllHeard,
        answer: str,
        matter: Matter,
        judge: Callable[[Matter], Report],
    ) -> Spoken:
        """What the store that is lost has answered stands, and is not answered anew: of it only
        that is kept which fits."""
        all_done = answer == "+1"
        kept = heard.acts if all_done or heard.refused else ()
        kept += () if all_done else heard.refusals
        report = await aside(matter.facts, judge, replace(matter, acts=(*matter.acts, *kept)))
        return replace(done, report=report, acts=(*done.acts, *kept), faults=heard.faults)

    def _may_recheck(self, claim: Claim, said: Said) -> bool:
        """Once a minute per pull request: what is asked for is done already. A second try is none
        of its own."""
        return self._rechecked.setdefault(claim.subject.key, said.key) == said.key

    def _waits(self, claim: Claim, said: Said) -> bool:
        """Whether it was first heard so lately that GitHub is asked again, however late it came."""
        heard_at = self._rates.heard_at(claim.subject, said)
        return heard_at is None or self.clock.now() - heard_at < PATIENCE

    def _again(self, found: Spoken, claim: Claim, said: Said) -> Spoken:
        seen = self.seen(replace(claim, said=(said,)))
        return replace(found, heard=(), effects=seen, again_at=self.clock.now() + AGAIN)

    def _answers(
        self, claim: Claim, said: Said, heard: AllHeard, *, has_comment: bool
    ) -> tuple[Effect, ...]:
        """The one reply, where something has to be said, and a reaction."""
        if heard.why:
            self.refused(heard.why)
        if not said.node_id:
            # A button: there is nothing to react to or to answer below.
            return ()
        effects: list[Effect] = []
        body = reply_body(heard, title_of(heard.report))
        view = heard.show and not heard.refused and heard.alone
        if body and not (view and (has_comment or self._stands(claim, body))):
            effects.append(reply_to(claim, said, body))
        effects.append(reaction(claim, said, "confused" if heard.refused else "+1"))
        effects += self._put_right(claim, said, refused=heard.refused)
        return tuple(effects)

    def _put_right(self, claim: Claim, said: Said, *, refused: bool) -> list[Effect]:
        """What was answered to the same person's mistake within the hour is folded away."""
        who = (claim.subject.key, said.by_id)
        mistake = self._mistakes.pop(who, None)
        if refused:
            self._mistakes[who] = said
        if refused or mistake is None or mistake.moment > said.moment:
            return []
        return hidden(claim, mistake.key)

    def _stands(self, claim: Claim, body: str) -> bool:
        """Whether the newest answer on the pull request says just this: nobody needs it twice."""
        stands = self._shown.get(claim.subject.key) == body
        self._shown[claim.subject.key] = body
        return stands

    async def court(
        self,
        claim: Claim,
        said: Said,
        matter: Matter,
        lines: Sequence[CommandLine | Misread],
        judge: Callable[[Matter], Report],
    ) -> Court:
        """Who speaks and which heads they may have meant, asked only where a line depends on it."""
        commands = [self.commands[one.verb] for one in _known(lines, self.commands)]
        stood: tuple[Stood, ...] = ()
        heads: Sequence[tuple[str, datetime]] = ()
        if any(one.bound for one in commands):
            heads = await self.ledger.heads(claim.subject)
            stood = await self._stood(claim, said, matter, lines, heads)
        return Court(
            said=said,
            asker=await self._asker(claim, said, matter, commands),
            commands=self.commands,
            judge=judge,
            stood=stood,
            heads=tuple(sha for sha, _ in heads),
        )

    async def _stood(
        self,
        claim: Claim,
        said: Said,
        matter: Matter,
        lines: Sequence[CommandLine | Misread],
        heads: Sequence[tuple[str, datetime]],
    ) -> tuple[Stood, ...]:
        now = matter.facts.head_sha
        words = {word.casefold() for line in lines for word in line.text.split()}
        at = said.moment[0]
        ends = [*(since for _, since in heads[1:]), *([None] if heads else [])]
        found = [
            sha
            for (sha, since), until in zip(heads, ends, strict=True)
            if sha == said.commit_sha
            or (said.commit_sha is None and _stands_at(at, since, until))
            or any(len(word) >= SHORTEST_SHA and sha.startswith(word) for word in words)
        ]
        if said.commit_sha is not None and said.commit_sha not in found:
            found.append(said.commit_sha)
        named = said.commit_sha is not None or any(
            len(word) >= SHORTEST_SHA and now.startswith(word) for word in words
        )
        if not named and set(found) <= {now}:
            found += await self._unseen(at, matter, heads)
        return tuple([await self.older(claim, sha, matter) for sha in found if sha != now])

    async def _unseen(
        self, at: datetime, matter: Matter, heads: Sequence[tuple[str, datetime]]
    ) -> Sequence[str]:
        """The head before the first one that is known, nameless, where that may have been meant. A
        store that began later than the word knows of none, and goes by other things."""
        facts, known = matter.facts, heads[0][1] if heads else matter.facts.taken_at
        stood = facts.made_at is not None and facts.made_at <= at - WINDOW
        if stood or known <= max(facts.opened_at + WINDOW, at - WINDOW):
            return ()
        return () if at < await self.ledger.whole_since() else ("",)

    async def older(self, claim: Claim, sha: str, matter: Matter) -> Stood:
        """That head with its matter, judged by the policy of today."""
        stored = await self.ledger.newest_matter(claim.subject, sha)
        if stored is None:
            return Stood(sha=sha, matter=None)
        older: Matter = Decoder(self.classes).decode(Matter, json.loads(stored))
        return Stood(sha=sha, matter=replace(older, policy=matter.policy))

    async def _asker(
        self, claim: Claim, said: Said, matter: Matter, commands: Sequence[Command]
    ) -> Asker:
        """Who speaks; what they may do is asked live, and only where a command depends on it."""
        person, facts = Person(id=said.by_id, login=said.by_login), matter.facts
        author = _is_author(said, matter)
        asker = Asker(
            person=person,
            standing=Unknown("not asked for"),
            is_author=author,
            through_app=None if said.through_app in self.through_apps else said.through_app,
        )
        acts = any(one.asks_standing for one in commands)
        if asker.through_app is not None or not acts:
            return asker
        standing = await self.people.standing(claim, person)
        roles = every_role(matter.policy)
        teams = () if isinstance(facts.reviews, Unknown) else facts.reviews.requested_teams
        roles |= {f"@{team}": Role(name=team, team=team) for team in teams}
        by_right = {name: one for name, one in roles.items() if one.permission is not None}
        others = {name: one for name, one in roles.items() if name not in by_right}
        found = dict(await self.people.roles(claim, person, others, facts))
        found |= {name: entitles(standing, one) for name, one in by_right.items()}
        wrote = facts.commits if isinstance(facts.commits, Unknown) else facts.commits.contributors
        if True in found.values() or _may_triage(standing):
            self._rates.know(claim.subject.repo_id, said.by_id)
        asker = replace(
            asker,
            standing=standing,
            roles=found,
            is_contributor=wrote if isinstance(wrote, Unknown) else person.id in wrote,
        )
        spoke = {said.key.partition(":")[0]}
        spoke |= {act.through for act in matter.acts if act.by.id == person.id}
        reviewer = reviews(asker, facts, spoke=not spoke.isdisjoint({"review", "line"}))
        return replace(asker, is_reviewer=reviewer)


def _lines(said: Said) -> tuple[CommandLine | Misread, ...]:
    if said.before is None:
        return read_commands(said.body)
    return added_commands(said.before, said.body)


def _known(
    lines: Sequence[CommandLine | Misread], commands: Mapping[str, Command]
) -> list[CommandLine]:
    return [one for one in lines if isinstance(one, CommandLine) and one.verb in commands]


def _stands_at(at: datetime, since: datetime, until: datetime | None) -> bool:
    """Whether a head stood within the window around that moment."""
    return since <= at + WINDOW and (until is None or until >= at - WINDOW)


def _has_standing(said: Said, matter: Matter) -> bool:
    """Whether the person is known to have a say here, from what is known without asking."""
    named = [
        login.casefold() for role in every_role(matter.policy).values() for login in role.people
    ]
    spoke = {act.by.id for act in matter.acts if act.roles or _may_triage(act.standing)}
    return _is_author(said, matter) or said.by_id in spoke or said.by_login.casefold() in named


def _may_triage(standing: Known[Standing]) -> bool:
    return not isinstance(standing, Unknown) and standing.at_least(Standing.TRIAGE)


def _is_author(said: Said, matter: Matter) -> bool:
    return said.by_id == matter.facts.author.id
