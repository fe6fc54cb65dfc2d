"""What the readers of manifests share: canonical names, places, names that do not run."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bot.model.manifest import Adds, Hole, Name

if TYPE_CHECKING:
    from collections.abc import Iterable

# Parts of a path that say that nothing below runs where the product runs.
_ASIDE = re.compile(
    r"tests?|testing|__tests__|specs?|fixtures?|testdata|e2e|examples?|samples?|demos?|docs?"
    r"|bench|benchmarks?|dev|devel|develop|development|ci|lint|linting|local|override|types|typing"
    r"|mypy|style|release|playwright|cypress|\.?devcontainer|\.github|tools|scripts|perf|loadtest"
    r"|debug"
)


def canonical(name: str) -> str:
    """The name as Python's packaging compares names."""
    return re.sub(r"[-_.]+", "-", name).lower()


def aside(path: str) -> bool:
    """Whether the path itself says: tests, development, examples."""
    parts = path.lower().split("/")
    words = [*parts[:-1], *re.split(r"[-_.]", parts[-1])]
    return any(_ASIDE.fullmatch(word) for word in words)


def hole(line: int, why: str, text: str) -> Hole:
    """A place whose names are computed, told by its text."""
    return Hole(line=line, why=why, digest=hashlib.sha256(text.encode()).hexdigest()[:16])


def package(name: str, line: int, *, runtime: bool = True) -> Name:
    """A package."""
    return Name(adds=Adds.PACKAGE, name=name, line=line, runtime=runtime)


def not_running(names: Iterable[Name]) -> tuple[Name, ...]:
    """The names, none of them needed where the product runs."""
    return tuple(replace(one, runtime=False) for one in names)


class Lines:
    """The lines of a text, asked where a word stands."""

    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")

    def of(self, word: str, after: int = 1) -> int:
        """The first line from `after` on that holds the word by itself; else `after`."""
        plain = re.compile(
            r"(?<![\w.@/-])" + re.sub(r"\\?[-_.]", "[-_.]", re.escape(word)) + r"(?![\w-])",
            re.IGNORECASE,
        )
        return self.matching(plain, after) or after

    def matching(self, pattern: re.Pattern[str], after: int = 1) -> int | None:
        """The first line from `after` on where the pattern is found."""
        rest = enumerate(self._lines[after - 1 :], after)
        return next((number for number, line in rest if pattern.search(line)), None)


def table(data: Any, *keys: str) -> dict[str, Any]:
    """The table at that place of parsed data; empty where there is none."""
    for key in keys:
        data = data.get(key) if isinstance(data, dict) else None
    return data if isinstance(data, dict) else {}


def texts(value: Any) -> list[str]:
    """The texts of a list; empty for anything else."""
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
