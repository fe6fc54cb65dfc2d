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
    `needs_head`: the act is bound to one state of the code or notice. `edits`: it may be said in an
    edit of a comment. `fixed`: a policy cannot say anything of it.
    """

    name: str
    by: frozenset[str]
    not_by: frozenset[str] = frozenset()
    reason: str = ""
    needs_head: bool = False
    edits: bool = False
    fixed: bool = False


_NOBODY: frozenset[str] = frozenset()
_AUTHOR = frozenset({"author"})
_BOTH, _HEAD, _EDITS = (True, True), (True, False), (False, True)
_PLAIN = (False, False)


def _of(
    name: str, by: tuple[str, ...], reason: str, bound: tuple[bool, bool], *, fixed: bool = False
) -> Verb:
    """A row of the table; `waive` and `decide` are never the author's."""
    return Verb(
        name=name,
        by=frozenset(by),
        not_by=_AUTHOR if name in {"waive", "decide"} else _NOBODY,
        reason=reason,
        needs_head=bound[0],
        edits=bound[1],
        fixed=fixed,
    )


VERBS: Mapping[str, Verb] = {
    verb.name: verb
    for verb in (
        _of("status", ("anyone",), "", _EDITS, fixed=True),
        _of("why", ("anyone",), "", _EDITS, fixed=True),
        _of("help", ("anyone",), "", _EDITS, fixed=True),
        _of("attest", (NAMED,), "optional", _BOTH),
        _of("confirm", (NAMED,), "", _BOTH),
        _of("n/a", ("author", "reviewer"), "must", _HEAD),
        _of("ready", ("author", "triager"), "", _BOTH),
        _of("recheck", ("author", "triager"), "", _EDITS),
        _of("hold", ("triager", ANY_ROLE), "must", _PLAIN),
        _of("resume", ("holder", "lead"), "lead: must", _PLAIN),
        _of("waive", ("architect", "lead"), "must", _HEAD),
        _of("escalate", (AUTHOR_WITH_WRITE, "reviewer", ANY_ROLE), "must", _PLAIN),
        _of("ack", ("asked",), "", _PLAIN),
        _of("snooze", ("asked",), "", _PLAIN),
        _of("accept", ("asked",), "", _HEAD),
        _of("decide", ("asked", "lead"), "must", _HEAD),
        _of("return", ("asked",), "must", _PLAIN),
        _of("assign", ("asked", "lead"), "", _PLAIN),
        _of("undo", (SAME_PERSON, ENTITLED), "someone else's: must", _PLAIN, fixed=True),
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
