"""Modules that an area newly imports and must not, of all changed files."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.linking.news import Head, News, answer, bases, counts, heads
from bot.model.known import Unknown
from bot.model.reading import SIGNALS, Side
from bot.model.verdict import undecided

if TYPE_CHECKING:
    from bot.model.area import Area
    from bot.model.facts import Facts
    from bot.model.verdict import Evidence, Kind, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Fence:
    """`forbid`: the modules that an area must not import. `plain`: the kind of a new import;
    `partly`: of one for types alone, or in a file that a program wrote. `spared`: modules inside
    forbidden ones that are not."""

    forbid: tuple[tuple[Area, tuple[str, ...]], ...]
    generated: Area
    plain: Kind
    partly: Kind
    spared: frozenset[str] = frozenset()


def fenced(facts: Facts, fence: Fence) -> Verdict:
    """What a rule says that keeps modules out of areas."""
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    areas = [area for area, _ in fence.forbid]
    found, unread = heads(facts, fence.generated, lambda path: any(one.has(path) for one in areas))
    before = _before(facts, fence)
    shown = [
        piece
        for area, forbidden in fence.forbid
        for head in found
        if area.has(head.file.path)
        for module in forbidden
        for piece in _crossings(head, fence, (area, module), before)
    ]
    _, blurred = bases(facts, fence.generated)
    judged = News(
        files=len(found) + len(unread),
        open=(*unread, *(blurred if shown else ())),
        blurred=bool(blurred),
    )
    return answer(judged, shown, "no forbidden module is newly imported", _what(shown))


def _what(shown: list[Evidence]) -> str:
    first = shown[0].note if shown else ""
    return first.replace("{", "").replace("}", "") + ": pass it in, or move the code"


def _before(facts: Facts, fence: Fence) -> Counter[tuple[str, str]]:
    """How many changed files of each area imported each forbidden module at the base."""
    known: Counter[tuple[str, str]] = Counter()
    for file in () if isinstance(facts.changes, Unknown) else facts.changes:
        path = file.previous_path or file.path
        value = facts.read(SIGNALS, path, Side.BASE) if counts(path, fence.generated) else None
        if value is None or isinstance(value, Unknown):
            continue
        for area, forbidden in fence.forbid:
            if area.has(path):
                lines = [*value.imports, *value.type_imports]
                modules = {one for module in forbidden for one in _matched(lines, module, path)}
                known.update((area.name, one) for one in modules)
    return known


def _crossings(
    head: Head, fence: Fence, wall: tuple[Area, str], before: Counter[tuple[str, str]]
) -> list[Evidence]:
    shown, (area, module) = [], wall
    every = [*head.value.imports, *head.value.type_imports]
    real = _matched(list(head.value.imports), module, head.file.path)
    for name, line in _matched(every, module, head.file.path).items():
        before[area.name, name] -= 1
        if before[area.name, name] < 0 and head.added(line, line) and name not in fence.spared:
            kind = fence.plain if name in real and not head.value.generated else fence.partly
            note = f"new import of {name}, layer {area.name} may not"
            shown.append(kind.at(note[:200], head.file.path, line))
    return shown


def _matched(imports: list[tuple[int, str]], module: str, path: str) -> dict[str, int]:
    """The imported names that lie in the module, each with its line; of nested ones the outer."""
    wanted = _parts(module)
    inside = {(line, name) for line, name in imports if _is_in(_parts(name), wanted, path)}
    outer = {
        (line, name)
        for line, name in inside
        if not any(at == line and name.startswith(other + ".") for at, other in inside)
    }
    return {name: line for line, name in sorted(outer, reverse=True)}


def _is_in(parts: list[str], wanted: list[str], path: str) -> bool:
    if parts[: len(wanted)] == wanted:
        return True
    # A relative import was counted from the root, where the policy may leave the first folders out.
    own = parts[:1] == path.split("/")[:1]
    return own and any(
        parts[at : at + len(wanted)] == wanted for at in range(len(parts) - len(wanted) + 1)
    )


def _parts(module: str) -> list[str]:
    return [part for part in re.split(r"[./]", module) if part]
