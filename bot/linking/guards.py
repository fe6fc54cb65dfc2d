"""Which of the candidates on the way to a handler check who calls: by exact names alone. A name
that only speaks of it proves nothing where it stands, and is missed where it is gone."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from bot.model.endpoint import Where

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.model.endpoint import Guard
    from bot.model.route import Route, RouteSet

# What the documentation of each framework, or of the library that it names, calls a guard.
_DOCUMENTED = """
fastapi.security: HTTPBearer HTTPBasic HTTPDigest OAuth2PasswordBearer
    OAuth2AuthorizationCodeBearer APIKeyHeader APIKeyQuery APIKeyCookie OpenIdConnect
flask_login: login_required fresh_login_required
flask_jwt_extended: jwt_required
flask_security: auth_required roles_required roles_accepted permissions_required
django.contrib.auth.decorators: login_required permission_required user_passes_test
django.contrib.auth.mixins: LoginRequiredMixin PermissionRequiredMixin UserPassesTestMixin
django.contrib.admin.views.decorators: staff_member_required
rest_framework.permissions: IsAuthenticated IsAdminUser DjangoModelPermissions
    DjangoObjectPermissions
passport: authenticate
express-jwt: expressjwt
express-openid-connect: requiresAuth
@nestjs/passport: AuthGuard
org.springframework.security.access.prepost: PreAuthorize PostAuthorize
org.springframework.security.access.annotation: Secured
org.springframework.security.config.annotation.web.builders.HttpSecurity: anyRequest.authenticated
org.springframework.security.config.web.server.ServerHttpSecurity: anyRequest.authenticated
jakarta.annotation.security: RolesAllowed DenyAll
javax.annotation.security: RolesAllowed DenyAll
github.com/gin-gonic/gin: BasicAuth BasicAuthForRealm
github.com/go-chi/chi/v5/middleware: BasicAuth
github.com/go-chi/jwtauth/v5: Authenticator
: authenticate_user! authenticate_admin! doorkeeper_authorize! http_basic_authenticate_with
    load_and_authorize_resource authorize_resource require_authentication require_login
"""
_PARTS = re.compile(r"[^/#.:]+")
_ENDING = re.compile(r"\.(py|jsx?|mjs|cjs|tsx?|mts|cts|java|kt|go|rb)(?=#)")
_PARAMETER = re.compile(r"\{[^}]*\}|<[^>]*>|(?<=/):\w+")
# A guard for the framework, which lets everybody through, only not too often.
_LIMITS = "@nestjs/throttler#"
# What the words of a name begin with (to `_`: the whole word) where it speaks of who may call.
_OF_ACCESS = re.compile(
    "_(?:auth(?!ors?_)|admin|super_?user|login|logged|log_in_|signed|sign_?in_|roles?_|permi"
    "|require|guard|access|secure|security|mfa_|2_?fa_|two_factor|otp_|scopes_|protect|restrict"
    "|tenant|owner|staff_|members?(?:ship)?_|verif(?!ication)|polic(?:y|ies)_|abilit(?:y|ies)_|can_"
    "|acl_|rbac_|jwt|tokens?_|api_?key|credential|principal_|current_?user|identity_|privilege"
    "|sudo_|moderat|signature_|only_$)"
)
# Where it does not, whatever else it says: it lets everybody in, takes the input, or brings what
# the handler needs.
_OF_ELSE = re.compile(
    "_(?:cache|caching|rate_?|limit|throttl|[cx]srf|cors_|logs?_$|logger|logging|trac(?:e|ing)_"
    "|metric|body|pars|json|schema|params?_|payload|inputs?_$|content_type|headers_|forms?_|dto_"
    "|require_(?:https?|ssl|get|safe|post_$)|(?:gets?|read)_only|ajax|xhr|exempt|skip|optional|try_"
    "|maybe|public|anonymous|allow_any_|permit_all|no_|without|un_?(?:auth|sec)|null_|forgery|file_?name"
    "|response_|serializer|retry|referrer|authenticity|args_|security_(?:requirement|scheme))"
    "|^_(?:set|load|find|fetch|build|create|update|delete|add|send|render|redirect|track|list)_"
    "|(?<!can)_(?:create|update|delete|out|model|data|db|service|repo|repository|filter)_$"
    "|_(?:settings?|config)_$|^(?!_(?:auth|verif|check|require|ensure)).*_request_$"
    "|(?<!log)(?<!logged)(?<!sign)(?<!signed)_in_$"
)
# What a call in a handler begins with where it asks rather than does something.
_ASKS = re.compile(
    "_(?:auth|require|ensur|check|verify|assert|enforc|den(?:y|ies)_|forbid|can_|has_|must|is_"
    "|restrict|protect|guard)"
)
# There it may ask for anything: `requireNotBlank`, the `require` of Kotlin.
_DEMANDS = re.compile("^_(?:requires?|verify)_(?!user)")
# A parameter of such a type is what the endpoint is about.
_ABOUT = re.compile(
    "_(?:roles?|members?|membership|owner|tenant|policy|token|permissions?|credentials?|identity)_"
)
# What lets everybody in, past guards that stand there.
_LETS_IN = re.compile(
    "_(?:is_)?public(?:_(?:route|endpoint|access))?_|_permit_all_|_anonymous_(?:access|allowed)_"
    "|_allow_(?:any|all|public|anonymous|unauth[a-z]+)(?:_access)?_|_login_not_required_"
    "|_(?:skip|no|without|bypass)_(?:auth|login|jwt|token|guard)[a-z]*_|_(?:auth|login)_exempt_"
)
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
# Below this, nothing follows from a guard that is not seen.
SHARE, AT_LEAST = 0.8, 5


def guards_of(route: Route, named: tuple[str, ...] = ()) -> frozenset[str]:
    """The guards of a route that the policy names, or that its framework documents."""
    wanted = [*_BUILT_IN, *((_parts(name), name) for name in named)]
    found = (_parts(one.symbol) for one in route.guards)
    return frozenset(name for said in found for parts, name in wanted if _ends(said, parts))


def standing(route: Route, named: tuple[str, ...] = ()) -> frozenset[str]:
    """Its guards, with those of unknown names that stand where nothing but a guard may, or whose
    names speak of access: whether they check who calls is not known, only that they are missed
    when they are gone."""
    known = guards_of(route, named)
    ends = {one.rpartition(".")[2] for one in known}
    own = route.handler.rpartition("#")[2].partition(".")[0]
    return known | {
        name
        for name in map(_missed, route.guards)
        if name not in {"", own} and name.rpartition(".")[2] not in ends
    }


def lets_in(route: Route) -> frozenset[str]:
    """What says by its name that everybody may call, whatever else stands there."""
    names = (name_of(one) for one in route.guards if one.where is not Where.BODY)
    return frozenset(one for one in names if _LETS_IN.fullmatch(_spelt(one)))


def _missed(guard: Guard) -> str:
    """What a candidate of unknown name is called, if it is missed when it is gone."""
    called, name = guard.where is Where.BODY, name_of(guard)
    if guard.sure:
        return "" if guard.symbol.startswith(_LIMITS) else name.partition(".")[0]
    if guard.where is Where.PARAMETER and _ABOUT.fullmatch(_spelt(name)):
        return ""
    name = name.rpartition(".")[2] if called else name
    return name if _is_of_access(name, called=called) else ""


def name_of(guard: Guard) -> str:
    """The bare name of a candidate: a file that moved changes none. The symbol of a class of the
    JVM is all module, and a file's default export goes by the file."""
    module, _, name = guard.symbol.rpartition("#")
    return module.rpartition("/")[2] if name in {"", "default"} else name


def _spelt(name: str) -> str:
    return f"_{'_'.join(_WORDS.findall(name)).lower()}_"


@lru_cache(maxsize=65_536)
def _is_of_access(name: str, *, called: bool) -> bool:
    """Whether a name says plainly that who calls is asked about."""
    said = _spelt(name)
    asks = not called or _ASKS.match(said)
    said = _DEMANDS.sub("_", said) if called else said
    return bool(asks and _OF_ACCESS.search(said)) and not _OF_ELSE.search(said)


def is_public(route: str, public: Iterable[str]) -> bool:
    """Whether the policy lists the route, as `POST /refunds`, as one that needs no guard."""
    return route in {_PARAMETER.sub("{}", one).rstrip("/") or "/" for one in public}


def enough(found: int, total: int) -> bool:
    """Whether so much was found of what is there that something not found is probably lacking."""
    return total >= AT_LEAST and found >= SHARE * total


def guarded(routes: RouteSet, named: tuple[str, ...], public: Iterable[str]) -> tuple[int, int]:
    """How many of the routes that need a guard are seen to have one, and of how many."""
    judged = [one for one in routes.routes if not one.shown and not is_public(one.name, public)]
    return sum(bool(guards_of(one, named)) for one in judged), len(judged)


def _parts(symbol: str) -> tuple[str, ...]:
    return tuple(_PARTS.findall(_ENDING.sub("", symbol)))


def _ends(said: tuple[str, ...], parts: tuple[str, ...]) -> bool:
    return bool(parts) and said[-len(parts) :] == parts


def _documented() -> list[tuple[tuple[str, ...], str]]:
    found, module = [], ""
    for word in _DOCUMENTED.split():
        if word.endswith(":"):
            module = word[:-1]
        else:
            found.append(((*_parts(module), *_parts(word)), f"{module}.{word}".strip(".")))
    return found


_BUILT_IN = _documented()
