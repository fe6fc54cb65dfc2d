"""The operations of the changed contracts: those of the head beside the same ones of the base."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.linking.contracts import NOWHERE
from bot.model.area import Area
from bot.model.facts import Change
from bot.model.known import Known, Unknown
from bot.model.reading import BOTH, OPERATIONS, Read, Side
from bot.model.verdict import Tier, Verdict, passed, skipped, undecided

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.model.facts import Changes, Facts
    from bot.model.need import Need
    from bot.model.operation import Operation, Operations
    from bot.model.verdict import Evidence

# More places help nobody; the rest is counted.
SHOWN = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """An operation of the head as its contract at `path` states it; `base`: as it was, None where
    it is new."""

    path: str
    head: Operation
    base: Operation | None = None

    @property
    def line(self) -> int | None:
        """Where the head says it, None where the file has no lines."""
        return self.head.line or None


@dataclass(frozen=True, slots=True, kw_only=True)
class Promises:
    """All changed contracts. `bases`, `heads`: by path, a renamed file by its newest.

    `removed`: operations that no contract of the head states any more.
    """

    stated: tuple[Stated, ...] = ()
    removed: tuple[tuple[str, Operation], ...] = ()
    bases: tuple[tuple[str, Operations], ...] = ()
    heads: tuple[tuple[str, Operations], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractOptions:
    """`file`: the one contract, else all of the area."""

    file: str = ""
    contract: Area = Area("contract", ())

    @property
    def area(self) -> Area:
        """Where the contract is."""
        return Area(self.file, (self.file,)) if self.file else self.contract


def contract_needs(
    options: ContractOptions,
    changes: Changes,  # noqa: ARG001  every rule is asked with them
) -> frozenset[Need]:
    """Both sides of every changed contract."""
    return frozenset({operation_needs(options.area)})


def advised(
    facts: Facts,
    options: ContractOptions,
    look: Callable[[Promises], Iterable[Evidence]],
    words: tuple[str, str],
) -> Verdict:
    """What a rule says that advises on the changed contracts and blocks nothing.

    `words`: where nothing was found, and where something was, with `{n}` for how many.
    """
    found = promises(facts, options.area)
    if isinstance(found, Unknown):
        return undecided(found)
    if not found.heads:
        return skipped("no contract file changed")
    shown = sorted(look(found), key=lambda one: one.kind.tier is Tier.HINT)
    clean, what = words
    text = what.format(n=len(shown)) if shown else clean
    return passed(text, advice=tuple(shown[:SHOWN]))


def operation_needs(area: Area) -> Read:
    """Both sides of every changed contract."""
    return Read(reading=OPERATIONS.id, area=area, sides=BOTH)


def promises(facts: Facts, area: Area) -> Known[Promises]:
    """What the changed contracts state; Unknown where one of them cannot be read."""
    if not area.globs:
        return NOWHERE
    files = facts.changed_in(area)
    if isinstance(files, Unknown):
        return files
    bases: list[tuple[str, Operations]] = []
    heads: list[tuple[str, Operations]] = []
    for file in files:
        old = file.previous_path or file.path
        asked = [(bases, old, Side.BASE)] if file.change is not Change.ADDED else []
        asked += [(heads, file.path, Side.HEAD)] if file.change is not Change.REMOVED else []
        for into, path, side in asked:
            if not area.has(path):
                continue
            found = facts.read(OPERATIONS, path, side)
            if isinstance(found, Unknown):
                return Unknown(f"can't tell: {path} - {found.reason}", found.by_content)
            into.append((file.path, found))
    return paired(tuple(bases), tuple(heads))


def added(found: Promises) -> tuple[Stated, ...]:
    """Operations that nothing stated before."""
    return tuple(one for one in found.stated if one.base is None)


def contracts(
    facts: Facts, area: Area
) -> Known[tuple[tuple[Operations, ...], tuple[Operations, ...]]]:
    """Every contract of the area before and after, those that did not change at both sides."""
    changed, every = promises(facts, area), facts.read_all(OPERATIONS, area)
    if isinstance(changed, Unknown):
        return changed
    if isinstance(every, Unknown):
        return every
    new = {path for path, _ in changed.heads}
    same: list[Operations] = []
    for path, one in every.items():
        if isinstance(one, Unknown):
            return Unknown(f"can't tell: {path} - {one.reason}", one.by_content)
        same += [one] if path not in new else []
    return (
        (*same, *(one for _, one in changed.bases)),
        (*same, *(one for _, one in changed.heads)),
    )


def unsecured(found: Promises) -> tuple[Stated, ...]:
    """Operations that asked who calls them before, and no longer do."""
    return tuple(
        one for one in found.stated if one.base is not None and one.base.asks and not one.head.asks
    )


def paired(
    bases: tuple[tuple[str, Operations], ...], heads: tuple[tuple[str, Operations], ...]
) -> Promises:
    """Operations by file, method and template; then wherever they stand, the server's path before
    them; then by file, method and operationId."""
    old = [(path, one, _keys(path, one, held)) for path, held in bases for one in held.operations]
    new = [(path, one, _keys(path, one, held)) for path, held in heads for one in held.operations]
    found: dict[int, int] = {}
    for step in range(3):
        taken = set(found.values())
        left = {keys[step]: at for at, (_, _, keys) in enumerate(old) if at not in taken}
        for at, (_, _, keys) in enumerate(new):
            if at not in found and keys[step] in left:
                found[at] = left.pop(keys[step])
    kept = set(found.values())
    return Promises(
        stated=tuple(
            Stated(path=path, head=one, base=old[found[at]][1] if at in found else None)
            for at, (path, one, _) in enumerate(new)
        ),
        removed=tuple((path, one) for at, (path, one, _) in enumerate(old) if at not in kept),
        bases=bases,
        heads=heads,
    )


def _keys(path: str, one: Operation, held: Operations) -> tuple[str, str, str]:
    return (
        f"{path} {one.name}",
        f"{one.method} {held.prefixes[0]}{one.template}",
        f"{path} {one.method} {one.id or one.template}",
    )
