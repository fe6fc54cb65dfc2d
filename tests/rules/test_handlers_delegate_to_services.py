"""A table of what the rule on long handlers says of a service before and after."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.linking.route_changes import Places
from bot.model.area import Area
from bot.model.facts import Facts
from bot.rules.handlers_delegate_to_services import RULE
from tests.rules.tables import UNREAD, P, S, U, case, table, verdicts, words
from tests.support import web
from tests.support.pulls import pull
from tests.support.signals import unseen
from tests.support.web import MAIN, get, service

GEN = Area("generated", ("gen/**",))
OLD = get("/items")


def body(lines: int) -> tuple[str, ...]:
    return tuple(f"total += rate_{at}" for at in range(lines))


# The decorator and the line with the name are counted as well.
LONG, SHORT = get("/rates", *body(39)), get("/rates", *body(38))
TWICE = "\n\n@app.get('/prices')\n" + LONG.lstrip("\n")
LOOP = "\n\nfor path in paths():\n    app.add_api_route(path, handle)\n"
ELSEWHERE = '\n\napp.add_api_route("/x", other.handle, methods=["POST"])\n'


def change(before: str, after: str, path: str = MAIN, **known: Any) -> Facts:
    needs = partial(RULE.needs, Places(generated=GEN))
    return web.change(needs, {path: (before, after)}, **known)


ADDED = change(service(OLD), service(OLD, LONG))
TABLE = table(
    RULE.id,
    case("long", ADDED, P),
    case("one handler of two endpoints", change(service(OLD), service(OLD, TWICE)), P),
    case("in a new file", change("", service(LONG)), P),
    case("short", change(service(OLD), service(OLD, SHORT)), P),
    case("comments", change(service(OLD), service(OLD, get("/rates", *["# a"] * 60, "go()"))), P),
    case("brackets", change(service(OLD), service(OLD, get("/a", "go([", *["],["] * 60, "])"))), P),
    case("there before", change(service(LONG), service(LONG, OLD)), P),
    case("at another path", change(service(LONG), service(LONG.replace("/r", "/v"))), S),
    case("grows", change(service(SHORT), service(LONG)), S),
    case("moved in the file", change(service(LONG, OLD), service(OLD, LONG)), S),
    case("a function beside it", change(service(OLD), service(OLD) + LONG.replace("@", "#")), S),
    case("removed", change(service(OLD, LONG), service(OLD)), S),
    case(
        "moved", change(service(LONG), service(LONG), "a/main.py", renamed={"a/main.py": MAIN}), S
    ),
    case("generated", change(service(OLD), service(OLD, LONG), "gen/main.py"), S),
    case("in a test", change(service(OLD), service(OLD, LONG), "tests/test_main.py"), S),
    case("words", change("one", "two", "docs/a.md"), S),
    case("no file", pull(), S),
    case("registered in a loop", change(service(OLD), service(OLD, LOOP)), U),
    case("the handler is elsewhere", change(service(OLD), service(OLD, ELSEWHERE)), S),
    case("not parsed", change(service(OLD), service(OLD, LONG, "def (:\n")), U),
    case("lines not visible", unseen(ADDED), U),
    case("files not known", pull(changes=UNREAD), U),
    generated=GEN,
)
test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
