"""Enough of the right people approved this very code.

Why it matters       An approval of older code is no approval of what was pushed after it.
What it looks at     Each person's newest review, on which commit it was given, and who they are.
How to satisfy it    Ask somebody of that role, neither author nor contributor, to approve the head.
What it cannot see   How carefully they read.
Examples             Ready: ben approved the head. Not ready: ben approved, then ana pushed.
"""

from dataclasses import dataclass

from bot.model.facts import Changes, Facts, Review
from bot.model.known import Known, Unknown
from bot.model.need import Members, Need, Part, Permissions
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, failed, passed, undecided

TOO_FEW = Kind(
    id="approvals-too-few",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="Every review was read, and too few of them approve.",
)
REFUSED = Kind(
    id="changes-requested",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The newest review of somebody of that role asks for changes.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`from_role`: reviewer, codeowner, or a role. `of`: this-commit, this-scope or any-commit."""

    from_role: str = "reviewer"
    at_least: int = 1
    of: str = "this-scope"


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    wanted: set[Need] = {Part.REVIEWS, Part.COMMITS}
    reviewer = options.from_role == "reviewer"
    wanted.add(Permissions() if reviewer else Members(role=options.from_role))
    return frozenset(wanted)


def prove(facts: Facts, options: Options) -> Verdict:
    reviews = facts.reviews
    if isinstance(reviews, Unknown):
        return undecided(reviews)
    standing = [(one, _counts(one, facts, options)) for one in reviews.opinions]
    counted = [review for review, counts in standing if counts is True]
    unsure = [(review, why) for review, why in standing if isinstance(why, Unknown)]
    against = [one for one in counted if one.state == "changes_requested"]
    if against:
        names = ", ".join(one.by.login for one in against)
        return failed(f"{names} asked for changes", REFUSED.at(f"{names} asked for changes"[:200]))
    perhaps = [why for review, why in unsure if review.state == "changes_requested"]
    if perhaps:
        # Whoever asked for changes may be of that role: no approval outweighs it.
        return undecided(perhaps[0])
    approved = [one for one in counted if one.state == "approved"]
    return _tally(facts, options, approved, [why for _, why in unsure])


def _tally(
    facts: Facts, options: Options, approved: list[Review], unsure: list[Unknown]
) -> Verdict:
    any_commit = options.of == "any-commit"
    fresh = [one for one in approved if any_commit or one.commit_sha == facts.head_sha]
    stale = [one for one in approved if one not in fresh]
    if len(fresh) >= options.at_least:
        return passed("approved by " + ", ".join(one.by.login for one in fresh))
    if unsure:
        return undecided(unsure[0])
    if stale and options.of == "this-scope" and len(fresh) + len(stale) >= options.at_least:
        names = ", ".join(one.by.login for one in stale)
        why = f"can't tell: approval of {names} - given for an older commit. Approve again"
        return undecided(Unknown(why))
    note = f"{len(fresh)} of {options.at_least} approval(s) by {options.from_role} on this commit"
    return failed(note, TOO_FEW.at(note))


def _counts(review: Review, facts: Facts, options: Options) -> Known[bool]:
    """Whether the reviewer is in the role, and neither author nor contributor."""
    if review.state not in {"approved", "changes_requested"} or review.by.bot:
        return False
    if review.by.id == facts.author.id:
        return False
    if options.from_role == "reviewer":
        allowed: Known[bool] = review.may_write
    else:
        members = facts.role_members(options.from_role)
        allowed = members if isinstance(members, Unknown) else review.by.id in members
    if allowed is False:
        return False
    if isinstance(facts.commits, Unknown):
        return facts.commits
    contributors = facts.commits.contributors
    if not isinstance(contributors, Unknown) and review.by.id in contributors:
        return False
    if isinstance(allowed, Unknown):
        return allowed
    return contributors if isinstance(contributors, Unknown) else True


RULE = Rule(
    id="reviewers-approved",
    title="Reviewers approved",
    word="approvals",
    items=frozenset({"conventions"}),
    watch=False,
    kinds=(TOO_FEW, REFUSED),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
