"""The rules that `builtin` can name, with the options that each takes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bot.readers.policy.shape import BAD, Kind, Text, Word
from bot.readers.policy.structure import Either, Key, ListOf, MapOf, Obj, Turned
from bot.readers.policy.words import Named
from bot.readers.yaml_loader import Mapping

if TYPE_CHECKING:
    from bot.readers.policy.shape import Context
    from bot.readers.yaml_loader import Node

_AREAS = ListOf(Named("area"), or_one=True, at_least=1)
_GUARDS = {
    "guards": Key(ListOf(Text("a symbol")), "Exact names of guards."),
    "public": Key(
        ListOf(Text("a route", r"[A-Z]+ /\S*", example="GET /health")),
        "Routes that need no guard.",
    ),
}
_HEADING = {"heading": Key(Text("a heading"), "The section of the description.")}
# Each id with its own options; every one takes `kinds`.
BUILTINS: dict[str, dict[str, Key]] = {
    "logic-changes-have-tests": {},
    "tests-did-not-flake": {
        "artifact": Key(Text("an artifact"), "Whose reports are looked at, exact or a glob.")
    },
    "tests-are-deterministic": {},
    "evidence-is-not-weakened": {},
    "errors-use-standard-format": {
        "schema": Key(ListOf(Text(), or_one=True, at_least=1), "The agreed schemas of errors.")
    },
    "errors-go-through-one-place": {"module": Key(Text(), "The place that errors go through.")},
    "bodies-are-typed": {},
    "inputs-are-bounded": {},
    "validation-is-not-removed": {},
    "endpoints-are-guarded": _GUARDS,
    "authorization-is-not-removed": _GUARDS,
    "list-endpoints-are-paginated": {},
    "no-secrets-added": {},
    "no-environment-values-added": {
        "except-in": Key(_AREAS, "Areas where it is allowed.", ["settings", "tests", "docs"])
    },
    "docs-are-updated": {},
    "environment-variables-are-documented": {},
    "integration-tests-meet-the-real-database": {},
    "migrations-are-reversible": {},
    "migrations-have-one-head": {},
    "merged-migrations-are-unchanged": {},
    "model-changes-have-migrations": {},
    "errors-are-not-swallowed": {},
    "logs-carry-no-secrets": {},
    "key-operations-are-logged": {},
    "layers-are-respected": {
        "forbid": Key(
            MapOf(ListOf(Text("a module"), at_least=1), Named("area")),
            "Modules that an area must not import, by area.",
            required=True,
        )
    },
    "conventions-are-not-loosened": {},
    "error-cases-are-declared": {},
    "responses-expose-no-secrets": {},
    "outbound-calls-can-fail": {},
    "services-know-no-transport": {},
    "queries-do-not-write": {},
    "foreign-keys-are-indexed": {},
    "relationships-say-what-delete-does": {},
    "result-sets-are-bounded": {},
    "queries-stay-out-of-loops": {},
    "value-groups-are-shared": {},
    "migration-strategy-is-stated": _HEADING,
    "plan-is-linked": _HEADING,
    "risks-are-named": _HEADING,
    "open-questions-are-answered": _HEADING,
    "self-review-is-noted": _HEADING,
}
ALIASES = {
    "secrets": "no-secrets-added",
    "environment-values": "no-environment-values-added",
    "reversible-migration": "migrations-are-reversible",
}
_RULE = Key(Named("rule"), "Its id.", required=True)
_LOWERED = Word("a tier", ("likely", "off"))
_KINDS = Key(MapOf(_LOWERED), "Findings to lower; none can be raised.")


@dataclass(frozen=True)
class _WithOptions(Kind):
    """A rule with its own options; those of another rule are unknown keys."""

    def read(self, node: Node, context: Context, key: str) -> Any:
        """A dict with the rule's id under `rule`."""
        rule = node.entries.get("rule") if isinstance(node, Mapping) else None
        name = getattr(rule, "text", "")
        full = ALIASES.get(name, name)
        own = BUILTINS.get(full, _every_option() if name else {})
        kinds = Key(MapOf(_LOWERED, Named(f"finding of {full}")), _KINDS.means)
        kind = Obj(f"builtin {name}".strip(), {"rule": _RULE, "kinds": kinds} | own)
        read = kind.read(node, context, key)
        return BAD if read is BAD or "rule" not in read else read

    def schema(self) -> dict[str, Any]:
        """An object with the options of every rule."""
        keys = {"rule": _RULE, "kinds": _KINDS} | _every_option()
        return Obj("builtin", keys, whole=True).schema()


def builtin() -> Kind:
    """`builtin: <id>`, or the id with options."""
    short = Turned(Named("rule"), lambda rule: {"rule": rule})
    return Either("a rule", scalar=short, mapping=_WithOptions(), main="rule")


def _every_option() -> dict[str, Key]:
    return {
        name: Key(key.kind, key.means, key.default)
        for own in BUILTINS.values()
        for name, key in own.items()
    }
