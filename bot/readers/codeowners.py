"""CODEOWNERS as GitHub reads it: the last line that matches a path names its owners."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import re2

from bot.model.problem import Problem, Severity, Where

if TYPE_CHECKING:
    from collections.abc import Callable

# GitHub ignores a larger file.
SIZE_LIMIT = 3_000_000

# Lines that are compared with a path in one go.
_AT_ONCE = 50
_OWNER = re.compile(r"^(@[\w-]+(?:\[bot\])?|@[\w-]+/[\w.-]+|[^@\s]+@[^@\s]+)$")
_PARTS = re.compile(r"(?:\\.|[^\s\\])+")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnerLine:
    """One line that could be read; no owners means that nobody owns what it matches."""

    number: int
    pattern: str
    owners: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeOwners:
    """The lines in order, and what could not be read."""

    lines: tuple[OwnerLine, ...]
    problems: tuple[Problem, ...] = ()

    def owners_of(self, path: str) -> tuple[str, ...]:
        """`@login` and `@org/team` of the last matching line; empty where nobody owns the path."""
        for end in range(len(self.lines), 0, -_AT_ONCE):
            some = self.lines[max(end - _AT_ONCE, 0) : end]
            found = _matcher(tuple(line.pattern for line in some))(path)
            if found:
                return some[max(found)].owners
        return ()


def parse(text: str, file: str = "CODEOWNERS") -> CodeOwners:
    """Read the file; a line with `!`, `[ ]` or an unreadable owner is a problem and is left out,
    as GitHub leaves it out."""
    lines: list[OwnerLine] = []
    problems: list[Problem] = []
    for number, raw in enumerate(text[:SIZE_LIMIT].split("\n"), start=1):
        parts = _PARTS.findall(_without_comment(raw.rstrip("\r")))
        if not parts:
            continue
        pattern, *owners = parts
        wrong = _wrong(pattern, owners)
        if wrong:
            where = Where(file=file, line=number, column=1)
            problems.append(Problem(where=where, what=wrong, severity=Severity.WARNING))
            continue
        lines.append(OwnerLine(number=number, pattern=pattern, owners=tuple(owners)))
    return CodeOwners(lines=tuple(lines), problems=tuple(problems))


def _without_comment(line: str) -> str:
    for at, char in enumerate(line):
        if char == "#" and (at == 0 or line[at - 1] != "\\"):
            return line[:at]
    return line


def _wrong(pattern: str, owners: list[str]) -> str:
    if pattern.startswith("!") or "[" in pattern:
        return f'GitHub does not read "{pattern}": CODEOWNERS has neither ! nor [ ]'
    bad = [owner for owner in owners if not _OWNER.match(owner)]
    return f'"{bad[0]}" is no owner: write @login, @org/team or an address' if bad else ""


@lru_cache(maxsize=4096)
def _matcher(patterns: tuple[str, ...]) -> Callable[[str], list[int] | None]:
    """Which of the patterns match a path, all of them looked for at once."""
    options = re2.Options()
    options.log_errors = False
    options.dot_nl = True
    every = re2.Set.SearchSet(options)
    for pattern in patterns:
        every.Add(_expression(pattern))
    every.Compile()
    found: Callable[[str], list[int] | None] = every.Match
    return found


def _expression(pattern: str) -> str:
    text = re.sub(r"\\(.)", r"\1", pattern)
    anchored = "/" in text.rstrip("/")
    folder = text.endswith("/")
    text = text.strip("/") if folder else text.lstrip("/")
    out = "^" if anchored else "(?:^|/)"
    at = 0
    while at < len(text):
        if text.startswith("**/", at):
            out, at = out + "(?:.*/)?", at + 3
        elif text.startswith("**", at):
            out, at = out + ".*", at + 2
        elif text[at] == "*":
            out, at = out + "[^/]*", at + 1
        elif text[at] == "?":
            out, at = out + "[^/]", at + 1
        else:
            out, at = out + re2.escape(text[at]), at + 1
    # `docs/*` is this folder's files only; a plain name is a file or all below a folder.
    below = "$" if text.endswith("/*") else "(?:/.*)?$"
    return out + ("/.*$" if folder else below)
