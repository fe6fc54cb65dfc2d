"""Whom of a role to ask: who is on duty, else whose turn it is, and never the same person often."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import TYPE_CHECKING, TypeVar

from bot.model.asked import Asked

if TYPE_CHECKING:
    from bot.model.facts import Person
    from bot.model.policy import Role

V = TypeVar("V")

PINGS_A_DAY = 2
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a choice depends on besides the role and its members.

    `pr`: names the pull request. `today`: in the zone of the policy's hours. `not_these`: ids of
    the author, contributors, the actor, who cannot read the repository, who was asked already.
    `away`: by login, as the policy has it. `asked`: by login in lower case.
    """

    pr: str
    today: date
    not_these: frozenset[int] = frozenset()
    away: Mapping[str, tuple[tuple[date, date], ...]] = field(default_factory=dict)
    asked: Mapping[str, Asked] = field(default_factory=dict)


def pick(role: Role, roster: tuple[Person, ...], around: Around) -> Person | str:
    """The member to ask, or why there is none: what keeps each one from being asked."""
    kept = {person: _kept(person, role, around) for person in roster}
    free = [person for person, why in kept.items() if not why]
    if free:
        return min(
            free, key=lambda one: (not _on_duty(one, role, around), *_turn(one, role, around))
        )
    if not kept:
        return f"nobody is in {role.name}"
    whys = ", ".join(f"{person.login} {why}" for person, why in kept.items())
    return f"nobody in {role.name} can be asked: {whys}"


def _kept(person: Person, role: Role, around: Around) -> str:
    """What keeps a person from being asked; empty for nothing."""
    spans = _listed(around.away, person, ())
    if person.bot:
        return "is a bot"
    if person.id in around.not_these or _same(person.login) in map(_same, role.apart):
        return "takes part or is excepted"
    if any(first <= around.today <= last for first, last in spans):
        return "is away"
    spent = around.asked.get(_same(person.login), Asked()).lately >= PINGS_A_DAY
    return "was asked often enough today" if spent else ""


def _on_duty(person: Person, role: Role, around: Around) -> bool:
    first, last = _listed(role.duty, person, (date.max, date.min))
    return first <= around.today <= last


def _turn(person: Person, role: Role, around: Around) -> tuple[int, datetime, str]:
    """The lowest is next."""
    asked = around.asked.get(_same(person.login), Asked())
    tie = sha256(f"{around.pr} {role.name} {person.id}".encode()).hexdigest()
    if role.pick == "listed":
        order = [_same(one) for one in role.people]
        login = _same(person.login)
        return order.index(login) if login in order else len(order), _LONG_AGO, tie
    return asked.open if role.pick == "fewest-open" else 0, asked.last or _LONG_AGO, tie


def _listed(by_login: Mapping[str, V], person: Person, otherwise: V) -> V:
    found = (one for login, one in by_login.items() if _same(login) == _same(person.login))
    return next(found, otherwise)


def _same(login: str) -> str:
    """Logins differ in more than case."""
    return login.casefold()
