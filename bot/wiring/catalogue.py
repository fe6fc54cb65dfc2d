"""What this version has: rules, commands, presets, and the files that are made from them."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import bot
from bot.model.command import Command
from bot.model.registry import discover
from bot.model.rule import AnyRule, Rule

if TYPE_CHECKING:
    from collections.abc import Mapping
    from importlib.resources.abc import Traversable


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
    folder = _config() / "presets"
    return {
        one.name.removesuffix(".yml"): one.read_text(encoding="utf-8")
        for one in folder.iterdir()
        if one.name.endswith(".yml")
    }


def policy_schema(kind: str) -> dict[str, Any]:
    """JSON Schema of the policy file, or of the organisation's."""
    from bot.readers.policy import schema  # noqa: PLC0415

    return schema(kind)


def generated_files() -> dict[str, str]:
    """The files under `config/` that are made from code, by name."""
    from bot.github.manifest import app_manifest  # noqa: PLC0415
    from bot.text.catalogue import commands_markdown, rules_markdown  # noqa: PLC0415

    return {
        "rules.md": rules_markdown(all_rules()),
        "commands.md": commands_markdown(all_commands()),
        "handoff.schema.json": _json(policy_schema("policy")),
        "handoff-organisation.schema.json": _json(policy_schema("organisation")),
        "app-manifest.json": _json(app_manifest()),
    }


def _json(data: Any) -> str:
    return json.dumps(data, indent=2, sort_keys=True) + "\n"


def _config() -> Traversable:
    """The folder `config/`: inside the wheel, else beside the package in a checkout."""
    inside = files(bot) / "_config"
    return inside if inside.is_dir() else Path(bot.__file__).parents[1] / "config"
