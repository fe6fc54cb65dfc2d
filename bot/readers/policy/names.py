"""Whether every name means something, and whether the whole makes sense."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bot.model.policy import RESERVED_ROLES
from bot.model.verbs import VERBS
from bot.model.verdict import Says
from bot.readers.policy.builtins import ALIASES, BUILTINS
from bot.readers.policy.language import AFTER_DEFAULT, BUILT_IN_FIELDS
from bot.readers.policy.layers import at, named, word
from bot.readers.policy.roles import SOURCES
from bot.readers.policy.shape import Context, nearest
from bot.readers.yaml_loader import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from collections.abc import Collection

    from bot.model.rule import AnyRule

BUILT_IN_AREAS = ("generated", "evidence", "tests")
# Nobody, until a policy defines them; architect and lead exist by permission.
EMPTY_ROLES = ("frontend", "qa", "operations")
DEFAULT_ROLES = ("architect", "lead", *EMPTY_ROLES)
THEN_AT_MOST = 4
# Looking for the nearest of very many names would take longer than reading the file.
NAMES_AT_MOST = 100
_CODES = {"area": "E301", "role": "E302"}
_ELSEWHERE = frozenset({"area", "role", "component"})
_NEED_HANDS = ("attest", "waive", "decide")
# A reason for these can be asked for and never be lifted.
_REASON_STAYS = tuple(name for name, verb in VERBS.items() if verb.reason == "must")
# What only these verbs can have.
_ONLY_OF = {"lasts": ("attest", "n/a", "waive"), "persons": ("waive",)}

# What a person types after `/handoff` for something else: nothing can be called so.
_TYPED = frozenset(
    {
        *VERBS,
        *("all", "at", "because", "for", "until", "to"),
        *("approve", "redirect", "decline", "bug", "regression", "environment", "notes"),
    }
)
_NUMBERED = re.compile(r"[eh]\d+")


def check_names(tree: Node, notes: Context, rules: tuple[AnyRule, ...]) -> None:
    """Every name that was read must be defined; a role whose word is needed must hold somebody."""
    areas, roles = _defined(tree, "areas"), _defined(tree, "roles")
    known: dict[str, Collection[str]] = {
        "area": {*areas, *BUILT_IN_AREAS},
        "role": {*roles, *RESERVED_ROLES, *DEFAULT_ROLES},
        "rule": {*BUILTINS, *ALIASES, *(rule.id for rule in rules if rule.word is None)},
        "component": _defined(tree, "components"),
        # A list of a preset may name an item that this file takes out.
        "item": set(named(tree, "checklist")),
    }
    for rule in rules:
        # What shows that a promise holds is no finding against it.
        found = {one.id for one in rule.kinds if one.says is not Says.HOLDS}
        known[f"finding of {rule.id}"] = found
    empty = _empty_roles(tree)
    for one in dict.fromkeys(notes.references):
        if one.name not in known.get(one.kind, {one.name}):
            near = sorted(known[one.kind])[:NAMES_AT_MOST]
            few = near if len(notes.problems) < NAMES_AT_MOST else []
            what = f'unknown {one.kind} "{one.name}"{nearest(one.name, few)}'
            if notes.lenient and one.kind in _ELSEWHERE:
                what = f"{what} (unless it is defined elsewhere)"
                notes.warn(one.place, what, "W602", key=one.key)
            else:
                notes.say(one.place, what, _CODES.get(one.kind, "E303"), key=one.key)
        elif one.kind == "role" and one.acts and one.name in empty and not notes.lenient:
            what = f'nobody is in role "{one.name}", and its word is needed; define it in roles'
            notes.say(one.place, what, "E404", key=one.key)


def check_unused(tree: Node, file: str, below: Node | None, notes: Context) -> None:
    """Areas and roles that this file defines, no preset knows, and nothing names."""
    for kind, key in (("area", "areas"), ("role", "roles")):
        used = {one.name for one in notes.references if one.kind == kind}
        known = {*used, *BUILT_IN_AREAS, *DEFAULT_ROLES}
        if below is not None:
            known |= named(below, key).keys()
        for name, (place, _) in named(tree, key).items():
            if place.file == file and name not in known:
                notes.warn(place, f'{kind} "{name}" is used nowhere', "W506", key=f"{key}.{name}")


def check_sense(tree: Node, notes: Context, titles: Collection[str]) -> None:
    """What no single value shows: circles, lists, complete items, notices, hours, commands."""
    for key in ("checklist", "roles"):
        for name, (place, _) in named(tree, key).items():
            if name in _TYPED or _NUMBERED.fullmatch(name):
                what = f'"{name}" is a word of /handoff; give it another name'
                notes.say(place, what, "E203", key=f"{key}.{name}")
    _check_roles(tree, notes)
    _check_lists(tree, notes)
    _check_items(tree, notes, titles)
    if not notes.lenient:
        _check_hands(tree, notes)
    _check_notices(tree, notes)
    _check_hours(tree, notes)
    for verb in _REASON_STAYS:
        node = at(tree, "commands", verb, "reason")
        if node is not None and word(tree, "commands", verb, "reason") == "optional":
            notes.say(node.place, f'"{verb}" needs a reason; it cannot be lifted', "E203")
    for verb in named(tree, "commands"):
        for key, verbs in _ONLY_OF.items():
            node, dotted = at(tree, "commands", verb, key), f"commands.{verb}.{key}"
            if node is not None and verb not in verbs:
                what = f'"{dotted}" has no effect: only of {" and ".join(verbs)}; leave it out'
                notes.say(node.place, what, "E408", key=dotted)


def _defined(tree: Node, key: str) -> set[str]:
    """Names with an entry that is not `none`."""
    return {name for name, (_, value) in named(tree, key).items() if not _is_none(value)}


def _is_none(node: Node) -> bool:
    return isinstance(node, Scalar) and node.text == "none"


def _empty_roles(tree: Node) -> set[str]:
    roles = {name: node for name, (_, node) in named(tree, "roles").items() if not _is_none(node)}
    listed = {name: at(node, "people") for name, node in roles.items()}
    nobody = {
        name for name, node in listed.items() if isinstance(node, Sequence) and not node.items
    }
    return nobody | (set(EMPTY_ROLES) - roles.keys())


def _check_roles(tree: Node, notes: Context) -> None:
    roles = {name: entry for name, entry in named(tree, "roles").items() if not _is_none(entry[1])}
    told: set[str] = set()
    for name, (place, role) in roles.items():
        if not isinstance(role, Mapping):
            continue
        found = [one for one in SOURCES if one in role.keys]
        if len(found) != 1:
            said = f", found {' and '.join(found)}" if found else ""
            what = f'role "{name}" needs exactly one of {", ".join(SOURCES)}{said}'
            notes.say(place, what, "E207", key=f"roles.{name}")
        chain = _chain(name, tree)
        if len(chain) > THEN_AT_MOST + 1 or chain[-1] in chain[:-1]:
            if told.isdisjoint(chain):
                what = f'"then" of role "{name}" {_why_not(chain)}: {" → ".join(chain)}'
                notes.say(place, what, "E401", key=f"roles.{name}.then")
            told.update(chain)


def _chain(name: str, tree: Node) -> list[str]:
    """The roles that follow each other, up to the first that comes twice or is one too many."""
    chain = [name]
    while (following := word(tree, "roles", chain[-1], "then")) is not None:
        chain.append(following)
        if following in chain[:-1] or len(chain) > THEN_AT_MOST + 1:
            break
    return chain


def _why_not(chain: list[str]) -> str:
    return "goes in a circle" if chain[-1] in chain[:-1] else f"is longer than {THEN_AT_MOST}"


def _check_lists(tree: Node, notes: Context) -> None:
    checks = at(tree, "checks")
    if isinstance(checks, Sequence) and set(_texts(checks)) <= {"quality"}:
        what = '"checks" must hold handoff, the required one'
        notes.say(checks.place, what, "E402", key="checks")
    handoff, quality = (at(tree, "lists", name) for name in ("handoff", "quality"))
    if handoff is None or quality is None:
        return
    within = set(_texts(quality))
    outside = [one for one in _texts(handoff) if one not in within]
    if outside:
        what = f"lists.handoff holds {', '.join(outside)}, which lists.quality lacks"
        notes.warn(handoff.place, what, "W506", key="lists.handoff")
    listed = {*_texts(handoff), *within}
    for name, (place, item) in named(tree, "checklist").items():
        if not _is_none(item) and name not in listed:
            what = f'item "{name}" is in no list; add it to lists.handoff or lists.quality'
            notes.say(place, what, "E403", key=f"checklist.{name}")


def _texts(node: Node | None) -> list[str]:
    items = node.items if isinstance(node, Sequence) else (node,)
    return [item.text for item in items if isinstance(item, Scalar)]


def _check_items(tree: Node, notes: Context, titles: Collection[str]) -> None:
    for name, (place, item) in named(tree, "checklist").items():
        if not isinstance(item, Mapping):
            continue
        if "title" not in item.keys and name not in titles:
            what = f'item "{name}" has no title; say what must be true'
            notes.say(place, what, "E204", key=f"checklist.{name}.title")
        if "proof" not in item.keys:
            what = f'item "{name}" has no proof; say what proves it'
            notes.say(place, what, "E204", key=f"checklist.{name}.proof")


def _check_hands(tree: Node, notes: Context) -> None:
    """Who may waive, attest or decide must be somebody."""
    empty = _empty_roles(tree)
    items = named(tree, "checklist")
    hands = [(f"checklist.{name}.waive-by", at(items[name][1], "waive-by")) for name in items]
    hands += [(f"commands.{one}.by", at(tree, "commands", one, "by")) for one in _NEED_HANDS]
    for key, node in hands:
        names = _texts(node)
        if node is not None and names and empty.issuperset(names):
            what = f"nobody is in {' or '.join(names)}; define it in roles"
            notes.say(node.place, what, "E404", key=key)


def _check_notices(tree: Node, notes: Context) -> None:
    common = at(tree, "handoff", "after")
    for name, (place, notice) in named(tree, "handoff").items():
        if not isinstance(notice, Mapping) or name == "after":
            continue
        after = at(notice, "after") or common
        stages: Any = AFTER_DEFAULT if after is None else _texts(after)
        if word(notice, "answer") == "before-merge" and "merged" in stages:
            what = f'notice "{name}" wants an answer before merge and is told after it'
            notes.say(place, what, "E407", key=f"handoff.{name}.answer")
        for field, (_, told) in named(notice, "tell").items():
            source = at(told, "from")
            if source is None or field in BUILT_IN_FIELDS:
                continue
            if {word(told, "from") or "section", *_texts(source)} != {"section"}:
                what = f'field "{field}" of our own can only be read from: section'
                notes.say(source.place, what, "E203", key=f"handoff.{name}.tell.{field}.from")


def _check_hours(tree: Node, notes: Context) -> None:
    roles = [at(role, "hours") for _, role in named(tree, "roles").values()]
    for hours in (at(tree, "hours"), *roles):
        if not isinstance(hours, Mapping):
            continue
        start, end = word(hours, "from") or "09:00", word(hours, "to") or "17:00"
        if len(start) == len(end) == 5 and start >= end:
            what = f'working hours end before they begin: "{start}" to "{end}"'
            notes.say(hours.place, what, "E205", key="hours")
