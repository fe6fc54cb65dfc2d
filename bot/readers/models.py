"""Columns that mapped classes declare: SQLAlchemy, SQLModel, Django, and Prisma's schema."""

from __future__ import annotations

import ast
import re
from copy import deepcopy
from typing import TYPE_CHECKING

from bot.model.known import Known, Unknown
from bot.model.migration import Column, Models
from bot.readers.migrations.statements import words
from bot.readers.python_tree import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.sandbox.frame import Job

# What gives mapped classes away in languages whose columns are not read.
_OTHERS = {
    ("java", "kt"): r"^\s*@(Entity|MappedSuperclass|Embeddable)\b",
    ("ts", "js"): r"@Entity\(|@Column\(|\bsequelize\.define\(|\bmongoose\.Schema\(|\bpgTable\(",
    ("go",): r"`[^`]*\b(gorm|bun|db):\"",
    ("cs",): r"\bDbSet<|\[Table\(",
    ("php",): r"#\[ORM\\|@ORM\\",
}
_BY_ENDING = {
    ending: re.compile(text, re.MULTILINE) for some, text in _OTHERS.items() for ending in some
}
_SQLALCHEMY = frozenset({"mapped_column", "Column", "column_property"})
_SEEN_BY_TABLE = ("nullable", "null", "max_length", "max_digits", "decimal_places", "sa_type")
_LINKS = frozenset({"Relationship", "relationship", "GenericForeignKey", "GenericRelation"})
# Called a field, but made of others when it is read: django-imagekit's.
_MADE = "ImageSpecField"
_PRISMA_MODEL = re.compile(r"^model\s+(\w+)\s*\{([^}]*)\}", re.MULTILINE)
_PRISMA_FIELD = re.compile(r"^[ \t]*(\w+)[ \t]+([A-Za-z]\w*)(\[\])?(\?)?(.*)$", re.MULTILINE)
_PRISMA_SCALARS = words("String Boolean Int BigInt Float Decimal DateTime Json Bytes")


def read(job: Job) -> Known[Models]:
    """The columns of the file; Unknown for mapped classes of a language that is not read."""
    text = (job.head or b"").decode("utf-8", "replace").removeprefix("\ufeff")
    ending = job.path.rpartition(".")[2].lower()
    if ending == "prisma":
        return Models(columns=tuple(_prisma(text)))
    if ending == "py":
        try:
            return Models(columns=tuple(_python(parsed(text))))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return Unknown(f"can't tell: {job.path} - it cannot be parsed", by_content=True)
    mark = _BY_ENDING.get(ending)
    if mark is not None and mark.search(text):
        return Unknown(f"can't tell: columns in {job.path} - Handoff does not read this mapping")
    return Models()


def _prisma(text: str) -> Iterator[Column]:
    enums = set(re.findall(r"^enum\s+(\w+)", text, re.MULTILINE))
    bare = re.sub(r"//[^\n]*", "", text)
    for model in _PRISMA_MODEL.finditer(bare):
        first = bare.count("\n", 0, model.start(2)) + 1
        for field in _PRISMA_FIELD.finditer(model.group(2)):
            name, kind, many, optional, rest = (part or "" for part in field.groups())
            if kind not in _PRISMA_SCALARS | enums:
                continue
            native = re.search(r"@db\.\w+(?:\([^)]*\))?", rest)
            yield Column(
                model=model.group(1),
                name=name,
                type=kind + many + optional + (f" {native.group()}" if native else ""),
                line=first + model.group(2).count("\n", 0, field.start(1)),
            )


# ── Python ────────────────────────────────────────────────────────────────────────────────────


def _python(tree: ast.Module) -> Iterator[Column]:
    classes = {one.name: one for one in tree.body if isinstance(one, ast.ClassDef)}
    maps = _uses_sqlalchemy(tree)
    for one in classes.values():
        if _is_table(one):
            yield from _inherited(one, classes, one.name, set())
        elif maps and _is_named_by_base(one):
            yield from _own(one, one.name, plain=False)


def _uses_sqlalchemy(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            named = [getattr(node, "module", None) or "", *(one.name for one in node.names)]
            if any(one.startswith("sqlalchemy") for one in named):
                return True
        elif isinstance(node, ast.Attribute) and ast.unparse(node) in {"db.Column", "sa.Column"}:
            return True
    return False


def _is_named_by_base(node: ast.ClassDef) -> bool:
    """A class with columns whose base, in another file, may name its table."""
    given = {name: value for name, value, _ in _given(node)}
    bases = {ast.unparse(one) for one in node.bases} - {"object"}
    form = bases & {"Protocol", "typing.Protocol"}
    return bool(bases) and not form and _is_concrete(node, given)


def _is_table(node: ast.ClassDef) -> bool:
    """A class that has a table of its own."""
    given = {name: value for name, value, _ in _given(node)}
    if _flag(node.keywords, "table") or "__tablename__" in given or "__table__" in given:
        return not _says(given.get("__abstract__"), wanted=True)
    if any(ast.unparse(one) in {"db.Model", "models.Model"} for one in node.bases):
        return _is_concrete(node, given)
    return _is_concrete(node, given) and _is_django(node)


def _is_django(node: ast.ClassDef) -> bool:
    """Whether fields of any library are columns there, as one is Django's own."""
    own = any(ast.unparse(one) == "models.Model" for one in node.bases)
    return own or any(_django_field(value) for _, value, _ in _given(node))


def _is_concrete(node: ast.ClassDef, given: dict[str, ast.expr]) -> bool:
    if _says(given.get("__abstract__"), wanted=True):
        return False
    for inner in node.body:
        if isinstance(inner, ast.ClassDef) and inner.name == "Meta":
            meta = {name: value for name, value, _ in _given(inner)}
            if _says(meta.get("abstract"), wanted=True) or _says(meta.get("proxy"), wanted=True):
                return False
            if _says(meta.get("managed"), wanted=False):
                return False
    return True


def _inherited(
    node: ast.ClassDef, classes: dict[str, ast.ClassDef], model: str, seen: set[str]
) -> Iterator[Column]:
    """The class's own columns and those of its bases in the same file."""
    for base in node.bases:
        other = classes.get(base.id) if isinstance(base, ast.Name) else None
        if other is not None and other.name not in seen and not _is_table(other):
            yield from _inherited(other, classes, model, seen | {other.name})
    fields = _flag(node.keywords, "table") or _is_sqlmodel(node, classes)
    yield from _own(node, model, plain=fields)


def _own(node: ast.ClassDef, model: str, *, plain: bool) -> Iterator[Column]:
    django = _is_django(node)
    for name, value, hint in _given(node):
        kind = _type_of(value, hint, plain=plain)
        called = _called(value)
        if kind is None and django and called.endswith("Field") and called != _MADE:
            kind = _signature(called, value, positional=False)
        if kind is not None:
            yield Column(model=model, name=name, type=kind, line=value.lineno)


def _is_sqlmodel(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> bool:
    names = [one.id for one in node.bases if isinstance(one, ast.Name)]
    return "SQLModel" in names or any(
        _is_sqlmodel(classes[name], classes)
        for name in names
        if name in classes and name != node.name
    )


def _given(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr, ast.expr | None]]:
    """Each name that the class body binds: its value, or for a bare hint the hint, and the hint."""
    for one in node.body:
        if isinstance(one, ast.Assign):
            for target in one.targets:
                if isinstance(target, ast.Name):
                    yield target.id, one.value, None
        elif isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
            yield one.target.id, one.value or one.annotation, one.annotation


def _type_of(value: ast.expr, hint: ast.expr | None, *, plain: bool) -> str | None:
    """The column's type as text; None for what is no column."""
    name = _called(value)
    if name in _LINKS:
        return None
    hinted = ast.unparse(_Plain().visit(deepcopy(hint))) if hint is not None else ""
    if name in _SQLALCHEMY:
        return _signature(hinted, value, positional=True)
    if hinted.startswith(("Mapped[", "orm.Mapped[", "sqlalchemy.orm.Mapped[")):
        return None if _may_be_relationship(hinted, name) else hinted
    if plain and hint is not None and not hinted.startswith(("ClassVar", "list[", "List[")):
        return _signature(hinted, value, positional=False)
    if _django_field(value):
        return _signature(name, value, positional=False)
    return None


class _Plain(ast.NodeTransformer):
    """Writes `Optional[X]` and `Union[X, None]` as `X | None`: the column is the same."""

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        self.generic_visit(node)
        name = ast.unparse(node.value).rpartition(".")[2]
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        if name == "Optional":
            parts = [*parts, ast.Constant(value=None)]
        elif name != "Union":
            return node
        whole = parts[0]
        for part in parts[1:]:
            whole = ast.BinOp(left=whole, op=ast.BitOr(), right=part)
        return whole


def _may_be_relationship(hinted: str, name: str) -> bool:
    """`Mapped["User"]` without a column says nothing of what it is."""
    return not name and ('"' in hinted or "'" in hinted or "ist[" in hinted)


def _signature(kind: str, value: ast.expr, *, positional: bool) -> str:
    if not isinstance(value, ast.Call):
        return kind
    parts = [ast.unparse(one) for one in value.args if _is_type(one)] if positional else []
    seen = {one.arg: ast.unparse(one.value) for one in value.keywords if one.arg in _SEEN_BY_TABLE}
    return " ".join([kind, *parts, *(f"{name}={seen[name]}" for name in sorted(seen, key=str))])


def _is_type(node: ast.expr) -> bool:
    """An argument that is the column's type, not its name, its key or a check."""
    if isinstance(node, ast.Constant):
        return False
    return _called(node) not in {
        "ForeignKey",
        "CheckConstraint",
        "Sequence",
        "Identity",
        "Computed",
    }


def _django_field(value: ast.expr) -> bool:
    name = _called(value)
    func = value.func if isinstance(value, ast.Call) else None
    of_models = isinstance(func, ast.Attribute) and ast.unparse(func.value) == "models"
    return of_models and (name.endswith("Field") or name == "ForeignKey") and name not in _LINKS


def _called(node: ast.expr) -> str:
    if not isinstance(node, ast.Call):
        return ""
    func = node.func
    if isinstance(func, ast.Attribute):
        return func.attr
    return func.id if isinstance(func, ast.Name) else ""


def _flag(keywords: list[ast.keyword], name: str) -> bool:
    return any(one.arg == name and _says(one.value, wanted=True) for one in keywords)


def _says(node: ast.expr | None, *, wanted: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is wanted
