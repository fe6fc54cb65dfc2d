"""Every key of the policy file and of the organisation's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.model.policy import TRIGGERS
from bot.model.verbs import VERBS
from bot.readers.policy.forms import form, near
from bot.readers.policy.proofs import AREAS, GLOBS, ROLES, condition, proof
from bot.readers.policy.roles import HOURS, LOGIN, ROLE
from bot.readers.policy.shape import Flag, Kind, Text, Unheeded, Whole, Word, nearest
from bot.readers.policy.structure import Again, Either, Key, ListOf, MapOf, Obj
from bot.readers.policy.words import Day, Duration, Glob, Named, Span, Unsure
from bot.readers.yaml_loader import Scalar

if TYPE_CHECKING:
    from bot.readers.policy.shape import Context
    from bot.readers.yaml_loader import Node

NOTICES = ("frontend", "qa", "operations", "docs")
_SAYABLE = tuple(name for name, verb in VERBS.items() if not verb.fixed)
AFTER_DEFAULT = ("approved", "list handoff", "merged")
BUILT_IN_FIELDS = (
    "base-url",
    "authentication",
    "deviations",
    "environment",
    "seed-data",
    "known-limitations",
    "environment-variables",
    "feature-flags",
    "rollback",
    "pages",
)
_NONE = Word("an entry", ("none",))
_WHEN = Key(Again("condition", condition), "When it applies.", otherwise="always")
_ASK = Key(Named("role", acts=True), "Who is asked.", otherwise="escalate.ask")
_DAY = Duration(working=True)


def or_none(what: str, obj: Obj) -> Either:
    """A named entry that the word `none` removes."""
    return Either(what, scalar=_NONE, mapping=obj)


@dataclass(frozen=True)
class _Waivers(Kind):
    """Roles, or `nobody`; reads to a tuple of roles."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The roles, none for nobody."""
        if isinstance(node, Scalar) and node.value == "nobody":
            return ()
        return ROLES.read(node, context, key)

    def schema(self) -> dict[str, Any]:
        """As of roles."""
        return ROLES.schema()


@dataclass(frozen=True)
class _Dotted(Kind):
    """A dotted key of the policy, such as `checklist.logging.level`."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The key."""
        text = Text("a dotted key", r"[a-z0-9./-]+", example="mode").read(node, context, key)
        keys = _policy_keys()
        if isinstance(text, str) and text.partition(".")[0] not in keys:
            first = text.partition(".")[0]
            what = f'unknown key "{first}"{nearest(first, keys)}'
            return context.say(node.place, what, "E201", key=key)
        return text

    def schema(self) -> dict[str, Any]:
        """A string."""
        return {"type": "string", "pattern": "^[a-z0-9./-]+$"}


@cache
def policy() -> Obj:
    """The repository's file."""
    return Obj("", _policy_keys(), whole=True)


@cache
def organisation() -> Obj:
    """The organisation's file: no `extends`, and two keys of its own."""
    keys = {name: key for name, key in _policy_keys().items() if name != "extends"}
    scope = {
        "repositories": Key(GLOBS, "Names of repositories.", required=True),
        "except": Key(GLOBS, "But not these."),
    }
    loosen = ListOf(_Dotted())
    own = {
        "applies-to": Key(
            Obj("applies-to", scope, whole=True), "Which repositories.", required=True
        ),
        "may-loosen": Key(loosen, "Dotted keys for which the repository's value wins.", []),
    }
    return Obj("", keys | own, whole=True)


def schema(kind: str) -> dict[str, Any]:
    """JSON Schema 2020-12 of `policy` or `organisation`."""
    root: Kind = organisation() if kind == "organisation" else policy()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Handoff {kind}, version 1",
        **root.schema(),
        "$defs": {
            "condition": condition().schema(),
            "proof": proof().schema(),
            "form": form().schema(),
            "near": near().schema(),
        },
    }


@cache
def _policy_keys() -> dict[str, Key]:
    return _frame_keys() | _who_keys() | _when_keys() | _what_keys()


def _frame_keys() -> dict[str, Key]:
    preset = Text("a preset", r"[a-z][a-z0-9-]*(?:@[1-9][0-9]{0,3})?", example="backend-dev@1")
    extends = Text(
        "a file", r"[\w.-]+/[\w.-]+:[^@\s]+(?:@\S+)?", example="acme/policies:service.yml@v3"
    )
    mode = Word("a mode", ("observe", "advise", "enforce"))
    bases = {
        "judged": Key(GLOBS, "Bases that are judged.", ["**"]),
        "handed-over": Key(GLOBS, "Bases that are handed over.", ["default"]),
    }
    approved = {"approved-by": Key(Named("role", acts=True), "Who approves.", required=True)}
    checks = ListOf(Word("a check", ("handoff", "quality")))
    return {
        "version": Key(Word("a version", (1,)), "Of this language.", required=True),
        "preset": Key(preset, "What this file refines."),
        "extends": Key(extends, "Defaults shared with other repositories."),
        "mode": Key(mode, "How much the bot may do.", "enforce"),
        "applies-from": Key(Day(), "Older pull requests are judged, never blocked."),
        "checks": Key(checks, "Which lists become checks.", ["handoff"]),
        "branches": Key(Obj("branches", bases), "Base branches.", otherwise="see its keys"),
        "policy-changes": Key(
            Obj("policy-changes", approved), "Who must approve a change of this file."
        ),
    }


def _who_keys() -> dict[str, Key]:
    component = {
        "paths": Key(GLOBS, "Its files.", required=True),
        "owner": Key(Named("role"), "Who owns it."),
    }
    area = Either("globs", scalar=Glob(), sequence=ListOf(Glob()))
    spans = ListOf(Span(), or_one=True, at_least=1)
    preset = "the preset's"
    return {
        "areas": Key(MapOf(area), "Names for sets of files.", otherwise=preset),
        "components": Key(MapOf(or_none("a component", Obj("a component", component))), "Parts."),
        "roles": Key(
            MapOf(or_none("a role", ROLE)),
            "Who is who.",
            otherwise="architect and lead by permission",
        ),
        "away": Key(MapOf(spans, LOGIN), "Who is not asked when."),
        "hours": Key(HOURS, "Working hours.", otherwise="mon-fri 09:00-17:00 UTC"),
    }


def _when_keys() -> dict[str, Key]:
    quiet = {
        "comment": Key(
            Word("an answer", ("never", "when-needed", "always")), "The comment.", "when-needed"
        ),
        "drafts": Key(Flag(), "Drafts are judged, and nobody is asked.", default=True),
        "authors": Key(ListOf(LOGIN), "Never comment for these.", []),
        "pings-at-most": Key(Whole(0, 20), "Per pull request.", 6),
    }
    label = {
        "name": Key(Text("a label"), "Its name.", required=True),
        "set-by": Key(ROLES, "Who may set it.", required=True),
    }
    exempt = {
        "only-changed": Key(ListOf(Named("area"), or_one=True), "Nothing else changed.", []),
        "label": Key(Obj("label", label), "A label that exempts."),
        "authors": Key(ListOf(LOGIN), "Bots whose pull requests are exempt.", []),
    }
    wait = Duration(low=timedelta(minutes=5), high=timedelta(hours=24))
    ci = {
        "app": Key(Text("an App's slug"), "For checks that name none.", "github-actions"),
        "wait-at-most": Key(wait, "For a check to report.", "60m"),
        "when-weakened": Key(
            Word("an answer", ("unsure", "list")), "Evidence that the change weakens.", "unsure"
        ),
    }
    agreed = {"agreed": Key(Text("a path"), "What `compare-with: agreed` means.")}
    see = "see its keys"
    return {
        "quiet": Key(Obj("quiet", quiet), "When to make no noise.", otherwise=see),
        "exempt": Key(Obj("exempt", exempt), "When the list does not apply.", otherwise=see),
        "ci": Key(Obj("ci", ci), "How CI is treated.", otherwise=see),
        "stack": Key(
            Unheeded("frameworks are recognised by themselves; leave it out"),
            "Not in this version: routes are read by what is recognised.",
        ),
        "contract": Key(Obj("contract", agreed), "The agreed contract.", otherwise="the base"),
        "checkboxes": Key(Word("a use", ("view", "attest")), "Ticks in descriptions.", "view"),
        "co-authors": Key(Word("a use", ("count", "ignore")), "Co-authors.", "count"),
        "labels": Key(Flag(), "Labels follow the stage.", default=False),
        "board-issue": Key(Flag(), "One issue lists what waits for an answer.", default=False),
    }


def _what_keys() -> dict[str, Key]:
    item = Obj("an item", _item_keys())
    lists = {
        name: Key(ListOf(Named("item")), f'The check "{check}".', otherwise="the preset's")
        for name, check in (("handoff", "handoff"), ("quality", "handoff / quality"))
    }
    partial = Either("items", scalar=_NONE, mapping=MapOf(or_none("an item", item), Named("item")))
    override = {"checklist": Key(partial, "Items for these files, or none.", required=True)}
    preset = "the preset's"
    return {
        "checklist": Key(
            MapOf(or_none("an item", item), at_most=60), "What must be true.", otherwise=preset
        ),
        "lists": Key(Obj("lists", lists), "Which items make which check.", otherwise=preset),
        "paths": Key(
            MapOf(Obj("an override", override), Glob(), at_most=50),
            "Stricter or looser in places; the last match wins.",
        ),
        "escalate": Key(_escalate(), "When to ask somebody.", otherwise=preset),
        "handoff": Key(_handoff(), "Who is told.", otherwise=preset),
        "commands": Key(
            MapOf(_command(), Word("a command", _SAYABLE, code="E201")),
            "Who may say what.",
            otherwise="see config/commands.md",
        ),
    }


def _item_keys() -> dict[str, Key]:
    return {
        "title": Key(Text("a sentence", limit=200), "What must be true.", otherwise="the preset's"),
        "help": Key(Text("a text", limit=1000), "How to satisfy it."),
        "when": _WHEN,
        "proof": Key(Again("proof", proof), "What proves it.", otherwise="the preset's"),
        "level": Key(Word("a level", ("block", "advise", "note")), "How much it counts.", "block"),
        "if-unsure": Key(Unsure(), "Who settles what cannot be told.", "block"),
        "waive-by": Key(_Waivers(), "Who may accept a gap.", otherwise="commands.waive.by"),
        "covers": Key(AREAS, "Files that a word is bound to.", otherwise="those of when"),
        "applies-from": Key(Day(), "Older pull requests are only shown it."),
    }


def _escalate() -> Obj:
    trigger = {
        "when": Key(Again("condition", condition), "When it fires.", required=True),
        "ask": _ASK,
        "block": Key(
            Word("a strength", ("never", "until-acknowledged", "until-decided")),
            "How it holds the check.",
            "until-decided",
        ),
    }
    timing = {
        "remind-after": Key(_DAY, "A line in the digest.", "4h"),
        "widen-after": Key(_DAY, "Ask the next role.", "8h"),
        "acknowledgement-lasts": Key(_DAY, "How long a taken question rests.", "1d"),
        "decide-within": Key(_DAY, "When a decision is due.", "1d"),
        "rounds": Key(Whole(1, 5), "How often the ladder repeats.", 1),
    }
    own = {
        "ask": Key(Named("role", acts=True), "Who is asked.", "architect"),
        "timing": Key(Obj("timing", timing), "In working time.", otherwise="see its keys"),
    }
    kind = or_none("a trigger", Obj("a trigger", trigger))
    named = {one: Key(kind, f"The trigger {one}.", otherwise="the preset's") for one in TRIGGERS}
    return Obj("escalate", own | named)


def _handoff() -> Obj:
    stage = Text(
        "a stage",
        r"ready|approved|merged|list handoff|list quality|deployed-to \S+",
        example="list handoff",
    )
    after = ListOf(stage, or_one=True, at_least=1)
    source = Text(
        "a source",
        r"deployment \S+|contract security|contract changes|diff|waived items|section",
        example="section",
    )
    told = {
        "from": Key(ListOf(source, or_one=True, at_least=1), "Where it comes from.", required=True),
        "confirmed-by": Key(Named("role"), "Who confirms the draft."),
        "when": _WHEN,
        "required": Key(Flag(), "Whether it must be filled.", default=True),
    }
    notice = {
        "when": _WHEN,
        "after": Key(after, "All of these first.", otherwise="handoff.after"),
        "to": Key(Named("role"), "Who is told.", required=True),
        "tell": Key(MapOf(Obj("a field", told)), "What they are told."),
        "answer": Key(
            Word("an answer", ("expected", "none", "before-merge")),
            "Whether they answer.",
            otherwise="expected for frontend and qa, else none",
        ),
        "answer-within": Key(_DAY, "By when.", "1d"),
    }
    own = {
        "after": Key(after, "All of these first.", list(AFTER_DEFAULT)),
        "returns": Key(Word("a way", ("issue", "none")), "How a return is kept.", "issue"),
    }
    kind = or_none("a notice", Obj("a notice", notice))
    named = {one: Key(kind, f"What {one} is told.", otherwise="the preset's") for one in NOTICES}
    return Obj("handoff", own | named)


def _command() -> Obj:
    lasts = Text(
        "a lifetime", r"until-scope-changes|this-push|(?:[1-9]|[1-8][0-9]|90)d", example="30d"
    )
    keys = {
        "by": Key(ROLES, "Who may say it.", otherwise="see config/commands.md"),
        "not-by": Key(ROLES, "Who may not."),
        "reason": Key(
            Word("an answer", ("required", "optional")), "Whether a reason is needed.", "optional"
        ),
        "lasts": Key(
            lasts, "How long attest, n/a or waive may hold at most.", "until-scope-changes"
        ),
        "persons": Key(Whole(1, 2), "How many people must waive.", 1),
    }
    return Obj("a command", keys)
