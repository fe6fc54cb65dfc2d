"""The routes that a Rails application draws."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bot.model.endpoint import Guard, Hole, Mount, Registration, Where
from bot.readers.endpoints.paths import joined
from bot.readers.endpoints.ruby_nodes import body_of, controller, given, line, name_of, word, words
from bot.readers.signals.trees import text
from bot.readers.signals.words import listed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tree_sitter import Node

# action: its methods, what stands after the resource's path, and before its name.
_ACTIONS = {
    "index": (("GET",), "", ""),
    "create": (("POST",), "", ""),
    "new": (("GET",), "/new", "new_"),
    "edit": (("GET",), "{}/edit", "edit_"),
    "show": (("GET",), "{}", ""),
    "update": (("PATCH", "PUT"), "{}", ""),
    "destroy": (("DELETE",), "{}", ""),
}
_VERBS = listed("get post put patch delete options match root")
_SCOPES = listed("namespace scope constraints defaults authenticate authenticated devise_scope")
# Both methods of `update` are one route.
_SECOND = ("PUT", "PATCH")
# Forms to fill in, and answers without a handler: no contract is about them.
_SHOWN = frozenset({"new", "edit", "#redirect"})
_QUIET = frozenset({"concern", "direct", "resolve"})
_BRANCHES = frozenset({"if", "unless", "if_modifier", "unless_modifier", "else", "then", "elsif"})
_PLAIN = frozenset({"assignment", "method", "class", "module", "comment", "string"})
_OPTIONAL = re.compile(r"\(([^()]*)\)")
_PARAMETER = re.compile(r"[:*][A-Za-z_]\w*")
_SHORT = re.compile(r"/?[-\w]+/[-\w/]+")
_OWN = re.compile(r"(?:Rails\.application|[\w:]+::Application)\.routes")
_PLURALS = (("(ss|x|z|ch|sh)$", r"\1es"), ("([^aeiouy])y$", r"\1ies"), ("([^s])$", r"\1s"))
_SINGULARS = (
    ("(news|series|us|ss|is)$", r"\1"),
    ("(alias|status|bus|ss|x|ch|sh)es$", r"\1"),
    ("ies$", "y"),
    ("people$", "person"),
    ("s$", ""),
)
_DEPTH_AT_MOST = 30
_OPTIONALS_AT_MOST = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scope:
    """Where a route is said: what comes before its path, its controller and its name.

    `level`: empty, or in a resource `many`, `one`, `member`, `collection`; then `base` is the path
    of the resource, `outer` the names around it and `noun` its own, of all and of one.
    """

    path: str = ""
    module: str = ""
    names: str = ""
    controller: str = ""
    level: str = ""
    base: str = ""
    outer: str = ""
    noun: tuple[str, str] = ("", "")
    certain: bool = True
    guards: tuple[Guard, ...] = ()
    depth: int = 0


@dataclass(slots=True)
class Drawing:
    """What the statements of `config/routes.rb` say."""

    registrations: list[Registration] = field(default_factory=list)
    routes: dict[str, str] = field(default_factory=dict)
    mounts: list[Mount] = field(default_factory=list)
    holes: list[Hole] = field(default_factory=list)

    def file(self, root: Node, *, drawn: bool) -> None:
        """Take all of a file; `drawn`: another draws it, at a place that is not known."""
        if drawn:
            self._block(body_of(root), _Scope(certain=False))
        for one in [] if drawn else body_of(root):
            if one.type != "call" or name_of(one) != "draw":
                continue
            if _OWN.fullmatch(text(one.child_by_field_name("receiver"))):
                self._block(body_of(one), _Scope())
            else:
                self._hole(one, "routes of an engine")

    def _hole(self, node: Node, reason: str) -> None:
        self.holes.append(Hole(line=line(node), reason=reason))

    def _block(self, statements: list[Node], scope: _Scope) -> None:
        for one in statements:
            if scope.depth > _DEPTH_AT_MOST:
                self._hole(one, "nested too deeply")
            elif one.type in {"call", "identifier"}:
                self._call(one, scope)
            elif one.type in _BRANCHES:
                asked = one.child_by_field_name("condition")
                inside = [each for each in one.named_children if each != asked]
                self._block(inside, replace(scope, certain=False, depth=scope.depth + 1))
            elif one.type not in _PLAIN:
                self._hole(one, f"routes in {one.type}")

    def _call(self, node: Node, scope: _Scope) -> None:
        name, receiver = name_of(node), node.child_by_field_name("receiver")
        places, options = given(node)
        inner: _Scope | None = None
        if name in {"member", "collection"}:
            inner = _turned(scope, name)
        elif name in _SCOPES:
            inner = _within(scope, node, places, options)
        if inner is not None and receiver is None:
            self._block(body_of(node), replace(inner, depth=scope.depth + 1))
        elif name in _VERBS and receiver is None:
            self._verb(node, scope, places, options)
        elif name in {"resources", "resource"} and receiver is None:
            for place in places:
                self._resource(node, scope, word(place), options)
        elif name == "mount" and word(options.get("at", options.get("to"))) is not None:
            prefix = word(options.get("at", options.get("to"))) or ""
            child = text(places[0]).partition("(")[0].replace("::", "/") if places else ""
            prefix = joined(scope.path, _PARAMETER.sub("{}", prefix))
            self.mounts.append(Mount(parent="", child=f"{child}#", prefix=prefix, line=line(node)))
        elif name not in _QUIET:
            self._hole(node, f"{name}, which is not followed")

    # ── one route ─────────────────────────────────────────────────────────────────────────────

    def _verb(
        self, node: Node, scope: _Scope, places: list[Node], options: Mapping[str, Node]
    ) -> None:
        verb = name_of(node)
        via = words(options.get("via")) if verb == "match" else (verb,)
        if verb == "root":
            via, options = ("get",), {"to": (places or [node])[0], **options}
            places = []
        scope = _turned(scope, word(options.get("on")) or "")
        for written in [word(one) for one in places] or [""]:
            path = (written or "").replace("(.:format)", "")
            odd = written is None or "{}" in path or path.count("(") > _OPTIONALS_AT_MOST
            handler = None if odd else _handler(scope, path, options)
            if handler is None or not via:
                self._hole(node, "a computed path, method or handler")
                continue
            name = word(options.get("as")) or ("root" if verb == "root" else "")
            self._say(node, scope, (via, path, handler), _named(scope, path, name))

    def _say(
        self, node: Node, scope: _Scope, route: tuple[tuple[str, ...], str, str], name: str
    ) -> None:
        methods, path, handler = route
        where, _, last = handler.rpartition("_controller#")
        own = "" if not where or where.startswith("rails/") else controller(where)
        arguments = node.child_by_field_name("arguments") or node
        paths = [joined(scope.path, _PARAMETER.sub("{}", one)) for one in _variants(path)]
        self.routes.setdefault(name, paths[0] or "/")
        self.registrations += [
            Registration(
                on=own,
                method="ANY" if method == "all" else method.upper(),
                path=one,
                handler=f"app/controllers/{handler}" if own else handler,
                line=line(node),
                end=arguments.end_point.row + 1,
                guards=scope.guards,
                # One route that answers several paths or methods is judged by the first.
                certain=scope.certain and one == paths[0] and (method, methods[0]) != _SECOND,
                shown=last in _SHOWN or handler in _SHOWN,
            )
            for one in paths
            for method in methods
        ]

    def _resource(
        self, node: Node, scope: _Scope, name: str | None, options: Mapping[str, Node]
    ) -> None:
        many = name_of(node) == "resources"
        only, but = words(options.get("only")), words(options.get("except"))
        inner = None if name is None else _of_resource(scope, name, options, many=many)
        if inner is None or only is None or but is None:
            self._hole(node, "computed resources")
            return
        if {"concerns", "shallow", "path_names"} & options.keys():
            self._hole(node, f"options of {name}")
        for action, (methods, tail, before) in _ACTIONS.items():
            left_out = action in but or (action == "index" and not many)
            if left_out or ("only" in options and action not in only):
                continue
            noun = inner.noun[not (many and action in {"index", "create"})]
            handler = f"{inner.module}{inner.controller}_controller#{action}"
            route = (methods, tail if many else tail.removeprefix("{}"), handler)
            at = replace(inner, path=inner.base)
            self._say(node, at, route, f"{before}{inner.outer}{noun}")
        self._block(body_of(node), replace(inner, depth=scope.depth + 1))


def _of_resource(
    scope: _Scope, name: str, options: Mapping[str, Node], *, many: bool
) -> _Scope | None:
    """The scope of what stands inside a resource; None where a word of it is computed."""
    said = _said(options)
    if said is None or "{}" in name:
        return None
    noun = said.get("as", name)
    one = _inflected(noun, _SINGULARS) if many else noun
    base = joined(scope.path, said.get("path", name))
    return replace(
        scope,
        path=f"{base}/{{}}" if many else base,
        base=base,
        module=f"{scope.module}{said['module']}/" if "module" in said else scope.module,
        outer=scope.names,
        names=f"{scope.names}{one}_",
        controller=said.get("controller") or (name if many else _inflected(name, _PLURALS)),
        level="many" if many else "one",
        noun=(noun if one != noun else f"{noun}_index", one),
    )


def _within(
    scope: _Scope, node: Node, places: list[Node], options: Mapping[str, Node]
) -> _Scope | None:
    """The scope of what stands inside `namespace`, `scope` and blocks of conditions."""
    kind, said, first = name_of(node), _said(options), [word(one) for one in places]
    if said is None or "shallow" in options or (kind in {"namespace", "scope"} and None in first):
        return None
    guards = [one for one in [*places, options.get("constraints")] if text(one)[:1].isupper()]
    symbols = [text(one)[:200] for one in guards] + ([kind] if kind.startswith("auth") else [])
    if kind == "namespace" and first:
        said = dict.fromkeys(("path", "module", "as"), first[0] or "") | said
    elif kind == "scope":
        said["path"] = joined(*(one or "" for one in first), said.get("path", ""))
    return replace(
        scope,
        path=joined(scope.path, _PARAMETER.sub("{}", _OPTIONAL.sub("", said.get("path", "")))),
        module=f"{scope.module}{said['module']}/" if said.get("module") else scope.module,
        names=f"{scope.names}{said['as'].replace('/', '_')}_" if said.get("as") else scope.names,
        controller=said.get("controller", scope.controller),
        level="" if kind == "namespace" else scope.level,
        certain=scope.certain and "(" not in said.get("path", ""),
        guards=scope.guards
        + tuple(Guard(symbol=f"#{one}", where=Where.ROUTER, line=line(node)) for one in symbols),
    )


def _said(options: Mapping[str, Node]) -> dict[str, str] | None:
    """The options that say where a route is; None where one of them is computed."""
    keys = ("path", "module", "as", "controller")
    found = {key: word(options[key]) for key in keys if key in options}
    known = {key: one for key, one in found.items() if one is not None and "{}" not in one}
    return known if len(known) == len(found) else None


def _turned(scope: _Scope, on: str) -> _Scope:
    if on == "collection":
        return replace(scope, level=on, path=scope.base)
    return replace(scope, level="member") if on == "member" or scope.level == "one" else scope


def _handler(scope: _Scope, path: str, options: Mapping[str, Node]) -> str | None:
    """`admin/users_controller#index`; `#redirect` and `#inline` have no controller."""
    to = options.get("to")
    if to is not None and to.type in {"call", "lambda", "constant", "scope_resolution"}:
        return "#redirect" if name_of(to) == "redirect" else "#inline"
    said = word(to if to is not None else options.get("action"))
    if said is None and to is None:
        short = path.strip("/").partition("(")[0]
        said = re.sub(r"/([^/]*)$", r"#\1", short) if _SHORT.fullmatch(short) else short
        said = said.replace("-", "_")
    where, mark, last = (said or "").rpartition("#")
    where = where if mark else word(options.get("controller")) or scope.controller
    if not where or "{}" in where or not re.fullmatch(r"\w+", last):
        return None
    return f"{'' if where[0] == '/' else scope.module}{where.strip('/')}_controller#{last}"


def _named(scope: _Scope, path: str, said: str) -> str:
    """The name that a route gets, empty where it gets none."""
    plain = path.strip("/") if re.fullmatch(r"[-\w/]+", path) else ""
    last = said or re.sub(r"[-/]", "_", plain)
    if last and scope.level in {"member", "collection"}:
        return f"{last}_{scope.outer}{scope.noun[scope.level == 'member']}"
    return last and scope.names + last


def _variants(path: str) -> list[str]:
    """A path without and with its optional parts, shortest first."""
    found, done = [path], set[str]()
    while found:
        one = found.pop()
        part = _OPTIONAL.search(one)
        if part is None:
            done.add(one)
        else:
            found += [one[: part.start()] + put + one[part.end() :] for put in (part[1], "")]
    return sorted(done, key=len)


def _inflected(noun: str, rules: tuple[tuple[str, str], ...]) -> str:
    return next((re.sub(one, put, noun) for one, put in rules if re.search(one, noun)), noun)
