"""Signals of Python, by its own parser."""

from __future__ import annotations

import ast
import sys
from typing import Any

from bot.model.known import Known, Unknown
from bot.model.signal import Sign, Signals
from bot.readers.python_tree import children, parsed
from bot.readers.signals.python_nodes import (
    BEGINS,
    COMMITS,
    IN_PARTS,
    MESSAGES,
    TESTING,
    alias_of,
    arguments,
    choice,
    comments_and_strings,
    is_python_own,
    later,
    leading,
    name_of,
    prefix_of,
    quiet,
    resolved,
    says_nothing,
    shown,
    text_of,
    types_of,
)
from bot.readers.signals.shape import Call, Draft, Piece
from bot.readers.signals.words import Words, is_log, listed

_VERBS = listed("get post put patch delete head options request")
_CHANCE = listed(
    "random randint choice choices shuffle sample uniform randrange gauss getrandbits randbytes"
    " normal rand randn permutation integers"
)
_LIBRARIES = ("requests", "httpx")
WORDS = Words(
    sleeps=frozenset({"time.sleep", "asyncio.sleep", "anyio.sleep", "trio.sleep", "gevent.sleep"}),
    randoms=frozenset(
        f"{module}.{name}" for module in ("random", "numpy.random") for name in _CHANCE
    ),
    seeds=frozenset({"random.seed", "numpy.random.seed", "torch.manual_seed"}),
    clocks=listed(
        "datetime.datetime.now datetime.datetime.utcnow datetime.datetime.today datetime.date.today"
        " time.time django.utils.timezone.now uuid.uuid4 uuid.uuid1 pendulum.now arrow.utcnow"
        " arrow.now"
    ),
    requests=frozenset(
        [f"{library}.{verb}" for library in _LIBRARIES for verb in _VERBS]
        + ["urllib.request.urlopen", "aiohttp.request"]
    ),
    environment=frozenset({"os.getenv", "os.environ.get", "os.environ.pop", "decouple.config"}),
    skips=frozenset({"pytest.skip", "self.skipTest", "pytest.xfail", "unittest.skip"}),
    prints=frozenset({"print", "traceback.print_exc", "warnings.warn"}),
    orders=frozenset(),
    endless=frozenset([f"requests.{verb}" for verb in _VERBS] + ["urllib.request.urlopen"]),
    doubles=listed("responses respx requests_mock pytest_httpx aioresponses httpretty vcr pook"),
    frozen=listed("freezegun time_machine pytest_freezer"),
)
_SKIP_MARKS = listed(
    "pytest.mark.skip pytest.mark.skipif pytest.mark.xfail unittest.skip unittest.skipIf"
    " unittest.skipUnless unittest.expectedFailure"
)
_VALIDATORS = listed(
    "validator field_validator model_validator root_validator validates validates_schema"
    " AfterValidator BeforeValidator"
)
_CONSTRAINTS = listed(
    "gt ge lt le min_length max_length pattern regex multiple_of max_digits decimal_places"
    " min_items max_items min_value max_value validators validate choices"
)
_FIELDS = listed(
    "Field Query Path Body Form Header Cookie constr conint confloat condecimal conlist"
)
_BROAD = frozenset({"Exception", "BaseException", "builtins.Exception"})
_ENVIRON = frozenset({"os.environ", "environ"})
_ENV_READERS = listed("str bool int float list dict url json db path")
_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
_LOOPS = (ast.ListComp, ast.SetComp, ast.GeneratorExp)


def read(path: str, source: bytes) -> Known[Signals]:
    """The signals of a Python file; Unknown where this version of Python cannot parse it."""
    text = source.decode("utf-8", errors="replace")
    try:
        tree = parsed(text)
    except SyntaxError as error:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        where = f"{path}:{error.lineno}"
        return Unknown(f"{where} is not valid Python {version}", by_content=True)
    except (ValueError, RecursionError, MemoryError):
        return Unknown(f"{path} could not be parsed as Python", by_content=True)
    return _Walk(path, text.encode()).read(tree)


class _Walk:
    def __init__(self, path: str, source: bytes) -> None:
        self.draft = Draft("python", path, source, WORDS)
        self.aliases: dict[str, str] = {}
        self.calls: list[tuple[ast.Call, str]] = []
        self.after: list[tuple[Any, ast.expr]] = []
        self.enter: dict[type, Any] = {
            **dict.fromkeys(_FUNCTIONS, self._function),
            ast.ClassDef: self._class,
            ast.Call: self._call,
            ast.Constant: self._constant,
            ast.ExceptHandler: self._handler,
            **dict.fromkeys((ast.For, ast.AsyncFor), self._loop),
            **dict.fromkeys((ast.With, ast.AsyncWith), self._with),
            ast.Try: choice,
            ast.Lambda: later,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated,
            ast.keyword: self._keyword,
            ast.Dict: self._dict,
            ast.Subscript: self._subscript,
            ast.Expr: self._expression,
            ast.If: self._if,
            ast.BoolOp: self._either,
            **dict.fromkeys((ast.Compare, ast.Raise, ast.Assert), quiet),
            **dict.fromkeys(_LOOPS, self._generated),
        }

    def read(self, tree: ast.Module) -> Signals:
        """Walks without recursion: a context (owner, flags) goes down with each node.

        Among the flags: `c` a class, `l` a loop over single things, `x` a transaction.
        """
        enter = self.enter
        self.draft.comments, self.draft.strings = comments_and_strings(self.draft.source)
        stack: list[tuple[ast.AST, str, str]] = [(tree, "", "")]
        while stack:
            node, owner, flags = stack.pop()
            found = enter.get(type(node))
            if found is not None:
                kept = found(node, owner, flags)
                if kept is None:
                    continue
                owner, flags = kept
            stack += [(one, owner, flags) for one in children(node)]
        for call, flags in self.calls:
            self._judge_call(call, flags)
        for judge, expression in self.after:
            judge(expression)
        return self.draft.finished()

    # ── what a node is ────────────────────────────────────────────────────────────────────────

    def span(self, node: Any) -> tuple[int, int]:
        starts = self.draft.starts
        return (
            starts[node.lineno - 1] + node.col_offset,
            starts[node.end_lineno - 1] + node.end_col_offset,
        )

    def dotted(self, node: ast.AST, depth: int = 10) -> str:
        """`a.b.c` with imports resolved; calls within are written `()`; "" for what is neither."""
        if isinstance(node, ast.Name):
            return self.aliases.get(node.id, node.id)
        if depth and isinstance(node, ast.Attribute):
            before = self.dotted(node.value, depth - 1)
            return f"{before}.{node.attr}" if before else f"().{node.attr}"
        if depth and isinstance(node, ast.Call):
            before = self.dotted(node.func, depth - 1)
            return before + "()" if before else ""
        return ""

    # ── entering nodes ────────────────────────────────────────────────────────────────────────

    def _function(self, node: Any, owner: str, flags: str) -> tuple[str, str]:
        name = f"{owner}.{node.name}" if owner else node.name
        first = node.decorator_list[0] if node.decorator_list else node
        start = self.draft.starts[first.lineno - 1] if first is node else self.span(first)[0]
        self.draft.pieces.append(
            Piece(
                name=name,
                start=start,
                end=self.span(node)[1],
                signature=self._signature(node),
                public=not node.name.startswith("_") and (not owner or "c" in flags),
                test=node.name.startswith("test"),
            )
        )
        # A decorated function may be told by its types what to take: there they are code.
        if not node.decorator_list:
            self._cut_types(node)
        self._cut_docstring(node)
        validates = [self._last(one) for one in node.decorator_list]
        self.after += [(self._judge_mark, one) for one in node.decorator_list]
        if not _VALIDATORS.isdisjoint(validates):
            self._take_validator(node, owner)
            flags += "v"
        elif node.name.startswith(("validate_", "clean_")) and "c" in flags:
            field = node.name.partition("_")[2]
            self.draft.add(Sign.VALIDATION, self.span(node), f"{owner}.{field}", "validator")
            flags += "v"
        begins = any(BEGINS.search(self.dotted(one)) for one in node.decorator_list)
        return later(node, name, flags + ("X" if begins else ""))

    def _cut_types(self, node: Any) -> None:
        for one in arguments(node.args):
            start, end = self.span(one)
            if one.annotation:
                self.draft.cuts.append((start + len(one.arg.encode()), end))
        if node.returns:
            start, end = self.span(node.returns)
            self.draft.cuts.append((self.draft.source.rfind(b"->", 0, start), end))

    def _signature(self, node: Any) -> str:
        before = self.draft.source[self.span(node)[0] : self.span(node.body[0])[0]][:2000]
        return before.decode(errors="replace").partition("(")[2].rpartition(":")[0].strip()

    def _take_validator(self, node: Any, owner: str) -> None:
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and self._last(mark) in _VALIDATORS:
                names = [text_of(one) for one in mark.args]
                for name in [one for one in names if one] or ["*"]:
                    self.draft.add(Sign.VALIDATION, self.span(mark), f"{owner}.{name}", "validator")

    def _class(self, node: ast.ClassDef, owner: str, flags: str) -> tuple[str, str]:
        name = f"{owner}.{node.name}" if owner else node.name
        self.draft.pieces.append(
            Piece(
                name=name,
                start=self.span(node)[0],
                end=self.span(node)[1],
                signature=", ".join(self.dotted(base) or "?" for base in node.bases),
                public=not node.name.startswith("_"),
                test=node.name.startswith("Test"),
            )
        )
        self.after += [(self._judge_mark, one) for one in node.decorator_list]
        self._cut_docstring(node)
        flags = flags.replace("s", "") + "c"
        if any(self._last(base) == "BaseSettings" for base in node.bases):
            prefix = prefix_of(node)
            flags += "s"
            if prefix is not None:
                self._settings(node, prefix)
        return name, flags

    def _settings(self, node: ast.ClassDef, prefix: str) -> None:
        for one in node.body:
            if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name):
                name = one.target.id
                if name == "model_config" or name.startswith("_"):
                    continue
                alias = alias_of(one.value) or (prefix + name).upper()
                default = "default" if one.value is not None else ""
                self.draft.add(Sign.ENVIRONMENT, self.span(one), alias, default)

    def _cut_docstring(self, node: Any) -> None:
        first = node.body[0] if node.body else None
        if isinstance(first, ast.Expr) and text_of(first.value) is not None:
            self.draft.cuts.append(self.span(first))

    def _call(self, node: ast.Call, owner: str, flags: str) -> tuple[str, str]:
        self.calls.append((node, flags))
        callee = self.dotted(node.func)
        last = callee.rpartition(".")[2]
        if is_log(callee, WORDS.prints) or last in TESTING or self._reads_environment(node):
            return owner, flags + "q"
        if last in {"HTTPException", "ValueError", "TypeError"} or last.endswith("Error"):
            return owner, flags + "q"
        return owner, flags

    def _constant(self, node: ast.Constant, _owner: str, flags: str) -> None:
        if "q" not in flags and "s" not in flags and isinstance(node.value, str):
            self.draft.take_literal(self.span(node), node.value)

    def _handler(self, node: ast.ExceptHandler, owner: str, flags: str) -> tuple[str, str]:
        kinds = types_of(node.type) if node.type else []
        self.after += [(self._judge_caught, one) for one in kinds]
        broad = node.type is None or any(self.dotted(one) in _BROAD for one in kinds)
        if broad and len(node.body) == 1 and says_nothing(node.body[0]):
            detail = "validator" if "v" in flags else ""
            self.draft.add(Sign.SWALLOWED, self.span(node), owner, detail)
        return owner, flags

    def _import(self, node: ast.Import, _owner: str, flags: str) -> None:
        for one in node.names:
            self.aliases[one.asname or one.name.partition(".")[0]] = (
                one.name if one.asname else one.name.partition(".")[0]
            )
            self.draft.take_import(self.span(node), one.name, types="t" in flags)

    def _import_from(self, node: ast.ImportFrom, _owner: str, flags: str) -> None:
        module = resolved(self.draft.path, node)
        for alias in node.names:
            self.aliases[alias.asname or alias.name] = f"{module}.{alias.name}"
        names = [f"{module}.{one.name}" for one in node.names]
        for one in [module, *names] if node.module else names:
            self.draft.take_import(self.span(node), one, types="t" in flags)

    def _assign(self, node: ast.Assign, owner: str, flags: str) -> tuple[str, str]:
        for target in node.targets:
            self._named(name_of(target), node.value)
            if "c" in flags and isinstance(target, ast.Name):
                self._attribute(owner, target.id, node.value)
            if isinstance(target, ast.Name) and target.id == "pytestmark":
                marks = node.value.elts if isinstance(node.value, ast.List) else [node.value]
                self.after += [(self._judge_mark, one) for one in marks]
        return owner, flags

    def _annotated(self, node: ast.AnnAssign, owner: str, flags: str) -> tuple[str, str]:
        self._named(name_of(node.target), node.value)
        if "c" not in flags:
            self.draft.cuts.append((self.span(node.target)[1], self.span(node.annotation)[1]))
        elif isinstance(node.target, ast.Name):
            self._attribute(owner, node.target.id, node.value)
            for one in ast.walk(node.annotation):
                if isinstance(one, ast.Call):
                    self._constrained(f"{owner}.{node.target.id}", one)
        return owner, flags

    def _attribute(self, owner: str, name: str, value: ast.expr | None) -> None:
        self.draft.attributes.add(f"{owner}.{name}")
        if isinstance(value, ast.Call):
            self._constrained(f"{owner}.{name}", value)

    def _constrained(self, subject: str, call: ast.Call) -> None:
        last = self._last(call)
        if last in _FIELDS or last.endswith(("Field", "String", "Integer")):
            for one in call.keywords:
                if one.arg in _CONSTRAINTS:
                    self.draft.add(Sign.VALIDATION, self.span(one), subject, one.arg)
        elif last in _VALIDATORS:
            self.draft.add(Sign.VALIDATION, self.span(call), subject, "validator")

    def _keyword(self, node: ast.keyword, owner: str, flags: str) -> tuple[str, str]:
        self._named(node.arg or "", node.value)
        return owner, flags + "q" if node.arg in MESSAGES else flags

    def _dict(self, node: ast.Dict, owner: str, flags: str) -> tuple[str, str]:
        for key, value in zip(node.keys, node.values, strict=True):
            self._named((key and text_of(key)) or "", value)
        return owner, flags

    def _subscript(self, node: ast.Subscript, owner: str, flags: str) -> tuple[str, str]:
        if isinstance(node.ctx, ast.Load) and text_of(node.slice):
            self.after.append((self._judge_subscript, node))
        return owner, flags

    def _expression(self, node: ast.Expr, owner: str, flags: str) -> tuple[str, str] | None:
        return None if isinstance(node.value, ast.Constant) else (owner, flags)

    def _if(self, node: ast.If, owner: str, flags: str) -> tuple[str, str]:
        if self.dotted(node.test).rpartition(".")[2] == "TYPE_CHECKING":
            return owner, flags + "t"
        return choice(node, owner, flags)

    def _loop(self, node: ast.For | ast.AsyncFor, owner: str, flags: str) -> tuple[str, str]:
        self._repeats(node, node.body)
        parts = IN_PARTS.search(f"{name_of(node.target)} {self.dotted(node.iter)}")
        return owner, flags.replace("l", "") + ("" if parts else "l")

    def _with(self, node: ast.With | ast.AsyncWith, owner: str, flags: str) -> tuple[str, str]:
        begins = any(BEGINS.search(self.dotted(one.context_expr)) for one in node.items)
        return choice(node, owner, flags + ("x" if begins else ""))

    def _generated(self, node: Any, owner: str, flags: str) -> tuple[str, str]:
        self._repeats(node.generators[0], [node.elt])
        return owner, flags

    def _repeats(self, over: Any, inside: list[Any]) -> None:
        head = self.span(over.target)[0], self.span(over.iter)[1]
        self.draft.take_loop(head, (self.span(inside[0])[0], self.span(inside[-1])[1]))

    def _either(self, node: ast.BoolOp, owner: str, flags: str) -> tuple[str, str]:
        """`os.getenv("X") or "http://localhost"`: a default that can be changed."""
        reads = any(
            isinstance(one, ast.Call) and self._reads_environment(one) for one in node.values
        )
        return owner, flags + "q" if reads else flags

    def _named(self, name: str, value: ast.expr | None) -> None:
        text = text_of(value) if value is not None else None
        if name and text is not None and value is not None:
            self.draft.take_named(self.span(value), name, text)

    # ── once every import is known ────────────────────────────────────────────────────────────

    def _last(self, node: ast.AST) -> str:
        return self.dotted(node).removesuffix("()").rpartition(".")[2]

    def _reads_environment(self, node: ast.Call) -> bool:
        callee = self.dotted(node.func)
        if callee in WORDS.environment or callee == "environ.get":
            return True
        base, _, last = callee.rpartition(".")
        if callee == "env" or (base == "env" and last in _ENV_READERS):
            modules = {one for _, one in self.draft.imports}
            return not modules.isdisjoint({"environ", "environs"})
        return False

    def _judge_caught(self, node: ast.expr) -> None:
        name = self.dotted(node)
        if name and not is_python_own(name):
            self.draft.add(Sign.CAUGHT, self.span(node), name)

    def _judge_call(self, node: ast.Call, flags: str) -> None:
        callee = self.dotted(node.func)
        if not callee:
            return
        if "l" in flags and COMMITS.search(callee):
            self.draft.add(Sign.COMMIT_IN_LOOP, self.span(node), callee)
        if "x" in flags and callee in WORDS.requests:
            self.draft.add(Sign.CALL_IN_TRANSACTION, self.span(node), callee)
        first = node.args[0] if node.args else None
        keywords = frozenset(one.arg or "timeout" for one in node.keywords)
        call = Call(
            callee=callee,
            start=self.span(node)[0],
            end=self.span(node)[1],
            first=leading(first) if first is not None else None,
            keywords=keywords,
            zero=isinstance(first, ast.Constant) and first.value == 0,
            default=len(node.args) > 1 or "default" in keywords,
        )
        if self._reads_environment(node):
            call.callee = "os.getenv"
        elif is_log(callee, WORDS.prints):
            call.shown = tuple(shown(node))
        elif callee.endswith(("flag_is_active", "switch_is_active")) and len(node.args) > 1:
            call.first = text_of(node.args[1]) or call.first
        self.draft.take_call(call)

    def _judge_subscript(self, node: ast.Subscript) -> None:
        name = text_of(node.slice)
        if self.dotted(node.value) in _ENVIRON and name:
            self.draft.add(Sign.ENVIRONMENT, self.span(node), name)

    def _judge_mark(self, node: ast.AST) -> None:
        mark = self.dotted(node).removesuffix("()")
        if mark in _SKIP_MARKS:
            self.draft.add(Sign.SWITCHED_OFF, self.span(node), mark)
        elif mark in {"pytest.mark.order", "pytest.mark.run"}:
            self.draft.add(Sign.ORDER, self.span(node), mark)
