"""Who may say which verb where the policy says nothing, and what no policy can lift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from bot.model.policy import CommandRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.model.policy import Policy
    from bot.model.report import Entry, Report

# Stands for every role that the policy names.
ANY_ROLE = "any role"


def _rule(*by: str, reason: bool = False, not_by: tuple[str, ...] = ()) -> CommandRule:
    return CommandRule(by=frozenset(by), reason_required=reason, not_by=frozenset(not_by))


DEFAULTS: Final[Mapping[str, CommandRule]] = {
    "recheck": _rule("author", "triager"),
    "ready": _rule("author", "triager"),
    "n/a": _rule("author", "reviewer", reason=True),
    "waive": _rule("architect", "lead", reason=True),
    "hold": _rule("triager", ANY_ROLE, reason=True),
    "resume": _rule("holder", "lead"),
    "escalate": _rule("author", "reviewer", ANY_ROLE, reason=True),
    "ack": _rule("asked"),
    "snooze": _rule("asked"),
    "decide": _rule("asked", "lead", reason=True),
    "assign": _rule("asked", "lead"),
    "accept": _rule("asked"),
    "return": _rule("asked", reason=True),
    "attest": _rule(),
    "confirm": _rule(),
}


def rule_of(policy: Policy, verb: str) -> CommandRule:
    """The rule of a verb: the policy's, where it says more than the default."""
    own, default = policy.commands.get(verb), DEFAULTS[verb]
    if own is None:
        return default
    return CommandRule(
        by=own.by or default.by,
        not_by=own.not_by | default.not_by,
        reason_required=own.reason_required or default.reason_required,
        lasts=own.lasts,
        persons=own.persons,
    )


def allowed(policy: Policy, verb: str, **instead: frozenset[str]) -> frozenset[str]:
    """The words of the rule, `any role` spelled out and `asked`, `holder` replaced by whom the
    case names."""
    words: set[str] = set()
    for word in rule_of(policy, verb).by:
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
        words = {word for one in entries for word in settlers(one)}
    elif verb == "waive":
        words = {word for one in entries if not one.state.good for word in one.waive_by}
    else:
        words = set(allowed(policy, verb))
    return frozenset(words)
