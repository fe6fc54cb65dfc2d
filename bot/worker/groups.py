"""Merge groups: judged on their own head, worst member wins, never an unasked success."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.acts.pushing import with_pushers
from bot.judge.evaluate import needs_of
from bot.judge.group import judge_member, worst
from bot.model.codec import Decoder
from bot.model.effect import Timer, TimerKind
from bot.model.keeping import Judged
from bot.model.known import Known, Unknown
from bot.model.policy import Mode
from bot.model.report import Conclusion, Matter, NotEvaluated, Report
from bot.model.wake import Subject
from bot.text.check import could_not
from bot.text.group import group_check
from bot.worker.aside import aside

if TYPE_CHECKING:
    from bot.judge.proof import Registry
    from bot.model.claim import Claim
    from bot.model.effect import SetCheck
    from bot.model.look import GroupMember, GroupOutline
    from bot.model.policy import Policy
    from bot.worker.desk import Desk
    from bot.worker.policies import PolicyBook
    from bot.worker.ports import Acts, Ledger, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Groups:
    """Evaluates merge groups; made in wiring."""

    source: Source
    ledger: Ledger
    policies: PolicyBook
    acts: Acts
    desk: Desk
    registry: Registry
    code: str

    async def evaluated(self, claim: Claim) -> bool:
        """Judge the group of the claim and commit; False when fenced."""
        outline = await self.source.group(claim)
        effective = await self.policies.effective(claim, outline.repository, outline.organisation)
        judged = Judged(
            report=None,
            report_json=b"",
            matter=b"",
            effects=(),
            timers=(),
            relevance=effective.relevance,
            policy_digest=effective.policy.digest if effective.policy else "",
            policies=effective.keep,
            forced=claim.expect.get("forced") == "1",
        )
        if effective.policy is None:
            if not effective.trouble:
                return await self.ledger.commit(claim, judged)
            check = self._cannot(outline, "the policy cannot be read", effective.trouble_mode)
            return await self.ledger.commit(claim, replace(judged, effects=(check,)))
        reports = await self._reports(claim, outline, effective.policy)
        if isinstance(reports, Unknown):
            check = self._cannot(outline, reports.reason, effective.policy.mode)
            return await self.ledger.commit(claim, replace(judged, effects=(check,)))
        conclusion = worst(tuple(report.conclusion() for report in reports))
        moments = [one.recheck_at for one in reports if one.recheck_at is not None]
        timers = [
            Timer(key="ci-deadline", kind=TimerKind.CI_DEADLINE, due_at=min(moments))
            for _ in moments[:1]
            if conclusion is Conclusion.IN_PROGRESS
        ]
        check = group_check(reports, conclusion, outline.facts.head_sha)
        return await self.ledger.commit(
            claim, replace(judged, effects=(check,), timers=tuple(timers))
        )

    async def _reports(
        self, claim: Claim, outline: GroupOutline, policy: Policy
    ) -> Known[tuple[Report, ...]]:
        members = outline.members
        if isinstance(members, Unknown):
            return members
        if not members:
            return Unknown("cannot tell which pull requests this group contains")
        reports: list[Report] = []
        for member in members:
            matter = await self._queued(claim, member, policy)
            if isinstance(matter, Unknown):
                return matter
            given = (matter, outline.facts, self.registry, self.code)
            reports.append(await aside(matter.facts, judge_member, *given))
        return tuple(reports)

    async def _queued(self, claim: Claim, member: GroupMember, policy: Policy) -> Known[Matter]:
        """The member as it was judged at its queued head, with what people have said since; looked
        at now where it never was, or by another policy, which may have asked for other facts."""
        subject = Subject(claim.subject.repo_id, member.number)
        acts = await self.acts.acts(subject)
        matter: Matter
        stored = await self.ledger.newest_matter(subject, member.head_sha)
        if stored is not None:
            classes = {rule.id: rule.options for rule in self.registry.values()}
            matter = Decoder(classes).decode(Matter, json.loads(stored))
            if matter.policy.digest == policy.digest:
                return replace(matter, policy=policy, acts=acts)
        alone = replace(claim, subject=subject, expect={}, said=())
        outline = await self.source.outline(alone, None)
        if outline.facts.head_sha != member.head_sha:
            return Unknown(f"#{member.number} has another head than the one that was queued")
        needs = await aside(outline.facts, needs_of, outline.facts, policy, self.registry)
        facts = await self.source.load(alone, outline.facts, needs, policy.roles)
        facts = await self.desk.fill(alone, facts, needs)
        matter = Matter(facts=facts, policy=policy, acts=acts)
        return replace(matter, facts=with_pushers(matter))

    def _cannot(self, outline: GroupOutline, why: str, mode: Mode) -> SetCheck:
        return could_not(
            NotEvaluated(
                repo_id=outline.facts.repo_id,
                number=None,
                head_sha=outline.facts.head_sha,
                mode=mode,
                why=why,
                request_id="",
            )
        )
