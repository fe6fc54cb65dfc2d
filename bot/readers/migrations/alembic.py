"""Alembic's revisions: what `upgrade` does and whether `downgrade` takes it back."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.model.migration import Destroys, Finding, Migration, Operation, Undo
from bot.readers.migrations.python import (
    Function,
    Steps,
    argument,
    assignments,
    called,
    constants_of,
    digest_of,
    digest_without,
    functions_of,
    is_false,
    is_none,
    is_true,
    keyed,
    literal_text,
    name_of,
    reached,
    receiver,
    undefined_names,
)
from bot.readers.migrations.statements import words

if TYPE_CHECKING:
    from collections.abc import Callable

# Calls that look and do not touch.
_LOOKING = words(
    "get_bind get_context inspect print info debug warning text f getLogger autocommit_block "
    "batch_alter_table begin begin_nested has_table get_columns get_indexes get_table_names "
    "invoke_for_target"
)
_OF_A_SESSION = frozenset({"add", "add_all", "merge", "delete", "bulk_save_objects"})
_OF_A_QUERY = frozenset({"query", "filter", "filter_by", "where"})


def read(tree: ast.Module) -> Migration | None:
    """The revision; None for a file that is none."""
    given = dict(assignments(tree))
    functions = functions_of(tree)
    revision = given.get("revision")
    if not isinstance(revision, ast.Constant) or not isinstance(revision.value, str):
        return None
    upgrade = functions.get("upgrade")
    if upgrade is None:
        return None
    up, down = _Walk.of(tree, "upgrade"), _Walk.of(tree, "downgrade")
    parents = _names(given.get("down_revision"))
    empty = not up.effective
    return Migration(
        tool="alembic",
        revision=revision.value,
        parents=parents or (),
        branches=not is_none(given.get("branch_labels", ast.Constant(value=None))),
        operations=tuple(up.steps.operations),
        undoing=tuple(down.steps.operations),
        findings=() if empty else tuple(_findings(tree, upgrade, functions.get("downgrade"), down)),
        opaque=tuple(sorted(set(up.steps.opaque))),
        unsure="" if parents is not None else "its down_revision is computed",
        undo=Undo.NOT_NEEDED if empty else Undo.HERE,
        up_line=upgrade.lineno,
        empty=empty,
        digest=digest_of(tree),
        up_digest=digest_without(tree, _WithoutDowngrade(), "upgrade"),
    )


class _WithoutDowngrade(ast.NodeTransformer):
    """Leaves what databases keep of the way up: no settings of the session that runs it."""

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        return None if node.name == "downgrade" else self.generic_visit(node)

    def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
        call = node.value
        idle = isinstance(call, ast.Call) and called(call) == "execute" and not _does(call, {})
        return None if idle else node


def _names(node: ast.expr | None) -> tuple[str, ...] | None:
    """The revisions written there; None where they are computed."""
    if node is None or is_none(node):
        return ()
    parts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
    texts = [one.value for one in parts if isinstance(one, ast.Constant)]
    known = [one for one in texts if isinstance(one, str)]
    return tuple(known) if len(known) == len(parts) else None


# ── the way down ──────────────────────────────────────────────────────────────────────────────


def _findings(
    tree: ast.Module, upgrade: Function, downgrade: Function | None, down: _Walk
) -> list[Finding]:
    if downgrade is None:
        if any(name == "downgrade" for name, _ in assignments(tree)):
            return []
        note = "upgrade() changes the schema and there is no downgrade()"
        return [Finding(kind="downgrade-missing", note=note, line=upgrade.lineno)]
    declared = _declared(downgrade)
    if declared is not None:
        note = "downgrade() raises: it says that there is no way back"
        return [Finding(kind="irreversible-declared", note=note, line=declared.lineno)]
    if not down.effective:
        note = "downgrade() does nothing, upgrade() does"
        return [Finding(kind="downgrade-empty", note=note, line=downgrade.lineno)]
    unbound = [
        Finding(
            kind="undefined-name",
            note=f"downgrade() uses {one.id}, which this file neither defines nor imports",
            line=one.lineno,
        )
        for one in undefined_names(tree, downgrade)
    ]
    return [*unbound, *down.unnamed, *_types_left(tree, down)]


def _declared(downgrade: Function) -> ast.Raise | None:
    """The raise that every way through `downgrade` meets before it does anything."""
    for one in downgrade.body:
        if isinstance(one, ast.Raise):
            return one
        if _effective(one, {}):
            return None
    return None


def _types_left(tree: ast.Module, down: _Walk) -> list[Finding]:
    """Postgres keeps an enumerated type when the table that used it is dropped."""
    said = {
        node.value
        for function in reached(tree, "downgrade")
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    dropped = {one.table for one in down.steps.operations if one.name == "drop_table"}
    found: list[Finding] = []
    for function in reached(tree, "upgrade"):
        for call in ast.walk(function):
            if called(call) != "create_table" or not isinstance(call, ast.Call):
                continue
            for name, line in _types_made(call):
                if name_of(argument(call, 0), {}) in dropped and name not in said:
                    note = f"the type {name} stays behind: dropping its table does not drop it"
                    found.append(Finding(kind="type-left-behind", note=note, line=line))
    return found


def _types_made(table: ast.Call) -> list[tuple[str, int]]:
    made = [one for one in ast.walk(table) if isinstance(one, ast.Call)]
    return [
        (str(name.value), one.lineno)
        for one in made
        if called(one) == "ENUM"
        and isinstance(name := argument(one, -1, "name"), ast.Constant)
        and not is_false(argument(one, -1, "create_type"))
    ]


# ── steps ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(slots=True)
class _Walk:
    """One way, statement by statement."""

    constants: dict[str, str]
    batches: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, Function] = field(default_factory=dict)
    types: set[str] = field(default_factory=set)
    steps: Steps = field(default_factory=Steps)
    unnamed: list[Finding] = field(default_factory=list)
    effective: bool = False

    @classmethod
    def of(cls, tree: ast.Module, name: str) -> _Walk:
        walk = cls(constants=constants_of(tree))
        functions = reached(tree, name)
        for function in functions:
            walk.effective |= any(_effective(one, walk.constants) for one in function.body)
        walk.waiting = {one.name: one for one in functions[1:]}
        for function in functions[:1]:
            walk.walk(function)
        return walk

    def walk(self, node: ast.AST) -> None:
        """The calls below in the order in which they run, those of a function where it is first
        called."""
        if isinstance(node, ast.With):
            self._note_batches(node)
        if isinstance(node, ast.Assign):
            self._note_types(node)
        for child in ast.iter_child_nodes(node):
            self.walk(child)
        if not isinstance(node, ast.Call):
            return
        name = called(node)
        function = self.waiting.pop(name, None) if isinstance(node.func, ast.Name) else None
        if function is not None:
            self.walk(function)
        else:
            self._step(node, name)

    def _note_batches(self, node: ast.With) -> None:
        for item in node.items:
            made, target = item.context_expr, item.optional_vars
            if called(made) == "batch_alter_table" and isinstance(made, ast.Call):
                table = name_of(argument(made, 0, "table_name"), self.constants)
                if isinstance(target, ast.Name):
                    self.batches[target.id] = table

    def _note_types(self, node: ast.Assign) -> None:
        if called(node.value) in {"Enum", "ENUM"}:
            self.types |= {one.id for one in node.targets if isinstance(one, ast.Name)}

    def _step(self, call: ast.Call, name: str) -> None:
        if name in {"execute", "exec_driver_sql"}:
            self._execute(call)
            return
        owner = receiver(call)
        if owner == "op" or owner in self.batches:
            reader = _READERS.get(name)
            if reader is not None:
                self._read(call, reader, self.batches.get(owner))
            return
        self._rows(call, name)

    def _execute(self, call: ast.Call) -> None:
        inner = argument(call, 0)
        if isinstance(inner, ast.Call) and literal_text(inner, self.constants)[0] is None:
            self._built(inner)
            return
        self.steps.add_sql(inner, self.constants)

    def _read(
        self, call: ast.Call, reader: Callable[[_Call], list[Operation]], batch: str | None
    ) -> None:
        given = _Call(call, batch, self.constants)
        self.steps.operations += keyed(reader(given), call, self.constants)
        name = called(call)
        if name == "drop_constraint" and is_none(given.argument(0, "constraint_name")):
            kind_of = literal_text(given.argument(2, "type_"), {})[0]
            if kind_of != "primary":
                note = "drop_constraint(None): Alembic needs the name"
                found = Finding(kind="unnamed-constraint-dropped", note=note, line=call.lineno)
                self.unnamed.append(found)
        if name == "drop_index" and is_none(given.argument(0, "index_name")):
            note = "drop_index(None): the index has no name here to drop it by"
            self.unnamed.append(Finding(kind="unnamed-index-dropped", note=note, line=call.lineno))

    def _built(self, statement: ast.Call) -> None:
        """A statement made of SQLAlchemy's own calls; the table may have any name there."""
        names = {called(one) for one in ast.walk(statement)}
        if names & {"update", "delete"}:
            self._fills(statement, "update")
        elif not names & {"insert", "select"}:
            self.steps.opaque.append(statement.lineno)

    def _rows(self, call: ast.Call, name: str) -> None:
        func = call.func
        if not isinstance(func, ast.Attribute):
            return
        if name == "drop" and self._is_type(func.value):
            self.steps.operations.append(
                Operation(name="drop_type", line=call.lineno, destroys=Destroys.DROPS)
            )
            return
        of_session = name in _OF_A_SESSION and "session" in receiver(call).lower()
        if of_session or (name in {"update", "delete"} and _asks(func.value)):
            self._fills(call, name)

    def _fills(self, call: ast.Call, name: str) -> None:
        self.steps.operations.append(
            Operation(name=name, line=call.lineno, destroys=Destroys.BACKFILLS)
        )

    def _is_type(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Name):
            return node.id in self.types
        return called(node) in {"Enum", "ENUM"}


def _asks(node: ast.expr) -> bool:
    """Whether a query is built there."""
    return bool(_OF_A_QUERY & {called(one) for one in ast.walk(node)})


def _effective(node: ast.stmt, constants: dict[str, str]) -> bool:
    """Whether a statement may change something."""
    if isinstance(node, ast.If | ast.For | ast.While | ast.With | ast.Try):
        inner = [*node.body, *getattr(node, "orelse", []), *getattr(node, "finalbody", [])]
        return any(_effective(one, constants) for one in inner)
    if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Import | ast.ImportFrom | ast.Assert):
        return False
    calls = [one for one in ast.walk(node) if isinstance(one, ast.Call)]
    return isinstance(node, ast.Raise) or any(_does(one, constants) for one in calls)


def _does(call: ast.Call, constants: dict[str, str]) -> bool:
    if called(call) == "execute":
        return Steps().add_sql(argument(call, 0), constants).effective
    return called(call) not in _LOOKING


class _Call:
    """A call of `op` or of a batch; in a batch the table is not among the arguments."""

    def __init__(self, call: ast.Call, batch: str | None, constants: dict[str, str]) -> None:
        self.call = call
        self.batch = batch
        self.constants = constants

    def argument(self, place: int, name: str) -> ast.expr | None:
        """The argument at its place outside a batch."""
        return argument(self.call, place, name)

    def name(self, place: int, name: str) -> str:
        return name_of(argument(self.call, place, name), self.constants)

    def table(self, place: int, name: str = "table_name") -> str:
        return self.name(place, name) if self.batch is None else self.batch

    def after_table(self, place: int, name: str) -> ast.expr | None:
        """The argument that stands behind the table's name where there is one."""
        return argument(self.call, place - (self.batch is not None), name)

    def operation(
        self,
        name: str,
        table: str,
        *columns: str,
        destroys: Destroys | None = None,
        creates: bool = False,
    ) -> list[Operation]:
        return [
            Operation(
                name=name,
                line=self.call.lineno,
                table=table,
                columns=columns,
                destroys=destroys,
                creates=creates,
            )
        ]


def _add_column(call: _Call) -> list[Operation]:
    column = call.after_table(1, "column")
    if not isinstance(column, ast.Call):
        return call.operation("add_column", call.table(0), "", creates=True)
    filled = any(called(one) in {"Computed", "Identity"} for one in column.args)
    default = argument(column, -1, "server_default")
    bare = default is None or is_none(default)
    narrows = is_false(argument(column, -1, "nullable")) and bare and not filled
    return call.operation(
        "add_column",
        call.table(0),
        name_of(argument(column, 0, "name"), call.constants),
        destroys=Destroys.NARROWS if narrows else None,
        creates=True,
    )


def _drop_column(call: _Call) -> list[Operation]:
    column = name_of(call.after_table(1, "column_name"), call.constants)
    return call.operation("drop_column", call.table(0), column, destroys=Destroys.DROPS)


def _alter_column(call: _Call) -> list[Operation]:
    table = call.table(0)
    column = name_of(call.after_table(1, "column_name"), call.constants)
    given = {one.arg: one.value for one in call.call.keywords}
    renamed = given.get("new_column_name", given.get("name"))
    if renamed is not None and name_of(renamed, call.constants) != column:
        return call.operation("rename_column", table, column, destroys=Destroys.RENAMES)
    demanded = is_false(given.get("nullable")) and not is_false(given.get("existing_nullable"))
    if demanded:
        return call.operation("set_not_null", table, column, destroys=Destroys.NARROWS)
    before, after = _length(given.get("existing_type")), _length(given.get("type_"))
    destroys = Destroys.NARROWS if before and after and after < before else None
    name = "change_type" if "type_" in given else "alter_column"
    return call.operation(name, table, column, destroys=destroys)


def _length(kind: ast.expr | None) -> int | None:
    """The length of a text type, where it is written."""
    if not isinstance(kind, ast.Call) or called(kind) not in {"String", "VARCHAR", "Unicode"}:
        return None
    length = argument(kind, 0, "length")
    value = length.value if isinstance(length, ast.Constant) else None
    return value if isinstance(value, int) else None


def _unique(call: _Call) -> list[Operation]:
    columns = call.after_table(2, "columns")
    return call.operation(
        "create_unique", call.table(1), *_columns(columns, call), destroys=Destroys.NARROWS
    )


def _index(call: _Call) -> list[Operation]:
    unique = is_true(argument(call.call, -1, "unique"))
    return call.operation(
        "create_unique" if unique else "create_index",
        call.table(1),
        *_columns(call.after_table(2, "columns"), call),
        destroys=Destroys.NARROWS if unique else None,
    )


def _columns(node: ast.expr | None, call: _Call) -> list[str]:
    parts = node.elts if isinstance(node, ast.List | ast.Tuple) else []
    return [name for one in parts if (name := name_of(one, call.constants))]


_READERS: dict[str, Callable[[_Call], list[Operation]]] = {
    "create_table": lambda call: call.operation(
        "create_table", call.name(0, "table_name"), creates=True
    ),
    "create_foreign_key": lambda call: call.operation(
        "add_constraint", call.table(1, "source_table")
    ),
    "drop_table": lambda call: call.operation(
        "drop_table", call.name(0, "table_name"), destroys=Destroys.DROPS
    ),
    "rename_table": lambda call: call.operation(
        "rename_table", call.name(0, "old_table_name"), destroys=Destroys.RENAMES
    ),
    "add_column": _add_column,
    "drop_column": _drop_column,
    "alter_column": _alter_column,
    "create_unique_constraint": _unique,
    "create_index": _index,
    "drop_constraint": lambda call: call.operation("drop_unique", call.table(1)),
    "drop_index": lambda call: call.operation("drop_index", call.table(1)),
    "bulk_insert": lambda call: call.operation("insert", ""),
}
