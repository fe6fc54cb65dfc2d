"""Who may say which verb on a pull request: the words of the policy spelled out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.model.verbs import ANY_ROLE, VERBS, rule_of

if TYPE_CHECKING:
    from bot.model.policy import Policy
    from bot.model.report import Entry, Report


def allowed(policy: Policy, verb: str, **instead: frozenset[str]) -> frozenset[str]:
    """The words of the rule, every role spelled out and `asked`, `holder` replaced by whom the case
    names."""
    words: set[str] = set()
    for word in rule_of(verb, policy.commands).by or ():
        if word == ANY_ROLE:
            words |= {name for name, role in policy.roles.items() if role.anybody}
        else:
            words |= instead.get(word, {word})
    return frozenset(words)


def settlers(entry: Entry) -> tuple[str, ...]:
    """Whose word the item asks for, and who settles it where the machine cannot tell."""
    return tuple(dict.fromkeys(word for word in (*entry.words, entry.if_unsure) if word))


def speakers(verb: str, policy: Policy, report: Report) -> frozenset[str]:
    """Everybody to whom the verb may mean something on this pull request."""
    entries = report.entries
    if verb == "attest":
        return frozenset(word for one in entries for word in settlers(one))
    if verb == "waive":
        return frozenset(role for one in entries if not one.state.good for role in one.waive_by)
    if verb == "confirm":
        return frozenset(
            field.confirmed_by or "author" for one in report.told for field in one.fields
        )
    if verb in {"accept", "return"}:
        return allowed(policy, verb, asked=frozenset(one.role for one in report.told))
    asked = frozenset(role for one in report.escalations for role in one.roles)
    return allowed(policy, verb, asked=asked)


def speaks(verb: str) -> bool:
    """Whether roles decide who says the verb; the others are for anyone, or for who spoke."""
    return not VERBS[verb].fixed
