"""Where the symbols of many files lead: through imports, to the file that has the name."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import islice
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from bot.linking.index import Index

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from bot.model.endpoint import Endpoints

V = TypeVar("V")
# A name is imported, exported again and renamed; nobody does it more often on purpose.
HOPS = 5
_PLACES_AT_MOST = 60
_CONSTANT = re.compile(r"\$\{([^}]*)\}")


class _Shown(NamedTuple):
    """What others may ask for of one file."""

    texts: dict[str, str]
    imports: dict[str, list[str]]
    names: set[str]


# What depends on every file.
_ALL = "*"


class Memo(Generic[V]):
    """What was found, each with what it depends on; of `before` all but `stale`, which depends on
    `other`."""

    def __init__(self, before: Memo[V] | None = None, other: Iterable[str] = ()) -> None:
        self._rows: dict[Any, tuple[V, set[str]]] = {**before._rows} if before else {}  # noqa: SLF001
        # One for all that follow each other: it may name more than still depends.
        self._needing: dict[str, set[Any]] = before._needing if before else {}  # noqa: SLF001
        some = [{*self._needing[one]} for one in other if one in self._needing]
        self.stale = {key for key in set[Any]().union(*some) if self._rows.pop(key, None)}

    def get(self, key: Any) -> tuple[V, set[str]] | None:
        """What was found and what it depends on."""
        return self._rows.get(key)

    def put(self, key: Any, found: V, seen: set[str]) -> None:
        """Keep it."""
        self._rows[key] = found, seen
        for one in seen:
            self._needing.setdefault(one, set()).add(key)


class Symbols:
    """What is defined where; a symbol is always asked for from a file.

    `before`: of almost the same files: what was found there and does not depend on `other`, the
    files that differ, is found here too. `seen`: what the answers since it was emptied depend on.
    """

    def __init__(self, files: Mapping[str, Endpoints], before: Symbols | None = None) -> None:
        self.files, old = files, before
        self.seen: set[str] = set()
        self.other = _differing(old.files, files) if old else set()
        changed = [one for one in self.other if one in files or one in old.files] if old else files
        self.modules: Index[str, str] = old.modules if old else Index()
        self.modules = self.modules.renewed(files, self._ends, changed)
        self.paths: Index[str, None] = old.paths if old else Index()
        self.paths = self.paths.renewed(files, self._stands, changed)
        self.handlers: Index[str, str] = old.handlers if old else Index()
        self.handlers = self.handlers.renewed(files, self._answers, changed)
        self.constants: Index[str, str] = old.constants if old else Index()
        self.constants = self.constants.renewed(files, self._texts, changed)
        self.shows: dict[str, _Shown] = {**old.shows} if old else {}
        for path in changed:
            self.shows.pop(path, None)
            if path in files:
                self.shows[path] = _shown(files[path])
        self.found: Memo[tuple[str, str] | None] = Memo(old.found if old else None, self.other)
        self._meant: dict[tuple[str, str], list[str]] = {}

    def _ends(self, path: str) -> Iterator[tuple[str, str]]:
        module = self.files[path].module
        yield _last(module, "/"), module

    def _stands(self, path: str) -> Iterator[tuple[str, None]]:
        yield self.files[path].module, None

    def _answers(self, path: str) -> Iterator[tuple[str, str]]:
        for one in self.files[path].handlers:
            yield _last(one.name, "."), one.name

    def _texts(self, path: str) -> Iterator[tuple[str, str]]:
        for name, text in self.files[path].constants:
            yield _last(name, "."), text

    def place(self, symbol: str, path: str) -> tuple[str, str] | None:
        """The file and the name that a symbol of `path` stands for; None where no file has it."""
        return self.kept(self.found, (symbol, path), lambda: self._place(symbol, path))

    def kept(self, known: Memo[V], key: Any, find: Callable[[], V]) -> V:
        """What is found, once; `seen` holds each time what it depends on."""
        row = known.get(key)
        if row is None:
            outer, self.seen = self.seen, set()
            found = find()
            known.put(key, found, self.seen)
            row, self.seen = (found, self.seen), outer
        self.seen |= row[1]
        return row[0]

    def said(self, symbol: str, path: str) -> str:
        """`path#name` in the file that must have it, though it may not show the name; the symbol
        itself where it leads out of the files."""
        found = self.place(symbol, path)
        for at, name in [found] if found else islice(self._walk(symbol, path), _PLACES_AT_MOST):
            if not at:
                return name
            if name.partition(".")[0] not in self.shows[at].imports:
                return f"{at}#{name}"
        return symbol

    def text(self, written: str, path: str) -> str:
        """A path with its constants filled in; `${NAME}` stays where no single text is known."""
        return _CONSTANT.sub(lambda found: self._constant(found.group(1), path), written)

    def alias(self, place: tuple[str, str]) -> str:
        """The symbol that a constant is another name for; empty where it is none."""
        found = _CONSTANT.fullmatch(self.shows[place[0]].texts.get(place[1], ""))
        return found.group(1) if found else ""

    def below(self, module: str, path: str) -> list[tuple[str, str]]:
        """The files whose module stands below this one, each with the folders between."""
        self.seen.add(_ALL)
        start = f"{module}/"
        found = []
        for name in self.paths:
            at = 0 if name.startswith(start) else name.find(f"/{start}") + 1
            if at or name.startswith(start):
                begins = at + len(start)
                found += [
                    (one, one.rpartition("/")[0][begins:])
                    for one in self._files_of(name)
                    if one != path
                ]
        return sorted(found)

    def _place(self, symbol: str, path: str) -> tuple[str, str] | None:
        module, _, name = symbol.partition("#")
        if "?." in name:
            self.seen.add(_ALL)
            found = self.handlers.rows(_last(name, "."))
            return found[0] if len(found) == 1 else None
        for at, one in islice(self._walk(symbol, path), _PLACES_AT_MOST):
            if at and (one in self.shows[at].names or (not one and (module or name))):
                return at, one
        return None

    def _walk(self, symbol: str, path: str, hops: int = HOPS) -> Iterator[tuple[str, str]]:
        """Where a symbol may lead, nearest first; without a path where it leads out."""
        module, _, name = symbol.partition("#")
        name = name.strip(".")
        paths = self._of(module, path) if module else self._own(path)
        self.seen.update(paths)
        yield from ((at, name) for at in paths)
        if not paths:
            yield "", symbol
        first, _, rest = name.partition(".")
        targets = [(at, to) for at in paths if hops for to in self._imported(at, first, rest)]
        for at, target in targets:
            yield from self._walk(target, at, hops - 1)
        if module and first and hops and self._of(f"{module}/{first}", path):
            yield from self._walk(f"{module}/{first}#{rest}", path, hops - 1)

    def _imported(self, path: str, first: str, rest: str) -> list[str]:
        if not first:
            return []
        beyond = f".{rest}" if rest else ""
        own = [f"{one}{beyond}" for one in self.shows[path].imports.get(first, ())]
        every = [one.partition("#")[0] for one in self.shows[path].imports.get("*", ())]
        return own + [f"{module}#{first}{beyond}" for module in every]

    def _files_of(self, module: str) -> list[str]:
        return [path for path, _ in self.paths.rows(module)]

    def _own(self, path: str) -> list[str]:
        self.seen.add(_named(self.files[path].module))
        return [path, *(one for one in self._files_of(self.files[path].module) if one != path)]

    def _of(self, module: str, path: str) -> list[str]:
        key = (module, path)
        self.seen.add(_named(module))
        if key not in self._meant:
            self._meant[key] = self._nearest(module, path)
        return self._meant[key]

    def _nearest(self, module: str, path: str) -> list[str]:
        """The files of the one module that a name of `path` means: the longest common end, then
        the nearest folder; none where two are equally good."""
        best: list[tuple[tuple[int, int], str]] = []
        for one in {*self.modules.of(_last(module, "/"))}:
            common = _common(module.split("/")[::-1], one.split("/")[::-1])
            whole = len(one.split("/")) if path.endswith(".go") else len(module.split("/"))
            if common == len(module.split("/")) or common == whole:
                near = _common(self._files_of(one)[0].split("/"), path.split("/"))
                best.append(((common, near), one))
        top = max(best)[0] if best else None
        found = [one for score, one in best if score == top]
        return self._files_of(found[0]) if len(found) == 1 else []

    def _constant(self, symbol: str, path: str) -> str:
        name = _last(symbol.partition("#")[2] or symbol, ".")
        place = self.place(symbol, path)
        own = self.shows[place[0]].texts.get(place[1]) if place else None
        texts = {own} if own is not None else {*self.constants.of(name)}
        self.seen |= {_ALL} if own is None else set()
        text = next(iter(texts)) if len(texts) == 1 else f"${{{name}}}"
        # What it is made of in turn is called by its name alone, on both sides alike.
        return _CONSTANT.sub(lambda found: f"${{{_last(found.group(1), '#')}}}", text)


def _differing(some: Mapping[str, Endpoints], others: Mapping[str, Endpoints]) -> set[str]:
    """The files that are not the very same, and the names of modules that have other files."""
    found = {path for path in {*some, *others} if some.get(path) is not others.get(path)}
    sides = [{(at, held[at].module) for at in found & held.keys()} for held in (some, others)]
    moved = {_named(module) for _, module in sides[0] ^ sides[1]}
    return {*found, *moved, *([_ALL] if found else [])}


def _named(module: str) -> str:
    """Stands among paths for all modules of that last name."""
    return f"/{_last(module, '/')}"


def _shown(one: Endpoints) -> _Shown:
    return _Shown(dict(one.constants), _imports(one), _names(one))


def _names(one: Endpoints) -> set[str]:
    said = [each.on for each in one.registrations] + [each.parent for each in one.mounts]
    routers = {each.name for each in one.routers}
    routers |= {symbol[1:] for symbol in said if symbol.startswith("#")}
    # A function that holds a router stands for it where it is called to mount.
    routers |= {name.rpartition(".")[0] for name in routers} - {""}
    others = {each.name for each in one.handlers} | {name for name, _ in one.constants}
    return routers | others


def _imports(one: Endpoints) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for local, target in one.imports:
        found[local].append(target)
    return found


def _last(text: str, mark: str) -> str:
    return text.rpartition(mark)[2]


def _common(one: list[str], other: list[str]) -> int:
    """How many parts two lists begin with alike."""
    number = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        number += 1
    return number
