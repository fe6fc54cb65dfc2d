"""A table of what the rule on removed guards says of real source text."""

from __future__ import annotations

from bot.model.facts import Facts
from tests.rules.tables import UNREAD, F, P, S, U, case, table, verdicts, words
from tests.support.pulls import pull
from tests.support.routes import (
    CONTRACTS,
    DEPS,
    GENERATED,
    GUARDS,
    HEAD,
    MAIN,
    app,
    change,
    handles,
)

USER = handles("post", "/items", "create_item", "user: User")
OPEN = handles("post", "/items", "create_item")
DEPENDS = OPEN.replace('"/items"', '"/items", dependencies=[Depends(get_user)]')
ADMIN = handles("post", "/items", "create_item", "user: Admin")
SOCKET = '\n\n@app.websocket("/feed")\nasync def feed(user: User):\n    pass\n'
BASIC = GUARDS.replace("HTTPBearer", "HTTPBasic")
NOBODY = GUARDS.replace(", Depends(bearer)", ", None")
ROUTER = (
    "from fastapi import APIRouter, Depends\n\nfrom app.deps import get_user\n\n"
    "router = APIRouter(dependencies=[Depends(get_user)])\n"
    '\n\n@router.get("/r")\ndef read():\n    return 1\n'
)
MOUNTS = "\nfrom app.routes import router\n\napp.include_router(router)\n"
CONTRACT = """openapi: 3.0.0
info: {title: a, version: "1"}
paths:
  /items:
    get:
      security: [{token: []}]
      responses: {"200": {description: ok}}
components:
  securitySchemes:
    token: {type: http, scheme: bearer}
"""
NEST = """\
import { Controller, Get, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { ThrottlerGuard } from '@nestjs/throttler';
import { AdminGuard } from './admin.guard';

@Controller('items')
export class ItemsController {
  @UseGuards(AdminGuard)
  @Get()
  all() { return [] }
}
"""
BY = "AdminGuard)"
KNOWN = NEST.replace(BY, "AuthGuard('jwt'))")
VIEW = (
    "from django.contrib.auth.decorators import login_required\n\n\n"
    "@login_required\ndef orders(request):\n    return 1\n"
)
VIEWS = (
    "from rest_framework.permissions import IsAuthenticated\n"
    "from rest_framework.viewsets import ModelViewSet\n\n\n"
    "class Orders(ModelViewSet):\n    permission_classes = [IsAuthenticated]\n    queryset = 1\n"
)
DATA = (
    "from django.db import models\n\n\n"
    "class PageView(models.Model):\n    at = models.DateField()\n\n\n"
    "class ErrorView:\n    text = ''\n"
)
URLS = (
    "from django.urls import path\n\nfrom shop.views import orders\n\n"
    "urlpatterns = [path('orders', orders)]\n"
)
SPRING = """\
import org.springframework.security.access.prepost.PreAuthorize;
import org.springframework.web.bind.annotation.*;

@RestController
@RequestMapping("/apps")
public class AppController implements AppApi {
  @PreAuthorize("isAdmin()")
  @DeleteMapping("/{id}")
  public void delete(@PathVariable String id) {
    apps.delete(id);
  }

  @Override
  @PreAuthorize("isAdmin()")
  public void create(Object body) {
    apps.create(body);
  }
}
"""
CHECK = '  @PreAuthorize("isAdmin()")\n'
OWN = SPRING.replace(CHECK, "", 1)
PLAIN = SPRING.replace("  @Override\n" + CHECK, "  @Override\n").replace(".create(b", ".x(b")
HEARS = PLAIN.replace("AppApi", "AppListener")
INHERITED = SPRING[::-1].replace(CHECK[::-1], "", 1)[::-1]
PORTAL = "portal/src/main/java/AppController.java"
BESIDE = {"admin/src/main/java/AppController.java": OWN.replace(CHECK, "")}
MARKED = """\
import jakarta.annotation.security.DenyAll;
import org.springframework.web.bind.annotation.*;
@RestController @Tag(name = "a")
@DenyAll
public class PortalController {
  @Operation
  @GetMapping("/p")
  public void read() {}
}
"""
APPLICATION = (
    "class ApplicationController < ActionController::Base\n  include Authentication\nend\n"
)
POSTS = "class PostsController < ApplicationController\n  def index\n    head :ok\n  end\nend\n"
APP_RB, CONCERN = (
    f"app/controllers/{one}.rb" for one in ("application_controller", "concerns/authentication")
)
RAILS = {
    "config/routes.rb": "Rails.application.routes.draw do\n  resources :posts, only: :index\nend\n",
    APP_RB: APPLICATION,
    "app/controllers/posts_controller.rb": POSTS,
    CONCERN: (
        "module Authentication\n  extend ActiveSupport::Concern\n\n"
        "  included do\n    before_action :require_authentication\n  end\nend\n"
    ),
}
CLIENT = """package api

import "net/http"

func (h *Handler) list(w http.ResponseWriter, r *http.Request) {
	http.Get(h.url)
}
"""
API, ROUTES = "app/api.py", "config/routes.rb"
TAGS = POSTS.replace("Posts", "Tags").replace("  def", "  allow_unauthenticated_access\n\n  def")
NAMESAKE = RAILS[CONCERN].replace("  end\nend", "  end\n\n  def authentication\n  end\nend")
PUBLIC = CONTRACT.replace("[{token: []}]", "[]")


def differs(before: str, after: str) -> Facts:
    return change({MAIN: (app(before), app(after))})


def rails(controller: str, before: str, after: str) -> Facts:
    path = f"app/controllers/{controller}_controller.rb"
    others = {one: text for one, text in RAILS.items() if one != path}
    return change({path: (RAILS[path], RAILS[path].replace(before, after))}, others)


def nest(before: str, after: str) -> Facts:
    return change({"src/items.controller.ts": (before, after)})


def contract(before: str, after: str) -> Facts:
    return change({"openapi.yaml": (before, after)}, {MAIN: app(USER)})


TABLE = table(
    "authorization-is-not-removed",
    # ── kept ──
    case("in another place", differs(USER, DEPENDS), P),
    case("another line", differs(USER, USER.replace("[]", "[1]")), P),
    case("by another guard", change({DEPS: (GUARDS, BASIC)}, {MAIN: app(USER)}), P),
    case("by another name of the policy", differs(USER, ADMIN), P, guards=("Admin",)),
    case("added", differs(OPEN, USER), P),
    case("there was none", differs(OPEN, OPEN.replace("[]", "[1]")), P),
    case("and the route is listed as public", differs(USER, OPEN), P, public=("POST /items",)),
    case("a contract that asks as before", contract(CONTRACT, CONTRACT.replace("ok", "fine")), P),
    # ── removed ──
    case("from a parameter", differs(USER, OPEN), U, at=(f"{MAIN}:9",)),
    case("from the registration", differs(DEPENDS, OPEN), U, at=(f"{MAIN}:9",)),
    case(
        "from two",
        differs(USER + handles("get", "/b", "b", "user: User"), OPEN + handles("get", "/b", "b")),
        U,
        at=(f"{MAIN}:9", f"{MAIN}:14"),
    ),
    case(
        "from the router",
        change(
            {"app/routes.py": (ROUTER, ROUTER.replace("dependencies=[Depends(get_user)]", ""))},
            {MAIN: app() + MOUNTS},
        ),
        U,
        at=("app/routes.py:8",),
    ),
    case("from a function of another file", change({DEPS: (GUARDS, NOBODY)}, {MAIN: app(USER)}), U),
    case(
        "in a comment it stays",
        differs(USER, OPEN.replace("():", "():  # user: User")),
        U,
        at=(f"{MAIN}:9",),
    ),
    case("with the path", differs(USER, OPEN.replace("/items", "/things")), U, at=(f"{MAIN}:9",)),
    case(
        "with the path and the file",
        change({MAIN: (app(USER), app(OPEN.replace("/items", "/things")))}, renamed={MAIN: API}),
        U,
        at=(f"{MAIN}:9",),
    ),
    case(
        "of another controller, with an action of the same name",
        change(
            {
                ROUTES: (RAILS[ROUTES], RAILS[ROUTES].replace(":posts", ":tags")),
                "app/controllers/posts_controller.rb": (POSTS, ""),
                "app/controllers/tags_controller.rb": ("", TAGS),
            },
            RAILS,
        ),
        S,
    ),
    case(
        "of NestJS, of any name",
        nest(NEST, NEST.replace(f"@UseGuards({BY}", "")),
        U,
        at=("src/items.controller.ts:10",),
    ),
    case(
        "of NestJS, for one of unknown name",
        nest(KNOWN, NEST),
        U,
        at=("src/items.controller.ts:10",),
    ),
    case("of NestJS, for a known one", nest(NEST, KNOWN), P),
    case(
        "of NestJS, one of two",
        nest(NEST.replace(BY, f"ThrottlerGuard, {BY}"), NEST.replace(BY, "ThrottlerGuard)")),
        U,
        at=("src/items.controller.ts:10",),
    ),
    case(
        "of NestJS, for one that limits rates",
        nest(NEST, NEST.replace(BY, "ThrottlerGuard)")),
        U,
        at=("src/items.controller.ts:10",),
    ),
    case(
        "of NestJS, one that limits rates",
        nest(NEST.replace(BY, "ThrottlerGuard)"), NEST.replace(f"@UseGuards({BY}", "")),
        P,
    ),
    case("of NestJS, for another", nest(NEST.replace(BY, "OwnerGuard)"), NEST), P),
    case(
        "of a route that another part of the repository serves too",
        change({PORTAL: (SPRING, OWN)}, BESIDE),
        U,
        at=(f"{PORTAL}:7",),
    ),
    case("of another part, that stays", change({PORTAL: (SPRING, SPRING + "\n")}, BESIDE), S),
    case("and another part serves it now", change({PORTAL: ("", SPRING)}, BESIDE), U),
    case("of a method whose mapping stands elsewhere", change({PORTAL: (SPRING, INHERITED)}), U),
    case("a method without marks", change({PORTAL: (PLAIN, PLAIN.replace("x(", "y("))}), U),
    case("a method that only listens", change({PORTAL: (HEARS, HEARS.replace("x(", "y("))}), S),
    case(
        "of a concern of Rails, by the word for it",
        rails("posts", "  def", "  allow_unauthenticated_access\n\n  def"),
        U,
        at=("app/controllers/posts_controller.rb:4",),
    ),
    case(
        "of a concern of Rails, for another action",
        rails("posts", "  def", "  allow_unauthenticated_access only: :new\n\n  def"),
        S,
    ),
    case("with the concern of Rails", rails("application", "  include Authentication\n", ""), U),
    case(
        "with a concern that has a method of its name",
        change(
            {APP_RB: (APPLICATION, APPLICATION.replace("  include Authentication\n", ""))},
            {**{one: RAILS[one] for one in RAILS if one != APP_RB}, CONCERN: NAMESAKE},
        ),
        U,
    ),
    case("of the policy's name", differs(ADMIN, OPEN), U, at=(f"{MAIN}:9",), guards=("Admin",)),
    case("by its name alone", differs(ADMIN, OPEN), U, at=(f"{MAIN}:9",)),
    case(
        "by its name alone, for another such",
        differs(ADMIN, OPEN.replace("():", "(by=Depends(staff_only)):")),
        P,
    ),
    case(
        "from a class, beside other marks",
        change({PORTAL: (MARKED, MARKED.replace("@DenyAll\n", ""))}),
        U,
        at=(f"{PORTAL}:5",),
    ),
    case("in the contract", contract(CONTRACT, PUBLIC), F, at=("openapi.yaml:5",)),
    case(
        "in the contract and in the code",
        change({"openapi.yaml": (CONTRACT, PUBLIC), MAIN: (app(USER), app(OPEN))}),
        F,
        at=("openapi.yaml:5",),
    ),
    # ── not known ──
    case(
        "routes in a loop",
        differs(
            USER, USER + "\nfor one in some():\n    app.add_api_route(one.path, one.handler)\n"
        ),
        U,
    ),
    case("not Python", change({MAIN: (app(USER), HEAD + "def f(:\n")}), U),
    case("larger than is read", change({MAIN: (app(USER), app(USER) + "#" * 200_000)}), U),
    case(
        "a contract that cannot be read",
        change({"openapi.yaml": (CONTRACT, "{"), MAIN: (app(USER), app(USER))}),
        U,
    ),
    case(
        "no framework that is read",
        change({"app/api.py": ("", "def f():\n    return 1\n"), DEPS: ("", "A = 1\n")}),
        U,
    ),
    case(
        "only clients of net/http are read",
        change({"api/handler.go": (CLIENT, CLIENT.replace("Get", "Head")), DEPS: ("", "A = 1\n")}),
        U,
    ),
    case(
        "what names the view is not read",
        change(
            {"shop/views.py": (VIEW, VIEW.replace("@login_required\n", ""))},
            {"shop/urls.py": URLS + "#" * 200_000},
        ),
        U,
    ),
    case(
        "nothing that is read names the view",
        change(
            {"shop/views.py": (VIEWS, VIEWS.replace("[IsAuthenticated]", "[]"))},
            {"shop/urls.py": URLS},
        ),
        U,
    ),
    case("files not known", pull(changes=UNREAD), U),
    # ── nothing of the kind ──
    case("a name that is no guard", differs(ADMIN.replace("Admin", "Clock"), OPEN), P),
    case("a name that speaks of a body", differs(ADMIN.replace("Admin", "RoleForm"), OPEN), P),
    case("the route is gone", differs(USER, ""), S),
    case(
        "no routes there, and another file is not read",
        change(
            {"app/config.py": ("A = 1\n", "A = 2\n")},
            {MAIN: app(USER), "shop/urls.py": URLS + "#" * 200_000},
        ),
        S,
    ),
    case(
        "what is not read is of another language",
        change(
            {"shop/views.py": (VIEW, VIEW.replace("@login_required\n", ""))},
            {MAIN: app(USER), "static/app.js": "let a = 1\n" * 20_000 + "let b = 1\n"},
        ),
        S,
    ),
    case(
        "of Django, what is no view and is called one",
        change({"shop/api.py": (DATA, DATA.replace("at", "on"))}, {"shop/urls.py": URLS}),
        S,
    ),
    case("the route is new", differs("", OPEN), S),
    case(
        "renamed", change({MAIN: (app(USER), app(USER))}, renamed={MAIN: "app/server/main.py"}), S
    ),
    case(
        "a contract that lists it as public", contract(CONTRACT, PUBLIC), P, public=("GET /items",)
    ),
    case(
        "an application of a test",
        change({"tests/test_app.py": (app(USER), app(OPEN))}, {MAIN: app(USER)}),
        S,
    ),
    case("generated", change({"app/routes.gen.py": (app(USER), app(OPEN))}, {MAIN: app(USER)}), S),
    case(
        "from a websocket", differs(SOCKET, SOCKET.replace("user: User", "")), U, at=(f"{MAIN}:9",)
    ),
    case("documentation", change({"docs/a.md": (USER, OPEN)}), S),
    case("no file", pull(), S),
    generated=GENERATED,
    contract=CONTRACTS,
)

test_it_says = verdicts(TABLE)
test_its_words = words(TABLE)
