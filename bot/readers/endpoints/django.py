"""Routes of Django and of its REST framework: patterns, routers, views and view sets.

A list of patterns is a router, and so is a view: a class or a function that is mounted where a
pattern or a router's `register` names it.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.endpoint import Body, Endpoints, Guard, Handler, Hole, Mount, Registration, Router
from bot.model.endpoint import Where as At
from bot.readers.endpoints.paths import joined, template
from bot.readers.endpoints.python_base import FUNCTIONS, argument, keyword, last_name, within
from bot.readers.endpoints.python_handlers import Handlers
from bot.readers.signals.words import listed as words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.readers.endpoints.python_base import Function, Names

# action: its methods, and what stands after the path of the set.
_ACTIONS = {
    "list": (("GET",), ""),
    "create": (("POST",), ""),
    "retrieve": (("GET",), "{}"),
    "update": (("PUT",), "{}"),
    "partial_update": (("PATCH",), "{}"),
    "destroy": (("DELETE",), "{}"),
}
_SUCCESS = {"create": 201, "destroy": 204}
# What a base class brings along, by the end of its name.
_BRINGS = (
    ("ReadOnlyModelViewSet", "list retrieve"),
    ("ModelViewSet", " ".join(_ACTIONS)),
    ("ListModelMixin", "list"),
    ("CreateModelMixin", "create"),
    ("RetrieveModelMixin", "retrieve"),
    ("UpdateModelMixin", "update partial_update"),
    ("DestroyModelMixin", "destroy"),
)
_GENERIC = re.compile(r"(?:List|Create|Retrieve|Update|Destroy)+APIView")
_PARTS = (("List|Retrieve", "get"), ("Create", "post"), ("Update", "put patch"),
          ("Destroy", "delete"))  # fmt: skip
_VERBS = words("get post put patch delete")
_PAGES = re.compile(r"(?:Template|List|Detail|Form|Create|Update|Delete|Redirect)View")
_COMPLETE = words("View APIView GenericAPIView ViewSet GenericViewSet object")
_PATTERNS = words("path re_path url")
_INSIDE = words("method_decorator permission_classes")
_DEFAULT = "rest_framework/settings#DEFAULT_PERMISSION_CLASSES"
_METHODS = {"require_GET": ("GET",), "require_POST": ("POST",), "require_safe": ("GET",)}
_NAMED = (ast.Name, ast.Attribute)
_READS = words("data POST body")


def read(names: Names, tree: ast.Module, told: Endpoints) -> Endpoints:
    """What a file of Django's says besides its names."""
    found = _Django(names)
    found.read(tree)
    return replace(
        told,
        stack="django",
        registrations=tuple(found.registrations),
        handlers=tuple(found.told.values()),
        routers=tuple(found.routers),
        mounts=tuple(found.mounts),
        routes=tuple(found.called.items()),
        holes=tuple(found.holes),
    )


class _Django:
    """Reads what one file registers."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.registrations: list[Registration] = []
        self.routers: list[Router] = []
        self.mounts: list[Mount] = []
        self.holes: list[Hole] = []
        self.called: dict[str, str] = {}
        self._done: set[ast.AST] = set()
        name = names.constants.get("app_name", "")
        self._space = f"{name}:" if name else ""
        self.told = {one.name: one for one in Handlers(names, "django", {}).all()}

    def read(self, tree: ast.Module) -> None:
        """All of a file, in its order."""
        for statement, certain in _statements(tree.body):
            self._statement(statement, certain=certain)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node not in self._done and self._is_pattern(node):
                self._hole(node, "a pattern of a list that is not known")
        for one, scope in self.names.classes:
            if scope is self.names.top:
                self._class(one)
        for function, scope in self.names.functions:
            if scope is self.names.top and [one.arg for one in function.args.args[:1]] == [
                "request"
            ]:
                self._function(function)

    def _hole(self, node: ast.expr | ast.stmt, reason: str) -> None:
        self.holes.append(Hole(line=node.lineno, reason=reason))

    def _symbol(self, node: ast.AST | None) -> str:
        return self.names.symbol(node, self.names.top)

    def _text(self, node: ast.expr | None) -> str | None:
        return self.names.text(node, self.names.top)

    def _is_pattern(self, node: ast.AST) -> bool:
        said = isinstance(node, ast.Call) and last_name(node) in _PATTERNS
        return said and self._symbol(node).startswith(("django/urls#", "django/conf/urls#"))

    # ── patterns ──────────────────────────────────────────────────────────────────────────────

    def _statement(self, node: ast.stmt, *, certain: bool) -> None:
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None:
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            on = self._symbol(target)
            listing = any(self._is_pattern(one) for one in ast.walk(node.value))
            if on and (listing or on == "#urlpatterns"):
                self._listed(node.value, on, "", certain=certain)
        call = node.value if isinstance(node, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return
        on, given = self._symbol(call.func.value), [*call.args]
        if call.func.attr in {"append", "extend", "insert"} and any(map(self._is_pattern, given)):
            self._listed(ast.List(elts=given[-1:]), on, "", certain=certain)
        elif call.func.attr == "extend" and on == "#urlpatterns":
            self._listed(given[0], on, "", certain=certain)
        elif call.func.attr == "register" and len(given) > 1:
            self._register(call, on)

    def _listed(self, node: ast.expr, on: str, prefix: str, *, certain: bool) -> None:
        """A list of patterns, or what stands for one."""
        if isinstance(node, ast.List | ast.Tuple):
            for one in node.elts:
                if isinstance(one, ast.Call) and self._is_pattern(one):
                    self._pattern(one, on, prefix, certain=certain)
                else:
                    self._listed(one, on, prefix, certain=certain)
        elif isinstance(node, ast.BinOp):
            self._listed(node.left, on, prefix, certain=certain)
            self._listed(node.right, on, prefix, certain=certain)
        elif isinstance(node, ast.Starred):
            self._listed(node.value, on, prefix, certain=certain)
        elif last_name(node) == "static" or (isinstance(node, ast.Name) and f"#{node.id}" == on):
            return
        elif isinstance(node, ast.Call) and last_name(node) == "include" and node.args:
            self._include(node.args[0], on, prefix, certain=certain)
        elif self._symbol(node):
            child = self._symbol(node).removesuffix(".urls")
            self._mount(node, on, child, prefix)
        else:
            self._hole(node, "a computed list of patterns")

    def _include(self, node: ast.expr, on: str, prefix: str, *, certain: bool) -> None:
        said = self._text(node) if isinstance(node, ast.Constant) else None
        if said is not None:
            self._mount(node, on, f"{said.replace('.', '/')}#urlpatterns", prefix)
        elif isinstance(node, ast.Tuple) and node.elts:
            self._include(node.elts[0], on, prefix, certain=certain)
        elif self._symbol(node) in self.names.imports.values() and "#" in self._symbol(node):
            # A module of patterns, or a list of them that another module has.
            self._mount(node, on, self._symbol(node), prefix)
        else:
            self._listed(node, on, prefix, certain=certain)

    def _mount(
        self, node: ast.expr, on: str, child: str, prefix: str, guards: tuple[Guard, ...] = ()
    ) -> None:
        self.mounts.append(
            Mount(parent=on, child=child, prefix=prefix, line=node.lineno, guards=guards)
        )

    def _pattern(self, call: ast.Call, on: str, prefix: str, *, certain: bool) -> None:
        """`path("users/<int:pk>", view)` and its like."""
        self._done.add(call)
        said, view = self._text(argument(call, 0, "route", "regex")), argument(call, 1, "view")
        path = _plain(said) if said is not None and last_name(call) != "path" else said
        if path is None or view is None:
            self._hole(call, "a computed path")
            return
        path = joined(prefix, path)
        if isinstance(view, ast.Call) and last_name(view) == "include" and view.args:
            self._include(view.args[0], on, path, certain=certain)
            return
        name = self._text(keyword(call, "name"))
        if name:
            self._name(name, path)
        guards, inner = self._unwrapped(view)
        symbol = self._symbol(inner).removesuffix(".as_view")
        if not symbol or (isinstance(inner, ast.Call) and inner.args):
            self._hole(call, "a view that is made on the spot")
        else:
            self._mount(call, on, symbol, path, guards)

    def _name(self, name: str, path: str) -> None:
        # What stands before the path is said by whoever includes this file.
        self.called[f"{self._space}{name}"] = f"{{}}{path}"

    def _unwrapped(self, view: ast.expr) -> tuple[tuple[Guard, ...], ast.expr]:
        """A view, and what is wrapped around it: `login_required(View.as_view())`."""
        guards: list[Guard] = []
        while isinstance(view, ast.Call) and last_name(view) != "as_view" and view.args:
            symbol = self._symbol(view.func)
            guards += [Guard(symbol=symbol, where=At.DECORATOR, line=view.lineno)] if symbol else []
            view = view.args[0]
        return tuple(guards), view

    def _register(self, call: ast.Call, on: str) -> None:
        prefix, view = self._text(call.args[0]), self._symbol(call.args[1])
        path = _plain(prefix) if prefix is not None else None
        if path is None or not view or "/admin#" in on or "admin/" in self.names.module:
            return
        self._mount(call, on, view, path)
        # Without a word of it, it is the name of the model: mostly of the view, in small letters.
        said = self._text(argument(call, 2, "basename"))
        name = said or last_name(call.args[1]).removesuffix("ViewSet").lower()
        self._name(f"{name}-list", f"/{path.strip('/')}")
        self._name(f"{name}-detail", f"/{path.strip('/')}/{{}}")

    # ── views ─────────────────────────────────────────────────────────────────────────────────

    def _say(
        self,
        node: ast.stmt | ast.expr,
        on: str,
        route: tuple[str, str, str],
        *,
        certain: bool = True,
        shown: bool = False,
    ) -> None:
        method, path, handler = route
        self.registrations.append(
            Registration(
                on=on,
                method=method,
                path=template(path),
                handler=handler,
                line=node.lineno,
                end=node.end_lineno or node.lineno,
                certain=certain,
                shown=shown,
            )
        )

    def _function(self, node: Function) -> None:
        """A function that takes a request is a view wherever a pattern names it."""
        methods: tuple[str, ...] = ("ANY",)
        for one in node.decorator_list:
            methods = _METHODS.get(last_name(one), methods)
            if isinstance(one, ast.Call) and last_name(one) in {"api_view", "require_http_methods"}:
                given = one.args[0] if one.args else ast.List(elts=[ast.Constant("GET")])
                said = [self._text(each) for each in getattr(given, "elts", [])]
                methods = tuple(each.upper() for each in said if each) or methods
        for method in methods:
            self._say(node, f"#{node.name}", (method, "", f"#{node.name}"))
        told = self.told[node.name]
        inside = self._inside(node)
        self.told[node.name] = self._bodied(replace(told, guards=(*inside, *told.guards)), node)

    def _class(self, node: ast.ClassDef) -> None:
        """A view, or a set of them: what it answers by itself and what its bases bring."""
        on, bases = f"#{node.name}", [last_name(one) for one in node.bases]
        own = _functions(node)
        rest = [one for one in bases if one not in _COMPLETE and not one.endswith("Mixin")]
        known = [one for one in rest if _GENERIC.fullmatch(one) or one.endswith("ModelViewSet")]
        pages = any(_PAGES.fullmatch(one) for one in bases)
        if not any(re.search(r"(?:View|ViewSet)$", one) for one in [*bases, node.name]):
            return
        if any("ViewSet" in one for one in [*bases, node.name]):
            self._set(node, own, set(_brought(bases)))
        else:
            verbs = {verb for verb in own if verb in _VERBS} | set(_generic(bases))
            verbs |= {"get"} if pages else set()
            for verb in sorted(verbs):
                self._say(node, on, (verb.upper(), "", f"{on}.{verb}"), shown=pages)
                self._inherited(node, verb, own)
        if rest != known:
            # Of a base elsewhere: it may answer more.
            self._say(node, on, ("ANY", "", on), certain=False, shown=pages)
        guard = Guard(symbol=on, where=At.ROUTER, line=node.lineno)
        self.routers.append(Router(name=node.name, line=node.lineno, guards=(guard,)))
        told = self.told[node.name]
        self.told[node.name] = replace(told, guards=(*told.guards, *self._permissions(node, bases)))
        for name, one in own.items():
            whole = f"{node.name}.{name}"
            before = replace(
                self.told[whole], guards=(*self._inside(one), *self.told[whole].guards)
            )
            self.told[whole] = self._bodied(before, one)

    def _set(self, node: ast.ClassDef, own: dict[str, Function], brought: set[str]) -> None:
        on = f"#{node.name}"
        for action, (methods, tail) in _ACTIONS.items():
            if action in own or action in brought:
                for method in methods:
                    self._say(own.get(action, node), on, (method, tail, f"{on}.{action}"))
                self._inherited(node, action, own)
        for name, function in own.items():
            for mark in function.decorator_list:
                if isinstance(mark, ast.Call) and last_name(mark) == "action":
                    self._action(function, mark, (on, name))

    def _action(self, node: Function, mark: ast.Call, said: tuple[str, str]) -> None:
        on, name = said
        given, detail = keyword(mark, "methods"), keyword(mark, "detail")
        methods = [self._text(one) for one in getattr(given, "elts", [])] or ["get"]
        path = self._text(keyword(mark, "url_path") or ast.Constant(name))
        plain = None if path is None else _plain(path)
        if plain is None or None in methods or not isinstance(detail, ast.Constant):
            self._hole(node, "a computed action")
            return
        for method in methods:
            where = joined("{}" if detail.value else "", plain)
            self._say(node, on, ((method or "").upper(), where, f"{on}.{name}"))

    def _inherited(self, node: ast.ClassDef, name: str, own: dict[str, Function]) -> None:
        """What a base does for the class, by the form that the class declares."""
        whole = f"{node.name}.{name}"
        if name in own:
            return
        form = self._symbol(_values(node).get("serializer_class"))
        takes = bool(form) and name in {
            "create",
            "update",
            "partial_update",
            "post",
            "put",
            "patch",
        }
        self.told[whole] = Handler(
            name=whole,
            line=node.lineno,
            end=node.end_lineno or node.lineno,
            body=Body.TYPED if takes else Body.NONE,
            success=_SUCCESS.get(name),
            types=(form,) if form else (),
        )

    def _permissions(self, node: ast.ClassDef, bases: list[str]) -> Iterator[Guard]:
        """`permission_classes`, else what the settings say for the REST framework's views."""
        said = _values(node).get("permission_classes")
        inside = [one for one in ast.walk(said or ast.Tuple(elts=[])) if isinstance(one, _NAMED)]
        found = [self._symbol(one) for one in inside]
        if "get_permissions" in _functions(node):
            found.append(f"#{node.name}.get_permissions")
        if said is None and any(one.endswith(("APIView", "ViewSet")) for one in bases):
            found.append(_DEFAULT)
        for symbol in dict.fromkeys(found):
            if symbol:
                yield Guard(symbol=symbol, where=At.ROUTER, line=node.lineno)
        yield from self._inside(node)

    def _inside(self, node: ast.ClassDef | Function) -> list[Guard]:
        """What is named inside a decorator: `@method_decorator(login_required)`."""
        return [
            Guard(symbol=symbol, where=At.DECORATOR, line=mark.lineno)
            for mark in node.decorator_list
            if isinstance(mark, ast.Call) and last_name(mark) in _INSIDE
            for given in mark.args
            for one in ([given] if not isinstance(given, ast.List | ast.Tuple) else given.elts)
            if (symbol := self._symbol(one))
        ]

    def _bodied(self, told: Handler, node: Function) -> Handler:
        """How it takes the body: by a serializer or a form, or as it comes."""
        checked: set[ast.AST] = set()
        reads: list[ast.Attribute] = []
        for one in within(node):
            if isinstance(one, ast.Call) and re.search(r"(?:[Ss]erializer|Form)$", last_name(one)):
                checked |= {
                    each for given in [*one.args, *one.keywords] for each in ast.walk(given)
                }
            elif (
                isinstance(one, ast.Attribute)
                and one.attr in _READS
                and last_name(one.value) == "request"
            ):
                reads.append(one)
        raw = min((one.lineno for one in reads if one not in checked), default=None)
        if any(one in checked for one in reads):
            return replace(told, body=Body.TYPED, raw=None)
        return replace(told, body=Body.NONE if raw is None else Body.RAW, raw=raw)


def _statements(
    body: list[ast.stmt], *, certain: bool = True, depth: int = 0
) -> Iterator[tuple[ast.stmt, bool]]:
    """Statements of a module, those of branches without certainty."""
    for one in body:
        yield one, certain
        if isinstance(one, ast.If | ast.Try) and depth < 20:
            for inner in (one.body, one.orelse):
                sure = certain and isinstance(one, ast.Try)
                yield from _statements(inner, certain=sure, depth=depth + 1)


def _functions(node: ast.ClassDef) -> dict[str, Function]:
    return {one.name: one for one in node.body if isinstance(one, FUNCTIONS)}


def _values(node: ast.ClassDef) -> dict[str, ast.expr]:
    """What the attributes of a class are."""
    return {
        last_name(one.targets[0]): one.value for one in node.body if isinstance(one, ast.Assign)
    }


def _brought(bases: list[str]) -> Iterator[str]:
    for base in bases:
        for end, actions in _BRINGS:
            if base.endswith(end):
                yield from actions.split()
                break


def _generic(bases: list[str]) -> Iterator[str]:
    for base in bases:
        for part, verbs in _PARTS if _GENERIC.fullmatch(base) else ():
            if re.search(part, base):
                yield from verbs.split()


def _plain(pattern: str) -> str | None:
    """The path of a regular expression: a group is a parameter; None where it says more."""
    text = pattern.removeprefix("^").removesuffix("$").removesuffix(r"\Z")
    depth, found = 0, ""
    for place, char in enumerate(text):
        if char == "(" and text[place - 1 : place] != "\\":
            found += "" if depth else "{}"
            depth += 1
        elif char == ")" and text[place - 1 : place] != "\\" and depth:
            depth -= 1
        elif not depth:
            found += char
    found = re.sub(r"\\([-./_])", r"\1", found).replace("/?", "/")
    return None if re.search(r"[\\^$*+?|\[\]()]", found) else found
