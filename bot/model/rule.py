"""A rule: facts in, verdict out, and what it has to be told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from bot.model.facts import Changes, Facts
from bot.model.need import Need
from bot.model.verdict import Kind, Verdict

O = TypeVar("O")  # noqa: E741  one letter, as type variables are


@dataclass(frozen=True, slots=True, kw_only=True)
class NoOptions:
    """Nothing can be chosen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Generic[O]):
    """One file of `bot/rules/`.

    `id` finishes "This pull request is ready because ...". `word`: the policy's short name of the
    proof (`check`, `changed`, ...), None for a rule that is asked for by `builtin`. `items`: ids of
    the checklist items it was made for. `watch`: looks for something bad rather than for proof.
    `guide`: for one that only advises, the guide or the phase of work that it stands under.
    """

    id: str
    title: str
    word: str | None = None
    items: frozenset[str] = frozenset()
    watch: bool
    kinds: tuple[Kind, ...]
    version: int = 1
    options: type[O]
    needs: Callable[[O, Changes], frozenset[Need]]
    prove: Callable[[Facts, O], Verdict]
    guide: str = ""


AnyRule = Rule[Any]
