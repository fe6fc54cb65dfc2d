"""Migration files of every tool that is understood."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.known import Known, Unknown
from bot.model.migration import Migration
from bot.readers.migrations import alembic, django, rails, scripts
from bot.readers.migrations.ruby import NotRuby
from bot.readers.migrations.statements import Unreadable

if TYPE_CHECKING:
    from bot.sandbox.frame import Job

NONE = Migration(tool="none")
# Words of a database that makes the indexes of foreign keys by itself.
_INDEXING = re.compile(r"(?i)mysql|mariadb|auto_increment|utf8mb4|\bengine\s*=")
# What gives the migrations of a tool away that is not read, by the end of the file's name.
_OTHERS = {
    ("ts", "js", "mjs", "cjs"): (
        r"\bMigrationInterface\b|\bqueryInterface\b|\bknex\b|exports\.up\b|export (async )?"
        r"(function|const) up\b"
    ),
    ("php",): r"\bextends\s+(Abstract)?Migration\b",
    ("cs",): r":\s*Migration\b",
    ("java", "kt"): r"\bBaseJavaMigration\b|\bJavaMigration\b",
    ("go",): r"\bgoose\.Add\w*Migration|\bgormigrate\.",
    ("exs",): r"\buse Ecto\.Migration\b",
    ("xml", "yaml", "yml", "json"): r"\bdatabaseChangeLog\b",
    ("py",): r"^from yoyo import|^import yoyo|^from peewee_migrate|^from piccolo",
}
_BY_ENDING = {
    ending: re.compile(text, re.MULTILINE) for some, text in _OTHERS.items() for ending in some
}


def read(job: Job) -> Known[Migration]:
    """What the migration does and how it is undone; tool `none` for any other file."""
    text = (job.head or b"").decode("utf-8", "replace").removeprefix("\ufeff")
    found = _read(job, text)
    if isinstance(found, Unknown) or found is NONE:
        return found
    return replace(found, indexing=found.tool == "django" or bool(_INDEXING.search(text)))


def _read(job: Job, text: str) -> Known[Migration]:
    ending = job.path.rpartition(".")[2].lower()
    try:
        if ending == "py":
            return _python(text, job.path) or _other(ending, text, job.path)
        if ending == "rb":
            return rails.read(text, job.path) or NONE
        if ending == "sql":
            return scripts.read(text, job.path)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        known = isinstance(error, NotRuby | Unreadable)
        why = str(error) if known else "it cannot be parsed"
        return Unknown(f"can't tell: {job.path} - {why}", by_content=True)
    return _other(ending, text, job.path)


def _python(text: str, path: str) -> Migration | None:
    tree = ast.parse(text)
    return alembic.read(tree) or django.read(tree, path)


def _other(ending: str, text: str, path: str) -> Known[Migration]:
    mark = _BY_ENDING.get(ending)
    if mark is not None and mark.search(text):
        return Unknown(f"can't tell: {path} - Handoff does not read migrations of this tool")
    return NONE
