"""Where a policy's own rule object matches in one file, by the engine that it is written for."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ast_grep_py import SgRoot

from bot.model.known import Known, Unknown
from bot.model.syntax import Match, Matches, written_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ast_grep_py import SgNode

    from bot.sandbox.frame import Job

# A rule that finds more is not about something that a person would look at one by one.
MATCHES_AT_MOST = 1_000
# Matches within matches repeat the same text: all of them together, in characters.
TEXT_AT_MOST = 1_000_000
_CAUSE = re.compile(r"^\s+\d+: (.+)$", re.MULTILINE)
# By itself `a.B($X)` is a conversion of Go; within a function it is a call.
_CONVERSION: Any = {"kind": "type_conversion_expression", "has": {"kind": "qualified_type"}}


def read(job: Job) -> Known[Matches]:
    """The matches of the rule that the job names; Unknown for a rule that cannot be used, even
    where the file is of another language."""
    refused = _refusal(job.options)
    if refused:
        return Unknown(refused)
    asked = json.loads(job.options)
    if not written_in(asked["language"], job.path):
        return Matches()
    if b"\0" in (job.head or b""):
        return Unknown(f"{job.path} is not UTF-8 text", by_content=True)
    # The engine takes no lone surrogates, and decoding leaves none.
    text = (job.head or b"").decode("utf-8-sig", "replace")
    root = SgRoot(text, asked["language"]).root()
    wrong = _error(root)
    if wrong is not None:
        why = f"{job.path}:{_line(wrong)} is not understood as {asked['language']}"
        return Unknown(why, by_content=True)
    return _matches(job.path, root.find_all({"rule": asked["rule"]}))


def _matches(path: str, nodes: list[SgNode]) -> Known[Matches]:
    size = sum(one.range().end.index - one.range().start.index for one in nodes)
    if len(nodes) > MATCHES_AT_MOST or size > TEXT_AT_MOST:
        return Unknown(f"{path} has too many matches: {len(nodes)}", by_content=True)
    found = (
        Match(line=_line(one), end=one.range().end.line + 1, digest=_digest(one.text()))
        for one in nodes
    )
    return Matches(found=tuple(found))


@lru_cache(maxsize=64)
def _refusal(options: str) -> str:
    """Why the rule cannot be used, in the engine's words; empty where it can."""
    asked = json.loads(options)
    language = asked["language"]
    for pattern in _patterns(asked["rule"]):
        # A letter that no language gives a meaning to stands for the engine's own sign.
        code = pattern.replace("$", "µ")
        root = SgRoot(code, language).root()
        # Some grammars want a statement to end, which the engine does not.
        if all(_error(SgRoot(code + end, language).root()) for end in ("", "\n", ";")):
            return f"the pattern is not {language} by itself; write its context and a selector"
        if language == "go" and root.find({"rule": _CONVERSION}) is not None:
            return "the pattern is a conversion by itself; write its context and a selector"
    try:
        SgRoot("", language).root().find({"rule": asked["rule"]})
    except RuntimeError as error:
        causes: list[str] = _CAUSE.findall(str(error).partition("Stack backtrace")[0])
        return causes[-1] if causes else "the rule is not one of ast-grep"
    return ""


def _patterns(rule: Any) -> Iterator[str]:
    """Every piece of code that the rule writes."""
    parts = rule if isinstance(rule, list) else rule.values() if isinstance(rule, dict) else ()
    for one in parts:
        yield from _patterns(one)
    if isinstance(rule, dict) and "pattern" in rule:
        written = rule["pattern"]
        yield written if isinstance(written, str) else written["context"]


def _error(root: SgNode) -> SgNode | None:
    return root if root.kind() == "ERROR" else root.find(kind="ERROR")


def _line(node: SgNode) -> int:
    return node.range().start.line + 1


def _digest(code: str) -> str:
    return sha256(" ".join(code.split()).encode()).hexdigest()[:16]
