"""Django's migrations: what their database operations do, and which of them have no way back."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from bot.model.migration import Destroys, Finding, Migration, Operation, Undo
from bot.readers.migrations.python import (
    Steps,
    argument,
    assignments,
    called,
    constants_of,
    digest_of,
    digest_without,
    functions_of,
    is_none,
    name_of,
)
from bot.readers.migrations.statements import words

# Operations that Django turns round by itself and that lose nothing.
_PLAIN = words(
    "AlterField AddIndex RemoveIndex RenameIndex RemoveConstraint AlterConstraint "
    "AlterModelOptions AlterModelManagers AlterModelTableComment AlterOrderWithRespectTo "
    "AlterIndexTogether AlterUniqueTogether AddIndexConcurrently RemoveIndexConcurrently "
    "ValidateConstraint AddConstraintNotValid CreateCollation RemoveCollation CreateExtension "
    "BloomExtension BtreeGinExtension BtreeGistExtension CITextExtension CryptoExtension "
    "HStoreExtension TrigramExtension UnaccentExtension"
)


def read(tree: ast.Module, path: str) -> Migration | None:
    """The migration; None for a file that is none."""
    made = _migration_class(tree)
    if made is None:
        return None
    given = dict(assignments(made))
    app, stem = _place(path)
    operations = _list(given.get("operations"), tree)
    parents = _pairs(given.get("dependencies"))
    replaces = _pairs(given.get("replaces"))
    walk = _Walk(constants=constants_of(tree), tree=tree)
    for one in operations or ():
        walk.step(one)
    return Migration(
        tool="django",
        revision=stem,
        group=app,
        parents=parents or (),
        replaces=replaces or (),
        operations=tuple(walk.steps.operations),
        findings=tuple(walk.findings),
        opaque=tuple(walk.steps.opaque),
        unsure=_unsure(walk, operations, parents, replaces),
        undo=Undo.HERE if operations else Undo.NOT_NEEDED,
        up_line=made.lineno,
        empty=operations == [],
        digest=digest_of(tree),
        up_digest=digest_without(tree, _UpOnly(), made.name),
    )


def _unsure(
    walk: _Walk,
    operations: list[ast.expr] | None,
    parents: tuple[str, ...] | None,
    replaces: tuple[str, ...] | None,
) -> str:
    if operations is None:
        return "its operations are computed"
    if parents is None or replaces is None:
        return "its dependencies are computed"
    return walk.unsure


def _place(path: str) -> tuple[str, str]:
    """The app and the migration's name: `shop`, `0002_more` for shop/migrations/0002_more.py."""
    folders = path.split("/")
    app = folders[-3] if len(folders) > 2 else ""
    return app, folders[-1].removesuffix(".py")


def _migration_class(tree: ast.Module) -> ast.ClassDef | None:
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "Migration":
            bases = [ast.unparse(one) for one in node.bases]
            if any(one in {"migrations.Migration", "Migration"} for one in bases):
                return node
    return None


def _list(node: ast.expr | None, tree: ast.Module) -> list[ast.expr] | None:
    """The elements of a list that is written out; None where it is computed."""
    if node is None:
        return []
    if isinstance(node, ast.List | ast.Tuple):
        return None if any(isinstance(one, ast.Starred) for one in node.elts) else list(node.elts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = _list(node.left, tree), _list(node.right, tree)
        return None if left is None or right is None else left + right
    if isinstance(node, ast.Name):
        given = dict(assignments(tree))
        return _list(given[node.id], tree) if isinstance(given.get(node.id), ast.List) else None
    return None


def _pairs(node: ast.expr | None) -> tuple[str, ...] | None:
    """Each `("app", "name")` as `app:name`; a swappable one belongs to no app that we know."""
    found: list[str] = []
    for one in _list(node, ast.Module(body=[], type_ignores=[])) or ():
        if called(one) == "swappable_dependency":
            continue
        pair = one.elts if isinstance(one, ast.Tuple | ast.List) else []
        texts = [str(part.value) for part in pair if isinstance(part, ast.Constant)]
        if len(texts) != 2:
            return None
        found.append(f"{texts[0]}:{texts[1]}")
    written = node is None or isinstance(node, ast.List | ast.Tuple)
    return tuple(found) if written else None


# What Django knows of a field and no table does.
_UNSEEN = words(
    "verbose_name help_text choices validators limit_choices_to related_name related_query_name "
    "encoder decoder error_messages editable blank upload_to reverse_code reverse_sql"
)


class _UpOnly(ast.NodeTransformer):
    """Leaves what tables see of the way up, wherever in the line the file stands."""

    def visit_Assign(self, node: ast.Assign) -> ast.AST | None:
        names = {one.id for one in node.targets if isinstance(one, ast.Name)}
        return None if names & {"dependencies", "replaces"} else self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if called(node) in {"RunPython", "RunSQL"}:
            node.args = node.args[:1]
        if isinstance(node.func, ast.Attribute) and called(node).endswith("Field"):
            node.func = ast.Name(id=called(node), ctx=ast.Load())
        node.keywords = [one for one in node.keywords if one.arg not in _UNSEEN]
        return self.generic_visit(node)


@dataclass(slots=True)
class _Walk:
    constants: dict[str, str]
    tree: ast.Module
    steps: Steps = field(default_factory=Steps)
    findings: list[Finding] = field(default_factory=list)
    unsure: str = ""

    def step(self, node: ast.expr) -> None:
        """One operation of the list."""
        name = called(node)
        if not isinstance(node, ast.Call) or any(one.arg is None for one in node.keywords):
            self._not_understood(node, name or "one of its operations")
        elif name == "SeparateDatabaseAndState":
            # The other side only tells Django what the tables are taken to be.
            for one in _list(argument(node, 0, "database_operations"), self.tree) or ():
                self.step(one)
        elif name == "RunPython":
            self._run_python(node)
        elif name == "RunSQL":
            self._run_sql(node)
        elif name in _SCHEMA:
            self.steps.operations.append(self._schema(node, name))
        elif name == "AddConstraint":
            self.steps.operations.append(self._constraint(node))
        elif name not in _PLAIN:
            self._not_understood(node, name)

    def _not_understood(self, node: ast.expr, name: str) -> None:
        self.steps.opaque.append(node.lineno)
        self.unsure = self.unsure or f"{name} is not an operation of Django's own"

    def _run_python(self, call: ast.Call) -> None:
        code, reverse = argument(call, 0, "code"), argument(call, 1, "reverse_code")
        forward_does_nothing = _is_noop(code)
        if not forward_does_nothing:
            self.steps.operations.append(
                Operation(name="run_python", line=call.lineno, destroys=Destroys.BACKFILLS)
            )
        if reverse is None or is_none(reverse):
            note = "RunPython without reverse_code: Django refuses to take it back"
            self._find("reverse-code-missing", note, call)
        elif _is_noop(reverse) and not forward_does_nothing:
            self._find("reverse-does-nothing", "RunPython is taken back by doing nothing", call)
        elif self._raises(reverse):
            note = f"{ast.unparse(reverse)[:60]}() raises: it says that there is no way back"
            self._find("irreversible-declared", note, call)

    def _run_sql(self, call: ast.Call) -> None:
        sql, reverse = argument(call, 0, "sql"), argument(call, 1, "reverse_sql")
        self._add_sql(sql)
        if reverse is None or is_none(reverse):
            note = "RunSQL without reverse_sql: Django refuses to take it back"
            self._find("reverse-sql-missing", note, call)

    def _add_sql(self, sql: ast.expr | None) -> None:
        if _is_noop(sql):
            return
        for one in sql.elts if isinstance(sql, ast.List | ast.Tuple) else [sql]:
            # With parameters a statement is a pair of its text and their values.
            pair = one.elts[0] if isinstance(one, ast.Tuple | ast.List) and one.elts else one
            self.steps.add_sql(pair, self.constants)

    def _find(self, kind: str, note: str, call: ast.Call) -> None:
        self.findings.append(Finding(kind=kind, note=note, line=call.lineno))

    def _raises(self, reverse: ast.expr) -> bool:
        function = functions_of(self.tree).get(getattr(reverse, "id", ""))
        if function is None:
            return False
        said = [one for one in function.body if not isinstance(one, ast.Expr)]
        return bool(said) and isinstance(said[0], ast.Raise)

    def _schema(self, call: ast.Call, name: str) -> Operation:
        kind, destroys, creates = _SCHEMA[name]
        of_field = name.endswith("Field")
        table = argument(call, 0, "model_name" if of_field else "name")
        if name == "RenameModel":
            table = argument(call, 0, "old_name")
        column = argument(call, 1, "old_name" if name == "RenameField" else "name")
        columns = (name_of(column, self.constants),) if of_field else ()
        return Operation(
            name=kind,
            table=name_of(table, self.constants),
            columns=columns,
            line=call.lineno,
            destroys=destroys,
            creates=creates,
        )

    def _constraint(self, call: ast.Call) -> Operation:
        constraint = argument(call, 1, "constraint")
        unique = called(constraint) == "UniqueConstraint" if constraint is not None else False
        fields = argument(constraint, -1, "fields") if isinstance(constraint, ast.Call) else None
        parts = fields.elts if isinstance(fields, ast.Tuple | ast.List) else []
        return Operation(
            name="create_unique" if unique else "add_constraint",
            table=name_of(argument(call, 0, "model_name"), self.constants),
            columns=tuple(name_of(one, self.constants) for one in parts),
            line=call.lineno,
            destroys=Destroys.NARROWS if unique else None,
        )


def _is_noop(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == "noop"


_SCHEMA: dict[str, tuple[str, Destroys | None, bool]] = {
    "CreateModel": ("create_table", None, True),
    "DeleteModel": ("drop_table", Destroys.DROPS, False),
    "RenameModel": ("rename_table", Destroys.RENAMES, False),
    "AlterModelTable": ("rename_table", Destroys.RENAMES, False),
    "AddField": ("add_column", None, True),
    "RemoveField": ("drop_column", Destroys.DROPS, False),
    "RenameField": ("rename_column", Destroys.RENAMES, False),
}
