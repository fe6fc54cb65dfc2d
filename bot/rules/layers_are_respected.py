"""No layer gains an import that its policy forbids.

Why it matters
    A layer that knows the one above it can no longer be tested, moved or read without it.
What it looks at
    Imports that are new in the files of an area for which the policy forbids modules: `forbid:
    { services: [fastapi, app.api] }`. A module is matched by whole parts of its name: `flask` is
    not `flask_sqlalchemy`. Relative imports are counted from the repository's root. An import that
    was there before, or only moved within the area, is not new.
How to satisfy it
    Pass in what is needed from outside, or move the code to the layer that may know it.
What it cannot see
    Imports by a computed name, and what is reached through a third module. Imports for types alone
    are advice.
Examples
    Ready: `services/pay.py` imports `app.models`. Not ready: it imports `fastapi`.
"""

import re
from collections import Counter
from dataclasses import dataclass

from bot.linking.news import Head, News, answer, bases, counts, heads, source_needs
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.reading import SIGNALS, Side
from bot.model.rule import Rule
from bot.model.verdict import Evidence, Kind, Says, Tier, Verdict, undecided

CROSSED = Kind(
    id="layer-crossed",
    tier=Tier.SURE,
    says=Says.BROKEN,
    because="The policy forbids the module there, and an import is a fact.",
)
PERHAPS = Kind(
    id="layer-crossed-in-part",
    tier=Tier.LIKELY,
    says=Says.BROKEN,
    because="The import serves types alone, or the file says that a program wrote it.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """`forbid`: the modules that an area must not import."""

    forbid: tuple[tuple[Area, tuple[str, ...]], ...]
    generated: Area = Area("generated", ())


def prove(facts: Facts, options: Options) -> Verdict:
    if isinstance(facts.changes, Unknown):
        return undecided(facts.changes)
    areas = [area for area, _ in options.forbid]
    found, unread = heads(
        facts, options.generated, lambda path: any(one.has(path) for one in areas)
    )
    before = _before(facts, options)
    shown = [
        piece
        for area, forbidden in options.forbid
        for head in found
        if area.has(head.file.path)
        for module in forbidden
        for piece in _crossings(head, area, module, before)
    ]
    _, blurred = bases(facts, options.generated)
    judged = News(
        files=len(found) + len(unread),
        open=(*unread, *(blurred if shown else ())),
        blurred=bool(blurred),
    )
    return answer(judged, shown, "no forbidden module is newly imported", _what(shown))


def _what(shown: list[Evidence]) -> str:
    first = shown[0].note if shown else ""
    return first.replace("{", "").replace("}", "") + ": pass it in, or move the code"


def _before(facts: Facts, options: Options) -> Counter[tuple[str, str]]:
    """How many changed files of each area imported each forbidden module at the base."""
    known: Counter[tuple[str, str]] = Counter()
    for file in () if isinstance(facts.changes, Unknown) else facts.changes:
        path = file.previous_path or file.path
        value = facts.read(SIGNALS, path, Side.BASE) if counts(path, options.generated) else None
        if value is None or isinstance(value, Unknown):
            continue
        for area, forbidden in options.forbid:
            if area.has(path):
                lines = [*value.imports, *value.type_imports]
                modules = {one for module in forbidden for one in _matched(lines, module, path)}
                known.update((area.name, one) for one in modules)
    return known


def _crossings(
    head: Head, area: Area, module: str, before: Counter[tuple[str, str]]
) -> list[Evidence]:
    shown = []
    every = [*head.value.imports, *head.value.type_imports]
    real = _matched(list(head.value.imports), module, head.file.path)
    for name, line in _matched(every, module, head.file.path).items():
        before[area.name, name] -= 1
        if before[area.name, name] < 0 and head.added(line, line):
            kind = CROSSED if name in real and not head.value.generated else PERHAPS
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


RULE = Rule(
    id="layers-are-respected",
    title="Layers are respected",
    word=None,
    items=frozenset({"conventions"}),
    watch=True,
    kinds=(CROSSED, PERHAPS),
    version=1,
    options=Options,
    needs=source_needs,
    prove=prove,
)
