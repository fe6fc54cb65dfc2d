"""Sections of a pull request's description, read by their headings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# GitHub takes 65,536 characters.
BODY_LIMIT = 70_000

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+(.*?)[ \t]*#*[ \t]*$")
_KEY = re.compile(
    r"^\s*(?:[-*+]\s+)?(?:\*\*|__)?([^:*_]{1,80}?)(?:\*\*|__)?\s*:\s*(?:\*\*|__)?(.*)$"
)
_PLACEHOLDER = re.compile(
    r"^\W*(?:tbd|todo|to do|fill (?:me )?in|describe .*|please .*|n/?a|none|xxx|\.\.\.|…|"
    r"<[^>]*>|\[[^\]]*\]|_[^_]*_)?\W*$",
    re.IGNORECASE,
)
_NONE = re.compile(r"^\W*(?:none|n/?a|no|nothing|not needed)\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One heading with the lines below it, down to the next heading."""

    heading: str
    lines: tuple[str, ...]

    @property
    def own_words(self) -> int:
        """Words that are neither placeholder nor empty key nor markup."""
        return sum(len(re.findall(r"\w+", line)) for line in self.lines if not _empty(line))

    @property
    def says_none(self) -> bool:
        """Whether the text says that there is nothing to say."""
        said = [line for line in self.lines if line.strip()]
        return len(said) == 1 and says_none(said[0])

    def value(self, key: str) -> str:
        """What stands behind `key:` in the section, empty where nothing does."""
        for line in self.lines:
            found = _KEY.match(line)
            if found and found.group(1).strip().casefold() == key.casefold():
                return found.group(2).strip()
        return ""


@lru_cache(maxsize=8)
def sections(body: str) -> tuple[Section, ...]:
    """Every section of a description in markdown; comments and code fences hold no headings."""
    found: list[Section] = []
    heading = ""
    lines: list[str] = []
    fence = ""
    for line in _COMMENT.sub("", body.replace("\r\n", "\n").replace("\r", "\n")).split("\n"):
        mark = line.lstrip()[:3]
        if mark in {"```", "~~~"} and (not fence or mark == fence):
            fence = "" if fence else mark
        title = None if fence else _HEADING.match(line)
        if title is None:
            lines.append(line)
            continue
        found.append(Section(heading=heading, lines=tuple(lines)))
        heading, lines = title.group(1).strip(), []
    return (*found, Section(heading=heading, lines=tuple(lines)))


def section(body: str, heading: str) -> Section | None:
    """The first section of that heading, in any level and case."""
    wanted = _folded(heading)
    for one in sections(body):
        if one.heading and _folded(one.heading) == wanted:
            return one
    return None


def answer_to(body: str, notice: str, field: str, fields: tuple[str, ...]) -> str:
    """What the description answers to a field of a notice, "none" among that; else empty.

    Under the heading `<notice> handoff`: what follows `Field:` up to the next of the notice's
    `fields`. Else all below a heading of the field's own name. Placeholders answer nothing.
    """
    ours = {_folded(f"{notice} handoff"), _folded(f"handoff {notice}")}
    names, wanted = {_folded(one) for one in fields}, _folded(field)
    every = sections(body)
    keyed = [line for one in every if _folded(one.heading) in ours for line in one.lines]
    below = [line for one in every if _folded(one.heading) == wanted for line in one.lines]
    return _said(_below_key(keyed, wanted, names)) or _said(below)


def says_none(text: str) -> bool:
    """Whether an answer is that there is nothing."""
    return _NONE.match(text) is not None


def _below_key(lines: list[str], wanted: str, names: set[str]) -> list[str]:
    found: list[str] = []
    inside = False
    for line in lines:
        key = _KEY.match(line)
        name = _folded(key.group(1)) if key else ""
        inside = name == wanted if name in names else inside
        if inside:
            found.append(key.group(2) if key and name == wanted else line)
    return found


def _said(lines: list[str]) -> str:
    return "\n".join(line for line in lines if says_none(line) or not _empty(line)).strip()


def _folded(heading: str) -> str:
    return re.sub(r"[^\w]+", " ", heading.casefold()).strip()


def _empty(line: str) -> bool:
    found = _KEY.match(line)
    text = found.group(2) if found else line
    return _PLACEHOLDER.match(text) is not None or re.match(r"^\s*[-*+] \[ \]", line) is not None
