"""Texts of all layers into one policy, or into every problem they have, with its place."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from bot.model.area import Area
from bot.model.problem import Problem, Severity
from bot.readers.policy.assemble import assembled, digested
from bot.readers.policy.join import beside, joined, loosened
from bot.readers.policy.language import organisation as organisation_keys
from bot.readers.policy.language import policy as policy_keys
from bot.readers.policy.layers import at, merged, named, plain, word
from bot.readers.policy.names import check_names, check_sense, check_unused
from bot.readers.policy.shape import BAD, Context, nearest
from bot.readers.yaml_loader import Mapping as Tree
from bot.readers.yaml_loader import Node, Place, Reading, Scalar, read_yaml

if TYPE_CHECKING:
    from bot.model.policy import Policy
    from bot.model.rule import AnyRule
    from bot.readers.policy.structure import Obj

# As many as a check can show as annotations, twice.
PROBLEMS_AT_MOST = 100
# What `LoadContext.repo` is where a file is checked without knowing whose it is.
ANY_REPOSITORY = "owner/repository"
_MODES = ("observe", "advise", "enforce")
_LFS = b"version https://git-lfs"
_NOWHERE = Place("", 1, 1)
_ONE = Scalar(1, _NOWHERE, "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceText:
    """A policy file as bytes, with the git id that it was read under."""

    path: str
    text: bytes
    blob: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadContext:
    """What the loader must be told: rules, presets by `name@n`, fetched `extends` files.

    `refused`: why each of these ast-grep rules cannot be used, "" where it can. Their engine may
    take its process down, so this one only asks.
    """

    rules: tuple[AnyRule, ...]
    presets: Mapping[str, str]
    extended: Mapping[str, SourceText] = field(default_factory=dict)
    repo: str = ""
    version: str = ""
    default_preset: str | None = None
    default_mode: str = "observe"
    refused: Callable[[tuple[str, ...]], Sequence[str]] = lambda forms: [""] * len(forms)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """The policy, None exactly where an error was found or there is no policy at all."""

    policy: Policy | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One file with all below it merged; `below`: its preset, `data`: the tree as it was read.

    `extended`: what it extends, under its path where it is of the same repository. `alone`: nobody
    else can use the names that it defines. `lenient`: as of Context.
    """

    tree: Node
    file: SourceText
    preset: str = ""
    extended: SourceText | None = None
    below: Node | None = None
    lenient: bool = False
    alone: bool = False
    data: dict[str, Any] = field(default_factory=dict)


def load_policy(
    *, repository: SourceText | None, organisation: SourceText | None, context: LoadContext
) -> Loaded:
    """The effective policy of a repository; every problem of its own layers at once."""
    notes = Context(context.version)
    above = None if organisation is None else _organisation(organisation, context, notes)
    if repository is None and above is None and not notes.broken:
        repository = _by_default(context)
    alone = organisation is None
    mine = None if repository is None else _repository(repository, context, notes, alone=alone)
    policy = None if notes.broken else _effective(mine, above, context, notes)
    # A repository's line cannot be taken for one of another file: problems stand by file.
    places = {file.path: at for at, file in enumerate((repository, organisation)) if file}
    problems = sorted(
        dict.fromkeys(notes.problems),
        key=lambda one: (places.get(one.where.file, 2), one.where.line, one.where.column, one.code),
    )
    return Loaded(policy=None if notes.broken else policy, problems=tuple(_capped(problems)))


def extends_of(text: bytes) -> str | None:
    """What `extends` names, None where nothing does or the file cannot be read."""
    return word(read_yaml(text, "").root, "extends")


def mode_plainly_written(text: bytes) -> str | None:
    """The one mode that the file states in a line of its own, even where the rest is broken."""
    found = set()
    for line in text.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition(":")
        if key == "mode":
            found.add(value.split(" #")[0].strip().strip("\"'"))
    mode = found.pop() if len(found) == 1 else ""
    return mode if mode in _MODES else None


def explained(file: SourceText, name: str, context: LoadContext) -> list[str]:
    """Each key of an item, trigger or notice with the place that it comes from."""
    layer = _repository(file, context, Context(context.version), alone=True)
    tree = None if layer is None else layer.tree
    found = [at(tree, key, name) for key in ("checklist", "escalate", "handoff")]
    return [
        f"{key}: {json.dumps(plain(value), ensure_ascii=False)}"
        f"  ({value.place.file}:{value.place.line})"
        for node in found
        if isinstance(node, Tree)
        for key, value in node.entries.items()
    ]


def _by_default(context: LoadContext) -> SourceText | None:
    if context.default_preset is None:
        return None
    text = f"version: 1\npreset: {context.default_preset}\nmode: {context.default_mode}\n"
    return SourceText(path="(no file)", text=text.encode())


def _repository(
    file: SourceText, context: LoadContext, notes: Context, *, alone: bool
) -> Layer | None:
    own = _tree(file, notes)
    if own is None:
        return None
    extended = _extended(own, context, notes)
    name = word(own, "preset") or word(extended, "preset")
    preset, below = _preset(name, own, context, notes)
    tree = merged(merged(below, extended), own) or own
    lenient = extended is None and at(own, "extends") is not None
    layer = Layer(tree=tree, file=file, preset=preset, below=below, lenient=lenient, alone=alone)
    if extended is not None:
        layer = replace(layer, extended=_shown(word(own, "extends") or "", context))
    return _read(layer, policy_keys(), context, notes)


def _shown(spec: str, context: LoadContext) -> SourceText:
    repo, _, rest = spec.partition(":")
    ours = repo.casefold() == context.repo.casefold()
    return replace(context.extended[spec], path=rest.partition("@")[0] if ours else spec)


def _organisation(file: SourceText, context: LoadContext, notes: Context) -> Layer | None:
    own = _tree(file, notes)
    if own is None:
        return None
    preset, below = _preset(word(own, "preset"), own, context, notes)
    tree = merged(below, own) or own
    layer = Layer(tree=tree, file=file, preset=preset, below=below, lenient=True)
    read = _read(layer, organisation_keys(), context, notes)
    return read if read is not None and _applies(read, context.repo) else None


def _applies(layer: Layer, repo: str) -> bool:
    name = repo.rpartition("/")[2].casefold()
    scope = layer.data["applies-to"]
    wanted, but = (
        Area(key, tuple(glob.casefold() for glob in scope.get(key, ())))
        for key in ("repositories", "except")
    )
    return wanted.has(name) and not but.has(name)


def _read(layer: Layer, kind: Obj, context: LoadContext, notes: Context) -> Layer | None:
    """The layer with its data, None where an error was found in it."""
    own = Context(context.version, lenient=layer.lenient)
    data = kind.read(layer.tree, own, "")
    check_names(layer.tree, own, context.rules)
    check_sense(layer.tree, own, _titles(context).keys())
    refused = context.refused(tuple(form for form, _, _ in own.forms)) if own.forms else ()
    for why, (_, place, at_key) in zip(refused, own.forms, strict=True):
        if why:
            own.say(place, f"ast-grep refuses the rule: {why}", "E206", key=at_key)
    if layer.alone and not own.broken:
        check_unused(layer.tree, layer.file.path, layer.below, own)
    notes.problems += [_blamed(one, layer) for one in own.problems]
    return None if own.broken or data is BAD else replace(layer, data=data)


def _blamed(problem: Problem, layer: Layer) -> Problem:
    """A problem within a preset is the doing of the file that refines it."""
    where = problem.where
    if not where.file.startswith("preset "):
        return problem
    place = getattr(at(layer.tree, "preset"), "place", layer.tree.place)
    what = f"{where.file}, line {where.line}, no longer fits this file: {problem.what}"
    here = replace(where, file=place.file, line=place.line, column=place.column)
    return replace(problem, where=here, what=what)


def _effective(
    mine: Layer | None, above: Layer | None, context: LoadContext, notes: Context
) -> Policy | None:
    titles = _titles(context)
    if mine is None and above is None:
        return None
    if mine is None or above is None:
        layer, origin = (mine, "repository") if mine is not None else (above, "organisation")
        assert layer is not None  # noqa: S101  one of the two is there
        return digested(assembled(layer, origin, context.rules, titles))
    theirs = loosened(above.tree, mine.tree, above.data.get("may-loosen", ()))
    upper, lower = beside(mine.tree, theirs, above.file.path, notes)
    quiet = Context(context.version)
    own = _read(replace(mine, tree=upper, lenient=True), policy_keys(), context, quiet)
    floor = _read(replace(above, tree=lower), organisation_keys(), context, quiet)
    # Only now it shows which names the repository defines for the organisation.
    file = above.file.path
    elsewhere = {one for one in notes.problems if _unresolved(one, file)} - set(quiet.problems)
    notes.problems = [one for one in notes.problems if one not in elsewhere]
    notes.problems += [one for one in quiet.problems if one.severity is Severity.ERROR]
    if own is None or floor is None:
        return None
    return digested(
        joined(
            assembled(own, "repository", context.rules, titles),
            assembled(floor, "organisation", context.rules, titles),
        )
    )


def _unresolved(problem: Problem, file: str) -> bool:
    return problem.code == "W602" and problem.where.file == file


def _titles(context: LoadContext) -> dict[str, str]:
    """The sentences of the thirteen items, from the newest preset that holds them all."""
    newest = max((one for one in context.presets if one.startswith("backend-dev@")), default="")
    return _titles_of(context.presets.get(newest, ""))


@lru_cache(maxsize=8)
def _titles_of(text: str) -> dict[str, str]:
    items = named(read_yaml(text.encode(), "").root or Tree({}, {}, _NOWHERE), "checklist")
    return {name: word(item, "title") or name for name, (_, item) in items.items()}


def _tree(file: SourceText, notes: Context) -> Node | None:
    """The file's own tree; it must say its version itself."""
    start = Place(file.path, 1, 1)
    if file.text.startswith(_LFS):
        notes.say(start, "an LFS pointer is not a policy; commit the file itself", "E104")
        return None
    reading = _parsed(file.text, file.path)
    notes.problems += reading.problems
    root = reading.root
    if root is None:
        return None
    if not isinstance(root, Tree):
        notes.say(start, "a policy is a mapping; it begins with version: 1", "E202")
        return None
    version = root.entries.get("version")
    if version is None and "version" not in root.keys:
        notes.say(start, '"version" is missing; write version: 1', "E204", key="version")
    elif version is not None and word(version) != "1":
        notes.say(version.place, "this bot reads version 1", "E208", key="version")
    # One complaint is enough; the rest of the file is read as version 1.
    return Tree({**root.entries, "version": _ONE}, {"version": start, **root.keys}, root.place)


@lru_cache(maxsize=64)
def _parsed(text: bytes, path: str) -> Reading:
    return read_yaml(text, path)


def _extended(own: Node, context: LoadContext, notes: Context) -> Node | None:
    spec, name = at(own, "extends"), word(own, "extends")
    if spec is None or name is None:
        return None
    file = context.extended.get(name)
    whose = name.partition("/")[0].casefold()
    owner = context.repo.partition("/")[0].casefold()
    anybody = context.repo == ANY_REPOSITORY
    if not anybody and owner and whose != owner:
        notes.say(spec.place, f'"{name}" is not of the owner {owner}', "E305", key="extends")
    elif file is None and anybody:
        what = f'"{name}" is not at hand; what it defines could not be checked'
        notes.warn(spec.place, what, "W602", key="extends")
    elif file is None:
        notes.say(spec.place, f'"{name}" could not be read', "E305", key="extends")
    else:
        tree = _tree(replace(file, path=name), notes)
        if at(tree, "extends") is None:
            return tree
        notes.say(spec.place, f'"{name}" extends another file itself', "E406", key="extends")
    return None


def _preset(
    name: str | None, own: Node, context: LoadContext, notes: Context
) -> tuple[str, Node | None]:
    """The full name of the preset, and its tree."""
    if name is None:
        return "", None
    place = (at(own, "preset") or at(own, "extends") or own).place
    numbers: dict[str, int] = {}
    for one in context.presets:
        stem, _, number = one.partition("@")
        numbers[stem] = max(numbers.get(stem, 0), int(number))
    full = f"{name}@{numbers[name]}" if name in numbers else name
    if full != name:
        what = f'"{name}" means the newest this bot knows, {full}; write the number'
        notes.warn(place, what, "W509", key="preset")
    if full not in context.presets:
        what = f'unknown preset "{name}"{nearest(name, [*context.presets, *numbers])}'
        notes.say(place, what, "E304", key="preset")
        return full, None
    return full, _parsed(context.presets[full].encode(), f"preset {full}").root


def _capped(problems: list[Problem]) -> list[Problem]:
    """At most so many, and the last says how many more there are."""
    if len(problems) <= PROBLEMS_AT_MOST:
        return problems
    kept = sorted(problems, key=lambda one: one.severity is not Severity.ERROR)
    kept = kept[: PROBLEMS_AT_MOST - 1]
    last = kept[-1]
    more = f"{len(problems) - len(kept)} more problems are not shown"
    return [*kept, replace(last, what=more, hint="", severity=Severity.WARNING, code="")]
