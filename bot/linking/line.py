"""The line in which a tool runs migrations: its heads and its doubled versions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.model.migration import Migration

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

# Tools that refuse to run two migrations of one version.
_REFUSES_TWINS = frozenset({"flyway", "rails", "golang-migrate", "goose"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """A place where the line divides: files that stand at an end, the new ones first."""

    new: tuple[str, ...]
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What follows from the files: forks, doubled versions, files of unknown place, late ones.

    `hidden`: unread files of the base branch that might change the answer.
    """

    forks: tuple[Fork, ...] = ()
    twins: tuple[Fork, ...] = ()
    lost: tuple[str, ...] = ()
    late: tuple[tuple[str, str], ...] = ()
    hidden: tuple[str, ...] = ()


def line_of(
    tip: Mapping[str, Migration], merged: Mapping[str, Migration], unread: Collection[str] = ()
) -> Line:
    """`tip`: the base branch's files by path; `merged`: the same after the pull request; `unread`:
    paths of those on the base branch that could not be read."""
    forks: list[Fork] = []
    lost: list[str] = []
    seen: set[str] = set()
    for places in _graphs(merged):
        folders = {folder(one) for one in places}
        some = {path: merged[path] for path in places}
        old = {path: one for path, one in tip.items() if folder(path) in folders}
        fresh = {path for path in places if tip.get(path) != merged[path]}
        if not fresh or any(one.branches for one in some.values()):
            seen |= {path for path in unread if folder(path) in folders and not fresh}
            continue
        after, loose = _ends(some)
        beside = {path for path in unread if folder(path) in folders}
        followed = _followed(beside, some, fresh)
        if len(after) == 1 and followed:
            seen |= beside
            loose = [path for path in loose if not _names(some[path]) & followed]
        if fresh & set(loose) or _label(some) is None:
            lost += sorted(fresh & set(loose) or fresh)
        elif len(after) > max(1, len(_ends(old)[0])) and fresh & set(after):
            new = [path for path in after if path in fresh]
            others = tuple(path for path in after if path not in fresh)
            forks.append(Fork(new=tuple(new), others=others))
    return Line(
        forks=tuple(forks),
        twins=tuple(_twins(tip, merged)),
        lost=tuple(lost),
        late=tuple(_late(tip, merged)),
        hidden=tuple(sorted(set(unread) - seen)),
    )


def _followed(unread: set[str], files: Mapping[str, Migration], fresh: set[str]) -> set[str]:
    """What the unread files are called, if merged files follow each: then none is an end."""
    here = {one.revision for one in files.values()}
    old = [one for path, one in files.items() if path not in fresh]
    if any(one.tool == "django" for one in old):
        stems = {path.rpartition("/")[2].removesuffix(".py") for path in unread}
        followed = {parent for one in old for parent in _own_parents(one, _label(files) or "")}
        return stems if stems <= followed else set()
    gaps = {parent for one in old for parent in one.parents if parent not in here}
    return gaps if len(gaps) == len(unread) else set()


def _names(one: Migration) -> set[str]:
    return {parent.rpartition(":")[2] for parent in one.parents}


def _own_parents(one: Migration, label: str) -> list[str]:
    pairs = [parent.partition(":") for parent in one.parents]
    return [name for app, _, name in pairs if app == label]


def folder(path: str) -> str:
    """The folder of a file."""
    return path.rpartition("/")[0]


def _graphs(files: Mapping[str, Migration]) -> list[set[str]]:
    """Files that stand in one line: those of a folder, and of folders that follow each other."""
    home = {path: folder(path) for path, one in files.items() if one.tool in {"alembic", "django"}}
    by_revision = {files[path].revision: path for path in home if files[path].tool == "alembic"}
    for path in list(home):
        for parent in files[path].parents:
            other = by_revision.get(parent)
            if other is not None and home[other] != home[path]:
                gone, kept = home[other], home[path]
                home = {one: kept if at == gone else at for one, at in home.items()}
    return [
        {one for one, at in home.items() if at == place} for place in sorted(set(home.values()))
    ]


def _ends(files: Mapping[str, Migration]) -> tuple[list[str], list[str]]:
    """Files that none follows, and those whose parents are not here."""
    if any(one.tool == "django" for one in files.values()):
        return _django_ends(files)
    here = {one.revision for one in files.values()}
    followed = {parent for one in files.values() for parent in one.parents}
    ends = [path for path, one in sorted(files.items()) if one.revision not in followed]
    loose = [path for path, one in sorted(files.items()) if set(one.parents) - here]
    return ends, loose


def _django_ends(files: Mapping[str, Migration]) -> tuple[list[str], list[str]]:
    label = _label(files) or ""
    stems = {one.revision: path for path, one in files.items()}
    squashed = {
        old.partition(":")[2]: one.revision
        for one in files.values()
        for old in one.replaces
        if old.partition(":")[0] == label
    }
    followed: set[str] = set()
    loose: list[str] = []
    for path, one in sorted(files.items()):
        if one.revision in squashed:
            continue
        for parent in _own_parents(one, label):
            name = squashed.get(parent, parent)
            followed.add(name)
            if name not in stems and not name.startswith("__"):
                loose.append(path)
    ends = [
        path
        for stem, path in sorted(stems.items())
        if stem not in followed and stem not in squashed
    ]
    return ends, loose


def _label(files: Mapping[str, Migration]) -> str | None:
    """What the app is called whose migrations these are: its folder, or a label of its own, which
    most of them name; None where that is open."""
    stems = {one.revision for one in files.values()}
    named: dict[str, set[str]] = {}
    for one in files.values():
        for app, _, name in (parent.partition(":") for parent in one.parents):
            if name in stems:
                named.setdefault(app, set()).add(name)
    usual = next(iter(files.values())).group
    if usual in named or not named:
        return usual
    best = max(len(names) for names in named.values())
    likely = [app for app, names in named.items() if len(names) == best]
    return likely[0] if len(likely) == 1 else None


def _twins(tip: Mapping[str, Migration], merged: Mapping[str, Migration]) -> list[Fork]:
    by_version: dict[tuple[str, ...], list[str]] = {}
    for path, one in sorted(merged.items()):
        if one.tool in _REFUSES_TWINS and one.revision and not one.down:
            by_version.setdefault((one.tool, folder(path), one.group, one.revision), []).append(
                path
            )
    found = []
    for paths in by_version.values():
        new = [path for path in paths if path not in tip]
        if len(paths) > 1 and new:
            others = tuple(path for path in paths if path not in new)
            found.append(Fork(new=tuple(new), others=others))
    return found


def _late(tip: Mapping[str, Migration], merged: Mapping[str, Migration]) -> list[tuple[str, str]]:
    """New files with a version before one that is merged already, with that one's path."""
    found = []
    for path, one in sorted(merged.items()):
        if path in tip or not _version(one.revision) or one.tool in {"alembic", "django", "prisma"}:
            continue
        newest = max(
            (
                (_version(old.revision), there)
                for there, old in tip.items()
                if old.tool == one.tool and folder(there) == folder(path)
            ),
            default=((), ""),
        )
        if newest[0] > _version(one.revision):
            found.append((path, newest[1]))
    return found


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d{1,30}", text))
