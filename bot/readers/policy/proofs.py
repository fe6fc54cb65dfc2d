"""The words of conditions and proofs, with what each may say."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.model.syntax import LANGUAGES
from bot.readers.policy.builtins import builtin
from bot.readers.policy.forms import AstGrep, form
from bot.readers.policy.roles import LOGIN
from bot.readers.policy.shape import BAD, Flag, Kind, Text, Whole, Word
from bot.readers.policy.structure import Again, Either, Key, ListOf, MapOf, Obj, OneKey, Turned
from bot.readers.policy.words import Glob, Named, Pattern

if TYPE_CHECKING:
    from bot.readers.policy.shape import Context
    from bot.readers.yaml_loader import Node

PROOF_DEPTH_AT_MOST = 6
PROOF_LEAVES_AT_MOST = 200
# What a machine looked up cannot be turned around: its absence is no proof.
NOT_UNDER_NOT = frozenset(
    {"attested-by", "approvals", "check", "junit", "coverage", "builtin", "deployment"}
)
_GROUPS = frozenset({"all", "any", "not"})

AREAS = ListOf(Named("area"), or_one=True, at_least=1)
ROLES = ListOf(Named("role"), or_one=True)
NAMES = ListOf(Text("a name"), or_one=True, at_least=1)
GLOBS = ListOf(Glob(), or_one=True, at_least=1)
_CHANGES = ListOf(
    Word("a kind of change", ("added", "removed", "modified", "renamed")), or_one=True, at_least=1
)
_NUMBER = Whole(0, 1_000_000)
_SAY = Key(Text("a sentence", limit=200), "What to tell people.")
_MUST = Key(Word("match or not-match", ("match", "not-match")), "Which is wanted.", "not-match")
_ARTIFACT = {
    "artifact": Key(Text("an artifact"), "Its name, or a glob.", required=True),
    "workflow": Key(Text("a workflow file"), "The workflow that made it."),
    "if-absent": Key(Word("an answer", ("unsure", "skip")), "Without such a report.", "unsure"),
}


def short(word: str, obj: Obj, kind: Kind) -> Either:
    """A mapping, or a short form that stands for its key `word`."""
    scalar = Turned(kind, lambda value: {word: value})
    sequence = scalar if isinstance(kind, ListOf) else None
    return Either(obj.name, scalar=scalar, sequence=sequence, mapping=obj, main=word)


def _changed(lines: int) -> Either:
    keys = {
        "areas": Key(AREAS, "Where.", required=True),
        "kinds": Key(_CHANGES, "Which changes count.", otherwise="all"),
        "lines-at-least": Key(Whole(0, 100_000), "Non-blank changed lines.", lines),
        "mentions": Key(Word("a thing to mention", ("changed-endpoints",)), "What must be named."),
    }
    return short("areas", Obj("changed", keys, whole=True), AREAS)


def _check(name: str) -> Either:
    keys = {
        "name": Key(Text("the name of a check"), "Exact, or with * ? { a glob.", required=True),
        "app": Key(Text("an App's slug"), "Who must have made it.", otherwise="ci.app"),
        "workflow": Key(Text("a workflow file"), "Path of the workflow file."),
        "if-absent": Key(
            Word("an answer", ("fail", "unsure", "skip")), "When it never ran.", "fail"
        ),
        "conclusions": Key(NAMES, "What counts as passed.", ["success"]),
        "status-by": Key(LOGIN, "Read a commit status of this login instead."),
    }
    return short("name", Obj(name, keys, whole=True), Text("the name of a check"))


@cache
def condition() -> Kind:
    """`when`: entries that must all hold."""
    again = Again("condition", condition)
    at_least = Whole(1, 1_000_000)
    keys = {
        "all": Key(ListOf(again, at_least=1), "All of these."),
        "any": Key(ListOf(again, at_least=1), "One of these."),
        "not": Key(again, "Not this."),
        "changed": Key(_changed(1), "Files of these areas changed."),
        "labelled": Key(NAMES, "Carries one of these labels."),
        "title": Key(Pattern(), "The title contains a match."),
        "base": Key(GLOBS, "The base branch."),
        "author": Key(ROLES, "The author is in one of these roles."),
        "from-fork": Key(Flag(), "The head is in another repository."),
        "lines-at-least": Key(at_least, "Changed lines."),
        "files-at-least": Key(at_least, "Changed files."),
        "components-at-least": Key(at_least, "Components touched."),
        "changed-by-others": Key(
            ListOf(Named("component"), or_one=True, at_least=1),
            "These components changed, by somebody who does not own them.",
        ),
        "adds": Key(
            _some_of(
                "a thing",
                *("package", "service", "infrastructure", "auth-library", "logging-library"),
            ),
            "A new dependency.",
        ),
        "contract": Key(
            Word("a contract change", ("additive", "breaking", "changed")), "The API contract."
        ),
        "migration": Key(
            _some_of("a migration", "drops", "narrows", "renames", "backfills", "irreversible"),
            "What a migration does.",
        ),
        "registers": Key(
            _some_of("a thing", "handler", "middleware"), "What every request goes through."
        ),
        "public-interface": Key(Word("a change", ("changed",)), "The public interface."),
        "same-code-in-components": Key(Whole(2, 100), "Copied code."),
        "check-failed": Key(_check("check-failed"), "This check failed."),
    }
    return Obj("a condition", keys, some=tuple(keys), whole=True)


def _some_of(what: str, *words: str) -> ListOf:
    return ListOf(Word(what, words), or_one=True, at_least=1)


@dataclass(frozen=True)
class _Proof(Kind):
    """One rule, `all`, `any`, `not`, or a list, which means all; reads to `(word, value)`."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """The pair; counts depth and leaves."""
        context.depth += 1
        try:
            if context.depth > PROOF_DEPTH_AT_MOST + 1:
                what = f"a proof is nested deeper than {PROOF_DEPTH_AT_MOST}"
                return context.say(node.place, what, "E105", key=key)
            read = self._kind().read(node, context, key)
        finally:
            context.depth -= 1
        if read is BAD or read[0] in _GROUPS:
            return read if read is BAD else self._turnable(read, node, context, key)
        context.leaves += 1
        if context.leaves == PROOF_LEAVES_AT_MOST + 1:
            what = f"more than {PROOF_LEAVES_AT_MOST} proofs in one policy"
            return context.say(node.place, what, "E105", key=key)
        return read

    def _turnable(self, read: Any, node: Node, context: Context, key: str) -> Any:
        if read[0] in {"all", "any"} and not read[1]:
            return BAD
        held = _held(read[1]) if read[0] == "not" else ""
        if not held:
            return read
        what = f'"not" cannot stand around {held}: that it is lacking proves nothing'
        return context.say(node.place, what, "E405", key=key)

    @staticmethod
    def _kind() -> Kind:
        again = Again("proof", proof)
        listed = Turned(ListOf(again, at_least=1), lambda parts: ("all", parts))
        return Either("a proof", sequence=listed, mapping=OneKey("a proof", _words))

    def schema(self) -> dict[str, Any]:
        """A list, or an object with one property."""
        return self._kind().schema()


@cache
def proof() -> Kind:
    """What proves an item."""
    return _Proof()


def _held(read: Any) -> str:
    word, value = read
    if word in {"all", "any"}:
        return next((found for part in value if (found := _held(part))), "")
    return _held(value) if word == "not" else (word if word in NOT_UNDER_NOT else "")


@cache
def _words() -> dict[str, Kind]:
    """Every key that a proof can have."""
    again = Again("proof", proof)
    groups = {"all": ListOf(again, at_least=1), "any": ListOf(again, at_least=1), "not": again}
    return {**groups, **_own_words(), **_diff_words(), **_later_words(), "builtin": builtin()}


def _own_words() -> dict[str, Kind]:
    """What CI, the description and people say."""
    section = {
        "heading": Key(Text("a heading"), "In any level or case.", required=True),
        "keys": Key(NAMES, "Lines `Key: value` that must be filled."),
        "words-at-least": Key(_NUMBER, "Words of its own.", 1),
        "accept-none": Key(Flag(), 'Whether "none" is an answer.', default=False),
    }
    attested = {
        "role": Key(Named("role", acts=True), "Whose word.", required=True),
        "prompted-by": Key(ListOf(Named("rule")), "Findings shown to the person."),
        "people-at-least": Key(Whole(1, 5), "How many people.", 1),
        "lasts": Key(
            Word("a lifetime", ("until-scope-changes", "this-push")),
            "How long it holds.",
            "until-scope-changes",
        ),
    }
    approvals = {
        "at-least": Key(Whole(1, 10), "How many.", 1),
        "from": Key(Named("role", acts=True), "From whom.", "reviewer"),
        "of": Key(
            Word("what", ("this-commit", "this-scope", "any-commit")),
            "Of which code.",
            "this-scope",
        ),
    }
    labels = {
        "has": Key(NAMES, "All of these are set."),
        "has-none": Key(NAMES, "None of these is set."),
        "set-by": Key(ROLES, "By whom."),
    }
    some = ("has", "has-none")
    return {
        "check": _check("check"),
        "section": short("heading", Obj("section", section, whole=True), Text("a heading")),
        "attested-by": short(
            "role", Obj("attested-by", attested, whole=True), Named("role", acts=True)
        ),
        "approvals": short("at-least", Obj("approvals", approvals), Whole(1, 10)),
        "labels": short("has", Obj("labels", labels, some=some), NAMES),
    }


def _diff_words() -> dict[str, Kind]:
    """What the changed files and lines say."""
    companion = {
        "of": Key(AREAS, "When these change.", required=True),
        "needs": Key(AREAS, "These must change too.", required=True),
        "if-missing": Key(Word("an answer", ("fail", "unsure")), "Otherwise.", "fail"),
    }
    paths = {
        "areas": Key(AREAS, "Where.", required=True),
        "kinds": Key(_CHANGES, "Which changes count.", otherwise="all"),
        "must": Key(Word("an answer", ("touch", "not-touch")), "Which is wanted.", "not-touch"),
    }
    lines = {
        "in": Key(AREAS, "Where.", required=True),
        "pattern": Key(Pattern(), "An RE2 pattern.", required=True),
        "except": Key(Pattern(), "Lines that are excused."),
        "must": _MUST,
        "say": _SAY,
    }
    return {
        "changed": _changed(3),
        "companion": Obj("companion", companion, whole=True),
        "paths": short("areas", Obj("paths", paths, whole=True), AREAS),
        "added-lines": Obj("added-lines", lines, whole=True),
    }


def _later_words() -> dict[str, Kind]:
    """What reports, contracts, syntax trees and deployments say."""
    junit = _ARTIFACT | {
        "files": Key(Glob(), "Files in it.", "**/*.xml"),
        "cases": Key(GLOBS, "Cases that count.", otherwise="all"),
        "ran-at-least": Key(_NUMBER, "Cases that ran.", 1),
        "failed-at-most": Key(_NUMBER, "Failed cases.", 0),
        "skipped-at-most": Key(_NUMBER, "Skipped cases.", otherwise="any"),
    }
    coverage = _ARTIFACT | {
        "files": Key(Glob(), "Files in it.", "**/*.{xml,json,info,lcov}"),
        "in": Key(AREAS, "Where.", otherwise="source text that is no test"),
        "uncovered-lines-at-most": Key(_NUMBER, "Changed lines without a test.", 5),
        "uncovered-branches-at-most": Key(_NUMBER, "Changed branches.", otherwise="any"),
        "total-at-least": Key(Whole(0, 100), "Percent.", otherwise="any"),
    }
    deployment = {
        "environment": Key(Text("an environment"), "Which.", required=True),
        "of": Key(Word("a commit", ("head", "merge", "either")), "Of what.", "either"),
        "url": Key(Word("an answer", ("required", "optional")), "Its address.", "optional"),
    }
    return {
        "junit": short("artifact", Obj("junit", junit, whole=True), Text("an artifact")),
        "coverage": Obj("coverage", coverage, whole=True),
        "contract": _contract(),
        "cases": _cases(),
        "ast-grep": _ast_grep(),
        "deployment": short(
            "environment", Obj("deployment", deployment, whole=True), Text("an environment")
        ),
    }


def _contract() -> Obj:
    keys = {
        "file": Key(Text("a path"), "The contract.", otherwise="area contract"),
        "compare-with": Key(Word("a side", ("base", "agreed")), "With what.", "base"),
        "allow": Key(Word("a change", ("unchanged", "additive", "breaking")), "What may change."),
        "matches-code": Key(Flag(), "Whether the code agrees."),
        "errors-use": Key(
            ListOf(Text("a pointer"), or_one=True, at_least=1), "The agreed schemas of errors."
        ),
        "bounded": Key(Flag(), "Whether inputs are bounded."),
        "profile": Key(Word("a profile", ("default", "oasdiff")), "Severities.", "default"),
        "severities": Key(MapOf(Word("a severity", ("breaking", "risky", "harmless"))), "By kind."),
    }
    return Obj("contract", keys, some=("allow", "matches-code", "errors-use", "bounded"))


def _cases() -> Obj:
    case = Word("a case", ("success", "validation", "auth", "not-found", "conflict"))
    keys = {
        "for-each": Key(Word("a thing", ("changed-endpoint",)), "Of what.", required=True),
        "expect": Key(ListOf(case, at_least=1), "Which cases.", required=True),
        "tests": Key(AREAS, "Where the tests are.", ["tests"]),
        "artifact": Key(Text("an artifact"), "Whose cases may say what they are of."),
    }
    return Obj("cases", keys, whole=True)


def _ast_grep() -> AstGrep:
    keys = {
        "in": Key(AREAS, "Where.", required=True),
        "language": Key(Word("a language", tuple(LANGUAGES)), "Which.", required=True),
        "rule": Key(Again("form", form), "The rule object.", required=True),
        "must": _MUST,
        "say": _SAY,
        "on": Key(Word("where", ("added-lines", "changed-files")), "What is read.", "added-lines"),
    }
    return AstGrep("ast-grep", keys, whole=True)
