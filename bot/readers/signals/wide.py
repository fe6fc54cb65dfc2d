"""What is registered for every request, where more than the name of a call says so."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeAlias

    # First byte and the one after its last, name, and `handler` or `middleware`.
    Found: TypeAlias = tuple[int, int, str, str]

FOUND_AT_MOST, ENGINES_AT_MOST = 200, 20


def registrations(language: str, path: str, code: bytes) -> Iterator[Found]:
    """Places of a file without its comments that every request goes through."""
    look = _LOOKS.get(language)
    return islice(look(path, code), FOUND_AT_MOST) if look is not None else iter(())


def _found(match: re.Match[bytes], group: int, what: str) -> Found:
    return *match.span(), match.group(group).decode(errors="replace"), what


# ── Python ────────────────────────────────────────────────────────────────────────────────────

_MARK = re.compile(
    rb"^@(?:(?:app|application)\.(errorhandler|middleware|before_request|after_request)"
    rb"|\w+\.(?:before|after)_app_request)\b(?:\([^()\n]*\))?\s+(?:async\s+)?def\s+(\w+)",
    re.MULTILINE,
)
_SETTING = re.compile(
    rb"^MIDDLEWARE(?:_CLASSES)?\s*\+?=\s*[\[(]([^\])=]{0,8000}+)[\])]", re.MULTILINE
)
_MORE = re.compile(rb"\bMIDDLEWARE\.(?:append\(|insert\([^,()]{1,200},)\s*['\"]([\w.]+)['\"]")
_QUOTED = re.compile(rb"['\"]([\w.]+)['\"]")


def _python(_path: str, code: bytes) -> Iterator[Found]:
    for one in _MARK.finditer(code):
        yield _found(one, 2, "handler" if one.group(1) == b"errorhandler" else "middleware")
    for one in _SETTING.finditer(code):
        for name in _QUOTED.finditer(code, *one.span(1)):
            yield _found(name, 1, "middleware")
    for one in _MORE.finditer(code):
        yield _found(one, 1, "middleware")


# ── JavaScript ────────────────────────────────────────────────────────────────────────────────

_SERVES = re.compile(rb"['\"](?:express|koa|connect|restify|polka|@nestjs/core)['\"]")
_USED = re.compile(rb"\bapp\.use\(\s*(?:(async\b|function\b|\()|([\w.$]+)\s*([(),]))")
_FOUR = re.compile(
    rb"[^()]{0,100}\((?:\s*\w+(?:\s*:\s*[\w.]+)?\s*,){3}\s*\w+(?:\s*:\s*[\w.]+)?,?\s*\)"
)
_PART = re.compile(rb"rout|static|swagger|serve", re.IGNORECASE)
_WIDE = re.compile(rb"middleware|limit|logg|auth|guard|cors|error|notfound", re.IGNORECASE)
_ERROR = re.compile(rb"error|notfound", re.IGNORECASE)


def _javascript(_path: str, code: bytes) -> Iterator[Found]:
    for one in _USED.finditer(code) if _SERVES.search(code) else ():
        plain, name, after = one.groups()
        if plain:
            errs = _FOUR.match(code, one.start(1))
            yield *one.span(), "", "handler" if errs else "middleware"
        elif not _PART.search(name) and (after == b"(" or _WIDE.search(name)):
            yield _found(one, 2, "handler" if _ERROR.search(name) else "middleware")


# ── Go ────────────────────────────────────────────────────────────────────────────────────────

_ENGINE = re.compile(rb"\b(\w+)\s*:?=\s*(?:(gin\.(?:New|Default)|echo\.New)|chi\.New\w+)\(\)")
_FUNCTION = re.compile(rb"^(?:func\s+(?:\([^)]*\)\s*)?(\w+)|\})", re.MULTILINE)


def _go(_path: str, code: bytes) -> Iterator[Found]:
    for engine in islice(_ENGINE.finditer(code), ENGINES_AT_MOST):
        end = _FUNCTION.search(code, engine.end())
        around = [one.group(1) for one in _FUNCTION.finditer(code, 0, engine.start())]
        # A router of this kind may be a part of another one; that of `main` is not.
        if engine.group(2) is None and around[-1:] != [b"main"]:
            continue
        use = re.compile(rb"\b%s\.Use\(\s*(?:func\b)?([\w.]*)" % engine.group(1))
        depth, at = 0, engine.end()
        for one in use.finditer(code, at, end.start() if end else len(code)):
            depth += code.count(b"{", at, one.start()) - code.count(b"}", at, one.start())
            at = one.start()
            if not depth:
                yield _found(one, 1, "middleware")


# ── Java and Kotlin ───────────────────────────────────────────────────────────────────────────

_ADVICE = re.compile(rb"@(?:Rest)?ControllerAdvice(?!\s*\()\b[^;{}]{0,500}?\bclass\s+(\w+)")
_CHAIN = re.compile(
    rb"\bSecurityFilterChain\s+(\w+)\s*\(|\bfun\s+(\w+)\s*\([^()]*\)\s*:\s*SecurityFilterChain\b"
)
# Neither part is tried in a second way: on hostile text that would take minutes.
_COMPONENT = re.compile(rb"@Component\b(?>[^;{}]{0,300}?\bclass\s+(\w+))([^;{}]{0,300})")
_FILTER = re.compile(
    rb"(?:^[^()]*|\))\s*(?:\bextends|\bimplements|:)\s[^()]*"
    rb"\b(?:OncePerRequestFilter|GenericFilterBean|Filter|WebFilter)\b"
)
_INTERCEPTED = re.compile(rb"\.addInterceptor\(\s*(?:new\s+)?(\w+)[^;]*?(?:;|$)", re.MULTILINE)


def _jvm(_path: str, code: bytes) -> Iterator[Found]:
    for one in _ADVICE.finditer(code):
        yield _found(one, 1, "handler")
    for one in _CHAIN.finditer(code):
        yield _found(one, one.lastindex or 1, "middleware")
    for one in _COMPONENT.finditer(code):
        if _FILTER.search(one.group(2)):
            yield _found(one, 1, "middleware")
    for one in _INTERCEPTED.finditer(code):
        if b"PathPatterns" not in code[one.start() : one.end() + 200]:
            yield _found(one, 1, "middleware")


# ── Ruby ──────────────────────────────────────────────────────────────────────────────────────

_ACTION = re.compile(
    rb"^ *(?:prepend_)?(?:before|around|after)_action\s*\(?\s*:(\w+)(?![^\n]*\bonly:)", re.MULTILINE
)
_RESCUE = re.compile(rb"^ *rescue_from\s*\(?\s*([\w:]+)", re.MULTILINE)
_RACK = re.compile(
    rb"\bconfig\.middleware\.(?:use|unshift|insert(?:_before|_after)?\b\W{0,10}[\w:]{1,100}\s*,)"
    rb"[\s(]*([\w:]+)"
)


def _ruby(path: str, code: bytes) -> Iterator[Found]:
    if path.endswith("application_controller.rb"):
        for one in _ACTION.finditer(code):
            yield _found(one, 1, "middleware")
        for one in _RESCUE.finditer(code):
            yield _found(one, 1, "handler")
    for one in _RACK.finditer(code):
        yield _found(one, 1, "middleware")


_LOOKS: dict[str, Callable[[str, bytes], Iterator[Found]]] = {
    "python": _python,
    "javascript": _javascript,
    "typescript": _javascript,
    "go": _go,
    "java": _jvm,
    "kotlin": _jvm,
    "ruby": _ruby,
}
