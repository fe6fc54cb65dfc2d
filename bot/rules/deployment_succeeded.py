"""The commit is deployed to the environment.

Why it matters       Who takes the work over wants to see it run.
What it looks at     The newest deployment of the head or the merge commit to that environment.
How to satisfy it    Deploy the commit, or mend what made its deployment fail.
What it cannot see   Whether what was deployed works, and whatever is deployed without telling
                     GitHub. Without the permission to read deployments it cannot tell.
Examples             Ready: the head's newest deployment to `staging` is a success. Not ready: it
                     failed, or its address is `http://localhost`.
"""

from dataclasses import dataclass
from datetime import timedelta

from bot.linking.deployments import SUCCESS, deployments_to, unfit
from bot.model.facts import Changes, Deployment, Facts
from bot.model.known import Unknown
from bot.model.need import Need, Part
from bot.model.rule import Rule
from bot.model.verdict import (
    Kind,
    Says,
    Tier,
    Verdict,
    clip,
    failed,
    passed,
    undecided,
    waiting,
)

PENDING = frozenset({"pending", "queued", "in_progress", "waiting"})

FAILED = Kind(
    id="deployment-failed",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="GitHub reports this state for the newest deployment of the commit.",
)
UNFIT = Kind(
    id="deployment-url-unfit",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="GitHub's record of the deployment holds no address that others could open.",
)
AWAITED = Kind(
    id="deployment-awaited",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="The deployment has begun, or may still.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`environment`: its name, in any case. `of`: head, merge, or either: the merge commit's where
    there is one. `url`: required or optional."""

    environment: str
    of: str = "either"
    url: str = "optional"
    wait_at_most: timedelta = timedelta(minutes=60)


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    return frozenset({Part.DEPLOYMENTS})


def prove(facts: Facts, options: Options) -> Verdict:
    found = deployments_to(facts, options.environment)
    if isinstance(found, Unknown):
        return undecided(found)
    commit = {"head": facts.head_sha, "merge": facts.merge_sha}.get(options.of)
    newest = next((one for one in found if options.of == "either" or one.sha == commit), None)
    if newest is None or newest.state in PENDING:
        return _awaited(facts, options, newest)
    return _ended(newest, options)


def _awaited(facts: Facts, options: Options, newest: Deployment | None) -> Verdict:
    name = options.environment
    until = (newest.updated_at if newest else facts.head_since) + options.wait_at_most
    if facts.taken_at < until:
        shown = AWAITED.at(clip(f"deployment to {name}", 200))
        return waiting(f"waiting for the deployment to {name}", until, shown)
    why = f"its deployment is still {newest.state}" if newest else "this commit is not deployed"
    return undecided(Unknown(f"can't tell: {name} - {why}. Deploy it"))


def _ended(newest: Deployment, options: Options) -> Verdict:
    name, short = options.environment, newest.sha[:7]
    if newest.state in {"failure", "error"}:
        note = f"the deployment of {short} to {name} ended as {newest.state}"
        return failed(note, FAILED.at(clip(note, 200)))
    if newest.state != SUCCESS:
        why = f"the deployment of {short} is {newest.state}. Deploy it again"
        return undecided(Unknown(f"can't tell: {name} - {why}"))
    wrong = unfit(newest.url) if options.url == "required" else ""
    if wrong:
        note = f"{short} is deployed to {name}, but {wrong}"
        return failed(note, UNFIT.at(clip(f"{note}: {newest.url}" if newest.url else note, 200)))
    return passed(f"{short} is deployed to {name}")


RULE = Rule(
    id="deployment-succeeded",
    title="Deployment succeeded",
    word="deployment",
    items=frozenset(),
    watch=False,
    kinds=(FAILED, UNFIT, AWAITED),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
