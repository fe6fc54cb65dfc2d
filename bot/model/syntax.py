"""Where a policy's own rule object matches in the syntax tree of a file."""

from __future__ import annotations

from dataclasses import dataclass

# What a rule object may be written for, and how its files end.
LANGUAGES = {
    "python": ("py", "pyi"),
    "typescript": ("ts", "mts", "cts"),
    "tsx": ("tsx",),
    "javascript": ("js", "jsx", "mjs", "cjs"),
    "java": ("java",),
    "kotlin": ("kt", "kts"),
    "go": ("go",),
    "ruby": ("rb", "rake"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One place, from its first to its last line; `digest`: of its code, however it is laid out."""

    line: int
    end: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Matches:
    """Every place of a file, in order."""

    found: tuple[Match, ...] = ()


def written_in(language: str, path: str) -> bool:
    """Whether a file of that name is of the language."""
    return path.rpartition(".")[2] in LANGUAGES[language]
