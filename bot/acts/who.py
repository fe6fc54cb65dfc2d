"""Who may say what: the words of the policy held against what was learnt of the person."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.command import Barred, Slip, Unchecked
from bot.model.facts import Reviews, Standing
from bot.model.known import Known, Unknown
from bot.model.problem import Problem, Where
from bot.model.verbs import AUTHOR_WITH_WRITE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.act import Act
    from bot.model.command import Asker
    from bot.model.facts import Facts
    from bot.model.policy import Policy, Role

_NOTHING = "nothing was done"
_MAY = {"triager": "those who may triage", "writer": "those who may write"}


def refusal(what: str, hint: str = _NOTHING) -> Problem:
    """A line that is not run: what is wrong, and what would work."""
    return Problem(where=Where(file="comment"), what=what, hint=hint)


def barred(what: str) -> Problem:
    """A line that is not run because of who says it."""
    return Barred(where=Where(file="comment"), what=what, hint=_NOTHING)


def slip(what: str, wrong: str, near: str) -> Problem:
    """A line with a word that nothing is called, near to what something is."""
    return Slip(where=Where(file="comment"), what=what, wrong=wrong, near=near)


def unchecked(what: str) -> Problem:
    """A line that is not run because GitHub did not tell what it depends on."""
    return Unchecked(where=Where(file="comment"), what=f"I could not check {what}", hint=_NOTHING)


def at_once(*problems: Problem | None) -> Problem | None:
    """All that is wrong with a line in one refusal."""
    some = [one for one in problems if one is not None]
    return replace(some[-1], what="; ".join(one.what for one in some)) if some else None


def entitled(asker: Asker, allowed: Iterable[str], policy: Policy) -> frozenset[str] | Problem:
    """Which of the allowed words the person answers to; a Problem where it is none.

    What could not be checked does not count, and is said so: it is not the same as "you may not".
    """
    wanted = sorted(set(allowed))
    answers = {word: has(asker, word) for word in wanted}
    held = frozenset(word for word, answer in answers.items() if answer is True)
    if held:
        return held
    unsure = [(word, one) for word, one in answers.items() if isinstance(one, Unknown)]
    if unsure:
        word, why = unsure[0]
        return unchecked(f"whether you are {_one(word)} ({why.reason})")
    names = [shown(word, policy) for word in wanted]
    return barred(f"this is for {listed(names) or 'nobody'}")


def has(asker: Asker, word: str) -> Known[bool]:
    """Whether the person answers to a reserved word, or is in the role of that name."""
    if word == "anyone":
        return True
    if word == "author":
        return asker.is_author
    if word == "reviewer":
        return asker.is_reviewer
    if word == AUTHOR_WITH_WRITE:
        return has(asker, "writer") if asker.is_author else False
    if word in {"triager", "writer"}:
        least = Standing.TRIAGE if word == "triager" else Standing.WRITE
        known = asker.standing
        return known if isinstance(known, Unknown) else known.at_least(least)
    return asker.roles.get(word, False)


def outsider(asker: Asker, what: str, *, by_two: bool = False) -> Problem | None:
    """What is wrong with an author or contributor who would clear their own work; None if neither.

    Where the commits themselves do not tell, it is refused, or counts only if two people say it
    (`by_two`); where GitHub fails to tell, asking again may help.
    """
    if asker.is_author:
        return barred(f"{what} is not for the author")
    if asker.is_contributor is True:
        return barred(f"{what} is not for those who wrote commits here")
    unknown = asker.is_contributor
    if isinstance(unknown, Unknown) and not (by_two and unknown.by_content):
        why = unknown.reason
        return unchecked(f"whether you wrote commits here ({why})")
    return None


def several(acts: Iterable[Act], least: int = 1) -> bool:
    """Whether so many people say it: two at least where one of them may have written commits."""
    some = tuple(acts)
    sure = {one.by.id for one in some if not one.unsure}
    return len(sure) >= least or len({one.by.id for one in some}) >= max(least, 2)


def shown(word: str, policy: Policy) -> str:
    """A role with the people it names, as others read it."""
    role = every_role(policy).get(word)
    return _MAY.get(word, word) if role is None else named(role)


def named(role: Role) -> str:
    """`architect (sam)`, `lead (acme/leads)`."""
    who = ", ".join(role.people) or role.team or ""
    return f"{role.name} ({who})" if who else role.name


def listed(names: Iterable[str]) -> str:
    """`a`, `a or b`, `a, b or c`."""
    some = list(names)
    return " or ".join([", ".join(some[:-1]), some[-1]] if len(some) > 1 else some)


def every_role(policy: Policy) -> dict[str, Role]:
    """The roles of the policy and of the organisation's by name; the repository's own win."""
    below = {} if policy.floor is None else every_role(policy.floor)
    return below | dict(policy.roles)


def entitles(standing: Known[Standing], role: Role) -> Known[bool]:
    """Whether what the person may do in the repository puts them into the role."""
    if isinstance(standing, Unknown) or role.permission is None:
        return standing if isinstance(standing, Unknown) else False
    return standing.at_least(role.permission)


def reviews(asker: Asker, facts: Facts, *, spoke: bool = False) -> Known[bool]:
    """Whether the person is a reviewer: may write, wrote nothing here, and reviews or is asked to,
    alone or with a team (which is a role `@org/team` of the asker's). `spoke`: in a review, which
    GitHub may not list yet."""
    for known in (asker.standing, asker.is_contributor, facts.reviews):
        if isinstance(known, Unknown):
            return known
    assert isinstance(asker.standing, Standing)  # noqa: S101  looked at above
    assert isinstance(facts.reviews, Reviews)  # noqa: S101
    if asker.is_author or asker.is_contributor or not asker.standing.at_least(Standing.WRITE):
        return False
    here = {one.by.id for one in facts.reviews.opinions} | facts.reviews.spoke
    if spoke or asker.person.id in here | {one.id for one in facts.reviews.requested}:
        return True
    teams = [asker.roles.get(f"@{team}", False) for team in facts.reviews.requested_teams]
    return True if True in teams else next((one for one in teams if one is not False), False)


def _one(word: str) -> str:
    return {"author": "the author", "reviewer": "a reviewer"}.get(word) or (
        f"among {_MAY[word]}" if word in _MAY else f"in {word}"
    )
