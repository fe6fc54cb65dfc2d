"""Which of the candidates on the way to a handler check who calls: by exact names alone."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

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
# Below this, nothing follows from a guard that is not seen.
SHARE, AT_LEAST = 0.8, 5


def guards_of(route: Route, named: tuple[str, ...] = ()) -> frozenset[str]:
    """The guards of a route that the policy names, or that its framework documents."""
    wanted = [*_BUILT_IN, *((_parts(name), name) for name in named)]
    found = (_parts(one.symbol) for one in route.guards)
    return frozenset(name for said in found for parts, name in wanted if _ends(said, parts))


def standing(route: Route, named: tuple[str, ...] = ()) -> frozenset[str]:
    """Its guards, with those of unknown names that stand where nothing but a guard may: whether
    they check who calls is not known, only that they are missed when they are gone."""
    known = guards_of(route, named)
    ends = {one.rpartition(".")[2] for one in known}
    bare = {
        one.symbol.rpartition("#")[2].partition(".")[0]
        for one in route.guards
        if one.sure and not one.symbol.startswith(_LIMITS)
    }
    return known | (bare - ends)


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
