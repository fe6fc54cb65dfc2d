"""Guards of unknown names, by stack: missed where their names speak of access."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.linking.guards import standing
from bot.model.endpoint import Guard, Where
from bot.model.route import Route
from bot.rules.authorization_is_not_removed import RULE, Options
from tests.rules.tables import P, U, place_of
from tests.support.routes import MAIN, change

FLASK = """\
from flask import Flask

app = Flask(__name__)
app.before_request(require_mfa)

@app.route("/a")
@admins_only
def a():
    check_permission("a")
    return "a"
"""
FASTAPI = """\
from fastapi import APIRouter, Depends, FastAPI, Security

router = APIRouter(dependencies=[Depends(verify_tenant)])

@router.get("/a")
def a(it: int = Depends(require_admin), by=Security(get_current_user), role: RoleIn = 1):
    return 1

app = FastAPI()
app.include_router(router, dependencies=[Depends(RoleChecker("a"))])
"""
DJANGO = """\
from django.views.generic import ListView
from rest_framework.decorators import api_view, permission_classes
from rest_framework.viewsets import ModelViewSet

@api_view(["GET"])
@permission_classes([IsOwner])
def orders(request):
    return 1

@staff_required
def carts(request):
    return 1

class Bills(StaffRequiredMixin, ListView):
    model = 1

class Items(ModelViewSet):
    permission_classes = [IsMember]
"""
VIEWS, URLS = "shop/views.py", "shop/urls.py"
PATTERNS = """\
from django.urls import include, path
from rest_framework.routers import DefaultRouter
from shop.views import Bills, Items, carts, orders

router = DefaultRouter()
router.register("items", Items)
urlpatterns = [
    path("orders", orders),
    path("carts", members_only(carts)),
    path("bills", Bills.as_view()),
    path("", include(router.urls)),
]
"""
RAILS = """\
class PostsController < ApplicationController
  before_action :set_owner
  before_action :require_mfa

  def index
    authorize Post
    head :ok
  end
end
"""
POSTS = "app/controllers/posts_controller.rb"
DRAWN = {
    "config/routes.rb": "Rails.application.routes.draw do\n  resources :posts, only: :index\nend\n",
    "app/controllers/application_controller.rb": (
        "class ApplicationController < ActionController::Base\n  before_action :check_role\nend\n"
    ),
}
EXPRESS = """\
const express = require('express');
const permit = require('./mw/guard').default;
const app = express();
const r = express.Router();
r.use(mw.auth);
const guards = [requireOwner];
r.get('/a', guards, requireTenant, validateBody, isStaff(own(can(list))));
app.use('/api', permit('a'), r);
"""
FASTIFY = """\
const app = require('fastify')();
app.addHook('preHandler', verifyJwt);
app.get('/a', { onRequest: [app.isMember] }, async () => { return []; });
app.listen();
"""
SPRING = """\
import org.springframework.web.bind.annotation.*;

@RestController
@TenantAdmin
public class AppController {
  @HasRole("a")
  @Timed
  @DeleteMapping("/{id}")
  public void delete(@CurrentUser User by, @PathVariable String id) {
    apps.delete(id);
  }
}
"""
APPS = "src/main/java/AppController.java"
NEST = """\
import { Controller, Get } from '@nestjs/common';

@Controller('items')
export class ItemsController {
  @Get()
  all() { return [] }
}
"""
CHI = """\
package main

import "github.com/go-chi/chi/v5"

func main() {
	r := chi.NewRouter()
	r.Use(mw.RequireTenant)
	r.With(adminOnly).Get("/a", list)
}

func list(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(200)
}
"""
GIN = """\
package main

import "github.com/gin-gonic/gin"

func main() {
	r := gin.Default()
	g := r.Group("/api", middleware.AdminAuth())
	g.GET("/a", middleware.UserCan("a"), list)
}

func list(c *gin.Context) {
	c.JSON(200, nil)
}
"""
SOURCES: dict[str, tuple[str, str, dict[str, str]]] = {
    "flask": (MAIN, FLASK, {}),
    "fastapi": (MAIN, FASTAPI, {}),
    "django": (VIEWS, DJANGO, {URLS: PATTERNS}),
    "urls": (URLS, PATTERNS, {VIEWS: DJANGO}),
    "rails": (POSTS, RAILS, DRAWN),
    "express": ("src/app.js", EXPRESS, {}),
    "fastify": ("src/app.js", FASTIFY, {}),
    "spring": (APPS, SPRING, {}),
    "nest": ("src/items.controller.ts", NEST, {}),
    "chi": ("main.go", CHI, {}),
    "gin": ("main.go", GIN, {}),
}


GONE = [
    ("flask", "@admins_only\n", "", "admins_only", f"{MAIN}:6"),
    ("flask", "@admins_only", "@login_exempt", "admins_only", f"{MAIN}:6"),
    ("flask", "app.before_request(require_mfa)\n", "", "require_mfa", f"{MAIN}:5"),
    ("flask", '    check_permission("a")\n', "", "check_permission", f"{MAIN}:6"),
    ("fastapi", "it: int = Depends(require_admin), ", "", "require_admin", f"{MAIN}:5"),
    ("fastapi", " by=Security(get_current_user),", "", "get_current_user", f"{MAIN}:5"),
    ("fastapi", "[Depends(verify_tenant)]", "[]", "verify_tenant", f"{MAIN}:5"),
    ("fastapi", '[Depends(RoleChecker("a"))]', "[]", "RoleChecker", f"{MAIN}:5"),
    ("django", "[IsOwner]", "[]", "IsOwner", f"{VIEWS}:5"),
    ("django", "@staff_required\n", "", "staff_required", f"{VIEWS}:10"),
    ("django", "StaffRequiredMixin, ", "", "StaffRequiredMixin", f"{VIEWS}:14"),
    ("django", "[IsMember]", "[AllowAny]", "IsMember", f"{VIEWS}:17"),
    ("django", "permission_classes = [IsMember]", "model = 1", "IsMember", f"{VIEWS}:17"),
    ("django", "    model = 1\n", "    permission_classes = []\n", "", ""),
    ("urls", "members_only(carts)", "carts", "members_only", ""),
    ("rails", "  before_action :require_mfa\n", "", "require_mfa", f"{POSTS}:4"),
    ("rails", "mfa", "mfa, except: :index", "require_mfa", f"{POSTS}:5"),
    ("rails", "    authorize Post\n", "", "authorize", f"{POSTS}:5"),
    ("rails", "  def", "  skip_before_action :check_role\n  def", "check_role", f"{POSTS}:6"),
    ("rails", "< App", "< ActionController::Base # App", "check_role", f"{POSTS}:5"),
    ("express", "r.use(mw.auth);\n", "", "mw.auth", "src/app.js:6"),
    ("express", "requireTenant, ", "", "requireTenant", "src/app.js:7"),
    ("express", "permit('a'), ", "", "guard", "src/app.js:7"),
    ("express", "[requireOwner]", "[]", "requireOwner", "src/app.js:7"),
    ("express", "isStaff(own(can(list)))", "own(can(list))", "isStaff", "src/app.js:7"),
    ("express", "can(list)", "list", "can", "src/app.js:7"),
    ("fastify", "app.addHook('preHandler', verifyJwt);\n", "", "verifyJwt", "src/app.js:2"),
    ("fastify", "[app.isMember]", "[]", "app.isMember", "src/app.js:3"),
    ("spring", "@TenantAdmin\n", "", "TenantAdmin", f"{APPS}:5"),
    ("spring", '  @HasRole("a")\n', "", "HasRole", f"{APPS}:6"),
    ("spring", '@HasRole("a")', "@PermitAll", "HasRole", f"{APPS}:6"),
    ("spring", "@CurrentUser ", "", "CurrentUser", f"{APPS}:6"),
    ("chi", "\tr.Use(mw.RequireTenant)\n", "", "mw.RequireTenant", "main.go:10"),
    ("chi", ".With(adminOnly)", "", "adminOnly", "main.go:11"),
    ("gin", ", middleware.AdminAuth()", "", "middleware.AdminAuth", "main.go:11"),
    ("gin", 'middleware.UserCan("a"), ', "", "middleware.UserCan", "main.go:11"),
    ("gin", "AdminAuth()", "TryUserAuth()", "middleware.AdminAuth", "main.go:11"),
    # ── another one instead, or nothing that speaks of access ──
    ("flask", "@admins_only", "@staff_only", "", ""),
    ("fastapi", ", role: RoleIn = 1", "", "", ""),
    ("rails", "  before_action :set_owner\n", "", "", ""),
    ("express", "validateBody, ", "", "", ""),
    ("spring", "  @Timed\n", "", "", ""),
]


@pytest.mark.parametrize(("stack", "piece", "instead", "gone", "place"), GONE)
def test_a_guard_is_missed_by_its_name(
    stack: str, piece: str, instead: str, gone: str, place: str
) -> None:
    path, source, others = SOURCES[stack]
    assert piece in source
    facts = change({path: (source, source.replace(piece, instead, 1))}, others)

    verdict = RULE.prove(facts, Options())

    seen = [(one.note.partition(" lost its guard ")[2], place_of(one)) for one in verdict.evidence]
    assert seen[:1] == ([(gone, place)] if gone else [])
    assert verdict.outcome is (U if gone else P)


@pytest.mark.parametrize(
    ("stack", "piece", "instead", "note"),
    [
        ("nest", "  @Get", "  @Public()\n  @Get", "GET /items lets everybody in by Public"),
        ("spring", "@Timed", "@PermitAll", "DELETE /{} lets everybody in by PermitAll"),
        (
            "spring",
            "@Timed",
            '@PreAuthorize("permitAll()")',
            "DELETE /{} lets everybody in by PermitAll",
        ),
        ("flask", "@admins", "@login_exempt\n@admins", "GET /a lets everybody in by login_exempt"),
        ("rails", "  before", "  include PublicPages\n  before", ""),
        ("spring", "@Timed", '@PreAuthorize("isMember()")', ""),
    ],
)
def test_what_lets_everybody_in_is_asked_about(
    stack: str, piece: str, instead: str, note: str
) -> None:
    path, source, others = SOURCES[stack]
    facts = change({path: (source, source.replace(piece, instead, 1))}, others)

    verdict = RULE.prove(facts, Options())

    assert [one.note for one in verdict.evidence] == ([note] if note else [])
    assert ("list it under public, or attest" in verdict.summary) is bool(note)


@pytest.mark.parametrize(
    ("names", "where", "missed"),
    [
        (
            "requireAuth ensure_logged_in is_admin TwoFactorRequired checkScopes isAuthenticated"
            " has_permission ApiKeyGuard can superuser_required internal_only verify_token @login"
            " hasAnyAuthority canDelete canPost require_post_owner authenticate_request SignedIn"
            " MustRepoAdmin http_basic_auth verifySlackRequest require_service_token",
            Where.DECORATOR,
            True,
        ),
        (
            "cached rate_limit_by_user_role csrf_protect CorsPolicy access_log trace_access safe"
            " require_POST require_json PermitAll AllowAny login_exempt optionalAuth AuthorService"
            " requiredBody LoginRequest get_auth_service RoleUpdate protect_from_forgery set_member"
            " authors cancel authors_list secure_headers verification_page SecurityRequirement"
            " verify_authenticity_token RequiredArgsConstructor",
            Where.MIDDLEWARE,
            False,
        ),
        ("Admin CurrentUser", Where.PARAMETER, True),
        ("Role Member Token", Where.PARAMETER, False),
        (
            "authorize! policy.check_access current_user.can? User.requireRole requireUserId"
            " verify_token verifyWebhookSignature",
            Where.BODY,
            True,
        ),
        (
            "login_user get_token createRole Owner.find Objects.requireNonNull require verify"
            " requireNotBlank requireThat",
            Where.BODY,
            False,
        ),
    ],
)
def test_a_name_speaks_of_access_or_not(names: str, where: Where, missed: bool) -> None:
    seen = {one: standing(replace(BARE, guards=(_guard(one, where),))) for one in names.split()}

    assert [one for one, found in seen.items() if bool(found) is not missed] == []


def test_the_class_of_the_handler_is_no_guard_of_it() -> None:
    own = replace(BARE, handler="a.py#AdminView.get", guards=(_guard("AdminView", Where.ROUTER),))

    assert standing(own) == frozenset()


BARE = Route(
    method="GET", template="/a", handler="a.py#a", path="a.py", line=1, end=1, said=("a.py", 1, 1)
)


def _guard(name: str, where: Where) -> Guard:
    return Guard(symbol=f"a#{name}", where=where, line=1)
