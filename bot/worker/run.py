"""One evaluation: look, hear, judge, commit, send, and what each kind of trouble leads to."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from cachetools import LRUCache

from bot.acts.pushing import merged_base, pushes_of, same_changes, with_pushers
from bot.errors import (
    Gone,
    Limited,
    Refused,
    Stale,
    StoreTrouble,
    Suspended,
    Transient,
    Trouble,
    Unauthorized,
)
from bot.failpoint import failpoint
from bot.judge.episodes import settled
from bot.judge.evaluate import evaluate, needs_of
from bot.judge.handover import alive, reverted, stage, unfinished
from bot.judge.plan import plan
from bot.model.claim import (
    Blocked,
    Claim,
    Fenced,
    LimitedUntil,
    Ours,
    Outcome,
    Retry,
)
from bot.model.codec import canonical, canonical_with
from bot.model.effect import Comment, Effect, SetCheck, SetLabel, Timer, TimerKind
from bot.model.keeping import Judged
from bot.model.known import NOT_ASKED, Unknown
from bot.model.policy import Mode
from bot.model.report import Matter, NotEvaluated, Report, State
from bot.text.check import NAME_OF, check_of, could_not
from bot.text.comment import comment_of
from bot.text.handover import issues_of
from bot.text.report_json import report_bytes
from bot.worker.answering import gone
from bot.worker.aside import aside
from bot.worker.policies import misplaced
from bot.worker.rebuilding import Rebuilding, rebuild_asked
from bot.worker.sharing import shared

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from datetime import datetime

    from bot.clock import Clock
    from bot.judge.proof import Registry
    from bot.model.act import Act
    from bot.model.effect import Plan, Published
    from bot.model.facts import Facts
    from bot.model.look import Outline
    from bot.model.policy import Policy
    from bot.worker.alarm import Alarm
    from bot.worker.desk import Desk
    from bot.worker.following import Following
    from bot.worker.groups import Groups
    from bot.worker.hearing import Hearing
    from bot.worker.policies import Effective, PolicyBook
    from bot.worker.ports import Acts, Ledger, Log, Source
    from bot.worker.send import Sender

T = TypeVar("T")
# GitHub's API lags behind its own webhooks by up to a few seconds; later we judge what it shows.
LAG_AT_MOST = timedelta(seconds=8)
# Whose command is not answered by then is shown that it was seen.
SEEN_WITHIN = timedelta(seconds=1)
# The outage of a minute is nobody's business; from then on the head says why it has no verdict.
SILENT_AT_MOST = timedelta(minutes=2)
# Before the next try, which may be the last one, the head says that it may never be judged.
FAILED_AT_MOST = 3
UNDECIDED_AT_LEAST, UNDECIDED_AT_MOST = timedelta(minutes=5), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What the worker works with; made in wiring."""

    source: Source
    ledger: Ledger
    policies: PolicyBook
    hearing: Hearing
    rebuilding: Rebuilding
    following: Following
    acts: Acts
    sender: Sender
    alarm: Alarm
    groups: Groups
    desk: Desk
    registry: Registry
    clock: Clock
    log: Log
    code: str
    page: Callable[[Claim], str | None]
    new_id: Callable[[], str]


class Worker:
    """Turns one claim into an outcome; the only place where trouble becomes a retry."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._policies: LRUCache[str, bytes] = LRUCache(maxsize=200)

    async def handle(self, claim: Claim) -> Outcome:
        """Evaluate and send, or only send what is due; never raises."""
        try:
            if claim.failed >= FAILED_AT_MOST:
                fault = claim.reason.rpartition("(")[2].rstrip(")")
                await self._say_why(claim, "it fails again and again", fault=fault)
                await self._tools.alarm.failing(claim)
            if claim.evaluate and not await self._evaluated(claim):
                return Fenced()
            return await self._timed("send", self._tools.sender.send(claim))
        except Trouble as trouble:
            return await self._troubled(claim, trouble)
        except Exception as error:  # noqa: BLE001  catch-all 3 of 7: the outermost of a run
            fault = self._tools.new_id()
            self._tools.log.fault(claim, fault, error)
            return Ours(error=f"{type(error).__name__}: {error}"[:300], fault=fault)

    async def _evaluated(self, claim: Claim) -> bool:
        tools = self._tools
        began = tools.clock.monotonic()
        if claim.subject.group:
            return await tools.groups.evaluated(claim)
        failpoint("claimed", claim.subject.key)
        await self._seen(claim)
        judged = await self._judge(claim)
        failpoint("judged")
        stored = await self._timed("store", tools.ledger.commit(claim, judged))
        failpoint("stored")
        if stored:
            tools.log.evaluated(claim, judged.report, tools.clock.monotonic() - began)
        return stored

    async def _timed(self, stage: str, work: Awaitable[T]) -> T:
        clock = self._tools.clock
        began = clock.monotonic()
        done = await work
        self._tools.log.took(stage, clock.monotonic() - began)
        return done

    async def _seen(self, claim: Claim) -> None:
        """Whoever has waited for a while, for whatever reason, sees that they are not forgotten."""
        tools = self._tools
        seen = tools.hearing.seen(claim)
        waited = tools.clock.now() - claim.first_at >= SEEN_WITHIN
        if seen and waited and await tools.ledger.newest(claim.subject) is not None:
            for effect in seen:
                await tools.sender.say(claim, effect)

    async def _judge(self, claim: Claim) -> Judged:
        tools = self._tools
        look = self._impatient(claim)
        sticky_key = f"sticky:{claim.subject.key}"
        sticky = (await tools.ledger.published(claim, [sticky_key])).get(sticky_key)
        outline = await self._timed("look", tools.source.outline(look, sticky))
        effective = await tools.policies.effective(claim, outline.repository, outline.organisation)
        if effective.policy is None:
            return await self._without_policy(claim, outline, effective)
        stored = await tools.acts.acts(claim.subject)
        if not _goes_on(outline.facts, effective.policy, stored, claim):
            kept, over = _kept(effective, claim, outline), settled(stored)
            return replace(kept, reverted=reverted(outline.facts), settled=over)
        read = self._matter(claim, outline, effective.policy, stored)
        matter, facts_json = await self._timed("read", read)
        report = await self._timed("judge", self._report(matter, facts_json))
        known, suppress = _seen(outline, sticky, sticky_key)
        lost = known is None and matter.facts.opened_at < await tools.acts.whole_since()
        shows = plan(matter.facts, matter.policy, report, known).comment is not Comment.NONE
        hear = tools.hearing.hear(claim, matter, report, self._judged, has_comment=shows)
        heard = await self._timed("hear", hear)
        for fault in heard.faults:
            tools.log.fault(claim, fault.id, RuntimeError(f"{fault.where}: {fault.what}"))
        acts = (*matter.acts, *heard.acts)
        if heard.recheck or rebuild_asked(claim):
            await tools.source.forget(claim)
            outline = await tools.source.outline(look, sticky)
            matter, facts_json = await self._matter(claim, outline, effective.policy, acts)
            report = await self._report(matter, facts_json)
            matter, report = await tools.rebuilding.rebuild(claim, matter, report, self._judged)
        elif heard.acts:
            matter, report = replace(matter, acts=acts), heard.report
        followed = await tools.following.follow(claim, matter, report, self._judged, heard.acts)
        matter, report = followed.matter, followed.report
        planned = _found_again(plan(matter.facts, matter.policy, report, known), lost=lost)
        again = heard.again_at, followed.again_at, _looked_at_again(matter.facts, report)
        # Of what was closed unmerged nothing is said but what somebody asked for.
        shown = await self._shown(claim, report, planned) if alive(matter.facts) else []
        shown += issues_of(heard.acts, report, matter)
        shown += tools.alarm.broken(claim, matter.policy.origin.broken)
        shown += _labels(report, matter)
        return Judged(
            report=report,
            report_json=report_bytes(report),
            matter=_matter_json(matter, facts_json),
            policy_json=self._policy_json(matter.policy),
            effects=(*shown, *heard.effects, *followed.effects),
            timers=[*planned.timers, *_step(again)],
            acts=matter.acts[len(stored) :],
            heard=heard.heard,
            relevance=effective.relevance,
            policy_digest=effective.policy.digest,
            policies=effective.keep,
            suppress=suppress,
            settled=settled(matter.acts, report.escalations),
            reverted=reverted(matter.facts),
            forced=heard.recheck or claim.expect.get("forced") == "1",
            head=outline.head,
            opened_at=matter.facts.opened_at,
        )

    async def _shown(self, claim: Claim, report: Report, planned: Plan) -> list[Effect]:
        """The checks and the one comment as they should stand."""
        tools = self._tools
        also = await tools.ledger.sharing_head(report.repo_id, report.head_sha)
        effects: list[Effect] = [
            shared(check_of(report, name, tools.page(claim)), report, also)
            for name in planned.checks
        ]
        if planned.comment is not Comment.NONE:
            effects.append(comment_of(report, create=planned.comment is Comment.CREATE))
        return effects

    def _policy_json(self, policy: Policy) -> bytes:
        """Encoded once a policy, not once an evaluation."""
        known = self._policies.get(policy.digest)
        if known is None:
            known = self._policies[policy.digest] = canonical(policy)
        return known

    def _impatient(self, claim: Claim) -> Claim:
        """After some seconds of GitHub lagging behind its webhook, judge what it shows."""
        if self._tools.clock.now() - claim.first_at > LAG_AT_MOST:
            kept = {key: value for key, value in claim.expect.items() if key not in {"sha", "at"}}
            return replace(claim, expect=kept)
        return claim

    async def _matter(
        self, claim: Claim, outline: Outline, policy: Policy, acts: tuple[Act, ...]
    ) -> tuple[Matter, bytes]:
        """The matter, and its facts as canonical JSON."""
        tools = self._tools
        needs = await aside(outline.facts, needs_of, outline.facts, policy, tools.registry)
        facts: Facts = await tools.source.load(claim, outline.facts, needs, policy.roles)
        if policy.co_authors == "ignore" and not isinstance(facts.commits, Unknown):
            wrote = replace(facts.commits, contributors=facts.commits.authors)
            facts = replace(facts, commits=wrote)
        facts = await tools.desk.fill(claim, facts, needs)
        proposed = misplaced(claim.repo, facts.changes)
        if outline.proposed is not None:
            proposed += await tools.policies.problems(claim, outline.proposed, outline.organisation)
        matter = await self._pushed(claim, Matter(facts=facts, policy=policy, acts=acts))
        facts = with_pushers(matter)
        facts_json = await aside(facts, canonical_with, facts, "readings")
        return replace(matter, facts=facts, proposed=proposed), facts_json

    async def _pushed(self, claim: Claim, matter: Matter) -> Matter:
        """The matter with who pushed, each push once; who merged the base gets no part by that."""
        older, acts = self._tools.hearing.older, matter.acts
        for act, sha in pushes_of(claim.expect, matter).values():
            here = act.head_sha == matter.facts.head_sha
            after = matter if here else (await older(claim, act.head_sha, matter)).matter
            same = same_changes((await older(claim, sha, matter)).matter, after)
            acts += (merged_base(act, matter) if same else act,)
        return replace(matter, acts=acts)

    def _judged(self, matter: Matter) -> Report:
        return evaluate(matter, self._tools.registry, self._tools.code)

    async def _report(self, matter: Matter, facts_json: bytes) -> Report:
        tools = self._tools
        return await aside(matter.facts, evaluate, matter, tools.registry, tools.code, facts_json)

    async def _without_policy(self, claim: Claim, outline: Outline, effective: Effective) -> Judged:
        """Silence; where a file is there and cannot be used, the check says so; a check of ours
        that still runs from before the policy went is ended as neutral."""
        effects: list[Effect] = []
        facts = outline.facts
        if effective.trouble and facts.open:
            first = effective.trouble[0]
            effects.append(
                could_not(
                    NotEvaluated(
                        repo_id=facts.repo_id,
                        number=facts.number,
                        head_sha=facts.head_sha,
                        mode=effective.trouble_mode,
                        why=f"policy cannot be read, {first.where.file}:{first.where.line}",
                        request_id="",
                        extra=tuple(one.line() for one in effective.trouble[:20]),
                    ),
                    self._tools.page(claim),
                )
            )
            effects += self._tools.alarm.broken(claim, f"policy cannot be read: {first.line()}")
        elif not effective.relevance.policy:
            effects += await self._ended(claim, facts)
        return replace(_kept(effective, claim, outline), effects=tuple(effects))

    async def _ended(self, claim: Claim, facts: Facts) -> list[Effect]:
        key = f"check:{facts.repo_id}:{facts.head_sha}:{NAME_OF['handoff']}"
        before = (await self._tools.ledger.published(claim, [key])).get(key)
        if before is None or '"in_progress"' not in before.detail:
            return []
        return [
            SetCheck(
                repo_id=facts.repo_id,
                head_sha=facts.head_sha,
                name=NAME_OF["handoff"],
                status="completed",
                conclusion="neutral",
                title="No policy in this repository any more",
                summary="The policy file was removed; nothing is asked for.",
                text="",
                enforced=False,
            )
        ]

    async def _troubled(self, claim: Claim, trouble: Trouble) -> Outcome:
        match trouble:
            case Limited(until=until, resource=resource):
                if until - claim.first_at >= SILENT_AT_MOST:
                    await self._say_why(claim, trouble.what, until)
                return LimitedUntil(until, resource, trouble.what)
            case Suspended():
                return Blocked(trouble.what)
            case Gone():
                return gone(claim, trouble.what, self._tools.clock.now())
            case StoreTrouble():
                return Retry(timedelta(seconds=2), trouble.what)
            case Stale():
                return Retry(timedelta(seconds=1), trouble.what)
            case Transient() | Refused():
                if isinstance(trouble, Unauthorized):
                    await self._tools.alarm.refused(claim, trouble.what)
                now = self._tools.clock.now()
                if now - claim.first_at >= SILENT_AT_MOST:
                    await self._say_why(claim, trouble.what, now + timedelta(minutes=5))
                return Retry(trouble.again_after or timedelta(seconds=2), trouble.what)
            case _:
                return Retry(timedelta(seconds=5), trouble.what)

    async def _say_why(
        self, claim: Claim, why: str, next_try: datetime | None = None, fault: str = ""
    ) -> None:
        """A head without a verdict carries a check that says why and when next; what fails here
        again and again, without a next time, takes the verdict's place."""
        known = await self._tools.ledger.newest(claim.subject) if claim.evaluate else None
        if known is None or (known.judged and next_try is not None):
            # Nobody has asked for anything here yet, or the verdict stands.
            return
        effect = could_not(
            NotEvaluated(
                repo_id=claim.subject.repo_id,
                number=claim.subject.number,
                head_sha=known.head,
                mode=known.mode,
                why=why,
                request_id=fault or claim.delivery or "",
                next_try_at=next_try,
            ),
            self._tools.page(claim),
        )
        await self._tools.sender.say(claim, effect)


def _found_again(planned: Plan, *, lost: bool) -> Plan:
    """One that stands from before the store's time is found, and says what is true now."""
    unseen = lost and planned.comment is Comment.NONE
    return replace(planned, comment=Comment.EDIT) if unseen else planned


def _labels(report: Report, matter: Matter) -> list[Effect]:
    """The stage as a label, where the policy asks for it; what has no list has no stage."""
    if not matter.policy.labels or report.mode is Mode.OBSERVE or not alive(matter.facts):
        return []
    now = "" if report.not_needed else stage(report)
    return [SetLabel(repo_id=report.repo_id, number=report.number or 0, stage=now)]


def _step(moments: Iterable[datetime | None]) -> list[Timer]:
    """When to look again though nothing happens."""
    known = [one for one in moments if one is not None]
    return [Timer(key="step", kind=TimerKind.STEP, due_at=min(known))] if known else []


def _looked_at_again(facts: Facts, report: Report) -> datetime | None:
    """What GitHub did not tell it may tell next time, and no event says so: soon, then ever
    later."""
    undecided = any(one.state is State.UNDECIDED for one in report.entries)
    if not (undecided and alive(facts) and _untold(facts)):
        return None
    age = facts.taken_at - facts.head_since
    return facts.taken_at + min(max(age, UNDECIDED_AT_LEAST), UNDECIDED_AT_MOST)


def _untold(facts: Facts) -> bool:
    """Whether GitHub kept something back that has nothing to do with what is in the files."""
    values = [getattr(facts, one.name) for one in fields(facts)]
    unknown = [one for one in values if isinstance(one, Unknown) and one != NOT_ASKED]
    return any(not one.by_content for one in unknown)


def _matter_json(matter: Matter, facts_json: bytes) -> bytes:
    """The matter without its policy, which is stored beside it under its digest."""
    acts, proposed = canonical(matter.acts), canonical(matter.proposed)
    return b'{"acts":%s,"facts":%s,"proposed":%s}' % (acts, facts_json, proposed)


def _goes_on(facts: Facts, policy: Policy, acts: tuple[Act, ...], claim: Claim) -> bool:
    """Whether there is anything to judge: what somebody types is heard everywhere."""
    return facts.open or bool(claim.said) or unfinished(facts, policy, acts)


def _kept(effective: Effective, claim: Claim, outline: Outline) -> Judged:
    return Judged(
        report=None,
        report_json=b"",
        matter=b"",
        effects=(),
        timers=(),
        heard=tuple(said.key for said in claim.said),
        relevance=effective.relevance,
        policy_digest=effective.policy.digest if effective.policy else "",
        policies=effective.keep,
        head=outline.head,
    )


def _seen(
    outline: Outline, sticky: Published | None, key: str
) -> tuple[Published | None, tuple[str, ...]]:
    """A comment that a person deleted or hid is finished for this pull request."""
    seen = outline.sticky
    if sticky is None or seen is None or not (seen.gone or seen.hidden):
        return sticky, ()
    return replace(sticky, state="suppressed"), (key,)
