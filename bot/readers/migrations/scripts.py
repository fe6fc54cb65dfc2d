"""Migrations that are SQL files: Flyway, golang-migrate, goose, dbmate, Prisma, numbered files."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256

from bot.model.migration import Finding, Migration, Undo
from bot.readers.migrations.sql import Script, read_script

_FLYWAY = re.compile(r"^([VUBR])(\d+(?:[._]\d+)*)?__.*\.sql$")
_TWO_FILES = re.compile(r"^(\d+)[_-].*\.(up|down)\.sql$")
# pop runs the file of the database it is connected to, else the one of all databases.
_OF_DATABASE = re.compile(
    r"\.(mysql|mariadb|postgres|postgresql|cockroach|sqlite|sqlite3)(\.autocommit)?(?=\.up\.sql$)"
)
_NUMBERED = re.compile(r"^(\d+)[_-].*\.sql$")
_DOWN_NAMES = ("_down.sql", ".down.sql", ".rollback.sql", "_rollback.sql", ".undo.sql")
# The comment that begins the way up or down, by tool.
_MARKS = {
    "goose": re.compile(r"^--\s*\+goose\s+(up|down)\b", re.IGNORECASE | re.MULTILINE),
    "dbmate": re.compile(r"^--\s*migrate:(up|down)\b", re.IGNORECASE | re.MULTILINE),
    "sql-migrate": re.compile(r"^--\s*\+migrate\s+(up|down)\b", re.IGNORECASE | re.MULTILINE),
}
_LIQUIBASE = re.compile(r"^\s*--\s*liquibase formatted sql", re.IGNORECASE)
_CHANGE_SET = re.compile(r"^--\s*changeset\b", re.IGNORECASE | re.MULTILINE)


def read(text: str, path: str) -> Migration:
    """The migration; tool `none` for SQL that no tool would run. Raises Unreadable."""
    name = path.rpartition("/")[2]
    for tool, mark in _MARKS.items():
        if mark.search(text):
            return _marked(tool, mark, text, name)
    if _LIQUIBASE.match(text):
        return _liquibase(text)
    if name == "migration.sql":
        return _single("prisma", path.split("/")[-2] if "/" in path else "", text, path)
    flyway = _FLYWAY.match(name)
    if flyway:
        return _flyway(flyway, text, path)
    two = _TWO_FILES.match(name)
    if two or name in {"up.sql", "down.sql"}:
        return _of_two(two, text, path)
    numbered = _NUMBERED.match(name)
    if numbered and name.endswith(_DOWN_NAMES):
        return _down("sql", text, read_script(text))
    if numbered:
        return _single("sql", numbered.group(1), text, path)
    return Migration(tool="none")


def _up(tool: str, text: str, script: Script, undo: Undo, revision: str = "") -> Migration:
    """A file with a way up; one that does nothing needs none back."""
    digest = _digest(text)
    return Migration(
        tool=tool,
        revision=revision,
        operations=tuple(script.operations),
        opaque=tuple(script.opaque),
        undo=undo if script.effective else Undo.NOT_NEEDED,
        empty=not script.effective,
        digest=digest,
        up_digest=digest,
    )


def _down(tool: str, text: str, script: Script) -> Migration:
    """A file that is the way down of another."""
    digest = _digest(text)
    return Migration(
        tool=tool,
        undoing=tuple(script.operations),
        undo=Undo.NOT_NEEDED,
        empty=not script.effective,
        down=True,
        digest=digest,
        up_digest=digest,
    )


def _digest(text: str) -> str:
    """Of every byte: these tools keep checksums."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _marked(tool: str, mark: re.Pattern[str], text: str, name: str) -> Migration:
    """Both ways in one file, each after its comment."""
    parts: dict[str, tuple[str, int]] = {}
    found = list(mark.finditer(text))
    for one, end in zip(found, [*(m.start() for m in found[1:]), len(text)], strict=True):
        line = text.count("\n", 0, one.start()) + 1
        parts.setdefault(one.group(1).lower(), (text[one.end() : end], line))
    up, down = (
        read_script(_without_rest(parts[way][0]), parts[way][1]) if way in parts else Script()
        for way in ("up", "down")
    )
    number = re.match(r"\d+", name)
    undo = Undo.HERE if down.effective else Undo.MISSING
    made = _up(tool, text, up, undo, number.group() if number else "")
    return replace(made, undoing=tuple(down.operations), up_line=parts.get("up", ("", 1))[1])


def _without_rest(text: str) -> str:
    """Options may follow the mark on its line, as in `-- migrate:up transaction:false`."""
    return "--" + text


def _liquibase(text: str) -> Migration:
    """Change sets without a rollback are shown; whether Liquibase finds one itself is not known."""
    findings = []
    starts = [one.start() for one in _CHANGE_SET.finditer(text)]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        if not re.search(r"^--\s*rollback\b", text[start:end], re.IGNORECASE | re.MULTILINE):
            line = text.count("\n", 0, start) + 1
            note = "this change set says nothing of its rollback"
            findings.append(Finding(kind="rollback-not-said", note=note, line=line))
    made = _up("liquibase", text, read_script(text), Undo.HERE)
    return replace(made, findings=tuple(findings), repeatable=True)


def _flyway(match: re.Match[str], text: str, path: str) -> Migration:
    kind, version = match.group(1), match.group(2) or ""
    folder = path.rpartition("/")[0]
    script = read_script(text)
    if kind == "U":
        return _down("flyway", text, script)
    if kind in {"R", "B"}:
        return replace(_up("flyway", text, script, Undo.NOT_NEEDED), repeatable=kind == "R")
    beside = f"{folder}/U{version}__".removeprefix("/")
    made = _up("flyway", text, script, Undo.BESIDE, _flyway_version(version))
    return replace(made, beside=(beside,))


def _flyway_version(text: str) -> str:
    """Flyway reads 1_02 and 1.2 as the same version."""
    parts = [part.lstrip("0") or "0" for part in re.split(r"[._]", text)]
    while len(parts) > 1 and parts[-1] == "0":
        parts.pop()
    return ".".join(parts)


def _of_two(match: re.Match[str] | None, text: str, path: str) -> Migration:
    """golang-migrate and its like: one file up, one file down."""
    folder, _, name = path.rpartition("/")
    down = name.endswith("down.sql")
    revision = match.group(1).lstrip("0") if match else folder.rpartition("/")[2]
    script = read_script(text)
    if down:
        return _down("golang-migrate", text, script)
    made = _up("golang-migrate", text, script, Undo.BESIDE, revision)
    of_database = _OF_DATABASE.search(path)
    ways = {path, _OF_DATABASE.sub("", path), _OF_DATABASE.sub(r".\1", path)}
    return replace(
        made,
        group=of_database.group(1) if of_database else "",
        beside=tuple(sorted(one.removesuffix("up.sql") + "down.sql" for one in ways)),
    )


def _single(tool: str, revision: str, text: str, path: str) -> Migration:
    """One file up; a way down can only stand beside it."""
    folder, _, name = path.rpartition("/")
    before = f"{folder}/" if folder else ""
    stem = name.removesuffix(".sql")
    beside = tuple(before + stem + ending for ending in _DOWN_NAMES)
    more = (f"{before}down.sql", f"{before}down/{name}", f"{before}rollback/{name}")
    made = _up(tool, text, read_script(text), Undo.BESIDE, revision)
    return replace(made, beside=(*beside, *more))
