"""The labels are as asked, and were set by the right people.

Why it matters       A label may stand for a decision; then it matters who set it.
What it looks at     The pull request's labels, and who set them where the policy names roles.
How to satisfy it    Set or remove the label, or have somebody of the role set it.
What it cannot see   Why somebody set it.
Examples             Ready: `reviewed-by-dba` set by the DBA. Not ready: set by the author.
"""

from dataclasses import dataclass

from bot.model.facts import Changes, Facts
from bot.model.known import Unknown
from bot.model.need import Members, Need, Part
from bot.model.rule import Rule
from bot.model.verdict import Kind, Says, Tier, Verdict, failed, passed, undecided

LACKING = Kind(
    id="label-lacking",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="All labels were read.",
)
UNWANTED = Kind(
    id="label-unwanted",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="All labels were read.",
)
SET_BY_OTHER = Kind(
    id="label-set-by-other",
    tier=Tier.SURE,
    says=Says.ABSENT,
    because="GitHub's timeline names who set the label last.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`has`: all of these. `has_none`: none of these. `set_by`: roles that `has` counts from."""

    has: tuple[str, ...] = ()
    has_none: tuple[str, ...] = ()
    set_by: tuple[str, ...] = ()


def needs(options: Options, changes: Changes) -> frozenset[Need]:
    if not options.set_by or not options.has:
        return frozenset()
    members = {Members(role=role) for role in options.set_by}
    return frozenset({Part.LABEL_SETTERS, *members})


def prove(facts: Facts, options: Options) -> Verdict:
    labels = facts.labels
    if isinstance(labels, Unknown):
        return undecided(labels)
    unwanted = [name for name in options.has_none if name in labels]
    if unwanted:
        note = f"label {', '.join(unwanted)} must not be set"
        return failed(note, UNWANTED.at(note[:200]))
    lacking = [name for name in options.has if name not in labels]
    if lacking:
        note = f"label {', '.join(lacking)} is not set"
        return failed(note, LACKING.at(note[:200]))
    return _setters(facts, options)


def _setters(facts: Facts, options: Options) -> Verdict:
    if not options.set_by or not options.has:
        return passed("labels are as asked")
    setters = facts.label_setters
    if isinstance(setters, Unknown):
        return undecided(setters)
    members = [facts.role_members(role) for role in options.set_by]
    allowed = {one for group in members if not isinstance(group, Unknown) for one in group}
    unsure = [group for group in members if isinstance(group, Unknown)]
    for name in options.has:
        if name not in setters:
            return undecided(Unknown(f"can't tell: label {name} - who set it is not known"))
        if setters[name].id not in allowed:
            if unsure:
                return undecided(unsure[0])
            who = " or ".join(options.set_by)
            note = f"label {name} was set by {setters[name].login}, not by {who}"
            return failed(note, SET_BY_OTHER.at(note[:200]))
    return passed("labels are set by the right people")


RULE = Rule(
    id="labels-are-right",
    title="Labels are right",
    word="labels",
    items=frozenset(),
    watch=False,
    kinds=(LACKING, UNWANTED, SET_BY_OTHER),
    version=1,
    options=Options,
    needs=needs,
    prove=prove,
)
