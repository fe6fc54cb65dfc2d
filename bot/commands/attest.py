"""`/handoff attest ITEM …`: a person says of items that they looked, and that it is so."""

from __future__ import annotations

from dataclasses import replace

from bot.acts.binding import about, scopes_of
from bot.acts.naming import items_named
from bot.acts.rules import settlers
from bot.acts.who import entitled, has, outsider, refusal
from bot.acts.words import said
from bot.model.act import Act, ActKind
from bot.model.command import Command, Heard, Scene, Unchecked
from bot.model.problem import Problem
from bot.model.report import Entry
from bot.model.verdict import Outcome

ALL = "all"


def decide(scene: Scene) -> Heard | Problem:
    words = said(scene.line, ("at",), heads=scene.heads)
    if isinstance(words, Problem):
        return words
    every = words.names == (ALL,)
    entries = _every(scene) if every else items_named(words.names, scene.report, "attest")
    if isinstance(entries, Problem):
        return entries
    scopes = scopes_of((one.item for one in entries), scene, words.at)
    if isinstance(scopes, Problem):
        return scopes
    acts: list[Act] = []
    for entry in entries:
        roles = _entitled(entry, scene)
        if isinstance(roles, Problem):
            return roles if isinstance(roles, Unchecked) else _but(roles, entries, scene)
        said_so = {"roles": roles, "reason": words.reason, "detail": ALL if every else ""}
        acts.append(about(entry.item, scene, ActKind.ATTEST, scopes, **said_so))
    return Heard(acts=tuple(acts))


def _every(scene: Scene) -> tuple[Entry, ...] | Problem:
    """What is not yet good and admits a reviewer's word; nobody else vouches for all at once."""
    if has(scene.asker, "reviewer") is not True:
        held = entitled(scene.asker, ("reviewer",), scene.matter.policy)
        assert isinstance(held, Problem)  # noqa: S101  looked at above
        return replace(held, what=held.what if "check" in held.what else "`all` is for a reviewer")
    fitting = tuple(
        one for one in scene.report.entries if not one.state.good and "reviewer" in settlers(one)
    )
    return fitting or refusal("no open item waits for a reviewer's word")


def _but(refused: Problem, entries: tuple[Entry, ...], scene: Scene) -> Problem:
    """The refusal, with the line that would work for the other items."""
    rest = [one.item for one in entries if not isinstance(_entitled(one, scene), Problem)]
    hint = f"say /handoff attest {' '.join(rest)}. Nothing was done" if rest else refused.hint
    return replace(refused, hint=hint)


def _entitled(entry: Entry, scene: Scene) -> frozenset[str] | Problem:
    words = settlers(entry)
    if not words:
        rules = ", ".join(dict.fromkeys(leaf.rule for leaf in entry.leaves)) or "its rules"
        return refusal(f"{entry.item} is proved by {rules} alone and has no place for a word")
    by_content = entry.verdict.outcome is Outcome.UNKNOWN and entry.verdict.by_content
    if by_content and (wrong := outsider(scene.asker, f"{entry.item}, which cannot be read,")):
        return wrong
    return entitled(scene.asker, words, scene.matter.policy)


COMMAND = Command(
    id="attest",
    verb="attest",
    usage="/handoff attest ITEM …",
    who="whoever the item names",
    does="I looked, and it is so",
    examples=("/handoff attest logging", "/handoff attest 12, api at 9d03e77"),
    edits=False,
    decide=decide,
    asks_standing=True,
    bound=True,
)
