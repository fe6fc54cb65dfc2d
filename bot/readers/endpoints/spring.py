"""Spring's routes, from what the classes and methods of a file declare."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.model.endpoint import (
    Body,
    Endpoints,
    Guard,
    Handler,
    Hole,
    Mount,
    Registration,
    Router,
    Where,
)
from bot.readers.endpoints.jvm import line
from bot.readers.endpoints.paths import joined
from bot.readers.endpoints.statuses import code
from bot.readers.signals.jvm import CONSTRAINTS
from bot.readers.signals.trees import text
from bot.readers.signals.words import listed

if TYPE_CHECKING:
    from bot.readers.endpoints.jvm import File, Kind, Mark, Method, Parameter

_VERBS = {f"{verb.title()}Mapping": verb for verb in ("GET", "POST", "PUT", "PATCH", "DELETE")}
_CONTROLLERS = listed("RestController Controller")
_NO_GUARDS = (
    _CONTROLLERS | listed("RequestMapping Override ResponseBody ResponseStatus") | set(_VERBS)
)
_CLIENTS = listed("FeignClient HttpExchange")
_BOUND = listed("PathVariable RequestParam RequestHeader MatrixVariable")
_BINDS = _BOUND | CONSTRAINTS | listed("RequestBody ModelAttribute RequestPart")
_RAW = listed("Map MutableMap HashMap LinkedHashMap String JsonNode ObjectNode")
_FREE = listed("String Any Object CharSequence Map MultiValueMap HttpHeaders MultipartFile")
_LANG = listed(
    "String Integer Long Object Void Boolean Double Float Any Unit Int Short Iterable Number"
    " List Nothing Map Set Collection MutableMap MutableList Array ByteArray Byte Char"
    " ResponseEntity Optional Mono Flux Page Model ModelAndView"
)
_OF_ALL_OBJECTS = listed("toString equals hashCode")
_SPRING = re.compile(r"org/springframework/(?!samples/)")
_LIBRARY = re.compile(r"(java|javax|jakarta|kotlin)/|org/springframework/(?!samples/)")
_FUNCTIONS = re.compile(r"org/springframework/web/(reactive|servlet)/function")
_STATUS = re.compile(
    r"\bHttpStatus\s*\.\s*([A-Z_]+)\b|\bSC_([A-Z_]+)\b|\b(?:status|sendError)\(\s*(\d{3}|[A-Z_]{2,})\b"
    r"|\bResponseEntity\s*\.\s*(ok|created|accepted|noContent|badRequest|notFound"
    r"|unprocessableEntity|internalServerError)\b"
)
_MADE_UP = re.compile(
    r"\b(?:(badRequest|notFound|unprocessableEntity|internalServerError)\(\s*\)"
    r"|status\(\s*(?:HttpStatus\s*\.\s*)?(\w+)\s*\))\s*\.\s*body\(\s*"
    r"(?:\"|Map\s*\.\s*of|mapOf|Collections\s*\.|new HashMap)"
    r"|\bResponseEntity(?:<[^<>]*>)?\(\s*\"[^\"\n]*\"\s*,\s*HttpStatus\s*\.\s*(\w+)"
)
_SECURITY = listed("HttpSecurity ServerHttpSecurity")
# What a chain of filters asks of all requests, and where it tells some of them apart.
_ASKED = re.compile(
    r"\.\s*any(?:Request|Exchange)\(\s*\)\s*\.\s*(\w+)|\bauthorize\(\s*any\w+\s*,\s*(\w+)"
)
_AUTHENTICATED = listed(
    "authenticated fullyAuthenticated hasRole hasAnyRole hasAuthority hasAnyAuthority denyAll"
)
_TOLD_APART = re.compile(r"\.\s*\w*[mM]atchers?\(|\bauthorize\(\s*,")
_TYPE = re.compile(r"\b[A-Z]\w*")
STATEMENTS_LISTED = 12


def endpoints(file: File) -> Endpoints:
    """What a file that is no test says of routes."""
    spring = is_spring(file)
    draft = _Draft(file)
    for kind in file.kinds if spring else ():
        draft.take(kind)
    holes = draft.holes
    if any(_FUNCTIONS.match(one) for one in _imported(file)):
        holes.append(Hole(line=1, reason="router functions"))
    if spring and b"Mapping" in file.bare:
        holes += [
            Hole(line=line(one), reason="the grammar does not read this")
            for one in file.nodes.get("broken", [])
        ]
    constants = {name: file.said(node) for name, node in file.constants.items() if "." in name}
    return Endpoints(
        module=file.module,
        stack="spring" if spring else "",
        registrations=tuple(draft.registrations),
        handlers=tuple(draft.handlers),
        routers=tuple(draft.routers),
        mounts=tuple(draft.mounts),
        imports=imports(file),
        constants=tuple((name, told) for name, told in constants.items() if told is not None),
        holes=tuple(holes),
    )


def is_spring(file: File) -> bool:
    """Whether it takes anything from Spring."""
    return any(_SPRING.match(one) for one in _imported(file))


def imports(file: File) -> tuple[tuple[str, str], ...]:
    """The imports of a file, `*` for all of a package."""
    return tuple(file.imports.items()) + tuple(("*", f"{one}#") for one in file.stars)


def _imported(file: File) -> list[str]:
    return [*file.imports.values(), *(f"{one}/" for one in file.stars)]


class _Draft:
    """What the classes of one file say, one after the other."""

    def __init__(self, file: File) -> None:
        self.file = file
        self.registrations: list[Registration] = []
        self.handlers: list[Handler] = []
        self.routers: list[Router] = []
        self.mounts: list[Mount] = []
        self.holes: list[Hole] = []

    def take(self, kind: Kind) -> None:
        """A class with mappings, or one that takes them over."""
        known = not _CONTROLLERS.isdisjoint(one.name for one in kind.marks)
        mapped = [(one, mark) for one in kind.methods for mark in one.marks if _is_mapping(mark)]
        for one in kind.methods:
            for given in one.parameters:
                if given.type in _SECURITY:
                    self._chain(kind, one, self.file.symbol(given.type))
        if not (mapped or known) or any(mark.name in _CLIENTS for mark in kind.marks):
            return
        if not known and not kind.open:
            self.holes.append(Hole(line=line(kind.node), reason="mappings without a controller"))
        at = next((mark for mark in kind.marks if mark.name == "RequestMapping"), None)
        prefixes = self._paths(at) if at is not None else [""]
        guards = self._guards(kind.marks, Where.ROUTER)
        root = known and not kind.open
        self.routers.append(Router(name=kind.name, line=line(kind.node), guards=guards, root=root))
        for one, mark in mapped:
            self._register(kind, one, mark, prefixes)
        self._take_over(kind, prefixes)
        told = {id(one): one for one, _ in mapped if not kind.interface}
        self.handlers += [self._handler(kind, one) for one in told.values()]

    def _take_over(self, kind: Kind, prefixes: list[str]) -> None:
        """Mappings of what the class extends or implements, which another file may hold; a
        contract-first controller has no others."""
        mapped = {one.name for one in kind.methods if any(map(_is_mapping, one.marks))}
        over = [one for one in kind.methods if one.overrides and one.public]
        over = [one for one in over if one.name not in mapped | _OF_ALL_OBJECTS]
        self.handlers += [self._handler(kind, one) for one in over if not kind.interface]
        above = [self.file.symbol(name) for name in kind.supers] if over or not mapped else []
        self.mounts += [
            Mount(parent=f"#{kind.name}", child=one, prefix=prefix, line=line(kind.node))
            for one in above
            if not _LIBRARY.match(one)
            for prefix in prefixes
        ]

    def _register(self, kind: Kind, one: Method, mark: Mark, prefixes: list[str]) -> None:
        verbs = [text(node).rpartition(".")[2] for node in mark.given.get("method", [])]
        methods = [_VERBS[mark.name]] if mark.name in _VERBS else verbs or ["ANY"]
        for prefix in prefixes:
            for path in self._paths(mark):
                self.registrations += [
                    Registration(
                        on=f"#{kind.name}",
                        method=method,
                        path=joined(prefix, path),
                        handler=f"#?.{one.name}" if kind.interface else f"#{kind.name}.{one.name}",
                        line=mark.line,
                        end=one.node.end_point.row + 1,
                        certain=not _is_conditional(kind.marks),
                        shown=_is_shown(kind, one),
                    )
                    for method in methods
                ]

    def _paths(self, mark: Mark) -> list[str]:
        nodes = mark.given.get("value", []) + mark.given.get("path", [])
        told = [self.file.said(node) for node in nodes]
        if None in told:
            self.holes.append(Hole(line=mark.line, reason="the path of a mapping is computed"))
        return [one for one in told if one is not None] if nodes else [""]

    def _guards(self, marks: list[Mark], where: Where) -> tuple[Guard, ...]:
        return tuple(
            Guard(symbol=self.file.symbol(self._said(one)), where=where, line=one.line)
            for one in marks
            if one.name not in _NO_GUARDS and one.name not in _BINDS
        )

    def _said(self, mark: Mark) -> str:
        """The name of an annotation; what asks nothing is no guard."""
        given = [self.file.said(one) for one in mark.given.get("value", [])]
        asks = mark.name != "PreAuthorize" or given not in (["permitAll()"], ["permitAll"])
        return mark.name if asks else "PermitAll"

    def _handler(self, kind: Kind, one: Method) -> Handler:
        said = [
            next(filter(None, found.groups()), "")
            for found in self.file.matches(_STATUS, one.node, strings=False)
        ]
        declared = next((mark for mark in one.marks if mark.name == "ResponseStatus"), None)
        given = list(declared.given.values()) if declared else []
        named = [text(node).rpartition(".")[2] for nodes in given for node in nodes]
        guards = self._guards(one.marks, Where.DECORATOR) + tuple(
            guard
            for parameter in one.parameters
            for guard in self._guards(parameter.marks, Where.PARAMETER)
        )
        body = _body(one)
        return Handler(
            name=f"{kind.name}.{one.name}",
            line=line(one.node),
            end=one.node.end_point.row + 1,
            body=body,
            raw=line(one.node) if body is Body.RAW else None,
            constrained=any(_is_constrained(parameter) for parameter in one.parameters),
            statuses=frozenset(filter(None, map(code, said))),
            success=next(filter(None, map(code, named)), None),
            guards=guards + self._callees(kind, one),
            types=self._types(one),
            errors=self._made_up(one),
        )

    def _callees(self, kind: Kind, one: Method) -> tuple[Guard, ...]:
        found = []
        for receiver, name, node in self.file.called(one.statements[:STATEMENTS_LISTED]):
            on = text(receiver).removeprefix("this.").removeprefix("this")
            owner = kind.fields.get(on) or (on if on[:1].isupper() and on.isidentifier() else "")
            if (on and not owner) or not name[:1].islower():
                continue
            symbol = self.file.member(owner, name) if on else f"#{kind.name}.{name}"
            symbol = self.file.imports.get(name, symbol) if receiver is None else symbol
            found.append(Guard(symbol=symbol, where=Where.BODY, line=line(node)))
        return tuple(found)

    def _types(self, one: Method) -> tuple[str, ...]:
        named = [one.returns]
        named += [given.type for given in one.parameters if _takes_model(given)]
        names = [name for told in named for name in _TYPE.findall(told)]
        symbols = [self.file.symbol(name) for name in names if name not in _LANG]
        return tuple(dict.fromkeys(one for one in symbols if not _LIBRARY.match(one)))

    def _made_up(self, one: Method) -> tuple[int, ...]:
        return tuple(
            line(one.node) + found.string.count("\n", 0, found.start())
            for found in self.file.matches(_MADE_UP, one.node, strings=True)
            if (code(next(filter(None, found.groups()), "")) or 0) >= 400
        )

    def _chain(self, kind: Kind, one: Method, on: str) -> None:
        """A chain of filters: what it asks of every request, where it tells no paths apart."""
        asked = {at[1] or at[2] for at in self.file.matches(_ASKED, one.node, strings=False)}
        apart = any(self.file.matches(_TOLD_APART, one.node, strings=False))
        symbol = f"{on}anyRequest.authenticated"
        guard = Guard(symbol=symbol, where=Where.MIDDLEWARE, line=line(one.node))
        every = not (apart or _is_conditional(kind.marks + one.marks))
        guards = (guard,) if asked and asked <= _AUTHENTICATED and every else ()
        self.routers.append(Router(name="", line=line(one.node), guards=guards, root=True))
        if not guards and (asked != {"permitAll"} or apart):
            self.holes.append(Hole(line=line(one.node), reason="a filter chain guards some paths"))


def _is_mapping(mark: Mark) -> bool:
    return mark.name in _VERBS or mark.name == "RequestMapping"


def _is_conditional(marks: list[Mark]) -> bool:
    return any(one.name.startswith("Conditional") or one.name == "Profile" for one in marks)


def _is_shown(kind: Kind, one: Method) -> bool:
    """A page: a controller's method that answers with the name of a template."""
    marks = {mark.name for mark in kind.marks + one.marks}
    plain = "Controller" in marks and marks.isdisjoint({"ResponseBody", "RestController"})
    return plain and not one.returns.startswith("ResponseEntity")


def _takes_model(parameter: Parameter) -> bool:
    marks = {mark.name for mark in parameter.marks}
    return not marks.isdisjoint({"RequestBody", "ModelAttribute", "Valid", "Validated"})


def _body(one: Method) -> Body:
    kinds = [
        Body.RAW
        if _base(given.type) in _RAW and any(mark.name == "RequestBody" for mark in given.marks)
        else Body.TYPED
        for given in one.parameters
        if _takes_model(given)
    ]
    return Body.RAW if Body.RAW in kinds else next(iter(kinds), Body.NONE)


def _is_constrained(parameter: Parameter) -> bool:
    marks = {mark.name for mark in parameter.marks}
    if not marks.isdisjoint(CONSTRAINTS):
        return True
    return not marks.isdisjoint(_BOUND) and _base(parameter.type) not in _FREE


def _base(type_: str) -> str:
    return type_.partition("<")[0].rpartition(".")[2].strip("? ")
