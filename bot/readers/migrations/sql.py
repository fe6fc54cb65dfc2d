"""Statements of SQL text: what each does to tables, in any of the usual dialects."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise

from bot.model.migration import Destroys, Operation, Reference
from bot.readers.migrations.statements import Token, statements_of, words

# What changes no table and leaves nothing behind.
_NEUTRAL = words(
    "SET RESET BEGIN START COMMIT END ROLLBACK SAVEPOINT RELEASE ANALYZE ANALYSE VACUUM REINDEX "
    "COMMENT LOCK UNLOCK NOTIFY PRAGMA USE PRINT GO SHOW EXPLAIN CHECKPOINT DISCARD OPTIMIZE "
    "REFRESH CLUSTER"
)
# What stands on its own and touches neither tables nor rows.
_HARMLESS = words("GRANT REVOKE SELECT VALUES COPY SECURITY REASSIGN ATTACH DETACH")
_NOT_A_COLUMN = words("CONSTRAINT INDEX KEY FOREIGN PRIMARY CHECK UNIQUE FULLTEXT SPATIAL EXCLUDE")
_INDEXES = words("INDEX KEY PRIMARY UNIQUE EXCLUDE")
_FILLED = words(
    "DEFAULT GENERATED AUTO_INCREMENT AUTOINCREMENT IDENTITY AS SERIAL BIGSERIAL SMALLSERIAL"
)
_NOTHING = Token("", "", 0)


@dataclass(slots=True)
class Script:
    """What a text does. `effective`: one statement does more than set a session up."""

    operations: list[Operation] = field(default_factory=list)
    opaque: list[int] = field(default_factory=list)
    effective: bool = False


def read_script(text: str, first_line: int = 1) -> Script:
    """The operations of all statements; raises Unreadable for a string that never ends."""
    script = Script()
    for statement in statements_of(text, first_line):
        _interpret(statement, script)
    _see_rebuilt_tables(script)
    return script


def _see_rebuilt_tables(script: Script) -> None:
    """A table that a new one takes the place of is not dropped; which columns are, is not seen."""
    made = {one.table for one in script.operations if one.creates and not one.columns}
    rebuilt = {
        one.to: one.table
        for one in script.operations
        if one.name == "rename_table" and one.table in made
    }
    dropped = {one.table for one in script.operations if one.name == "drop_table"}
    for at, one in enumerate(script.operations):
        if one.name == "drop_table" and one.table in rebuilt:
            script.operations[at] = replace(one, destroys=None)
            script.opaque.append(one.line)
        elif one.table in rebuilt.values() and rebuilt.keys() & dropped:
            script.operations[at] = replace(one, destroys=None)


# ── from statements to operations ─────────────────────────────────────────────────────────────


class _Cursor:
    """Walks over a statement; words are met only outside parentheses."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0
        self.line = tokens[0].line if tokens else 1

    def word(self) -> str:
        return self.tokens[self.at].word if self.at < len(self.tokens) else ""

    def take(self, *words: str) -> bool:
        """Step over the words where they come next, in this order."""
        here = [one.word for one in self.tokens[self.at : self.at + len(words)]]
        if here == list(words):
            self.at += len(words)
            return True
        return False

    def skip(self, *words: str) -> None:
        while self.word() in words:
            self.at += 1

    def name(self) -> str:
        """A name without its schema, in lower case; "" where none stands."""
        found = ""
        while self.at < len(self.tokens) and self.tokens[self.at].named:
            found = self.tokens[self.at].text
            self.at += 1
            if self.at == len(self.tokens) or self.tokens[self.at].text != ".":
                break
            self.at += 1
        return found.lower()

    def rest(self) -> list[Token]:
        return self.tokens[self.at :]


def _interpret(statement: list[Token], script: Script) -> None:
    cursor = _Cursor(statement)
    first = cursor.word()
    if first in _NEUTRAL and not _is_block(statement):
        if any(one.word in _READERS and one.line != cursor.line for one in statement):
            # Without a `;` between them, what follows on the next line runs as well.
            script.effective = True
            script.opaque.append(cursor.line)
        return
    if _leaves_nothing(statement):
        return
    script.effective = True
    reader = _READERS.get(first)
    if reader is not None:
        cursor.at = 1
        # A table of the session alone, as SQL Server calls it, is gone with it.
        script.operations += [one for one in reader(cursor) if not one.table.startswith("#")]
    elif first not in _HARMLESS:
        script.opaque.append(cursor.line)


def _is_block(statement: list[Token]) -> bool:
    """BEGIN with statements of its own, which only the server understands."""
    words = {"TRANSACTION", "WORK", "TRAN", "ISOLATION", "READ", "IMMEDIATE", "EXCLUSIVE", ""}
    return statement[0].word == "BEGIN" and len(statement) > 1 and statement[1].word not in words


def _leaves_nothing(statement: list[Token]) -> bool:
    words = [one.word for one in statement]
    if words[:2] == ["CREATE", "EXTENSION"]:
        return True
    return words[:2] == ["ALTER", "TABLE"] and "VALIDATE" in words and "CONSTRAINT" in words


def _create(cursor: _Cursor) -> list[Operation]:
    cursor.skip("OR", "REPLACE", "TEMP", "TEMPORARY", "UNLOGGED", "GLOBAL", "LOCAL", "FOREIGN")
    if cursor.take("TABLE"):
        cursor.take("IF", "NOT", "EXISTS")
        table = cursor.name()
        made = Operation(name="create_table", table=table, line=cursor.line, creates=True)
        return [_keyed(made, _actions(cursor.rest()[1:]))]
    unique = cursor.take("UNIQUE")
    cursor.skip("CLUSTERED", "NONCLUSTERED")
    if not cursor.take("INDEX"):
        return [Operation(name=f"create_{cursor.word().lower() or 'object'}", line=cursor.line)]
    table, columns = _indexed(cursor)
    return [
        Operation(
            name="create_unique" if unique else "create_index",
            table=table,
            columns=columns,
            line=cursor.line,
            destroys=Destroys.NARROWS if unique else None,
        )
    ]


def _indexed(cursor: _Cursor) -> tuple[str, tuple[str, ...]]:
    while cursor.at < len(cursor.tokens) and cursor.word() != "ON":
        cursor.at += 1
    cursor.take("ON")
    cursor.take("ONLY")
    return cursor.name(), _listed(cursor.rest())


def _listed(tokens: list[Token]) -> tuple[str, ...]:
    """The plain names of the first pair of parentheses."""
    names: list[str] = []
    depth = 0
    for token, following in zip(tokens, [*tokens[1:], _NOTHING], strict=True):
        depth += (token.text == "(") - (token.text == ")")
        if token.text == ")" and depth == 0:
            break
        if depth == 1 and token.named and following.text != "(":
            names.append(token.text.lower())
    return tuple(one for one in names if one not in {"asc", "desc", "nulls", "first", "last"})


def _keyed(made: Operation, parts: list[list[Token]]) -> Operation:
    """The operation with the foreign keys and indexes that stand in the parts of its table."""
    references, leads = list[Reference](), list[str]()
    for part in parts:
        cursor = _Cursor(part)
        if cursor.take("CONSTRAINT"):
            cursor.name()
        kind = cursor.word()
        said = _outer_words(cursor.rest())
        columns = _listed(cursor.rest())[:1] if kind in _NOT_A_COLUMN else (cursor.name(),)
        if kind == "FOREIGN" or (kind not in _NOT_A_COLUMN and "REFERENCES" in said):
            says = ("ON", "DELETE") in list(pairwise(said))
            column = "".join(columns)
            references.append(Reference(column=column, line=cursor.line, says=says))
        if kind in _INDEXES or (kind not in _NOT_A_COLUMN and _INDEXES & set(said)):
            leads += columns
    return replace(made, references=tuple(references), leads=tuple(leads))


def _drop(cursor: _Cursor) -> list[Operation]:
    what = cursor.word()
    cursor.at += 1
    cursor.skip("IF", "EXISTS")
    loses = {"TABLE", "TYPE", "SCHEMA", "DATABASE"}
    names = [cursor.name()]
    while cursor.rest()[:1] and cursor.rest()[0].text == ",":
        cursor.at += 1
        names.append(cursor.name())
    return [
        Operation(
            name=f"drop_{what.lower()}",
            table=name,
            line=cursor.line,
            destroys=Destroys.DROPS if what in loses else None,
        )
        for name in names
    ]


def _alter(cursor: _Cursor) -> list[Operation]:
    if not cursor.take("TABLE"):
        return [Operation(name=f"alter_{cursor.word().lower() or 'object'}", line=cursor.line)]
    cursor.take("IF", "EXISTS")
    cursor.take("ONLY")
    table = cursor.name()
    found: list[Operation] = []
    for action in _actions(cursor.rest()):
        inner = _Cursor(action)
        first = inner.word()
        inner.at = 1
        reader = _ACTIONS.get(first)
        one = reader(inner, table) if reader else None
        if one and first == "ADD":
            one = _keyed(one, [_added(action)])
        found.append(one or Operation(name="alter_table", table=table, line=inner.line))
    return found


def _added(action: list[Token]) -> list[Token]:
    """What an action adds, without the words that say that it does."""
    cursor = _Cursor(action)
    cursor.skip("ADD", "COLUMN", "IF", "NOT", "EXISTS")
    return cursor.rest()


def _actions(tokens: list[Token]) -> list[list[Token]]:
    actions: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if token.text == "," and depth == 0:
            actions.append([])
        else:
            actions[-1].append(token)
    return [one for one in actions if one]


def _add_part(cursor: _Cursor, table: str) -> Operation | None:
    if cursor.word() in _NOT_A_COLUMN:
        return _add_constraint(cursor, table)
    cursor.take("COLUMN")
    cursor.take("IF", "NOT", "EXISTS")
    if cursor.rest()[:1] and cursor.rest()[0].text == "(":
        return None
    column = cursor.name()
    said = _outer_words(cursor.rest())
    demands = ("NOT", "NULL") in list(pairwise(said))
    narrows = demands and not _FILLED & set(said)
    return Operation(
        name="add_column",
        table=table,
        columns=(column,),
        line=cursor.line,
        destroys=Destroys.NARROWS if narrows else None,
        creates=True,
    )


def _add_constraint(cursor: _Cursor, table: str) -> Operation | None:
    if cursor.take("CONSTRAINT"):
        cursor.name()
    words = _outer_words(cursor.rest())
    if words[:1] != ["UNIQUE"] or "USING" in words:
        return Operation(name="add_constraint", table=table, line=cursor.line)
    return Operation(
        name="create_unique",
        table=table,
        columns=_listed(cursor.rest()),
        line=cursor.line,
        destroys=Destroys.NARROWS,
    )


def _drop_part(cursor: _Cursor, table: str) -> Operation | None:
    if cursor.word() in _NOT_A_COLUMN:
        return Operation(name="drop_constraint", table=table, line=cursor.line)
    cursor.take("COLUMN")
    cursor.take("IF", "EXISTS")
    if cursor.word() in {"PARTITION", "DEFAULT", "EXPRESSION"}:
        return None
    column = cursor.name()
    return _on_column("drop_column", table, column, cursor, Destroys.DROPS)


def _rename_part(cursor: _Cursor, table: str) -> Operation | None:
    if cursor.word() in {"CONSTRAINT", "INDEX", "KEY"}:
        return None
    if cursor.take("TO") or cursor.take("AS"):
        return _renamed(table, cursor)
    cursor.take("COLUMN")
    return _on_column("rename_column", table, cursor.name(), cursor, Destroys.RENAMES)


def _renamed(table: str, cursor: _Cursor) -> Operation:
    return Operation(
        name="rename_table",
        table=table,
        to=cursor.name(),
        line=cursor.line,
        # Postgres lets a sequence be renamed as if it were a table.
        destroys=None if table.endswith("_seq") else Destroys.RENAMES,
    )


def _alter_part(cursor: _Cursor, table: str) -> Operation | None:
    if cursor.word() in {"CONSTRAINT", "INDEX"}:
        return None
    cursor.take("COLUMN")
    column = cursor.name()
    words = _outer_words(cursor.rest())
    if words[:3] == ["SET", "NOT", "NULL"]:
        return _on_column("set_not_null", table, column, cursor, Destroys.NARROWS)
    retyped = words[:1] == ["TYPE"] or words[:3] == ["SET", "DATA", "TYPE"]
    return _on_column("change_type" if retyped else "alter_column", table, column, cursor, None)


def _change_part(cursor: _Cursor, table: str) -> Operation | None:
    cursor.take("COLUMN")
    before, after = cursor.name(), cursor.name()
    destroys = Destroys.RENAMES if before != after else None
    return _on_column("change_column", table, before, cursor, destroys)


def _modify_part(cursor: _Cursor, table: str) -> Operation | None:
    """The whole column is said again; what of it is new cannot be seen here."""
    cursor.take("COLUMN")
    return _on_column("alter_column", table, cursor.name(), cursor, None)


def _on_column(
    name: str, table: str, column: str, cursor: _Cursor, destroys: Destroys | None
) -> Operation:
    return Operation(name=name, table=table, columns=(column,), line=cursor.line, destroys=destroys)


def _outer_words(tokens: list[Token]) -> list[str]:
    words: list[str] = []
    depth = 0
    for token in tokens:
        depth += (token.text == "(") - (token.text == ")")
        if depth == 0 and token.word:
            words.append(token.word)
    return words


def _rename(cursor: _Cursor) -> list[Operation]:
    cursor.take("TABLE")
    table = cursor.name()
    cursor.take("TO")
    return [_renamed(table, cursor)]


def _truncate(cursor: _Cursor) -> list[Operation]:
    cursor.take("TABLE")
    cursor.take("ONLY")
    table = cursor.name()
    return [Operation(name="truncate", table=table, line=cursor.line, destroys=Destroys.DROPS)]


def _delete(cursor: _Cursor) -> list[Operation]:
    cursor.take("FROM")
    cursor.take("ONLY")
    table = cursor.name()
    every = "WHERE" not in _outer_words(cursor.rest())
    return [
        Operation(
            name="delete_all" if every else "delete",
            table=table,
            line=cursor.line,
            destroys=Destroys.DROPS if every else Destroys.BACKFILLS,
        )
    ]


def _update(cursor: _Cursor) -> list[Operation]:
    cursor.take("ONLY")
    table = cursor.name()
    return [Operation(name="update", table=table, line=cursor.line, destroys=Destroys.BACKFILLS)]


def _insert(cursor: _Cursor) -> list[Operation]:
    cursor.skip("IGNORE", "INTO", "OR", "REPLACE")
    table = cursor.name()
    copies = bool({"SELECT", "WITH"} & set(_outer_words(cursor.rest())))
    destroys = Destroys.BACKFILLS if copies else None
    return [Operation(name="insert", table=table, line=cursor.line, destroys=destroys)]


def _with(cursor: _Cursor) -> list[Operation]:
    depth = 0
    for at, token in enumerate(cursor.tokens):
        depth += (token.text == "(") - (token.text == ")")
        reader = {"UPDATE": _update, "DELETE": _delete, "INSERT": _insert}.get(token.word)
        if depth == 0 and reader is not None:
            cursor.at = at + 1
            return reader(cursor)
    return []


_READERS = {
    "CREATE": _create,
    "DROP": _drop,
    "ALTER": _alter,
    "RENAME": _rename,
    "TRUNCATE": _truncate,
    "DELETE": _delete,
    "UPDATE": _update,
    "MERGE": _update,
    "INSERT": _insert,
    "REPLACE": _insert,
    "WITH": _with,
}
_ACTIONS = {
    "ADD": _add_part,
    "DROP": _drop_part,
    "RENAME": _rename_part,
    "ALTER": _alter_part,
    "CHANGE": _change_part,
    "MODIFY": _modify_part,
}
