"""Every verb of `/handoff`: who may say it unless the policy says otherwise, what it asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.model.policy import CommandRule

# Who is meant where no role's name says it; no role can be called so.
NAMED = "whom the item or field names"
ANY_ROLE = "any role of the policy"
AUTHOR_WITH_WRITE = "author with write"
SAME_PERSON = "the same person"
ENTITLED = "a role entitled to the verb undone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb. `by`: role names, reserved words, or one of the sentences above.

    `reason`: empty where none is taken, optional, must, or of whom it must be asked and must.
    `fixed`: a policy cannot say anything of it.
    """

    name: str
    by: frozenset[str]
    not_by: frozenset[str] = frozenset()
    reason: str = ""
    fixed: bool = False


_ROWS: tuple[tuple[str, tuple[str, ...], str, str], ...] = (
    ("status", ("anyone",), "", "fixed"),
    ("why", ("anyone",), "", "fixed"),
    ("help", ("anyone",), "", "fixed"),
    ("attest", (NAMED,), "optional", ""),
    ("confirm", (NAMED,), "", ""),
    ("n/a", ("author", "reviewer"), "must", ""),
    ("ready", ("author", "triager"), "", ""),
    ("recheck", ("author", "triager"), "", ""),
    ("hold", ("triager", ANY_ROLE), "must", ""),
    ("resume", ("holder", "lead"), "lead: must", ""),
    ("waive", ("architect", "lead"), "must", "not-author"),
    ("escalate", (AUTHOR_WITH_WRITE, "reviewer", ANY_ROLE), "must", ""),
    ("ack", ("asked",), "", ""),
    ("snooze", ("asked",), "", ""),
    ("accept", ("asked",), "", ""),
    ("decide", ("asked", "lead"), "must", "not-author"),
    ("return", ("asked",), "must", ""),
    ("assign", ("asked", "lead"), "", ""),
    ("undo", (SAME_PERSON, ENTITLED), "someone else's: must", "fixed"),
)
VERBS: Mapping[str, Verb] = {
    name: Verb(
        name=name,
        by=frozenset(by),
        not_by=frozenset({"author"} if "not-author" in marks else ()),
        reason=reason,
        fixed="fixed" in marks,
    )
    for name, by, reason, marks in _ROWS
}


def rule_of(verb: str, commands: Mapping[str, CommandRule]) -> CommandRule:
    """What holds for a verb: the policy's word, and what it leaves open by the table.

    What the table demands or forbids stays, whatever the policy says.
    """
    known, said = VERBS[verb], commands.get(verb, CommandRule())
    return CommandRule(
        by=known.by if said.by is None else said.by,
        not_by=known.not_by | said.not_by,
        reason_required=known.reason == "must" or said.reason_required,
        lasts=said.lasts,
        persons=said.persons,
    )
