"""Policies written as text, loaded with every rule and preset that this version has."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.model.policy import Policy
from bot.model.problem import Problem, Severity
from bot.readers.policy import LoadContext, Loaded, SourceText, load_policy
from bot.readers.yaml_loader import Mapping, Node, Scalar, read_yaml
from bot.wiring.catalogue import all_rules, presets

DATA = Path(__file__).parent / "data"
FILE = ".github/handoff.yml"
SHARED = "acme/policies:service.yml@v3"
EXAMPLE = (DATA / "complete.yml").read_bytes()
CONTEXT = LoadContext(
    rules=all_rules(),
    presets=presets(),
    extended={SHARED: SourceText(path="service.yml", text=(DATA / "extended.yml").read_bytes())},
    repo="acme/shop",
    version="1.4",
)
START = "version: 1\n"


def load(
    repository: str | bytes | None = None, organisation: str | None = None, **context: Any
) -> Loaded:
    return load_policy(
        repository=_source(repository, FILE, "a" * 40),
        organisation=_source(organisation, "handoff.yml", "b" * 40),
        context=replace(CONTEXT, **context),
    )


def policy(repository: str | bytes | None = None, organisation: str | None = None) -> Policy:
    loaded = load(repository, organisation)
    assert errors(loaded.problems) == []
    assert loaded.policy is not None
    return loaded.policy


def item(proof: str, *, rest: str = "") -> str:
    """A policy of one item of our own."""
    return f"{START}{rest}checklist:\n  own:\n    title: Own\n    proof: {proof}\n"


def errors(problems: tuple[Problem, ...]) -> list[str]:
    return [one.line() for one in problems if one.severity is Severity.ERROR]


def lines(problems: tuple[Problem, ...]) -> list[str]:
    """`line:column code what` of every problem."""
    return [f"{one.where.line}:{one.where.column} {one.code} {one.what}" for one in problems]


def plain(text: str | bytes) -> Any:
    """The text as JSON data, read as the loader reads it."""
    data = text.encode() if isinstance(text, str) else text
    root = read_yaml(data, "").root
    assert root is not None
    return json.loads(json.dumps(_plain(root)))


def _plain(node: Node) -> Any:
    if isinstance(node, Mapping):
        return {name: _plain(value) for name, value in node.entries.items()}
    return node.value if isinstance(node, Scalar) else [_plain(one) for one in node.items]


def _source(text: str | bytes | None, path: str, blob: str) -> SourceText | None:
    if text is None:
        return None
    return SourceText(path=path, text=text.encode() if isinstance(text, str) else text, blob=blob)
