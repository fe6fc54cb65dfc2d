"""A table of what the rule on guards of new endpoints says of real source text."""

from __future__ import annotations

from bot.model.facts import Facts
from tests.rules.tables import UNREAD, P, S, U, case, table, verdicts, words
from tests.support.pulls import pull
from tests.support.routes import (
    DEPS,
    GENERATED,
    HEAD,
    MAIN,
    app,
    change,
    handles,
)

USER = handles("post", "/items", "create_item", "user: User")
OPEN = handles("post", "/items", "create_item")
MANY = "".join(handles("get", f"/{at}", f"f{at}", "user: User") for at in range(5))
AT = f"{MAIN}:34"


def new(route: str, old: str = MANY, **texts: str) -> Facts:
    """A route is added to guarded ones."""
    files = {path.replace("_", "/") + ".py": text for path, text in texts.items()}
    return change({MAIN: (app(old), app(old, route))}, files)


DEPENDS = OPEN.replace('"/items"', '"/items", dependencies=[Depends(get_user)]')
PARAMETER = handles("post", "/items", "create_item", "user: str = Depends(get_user)")
FORM = "from fastapi.security import OAuth2PasswordRequestForm\n"
LOGIN = handles("post", "/login", "login", "form: OAuth2PasswordRequestForm = Depends()")
OWN = handles("post", "/items", "create_item", body='require_token("x")')
OWN_GUARD = "\n\ndef require_token(name):\n    pass\n"
SOCKET = '\n\n@app.websocket("/feed")\nasync def feed(socket):\n    pass\n'
MOUNTED = (
    "from fastapi import APIRouter, Depends\n\nfrom app.deps import get_user\n\n"
    "router = APIRouter(dependencies=[Depends(get_user)])\n"
    '\n\n@router.get("/")\ndef read():\n    return 1\n'
)
MOUNTS = "\nfrom app.routes import router\n\napp.include_router(router)\n"
TABLE = table(
    "endpoints-are-guarded",
    # ── guarded ──
    case("by a name that stands for it", new(USER), P, at=(AT,)),
    case("by a parameter", new(PARAMETER), P, at=(AT,)),
    case("by the registration", new(DEPENDS), P, at=(AT,)),
    case(
        "by the router",
        change({MAIN: (app(MANY), app(MANY) + MOUNTS), "app/routes.py": ("", MOUNTED)}),
        P,
        at=("app/routes.py:8",),
    ),
    case(
        "in the handler, by the policy's name",
        new(OWN + OWN_GUARD),
        P,
        at=(AT,),
        guards=("app.main.require_token",),
    ),
    case(
        "by the policy's name alone",
        new(handles("post", "/items", "create_item", "user: Admin"), MANY),
        P,
        at=(AT,),
        guards=("Admin",),
    ),
    # ── not guarded ──
    case("not at all", new(OPEN), U, at=(AT,)),
    case("two of them", new(OPEN + handles("get", "/b", "b")), U, at=(AT, f"{MAIN}:39")),
    case("and few others are", new(OPEN, handles("get", "/a", "a")), U, at=(f"{MAIN}:14",)),
    case("in a comment", new(OPEN.replace("():", "():  # Depends(get_user)")), U, at=(AT,)),
    case("in a text", new(OPEN.replace("return []", 'return "Depends(get_user)"')), U, at=(AT,)),
    case(
        "by a name that another name begins with",
        new(handles("post", "/items", "create_item", "user: Users")),
        U,
        at=(AT,),
        guards=("User",),
    ),
    case(
        "by a form that a login takes",
        change({MAIN: (app(MANY), FORM + app(MANY, LOGIN))}),
        U,
        at=(f"{MAIN}:35",),
    ),
    case("in the handler, by a name that the policy lacks", new(OWN + OWN_GUARD), U, at=(AT,)),
    # ── not known ──
    case(
        "routes in a loop",
        new("\nfor one in some():\n    app.add_api_route(one.path, one.handler)\n"),
        U,
    ),
    case("not Python", change({MAIN: (app(MANY), HEAD + "def f(:\n")}), U),
    case("larger than is read", change({MAIN: (app(MANY), app(MANY) + "#" * 200_000)}), U),
    case(
        "no framework that is read",
        change({"app/api.py": ("", "def f():\n    return 1\n"), DEPS: ("", "A = 1\n")}),
        U,
    ),
    case("files not known", pull(changes=UNREAD), U),
    # ── nothing of the kind ──
    case("public", new(OPEN), S, public=("POST /items",)),
    case(
        "public, with a parameter",
        new(handles("get", "/i/{key}", "read", "key: int")),
        S,
        public=("GET /i/{id}",),
    ),
    case("there before", change({MAIN: (app(OPEN), app(OPEN.replace("[]", "[1]")))}), S),
    case(
        "moved",
        change({MAIN: (app(OPEN), app()), "app/api.py": ("", "from app.main import app\n" + OPEN)}),
        S,
    ),
    case(
        "renamed", change({MAIN: (app(OPEN), app(OPEN))}, renamed={MAIN: "app/server/main.py"}), S
    ),
    case("removed", change({MAIN: (app(MANY, OPEN), app(MANY))}), S),
    case("a websocket", new(SOCKET), S),
    case(
        "an application of a test",
        change({"tests/test_app.py": ("", app(OPEN))}, {MAIN: app(MANY)}),
        S,
    ),
    case("generated", change({"app/routes.gen.py": ("", app(OPEN))}, {MAIN: app(MANY)}), S),
    case("another function", new("\n\ndef helper():\n    return 1\n"), S),
    case("documentation", change({"docs/a.md": ("", OPEN)}), S),
    case("no file", pull(), S),
    generated=GENERATED,
)

test_it_says = verdicts(TABLE)
test_its_words = words(TABLE)
