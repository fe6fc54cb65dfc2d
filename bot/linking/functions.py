"""What a pull request does to functions: those it writes twice, and those that callers lose."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from bot.linking.news import MIGRATIONS, SourceOptions, counts
from bot.model.facts import Change
from bot.model.known import Known, Unknown
from bot.model.reading import SIGNALS, Side
from bot.model.signal import SIGNATURE_AT_MOST

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.model.facts import ChangedFile, Facts
    from bot.model.signal import Function, Signals

_Key: TypeAlias = tuple[str, str]

# Shorter ones are alike by chance.
STATEMENTS = 8
_NESTED = re.compile(r"\([^()]*\)|\[[^][]*\]|\{[^{}]*\}|<[^<>]*>")
_DEPTH_AT_MOST = 10
_WORD = re.compile(r"\w+")
# Called by the name of their class, where a caller does not leave that to a container.
_CONSTRUCTORS = frozenset({"constructor", "initialize"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A function that stands in several files of the head, and not as often at the base."""

    name: str
    statements: int
    places: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A public function that callers of the base find no more; `line`: where the head has one of
    its name that takes something else, None where it is gone."""

    path: str
    name: str
    line: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Code:
    """A changed source file that is no test and no migration; a side is None where it has none."""

    file: ChangedFile
    base: Signals | None
    head: Signals | None

    @property
    def was(self) -> tuple[Function, ...]:
        """The functions of the base."""
        return self.base.functions if self.base else ()

    @property
    def has(self) -> tuple[Function, ...]:
        """The functions of the head."""
        return self.head.functions if self.head else ()


def copies(
    facts: Facts, where: SourceOptions, part: Callable[[str], str], least: int
) -> Known[list[Copy]]:
    """The functions that are new somewhere and stand in so many parts; `part`: of a path."""
    codes = _codes(facts, where)
    if isinstance(codes, Unknown):
        return codes
    before = Counter(one.digest for code in codes for one in code.was)
    found: dict[str, list[tuple[str, Function]]] = defaultdict(list)
    fresh: set[str] = set()
    for code in codes:
        names = {one.name for one in code.was}
        for one in code.has:
            if one.statements >= STATEMENTS and not one.test:
                found[one.digest].append((code.file.path, one))
                # What is altered alike wherever it stood already is a sweep.
                fresh |= {one.digest} - ({one.digest} if one.name in names else set())
    return [
        Copy(
            name=held[0][1].name.rpartition(".")[2],
            statements=held[0][1].statements,
            places=tuple((path, one.line) for path, one in held),
        )
        for digest, held in found.items()
        if digest in fresh
        and len(held) > before[digest]
        and len({part(path) for path, _ in held}) >= least
    ]


def turns(facts: Facts, where: SourceOptions) -> Known[list[Turn]]:
    """The public functions that take something else, or are gone from the changed files."""
    codes = _codes(facts, where)
    if isinstance(codes, Unknown):
        return codes
    sides = [(code, _apart(code.base, code.head), _apart(code.head, code.base)) for code in codes]
    gained: Counter[_Key] = Counter()
    for _, was, has in sides:
        gained += Counter(key for key, _ in has) - Counter(key for key, _ in was)
    found: list[Turn] = []
    for code, was, has in sides:
        kept = Counter(key for key, _ in has)
        lines = {one.name: one.line for _, one in has}
        may_stand = _may_stand(code)
        long = {one.name for _, one in (*was, *has) if len(one.signature) >= SIGNATURE_AT_MOST}
        for key, one in was:
            stays = kept if kept[key] else gained
            stays[key] -= 1
            if stays[key] >= 0 or not _is_public(one, code.file.path):
                continue
            if one.name in long if one.name in lines else may_stand(one.name):
                continue
            if code.head and code.head.holes:
                why = f"can't tell: {code.file.path} - it could not be parsed"
                return Unknown(why, by_content=True)
            found.append(Turn(path=code.file.path, name=one.name, line=lines.get(one.name)))
    return found


def _codes(facts: Facts, where: SourceOptions) -> Known[list[_Code]]:
    if isinstance(facts.changes, Unknown):
        return facts.changes
    codes: list[_Code] = []
    for file in facts.changes:
        aside = where.tests, MIGRATIONS
        if not all(counts(path, where.generated) for path in file.paths) or any(
            area.has(path) for area in aside for path in file.paths
        ):
            continue
        sides: list[Signals | None] = []
        for path, side, gone in (
            (file.previous_path or file.path, Side.BASE, Change.ADDED),
            (file.path, Side.HEAD, Change.REMOVED),
        ):
            value = None if file.change is gone else facts.read(SIGNALS, path, side)
            if isinstance(value, Unknown):
                return Unknown(f"can't tell: {path} - {value.reason}", value.by_content)
            sides.append(value)
        if not any(one.generated for one in sides if one):
            codes.append(_Code(file=file, base=sides[0], head=sides[1]))
    return codes


def _apart(one: Signals | None, other: Signals | None) -> list[tuple[_Key, Function]]:
    """Functions, not classes, that the other side does not have word for word; by name and by what
    a caller must give."""
    known = {(each.name, each.signature) for each in other.functions} if other else set()
    return [
        ((each.name, shape(one.language, each.signature)), each)
        for each in (one.functions if one else ())
        if one and (each.name, each.signature) not in known and not _is_class(each, one.language)
    ]


def _is_class(one: Function, language: str) -> bool:
    last = one.name.rpartition(".")[2]
    return language != "go" and (last[:1].isupper() or last in _CONSTRUCTORS)


def _may_stand(code: _Code) -> Callable[[str], bool]:
    """Of a name, whether the class may inherit it from another class or a mixin, or an added line
    names it, which may define it in another way."""
    head, lines = code.head, code.file.added
    if head is None or isinstance(lines, Unknown):
        return lambda _: head is not None
    bases = {one.name for one in head.functions if one.signature or head.language == "ruby"}
    words = {word for one in lines for word in _WORD.findall(one.text)}

    def may(name: str) -> bool:
        holder, _, last = name.rpartition(".")
        return holder in bases or last in words

    return may


def _is_public(one: Function, path: str) -> bool:
    parts = one.name.split(".")
    # A component is used by its name and its properties; its methods are for the framework.
    component = len(parts) > 1 and path.endswith("x")
    return one.public and not (component or one.test or any(name[:1] == "_" for name in parts))


def shape(language: str, signature: str) -> str:
    """What a caller must give: names where they are called by name, types where these are told.

    Layout, annotations, defaults' values and what stands in brackets are left out.
    """
    text = signature.replace("=>", "").replace("->", "").replace("interface{}", "any")
    for _ in range(_DEPTH_AT_MOST):
        text, times = _NESTED.subn("", text)
        if not times:
            break
    # The end is lacking where it was long, and a Python signature goes on after its bracket.
    whole = re.split(r"[\])}]", text)[0] if language == "python" else text
    parts = [" ".join(part.split()) for part in whole.split(",") if part.strip()]
    if language == "go":
        return ",".join(_types(parts))
    return ",".join(filter(None, (_given(language, part) for part in parts)))


def _types(parts: list[str]) -> list[str]:
    """What Go's parameters are: in `a, b int` the first takes the type of the second."""
    types: list[str] = []
    for part in reversed(parts):
        name, _, kind = part.partition(" ")
        types.append(kind or (types[-1] if types else name))
    return types


def _given(language: str, part: str) -> str:
    bare, default, _ = re.sub(r"@[\w.]+", "", part).partition("=")
    name, _, kind = (one.strip() for one in bare.partition(":"))
    if language == "python":
        return "" if bare in {"self", "cls"} else name + default
    if language == "java":
        return " ".join(word for word in bare.split()[:-1] if word != "final")
    if language == "ruby":
        return (f"{name}:" if ":" in bare else "_") + default
    if language == "kotlin":
        return f"{name}:{kind}{default}"
    return (kind or "_") + ("?" if default or name.endswith("?") else "")
