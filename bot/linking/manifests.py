"""The names of all manifests together: which of them a change brings for the first time."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bot.model.facts import Change
from bot.model.known import Known, Unknown
from bot.model.manifest import MANIFESTS, Manifest, Name, family, family_of
from bot.model.need import Need
from bot.model.reading import BOTH, MANIFEST, Read, Side

if TYPE_CHECKING:
    from bot.model.facts import ChangedFile, Changes, Facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Additions:
    """New names; `doubt`: why there may be others, or why these may not be new."""

    names: tuple[tuple[str, Name], ...] = ()
    doubt: Unknown | None = None


def manifest_needs(changes: Changes) -> frozenset[Need]:
    """Every manifest of the families of which one is changed."""
    if isinstance(changes, Unknown):
        return frozenset()
    touched = {family_of(path) for file in changes for path in file.paths} - {""}
    return frozenset(
        Read(reading=MANIFEST.id, area=family(name), sides=BOTH, unchanged=True) for name in touched
    )


def additions(facts: Facts) -> Known[Additions]:
    """What the changed manifests name and no manifest of their family named at the base."""
    files = facts.changed_in(MANIFESTS)
    if isinstance(files, Unknown):
        return files
    found = [_of_family(name, facts, files) for name in sorted(_families(files))]
    doubts = [one.doubt for one in found if one.doubt is not None]
    return Additions(
        names=tuple(pair for one in found for pair in one.names),
        doubt=doubts[0] if doubts else None,
    )


def _families(files: tuple[ChangedFile, ...]) -> set[str]:
    return {family_of(path) for file in files for path in file.paths} - {""}


def _of_family(name: str, facts: Facts, files: tuple[ChangedFile, ...]) -> Additions:
    area = family(name)
    heads = {
        one.path: facts.read(MANIFEST, one.path)
        for one in files
        if one.change is not Change.REMOVED and area.has(one.path)
    }
    earlier = _at_base(facts, files, name)
    if isinstance(earlier, Unknown):
        return Additions(doubt=earlier)
    read = {path: one for path, one in heads.items() if isinstance(one, Manifest)}
    before = [one for one in earlier.values() if isinstance(one, Manifest)]
    aliases = _aliases([*before, *read.values()])
    known = {_resolved(one, aliases).name for each in before for one in each.names}
    known |= {own for each in (*before, *read.values()) for own in each.own}
    unread = [one for one in (*heads.values(), *earlier.values()) if isinstance(one, Unknown)]
    names: dict[str, tuple[str, Name]] = {}
    for path, manifest in sorted(read.items()):
        for one in (_resolved(some, aliases) for some in manifest.names):
            if one.name not in known and _outranks(one, names.get(one.name)):
                names[one.name] = (path, one)
    lost = [one for one in heads.values() if isinstance(one, Unknown)]
    doubt = lost[0] if lost else (unread[0] if unread and names else _computed(read, before))
    uncertain = bool(unread) and not lost
    return Additions(names=() if uncertain else tuple(names.values()), doubt=doubt)


def _outranks(one: Name, other: tuple[str, Name] | None) -> bool:
    return other is None or (one.runtime and not other[1].runtime)


def _at_base(
    facts: Facts, files: tuple[ChangedFile, ...], name: str
) -> Known[dict[str, Known[Manifest]]]:
    """The manifests of the family as they were, the unchanged ones among them."""
    area = family(name)
    now = facts.read_all(MANIFEST, area)
    if isinstance(now, Unknown):
        return now
    touched = {path for file in files for path in file.paths}
    found: dict[str, Known[Manifest]] = {p: one for p, one in now.items() if p not in touched}
    for file in files:
        old = file.previous_path or file.path
        if file.change is not Change.ADDED and area.has(old):
            found[old] = facts.read(MANIFEST, old, Side.BASE)
    return found


def _aliases(manifests: list[Manifest]) -> dict[str, str]:
    """What the aliases of version catalogues stand for."""
    return {
        one.alias: one.name for each in manifests for one in each.names if one.alias and one.name
    }


def _resolved(one: Name, aliases: dict[str, str]) -> Name:
    return one if one.name else replace(one, name=aliases.get(one.alias, f"libs.{one.alias}"))


def _computed(read: dict[str, Manifest], before: list[Manifest]) -> Unknown | None:
    """A computed place that stood nowhere at the base may bring a name."""
    known = {one.digest for each in before for one in each.holes}
    for path, manifest in sorted(read.items()):
        for one in manifest.holes:
            if one.digest not in known:
                return Unknown(f"can't tell: {path}:{one.line} - {one.why}", by_content=True)
    return None
