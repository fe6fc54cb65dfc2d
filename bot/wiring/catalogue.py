"""What this version has: rules, commands, presets, and the files that are made from them."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bot
from bot.model.command import Command
from bot.model.contract_kinds import change_kinds
from bot.model.registry import discover
from bot.model.rule import AnyRule, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable

_CODES = ("| E", "| W")


@cache
def all_rules() -> tuple[AnyRule, ...]:
    """Every rule, by id."""
    import bot.rules  # noqa: PLC0415

    return discover(bot.rules, "RULE", Rule)


@cache
def registry() -> Mapping[str, AnyRule]:
    """Every rule under its id."""
    return {rule.id: rule for rule in all_rules()}


@cache
def all_commands() -> tuple[Command, ...]:
    """Every verb, by id."""
    import bot.commands  # noqa: PLC0415

    return discover(bot.commands, "COMMAND", Command)


@cache
def presets() -> Mapping[str, str]:
    """The text of every preset under `name@number`."""
    return _texts("presets", ".yml")


@cache
def guides() -> Mapping[str, str]:
    """The text of every reference guide under its name."""
    return _texts("references", ".md")


def _texts(folder: str, ending: str) -> dict[str, str]:
    return {
        one.name.removesuffix(ending): one.read_text(encoding="utf-8")
        for one in (_config() / folder).iterdir()
        if one.name.endswith(ending)
    }


def problem_codes() -> dict[str, str]:
    """What each code of a policy problem means, with a wrong and a right line."""
    text = (_config() / "problems.md").read_text(encoding="utf-8")
    rows = (line.strip("| ").split(" | ") for line in text.splitlines() if line[:3] in _CODES)
    return {
        code: f"{code}: {means}\n  wrong: {wrong}\n  right: {right}"
        for code, means, wrong, right in rows
    }


def json_schema(kind: str) -> dict[str, Any]:
    """JSON Schema of the policy file, of the organisation's, or of a report."""
    if kind == "report":
        from bot.text.report_schema import report_schema  # noqa: PLC0415

        return report_schema()
    from bot.readers.policy import schema  # noqa: PLC0415

    return schema(kind)


def generated_files() -> dict[str, str]:
    """The files under `config/` that are made from code, by name."""
    from bot.github.manifest import app_manifest  # noqa: PLC0415
    from bot.metrics import ALL  # noqa: PLC0415
    from bot.text.catalogue import (  # noqa: PLC0415
        changes_markdown,
        commands_markdown,
        metrics_markdown,
        rules_markdown,
    )

    rules = rules_markdown(all_rules(), guides())
    return {
        "rules.md": f"{rules}\n{changes_markdown(change_kinds().values())}",
        "commands.md": commands_markdown(all_commands()),
        "handoff.schema.json": _json(json_schema("policy")),
        "handoff-organisation.schema.json": _json(json_schema("organisation")),
        "handoff-report.schema.json": _json(json_schema("report")),
        "app-manifest.json": _json(app_manifest()),
        "metrics.md": metrics_markdown(ALL),
    }


def _json(data: Any) -> str:
    return json.dumps(data, indent=2, sort_keys=True) + "\n"


def _config() -> Traversable:
    """The folder `config/`: inside the wheel, else beside the package in a checkout."""
    inside = files(bot) / "_config"
    return inside if inside.is_dir() else Path(bot.__file__).parents[1] / "config"
