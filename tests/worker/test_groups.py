"""A merge group: its own CI, all else as each member was queued, never an unasked success."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bot.model.act import Act, ActKind
from bot.model.claim import Claim
from bot.model.codec import canonical
from bot.model.effect import SetCheck, TimerKind
from bot.model.facts import Facts
from bot.model.keeping import Judged
from bot.model.known import Known, Unknown
from bot.model.look import GroupMember, GroupOutline, Outline, PolicyFile
from bot.model.need import Need
from bot.model.policy import Policy
from bot.model.report import Matter
from bot.wiring.catalogue import registry
from bot.wiring.policy import PolicyLoader
from bot.worker.desk import Desk
from bot.worker.groups import Groups
from bot.worker.policies import PolicyBook, Texts
from tests.properties.making import loaded
from tests.support.pulls import BEN, HEAD, NOW, changed, check, pull
from tests.worker.doubles import MemoryActs, MemoryLedger, MemorySource, claim

TEXT = (
    'version: 1\nareas: { docs: ["docs/**"] }\n'
    "checklist:\n"
    "  ci: { title: CI, proof: { check: ci } }\n"
    "  docs: { title: Docs, proof: { changed: { areas: [docs], lines-at-least: 1 } } }\n"
)
FILE = PolicyFile(path=".github/handoff.yml", blob="good", text=TEXT)
NO_FILE = PolicyFile(path="handoff.yml")
DOCS = changed("docs/a.md", "", "words\n")
CODE = changed("app/a.py", "", "x\n")
GROUP = "9" * 40
POLICY = (
    PolicyLoader().assemble(Texts(repo=claim(0).repo, repository=FILE, organisation=None)).policy
)


class Filled(Desk):
    """Reads nothing, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.times = 0

    async def fill(self, claim: Claim | None, facts: Facts, needs: frozenset[Need]) -> Facts:
        self.times += 1
        return facts


@dataclass(kw_only=True)
class Queue:
    """A merge group with what is known of its members."""

    members: Known[tuple[GroupMember, ...]] = (GroupMember(number=118, head_sha=HEAD),)
    checks: Any = (check("ci"),)
    repository: Known[PolicyFile] = FILE
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    acts: MemoryActs = field(default_factory=MemoryActs)
    source: MemorySource = field(default_factory=MemorySource)
    desk: Filled = field(default_factory=Filled)

    async def judge(self) -> Judged:
        facts = pull(checks=self.checks, head_sha=GROUP, number=None)
        outline = GroupOutline(
            members=self.members, facts=facts, repository=self.repository, organisation=NO_FILE
        )
        self.source.groups = [outline]
        groups = Groups(
            source=self.source,
            ledger=self.ledger,
            policies=PolicyBook(PolicyLoader(), self.source, self.ledger),
            acts=self.acts,
            desk=self.desk,
            registry=registry(),
            code="1",
        )
        assert await groups.evaluated(claim(0, GROUP)) is not self.ledger.fenced
        return self.ledger.commits[-1]


def stored(facts: Facts, policy: Policy | None = None) -> bytes:
    """A judgement of the member as it was queued."""
    assert POLICY is not None
    return canonical(Matter(facts=facts, policy=policy or POLICY))


def queued(*numbers: int, **known: Any) -> Queue:
    """Members that were judged with documentation, at one head each."""
    heads = {number: f"{number:040x}" for number in numbers}
    ledger = MemoryLedger(
        matters={
            (number, head): stored(pull(DOCS, number=number, head_sha=head))
            for number, head in heads.items()
        }
    )
    members = tuple(GroupMember(number=number, head_sha=head) for number, head in heads.items())
    return Queue(members=members, ledger=ledger, **known)


def the_check(judged: Judged) -> SetCheck:
    (effect,) = judged.effects
    assert isinstance(effect, SetCheck)
    assert effect.head_sha == GROUP
    return effect


async def test_a_group_without_any_policy_is_left_alone() -> None:
    judged = await queued(118, repository=NO_FILE).judge()

    assert judged.effects == ()
    assert judged.timers == ()
    assert judged.report is None


async def test_a_member_is_judged_as_it_was_queued_by_the_groups_own_ci() -> None:
    queue = queued(118)

    judged = await queue.judge()

    assert the_check(judged).conclusion == "success"
    assert the_check(judged).title.startswith("#118 · Ready")
    assert queue.source.asked == []
    assert judged.timers == ()


@pytest.mark.parametrize(
    ("checks", "conclusion"),
    [
        ((check("ci", "failure"),), "failure"),
        ((check("ci", "cancelled"),), "failure"),
        (Unknown("not visible"), "failure"),
        ((check("ci", None),), None),
        ((), None),
    ],
)
async def test_what_ci_says_of_the_group_outweighs_what_it_said_of_the_member(
    checks: Any, conclusion: str | None
) -> None:
    judged = await queued(118, checks=checks).judge()

    assert the_check(judged).conclusion == conclusion


async def test_what_was_said_of_a_member_since_it_was_queued_counts() -> None:
    hold = Act(
        key="comment:9:1-abc",
        kind=ActKind.HOLD,
        by=BEN,
        subjects=("h1",),
        head_sha=HEAD,
        said_at=NOW,
        reason="pricing is not decided",
    )

    judged = await queued(118, acts=MemoryActs(said=(hold,))).judge()

    assert the_check(judged).conclusion == "failure"
    assert "On hold by ben" in the_check(judged).title


async def test_a_group_whose_ci_still_runs_is_looked_at_again_in_time() -> None:
    judged = await queued(118, 119, checks=()).judge()

    (timer,) = judged.timers
    assert (timer.key, timer.kind) == ("ci-deadline", TimerKind.CI_DEADLINE)
    assert the_check(judged).status == "in_progress"


async def test_the_worst_member_decides_and_every_member_is_named() -> None:
    queue = queued(118, 119)
    head = f"{119:040x}"
    queue.ledger.matters[119, head] = stored(pull(CODE, number=119, head_sha=head))

    shown = the_check(await queue.judge())

    assert shown.conclusion == "failure"
    assert shown.title.startswith("#119 · ")
    assert "#118: success" in shown.summary
    assert "#119: failure" in shown.summary


@pytest.mark.parametrize("members", [Unknown("the queue is not visible"), ()])
async def test_a_group_of_nobody_knows_whom_is_no_success(members: Any) -> None:
    judged = await Queue(members=members).judge()

    assert the_check(judged).conclusion == "failure"
    assert the_check(judged).title.startswith("Could not evaluate")


# ── members that were never judged ────────────────────────────────────────────────────────────


def never_judged(facts: Facts) -> Queue:
    outline = Outline(facts=facts, repository=FILE, organisation=NO_FILE)
    return Queue(source=MemorySource(outlines={118: outline}))


async def test_a_member_that_was_never_judged_is_judged_now() -> None:
    queue = never_judged(pull(DOCS))

    judged = await queue.judge()

    assert the_check(judged).conclusion == "success"
    assert queue.source.asked == ["outline 118", "load 118"]
    assert queue.desk.times == 1


async def test_what_another_policy_asked_for_is_not_what_this_one_needs() -> None:
    queue = never_judged(pull(DOCS))
    queue.ledger.matters[118, HEAD] = stored(pull(CODE), loaded({"version": 1}))

    judged = await queue.judge()

    assert the_check(judged).conclusion == "success"
    assert queue.source.asked == ["outline 118", "load 118"]


async def test_a_member_that_was_pushed_to_since_is_no_success() -> None:
    queue = never_judged(pull(DOCS, head_sha="5" * 40))

    judged = await queue.judge()

    assert the_check(judged).conclusion == "failure"
    assert "118 has another head" in the_check(judged).summary
    assert queue.source.asked == ["outline 118"]


# ── the policy ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("mode", "conclusion"), [("enforced", "failure"), ("observe", "neutral"), ("advise", "neutral")]
)
async def test_a_policy_that_cannot_be_read_is_no_success(mode: str, conclusion: str) -> None:
    broken = replace(FILE, blob="bad", text=f"{TEXT}mode: {mode}\nmoode: x\n")

    judged = await queued(118, repository=broken).judge()

    assert the_check(judged).conclusion == conclusion
    assert judged.policy_digest == ""


async def test_a_good_policy_is_kept_with_the_judgement() -> None:
    judged = await queued(118).judge()

    assert [one.scope for one in judged.policies] == ["repo:7"]
    assert judged.relevance is not None
    assert judged.relevance.wants_check("ci")
    assert judged.policy_digest != ""


@pytest.mark.parametrize("repository", [FILE, NO_FILE, replace(FILE, blob="x", text="version: 2")])
async def test_a_claim_that_was_lost_is_told(repository: PolicyFile) -> None:
    queue = queued(118, repository=repository)
    queue.ledger.fenced = True

    judged = await queue.judge()

    assert judged in queue.ledger.commits
