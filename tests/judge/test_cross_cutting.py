"""What every part of a system rests on: what is registered for every request, and libraries."""

from __future__ import annotations

import pytest

from bot.judge.condition import condition_needs, holds, shown
from bot.judge.evaluate import evaluate, needs_of
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.item import AddsNames, Condition, Registers
from bot.model.known import Known, Unknown
from bot.model.report import Matter, Question
from bot.wiring.catalogue import registry
from tests.corpus.precision import preset
from tests.support.judging import policy
from tests.support.pulls import pull
from tests.support.sources import written

PLAIN = policy("version: 1\nchecklist: {}\n")
NONE, GENERATED = Area("tests", ()), Area("generated", ("gen/**",))
BOTH = Registers(what=("handler", "middleware"), tests=NONE, generated=GENERATED)
APP = "app = FastAPI()\n"
GZIP = "app.add_middleware(GZipMiddleware, minimum_size=1000)\n"
ANSWERS = (
    "@app.exception_handler(ShopError)\nasync def answer(request, error):\n    return str(error)\n"
)
TIMED = '@app.middleware("http")\nasync def timed(request, call_next): ...\n'
DJANGO = 'MIDDLEWARE = [\n    "django.Security",\n{}]\n'
EXPRESS = 'const express = require("express");\nconst app = express();\n'
GIN = "package a\nfunc Create() *gin.Engine {{\n\tr := gin.New()\n{}\treturn r\n}}\n"
CHI = "package main\nfunc {}() {{\n\tr := chi.NewRouter()\n{}}}\n"
SPRING = "class Safe {\n  @Bean\n  SecurityFilterChain chain(H a) { return a.build(); }\n}\n"
WEB = "class Web {{\n  void add(R all) {{ all.addInterceptor(new Tenant()){}; }}\n}}\n"
ROOT = "app/controllers/application_controller.rb"
RAILS = "class ApplicationController < ActionController::Base\n  {}\nend\n"
UNREAD = Unknown("not visible")


def change(asked: Condition, files: dict[str, tuple[str, str]]) -> Facts:
    rows = written(frozenset(), files).changes
    return written(condition_needs(asked, PLAIN, rows), files)


def told(asked: Condition, files: dict[str, tuple[str, str]]) -> tuple[Known[bool], list[str]]:
    facts = change(asked, files)
    pieces = shown(asked, facts, PLAIN)
    return holds(asked, facts, PLAIN), [f"{one.note} {one.file}:{one.line}" for one in pieces]


NEW = [
    ("app/main.py", APP, APP + GZIP, ["middleware GZipMiddleware app/main.py:2"]),
    ("app/main.py", APP, APP + ANSWERS, ["handler ShopError app/main.py:2"]),
    ("app/web.py", "", "bp.register_error_handler(404, page)\n", ["handler 404 app/web.py:1"]),
    ("src/main.ts", "", "app.useGlobalFilters(new Faults());\n", ["handler Faults src/main.ts:1"]),
    ("src/main.ts", "", "app.useGlobalPipes(pipe);\n", ["middleware pipe src/main.ts:1"]),
    ("src/app.js", "", "app.setErrorHandler((e, r) => {});\n", ["handler src/app.js:1"]),
    ("app/main.py", APP, APP + TIMED, ["middleware timed app/main.py:2"]),
    ("shop/web.py", "", "@app.errorhandler(404)\ndef no(): ...\n", ["handler no shop/web.py:1"]),
    ("shop/web.py", "", "@app.before_request\ndef who(): ...\n", ["middleware who shop/web.py:1"]),
    ("shop/web.py", "", "@bp.before_app_request\ndef who(): ...\n",
     ["middleware who shop/web.py:1"]),
    ("shop/settings.py", DJANGO.format(""), DJANGO.format('    "shop.web.Tenant",\n'),
     ["middleware shop.web.Tenant shop/settings.py:3"]),
    ("shop/settings.py", "", 'MIDDLEWARE.insert(0, "shop.web.Tenant")\n',
     ["middleware shop.web.Tenant shop/settings.py:1"]),
    ("src/app.js", EXPRESS, EXPRESS + "app.use(helmet());\n", ["middleware helmet src/app.js:3"]),
    ("src/app.js", EXPRESS, EXPRESS + "app.use(authGuard);\n",
     ["middleware authGuard src/app.js:3"]),
    ("src/app.js", EXPRESS, EXPRESS + "app.use((req, res, next) => next());\n",
     ["middleware src/app.js:3"]),
    ("src/app.js", EXPRESS, EXPRESS + "app.use(function (err, req, res, next) { next(err) });\n",
     ["handler src/app.js:3"]),
    ("src/app.js", EXPRESS, EXPRESS + "app.use(errorHandler);\n",
     ["handler errorHandler src/app.js:3"]),
    ("main.go", GIN.format(""), GIN.format("\tr.Use(Audit())\n"), ["middleware Audit main.go:4"]),
    ("main.go", GIN.format(""), GIN.format("\tr.Use(func(c C) { c.Next() })\n"),
     ["middleware main.go:4"]),
    ("main.go", CHI.format("main", ""), CHI.format("main", "\tr.Use(mid.Audit)\n"),
     ["middleware mid.Audit main.go:4"]),
    ("src/main/java/a/Faults.java", "", "@RestControllerAdvice\npublic class Faults {}\n",
     ["handler Faults src/main/java/a/Faults.java:1"]),
    ("src/main/java/a/Safe.java", "", SPRING, ["middleware chain src/main/java/a/Safe.java:3"]),
    ("src/main/kotlin/a/Safe.kt", "", "@Bean\nfun chain(a: H): SecurityFilterChain = a.build()\n",
     ["middleware chain src/main/kotlin/a/Safe.kt:2"]),
    ("src/main/java/a/Tenant.java", "", "@Component\nclass Tenant extends GenericFilterBean {}\n",
     ["middleware Tenant src/main/java/a/Tenant.java:1"]),
    ("src/main/kotlin/a/Tenant.kt", "",
     "@Component\nclass Tenant(val a: B) : Filter {}\n",
     ["middleware Tenant src/main/kotlin/a/Tenant.kt:1"]),
    ("src/main/java/a/Web.java", "", WEB.format(""),
     ["middleware Tenant src/main/java/a/Web.java:2"]),
    (ROOT, RAILS.format(""), RAILS.format("before_action :who"), [f"middleware who {ROOT}:2"]),
    (ROOT, RAILS.format(""), RAILS.format("rescue_from Lost, with: :lost"),
     [f"handler Lost {ROOT}:2"]),
    ("config/application.rb", "", "config.middleware.insert_before 0, Rack::Cors\n",
     ["middleware Rack::Cors config/application.rb:1"]),
    ("config/initializers/a.rb", "", "Rails.application.config.middleware.use Limits\n",
     ["middleware Limits config/initializers/a.rb:1"]),
]  # fmt: skip


@pytest.mark.parametrize(("path", "before", "after", "said"), NEW)
def test_what_every_request_goes_through_is_new(
    path: str, before: str, after: str, said: list[str]
) -> None:
    assert told(BOTH, {path: (before, after)}) == (True, said)


OLD = [
    ("there before", {"app/main.py": (APP + GZIP, f"x = 1\n{APP}{GZIP}")}),
    ("moved to another file", {"app/main.py": (APP + GZIP, APP), "app/web.py": ("", GZIP)}),
    ("taken away", {"app/main.py": (APP + GZIP, APP)}),
    ("for a test", {"tests/test_app.py": ("", APP + GZIP)}),
    ("generated", {"gen/main.py": ("", APP + GZIP)}),
    ("a comment", {"app/main.py": (APP, f"{APP}# {GZIP}")}),
    ("a text", {"app/main.py": (APP, f"{APP}x = '{GZIP.strip()}'\n")}),
    ("of one route", {"src/app.js": ("", "router.use(limit);\n")}),
    ("words", {"docs/a.md": ("", GZIP)}),
    ("with other options", {"app/main.py": (APP + GZIP, APP + GZIP.replace("1000", "9"))}),
    ("of one blueprint", {"a/web.py": ("", "@bp.before_request\ndef who(): ...\n")}),
    ("a page", {"a/web.py": ("", '@app.route("/a")\ndef who(): ...\n')}),
    ("in a text", {"a/web.py": ("", 'x = """\n@app.before_request\ndef who(): ...\n"""\n')}),
    ("another setting", {"a/settings.py": ("", 'APPS = ["shop.web.Tenant"]\n')}),
    ("in another order",
     {"a/settings.py": ('MIDDLEWARE = ["a", "b"]\n', 'MIDDLEWARE = ["b", "a"]\n')}),
    ("below a path", {"src/app.js": (EXPRESS, EXPRESS + 'app.use("/a", helmet());\n')}),
    ("a router", {"src/app.js": (EXPRESS, EXPRESS + "app.use(userRoutes);\napp.use(users);\n")}),
    ("a router that is made", {"src/app.js": (EXPRESS, EXPRESS + "app.use(makeRouter());\n")}),
    ("of a page",
     {"src/main.ts": ("", 'import { createApp } from "vue";\napp.use(createPinia());\n')}),
    ("of a group",
     {"main.go": (GIN.format(""), GIN.format("\tg := r.Group(x)\n\tg.Use(Audit())\n"))}),
    ("of a block", {"main.go": (CHI.format("main", ""), CHI.format(
        "main", '\tr.Route("/a", func(r chi.Router) {\n\t\tr.Use(mid.Audit)\n\t})\n'))}),
    ("a part", {"main.go": (CHI.format("part", ""), CHI.format("part", "\tr.Use(mid.Audit)\n"))}),
    ("of another function", {"main.go": (
        GIN.format(""), GIN.format("") + "func g(r *gin.Engine) { r.Use(Audit()) }\n")}),
    ("of some controllers",
     {"a/A.java": ("", "@ControllerAdvice(assignableTypes = B.class)\nclass A {}\n")}),
    ("below paths", {"a/Web.java": ("", WEB.format('.addPathPatterns("/a")'))}),
    ("a filter that nobody registers",
     {"a/A.java": ("", "class A extends OncePerRequestFilter {}\n")}),
    ("a component that is given one",
     {"a/A.kt": ("", "@Component\nclass A(private val it: Filter) : B() {\n}\n")}),
    ("a component", {"a/A.java": ("", "@Component\nclass A extends B {}\n")}),
    ("rules of a chain", {"a/A.java": (SPRING, SPRING.replace("build()", "csrf().build()"))}),
    ("some actions", {ROOT: (RAILS.format(""), RAILS.format("before_action :who, only: [:a]"))}),
    ("of one controller", {"app/controllers/a.rb": ("", "class A < B\n before_action :a\nend\n")}),
]  # fmt: skip


@pytest.mark.parametrize(("why", "files"), OLD)
def test_what_every_request_goes_through_is_as_it_was(
    why: str, files: dict[str, tuple[str, str]]
) -> None:
    assert told(BOTH, files) == (False, []), why


def test_what_was_not_read_may_register_something() -> None:
    assert isinstance(told(BOTH, {"app/main.py": (APP, "def f(:\n")})[0], Unknown)
    assert told(BOTH, {"app/main.py": ("def f(:\n", APP + GZIP)})[1] == []
    assert isinstance(told(BOTH, {"app/main.py": ("def f(:\n", APP + GZIP)})[0], Unknown)
    assert holds(BOTH, pull(changes=UNREAD), PLAIN) == UNREAD
    assert shown(BOTH, pull(changes=UNREAD), PLAIN) == ()


def test_a_policy_asks_for_one_of_the_two() -> None:
    one = Registers(what=("handler",), tests=NONE, generated=GENERATED)

    assert told(one, {"app/main.py": (APP, APP + GZIP)}) == (False, [])


# ── libraries ─────────────────────────────────────────────────────────────────────────────────

RESTS = AddsNames(what=("auth-library", "logging-library"))
PYPROJECT = '[project]\nname = "shop"\ndependencies = ["flask"{}]\n'


def question(name: str, after: str, before: str = "") -> list[Question]:
    """What the trigger cross-cutting of a preset says of a new dependency."""
    asked = preset(name)
    files = {"pyproject.toml": (PYPROJECT.format(before), PYPROJECT.format(after))}
    rows = written(frozenset(), files)
    facts = written(needs_of(rows, asked, registry()), files)
    report = evaluate(Matter(facts=facts, policy=asked), registry(), "test")
    return [one for one in report.questions if one.trigger == "cross-cutting"]


@pytest.mark.parametrize("name", ["backend-dev", "http-api", "worker"])
def test_a_library_that_logins_rest_on_is_worth_a_word_and_asks_nobody(name: str) -> None:
    (asked,) = question(name, ', "pwdlib[argon2]"')

    assert (asked.suggested, asked.undecided, str(asked.block)) == (True, False, "never")
    assert [one.kind.id for one in asked.evidence] == ["library-swapped"]
    assert question(name, ', "requests"') == []
    assert question(name, ', "pwdlib>1"', ', "pwdlib"') == []


@pytest.mark.parametrize(
    ("path", "text", "said"),
    [
        ("go.mod", "module a.b/c\nrequire github.com/rs/zerolog v1.0.0\n", "github.com/rs/zerolog"),
        ("package.json", '{"dependencies": {"passport": "1"}}', "passport"),
        ("Gemfile", "gem 'devise'\n", "devise"),
        ("package.json", '{"devDependencies": {"passport": "1"}}', ""),
    ],
)
def test_the_libraries_that_much_rests_on_are_known_by_name(
    path: str, text: str, said: str
) -> None:
    found, notes = told(RESTS, {path: ("", text)})

    assert found is bool(said)
    assert [one.split()[1] for one in notes] == ([said] if said else [])


IMPORTS = [
    ("pyproject.toml", PYPROJECT.format(', "pwdlib"'), "app/safe.py",
     "from pwdlib import Hash\n"),
    ("requirements.txt", "PyJWT\n", "app/safe.py", "import jwt\n"),
    ("requirements.txt", "flask-login\n", "app/safe.py", "from flask_login import current_user\n"),
    ("go.mod", "module a.b/c\nrequire github.com/zitadel/oidc/v3 v3.1.0\n", "api/oidc.go",
     'package api\nimport "github.com/zitadel/oidc/v3/pkg/client/rp"\n'),
    ("package.json", '{"dependencies": {"passport": "1"}}', "src/login.ts",
     'import passport from "passport";\n'),
    ("build.gradle", 'dependencies {\n implementation "io.jsonwebtoken:jjwt:1"\n}\n',
     "src/main/java/a/Login.java", "package a;\nimport io.jsonwebtoken.Jwts;\n"),
]  # fmt: skip


@pytest.mark.parametrize(("manifest", "names", "path", "uses"), IMPORTS)
def test_a_library_is_shown_where_the_code_begins_to_use_it(
    manifest: str, names: str, path: str, uses: str
) -> None:
    def places(before: str, after: str, at: str = path) -> list[str]:
        _, notes = told(RESTS, {manifest: ("", names), at: (before, after)})
        return [one.split()[-1].rpartition(":")[0] for one in notes]

    assert places("", uses) == [manifest, path]
    # What imports it already, another module of a like name, and tests.
    assert places(uses, f"{uses}\n") == [manifest]
    other = (
        uses.replace("pwdlib", "pwdlib2").replace("jwt", "jwt2").replace("flask_login", "flaskl")
    )
    other = other.replace("oidc/v3", "oidc2").replace("passport", "passport-x")
    assert places("", other.replace("jsonwebtoken", "jsonweb")) == [manifest]
    assert places("", uses, f"tests/{path}") == [manifest]
