"""What a workflow checks, job by job, and where it looks away."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.model.evidence import Guards, Mark, Threshold
from bot.readers.evidence.shell import Command, commands, loosening, program
from bot.readers.yaml_loader import Scalar
from bot.readers.yaml_tree import below, entries, items, tree, word

if TYPE_CHECKING:
    from bot.readers.yaml_loader import Node

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}")
# Conditions under which a step runs at least as often as without one.
_ALWAYS = re.compile(
    r"^(?:\$\{\{)?\s*(?:always\(\)|success\(\)|!\s*cancelled\(\)|true)\s*(?:\}\})?$"
)
_DOCS = re.compile(
    r"^\.|(?:^|/)(?:docs?|website)/|\.(?:md|mdx|rst|txt|adoc)$|license|readme|changelog",
    re.IGNORECASE,
)
# What fails so is seen by nobody: it proves nothing.
_UNSEEN = frozenset({"continues-on-error", "failure-masked"})
# Actions that run a program whose result is evidence, by their names without a version.
_ACTIONS = {
    "golangci/golangci-lint-action": "golangci-lint",
    "astral-sh/ruff-action": "ruff",
    "aquasecurity/trivy-action": "trivy",
    "gitleaks/gitleaks-action": "gitleaks",
    "cypress-io/github-action": "cypress run",
}
_COVERAGE = re.compile(r"--(?:cov-)?fail[-_]under[= ](\d+(?:\.\d+)?)")


@dataclass(slots=True)
class _Found:
    """What was met so far."""

    lines: list[str]
    holds: list[Mark] = field(default_factory=list)
    loose: list[Mark] = field(default_factory=list)
    thresholds: list[Threshold] = field(default_factory=list)
    commands: set[str] = field(default_factory=set)


def read(text: str, path: str) -> Guards:
    """The guards of one workflow; raises Unreadable."""
    root = tree(text, path)
    found = _Found(text.split("\n"))
    for key, job in entries(below(root, "jobs")):
        _job(key, job, found)
    for event in ("pull_request", "pull_request_target", "push"):
        for one in items(below(root, "on", event, "paths-ignore")):
            entry = word(one)
            found.loose.append(
                Mark(
                    kind="paths-ignored",
                    about=f"{event} {entry}",
                    line=one.place.line,
                    job="*",
                    certain=event != "push" and not _DOCS.search(entry),
                )
            )
    return Guards(
        holds=tuple(found.holds),
        loose=tuple(found.loose),
        thresholds=tuple(found.thresholds),
        commands=frozenset(found.commands),
        tools=frozenset({"workflow"}),
    )


def _job(key: str, job: Node, found: _Found) -> None:
    name = _EXPRESSION.sub("*", word(below(job, "name")) or key)
    excused = _excuses(job, certain_if=False)
    found.commands.add(word(below(job, "uses")).partition("@")[0])
    for step in items(below(job, "steps")):
        uses, run = below(step, "uses"), below(step, "run")
        action = word(uses).partition("@")[0]
        found.commands.add(action)
        # The one of Cypress may only install it.
        runs = word(below(below(step, "with"), "runTests")) != "false"
        if uses is not None and action in _ACTIONS and runs:
            marks = _excuses(step, certain_if=True) + excused
            _held(name, _ACTIONS[action], uses.place.line, marks, found)
        if isinstance(run, Scalar):
            _step(name, step, run, excused, found)
    found.commands.discard("")


def _excuses(node: Node, *, certain_if: bool) -> list[Mark]:
    """What lets a job or a step fail, or not run, unseen."""
    marks = []
    goes_on = below(node, "continue-on-error")
    if goes_on is not None and word(goes_on) != "false":
        literal = word(goes_on) == "true"
        line = goes_on.place.line
        marks.append(Mark(kind="continues-on-error", about="", line=line, certain=literal))
    condition = below(node, "if")
    if condition is not None and not _ALWAYS.match(word(condition).strip()):
        line = condition.place.line
        marks.append(Mark(kind="runs-only-if", about="", line=line, certain=certain_if))
    return marks


def _step(name: str, step: Node, run: Scalar, excused: list[Mark], found: _Found) -> None:
    own = _excuses(step, certain_if=True)
    first = run.place.line + found.lines[run.place.line - 1].rstrip().endswith(("|", ">", "-", "+"))
    careless = False
    for command in commands(run.text):
        line = first + command.line
        found.commands.add(" ".join(command.text.split()))
        careless = careless or command.text.strip() in {"set +e", "set +o errexit"}
        runs = program(command.text)
        figure = _COVERAGE.search(command.text)
        if figure:
            threshold = Threshold(name="coverage in CI", value=float(figure[1]), line=line)
            found.thresholds.append(threshold)
        if runs:
            marks = _loosened(command, line, careless=careless) + own + excused
            _held(name, runs, line, marks, found)


def _held(name: str, runs: str, line: int, marks: list[Mark], found: _Found) -> None:
    """A program that a job runs, with what lets it fail unseen."""
    about = [replace(one, job=name, about=f"{runs} {one.about}".strip()) for one in marks]
    found.loose += about
    free = not any(one.certain for one in about)
    unseen = any(one.certain and one.kind in _UNSEEN for one in about)
    kind = "runs-unseen" if unseen else "runs"
    found.holds.append(Mark(kind=kind, about=runs, line=line, job=name, certain=free))


def _loosened(command: Command, line: int, *, careless: bool) -> list[Mark]:
    marks = [Mark(kind=kind, about=what, line=line) for kind, what in loosening(command.text)]
    if careless:
        marks.append(Mark(kind="failure-masked", about="set +e", line=line, certain=False))
    return marks
