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


_NOBODY: frozenset[str] = frozenset()
_AUTHOR = frozenset({"author"})


def _of(name: str, by: tuple[str, ...], reason: str, *, fixed: bool = False) -> Verb:
    """A row of the table; `waive` and `decide` are never the author's."""
    return Verb(
        name=name,
        by=frozenset(by),
        not_by=_AUTHOR if name in {"waive", "decide"} else _NOBODY,
        reason=reason,
        fixed=fixed,
    )


VERBS: Mapping[str, Verb] = {
    verb.name: verb
    for verb in (
        _of("status", ("anyone",), "", fixed=True),
        _of("why", ("anyone",), "", fixed=True),
        _of("help", ("anyone",), "", fixed=True),
        _of("attest", (NAMED,), "optional"),
        _of("confirm", (NAMED,), ""),
        _of("n/a", ("author", "reviewer"), "must"),
        _of("ready", ("author", "triager"), ""),
        _of("recheck", ("author", "triager"), ""),
        _of("hold", ("triager", ANY_ROLE), "must"),
        _of("resume", ("holder", "lead"), "lead: must"),
        _of("waive", ("architect", "lead"), "must"),
        _of("escalate", (AUTHOR_WITH_WRITE, "reviewer", ANY_ROLE), "must"),
        _of("ack", ("asked",), ""),
        _of("snooze", ("asked",), ""),
        _of("accept", ("asked",), ""),
        _of("decide", ("asked", "lead"), "must"),
        _of("return", ("asked",), "must"),
        _of("assign", ("asked", "lead"), ""),
        _of("undo", (SAME_PERSON, ENTITLED), "someone else's: must", fixed=True),
    )
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
