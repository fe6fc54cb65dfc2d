"""What the views of Django and of its REST framework answer, by their methods and their bases."""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING

from bot.model.endpoint import Body, Guard, Handler, Hole, Registration, Router, Where
from bot.readers.endpoints.paths import joined, template
from bot.readers.endpoints.python_base import FUNCTIONS, keyword, last_name, walk, within
from bot.readers.endpoints.python_handlers import Handlers, last_part
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
_KNOWN = re.compile(rf"{_GENERIC.pattern}|\w*ModelViewSet")
_VIEW = re.compile(r"(?:View|ViewSet)$")
_VERBS = words("get post put patch delete")
_PAGES = re.compile(r"(?:Template|List|Detail|Form|Create|Update|Delete|Redirect)View")
_COMPLETE = words("View APIView GenericAPIView ViewSet GenericViewSet object")
# Bases of classes that describe data or trouble and may be called a view of it.
_NO_VIEW = re.compile(r"(?:Model|Serializer|Schema|Form|Enum|Dict|Tuple|Protocol|Exception|Error)$")
_INSIDE = words("method_decorator permission_classes")
_DEFAULT = "rest_framework/settings#DEFAULT_PERMISSION_CLASSES"
_METHODS = {"require_GET": ("GET",), "require_POST": ("POST",), "require_safe": ("GET",)}
_NAMED = (ast.Name, ast.Attribute)
_READS = words("data POST body")


def _may_be_view(name: str, bases: list[str]) -> bool:
    """By its name alone, as where its bases are of the project."""
    return bool(bases and _VIEW.search(name)) and not any(_NO_VIEW.search(one) for one in bases)


class Views:
    """Reads the views of one file, which serve where a pattern names them."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.registrations: list[Registration] = []
        self.routers: list[Router] = []
        self.holes: list[Hole] = []
        self.told = {one.name: one for one in Handlers(names, "django", {}).all()}

    def read(self) -> None:
        """Classes of the module, and functions that take a request."""
        for node, scope in self.names.classes:
            if scope is self.names.top:
                self._class(node)
        for function, scope in self.names.functions:
            first = [one.arg for one in function.args.args[:1]]
            if scope is self.names.top and first == ["request"]:
                self._function(function)

    def _symbol(self, node: ast.AST | None) -> str:
        return self.names.symbol(node, self.names.top)

    def _text(self, node: ast.expr | None) -> str | None:
        return self.names.text(node, self.names.top)

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
        known = [one for one in rest if _KNOWN.fullmatch(one) or _PAGES.fullmatch(one)]
        pages = any(_PAGES.fullmatch(one) for one in bases)
        if not any(_VIEW.search(one) for one in bases) and not _may_be_view(node.name, bases):
            return
        if any("ViewSet" in one for one in [*bases, node.name]):
            self._set(node, own, set(_brought(bases)))
        else:
            verbs = {verb for verb in own if verb in _VERBS} | set(_generic(bases))
            verbs |= {verb for one in bases if _PAGES.fullmatch(one) for verb in _paged(one)}
            for verb in sorted(verbs):
                self._say(node, on, (verb.upper(), "", f"{on}.{verb}"), shown=pages)
                self._inherited(node, verb, own)
        if rest != known:
            # Of a base elsewhere: it may answer more.
            self._say(node, on, ("ANY", "", on), certain=False, shown=pages)
        guard = Guard(symbol=on, where=Where.ROUTER, line=node.lineno)
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
        plain = None if path is None else plain_path(path)
        if plain is None or None in methods or not isinstance(detail, ast.Constant):
            self.holes.append(Hole(line=node.lineno, reason="a computed action"))
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
        found = self._named(said)
        chosen = _functions(node).get("get_permissions")
        if chosen is not None:
            found.append(f"#{node.name}.get_permissions")
            # Which of them stands before which action is not read: none counts as the guard it is.
            answers = [one.value for one in within(chosen) if isinstance(one, ast.Return)]
            named = [one for answer in answers for one in self._named(answer)]
            found += [f"#{node.name}.get_permissions_{last_part(one)}" for one in named if one]
        if said is None and any(one.endswith(("APIView", "ViewSet")) for one in bases):
            found.append(_DEFAULT)
        for symbol in dict.fromkeys(found):
            if symbol:
                yield Guard(symbol=symbol, where=Where.ROUTER, line=node.lineno)
        yield from self._inside(node)

    def _named(self, node: ast.AST | None) -> list[str]:
        """The symbols that a list of classes names."""
        inside = walk(node) if node is not None else ()
        return [self._symbol(one) for one in inside if isinstance(one, _NAMED)]

    def _inside(self, node: ast.ClassDef | Function) -> list[Guard]:
        """What is named inside a decorator: `@method_decorator(login_required)`,
        `@action(permission_classes=[IsOwner])`."""
        marks = [one for one in node.decorator_list if isinstance(one, ast.Call)]
        inside = [(one, given) for one in marks if last_name(one) in _INSIDE for given in one.args]
        inside += [(one, given) for one in marks if (given := keyword(one, "permission_classes"))]
        return [
            Guard(symbol=symbol, where=Where.DECORATOR, line=mark.lineno)
            for mark, given in inside
            for one in ([given] if not isinstance(given, ast.List | ast.Tuple) else given.elts)
            if (symbol := self._symbol(one))
        ]

    def _bodied(self, told: Handler, node: Function) -> Handler:
        """How it takes the body: by a serializer or a form, or as it comes."""
        checked: set[ast.AST] = set()
        reads: list[ast.Attribute] = []
        for one in within(node):
            if isinstance(one, ast.Call) and re.search(r"(?:[Ss]erializer|Form)$", last_name(one)):
                checked |= {each for given in [*one.args, *one.keywords] for each in walk(given)}
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


def _paged(base: str) -> tuple[str, ...]:
    reads = re.match("Template|List|Detail|Redirect", base)
    return ("get",) if reads else ("get", "post")


def plain_path(pattern: str) -> str | None:
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
