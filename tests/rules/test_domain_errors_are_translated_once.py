"""A table of what the rule on errors that are caught twice says of a service before and after."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.linking.route_changes import Places
from bot.model.area import Area
from bot.model.facts import Facts
from bot.rules.domain_errors_are_translated_once import RULE
from tests.rules.tables import UNREAD, P, S, U, case, table, verdicts, words
from tests.support import web
from tests.support.pulls import pull
from tests.support.signals import unseen
from tests.support.web import MAIN, get, service

GEN = Area("generated", ("gen/**",))
OLD = get("/items")
MORE = "import json\nfrom json import JSONDecodeError\n"


def catching(path: str, what: str) -> str:
    return get(path, "try:", "    work()", f"except {what}:", "    raise Conflict()")


def both(what: str, other: str = "") -> str:
    """Two endpoints, each of which catches it, or the second one something else."""
    return catching("/rates", what) + catching("/prices", other or what)


def change(before: str, after: str, path: str = MAIN, **known: Any) -> Facts:
    needs = partial(RULE.needs, Places(generated=GEN))
    return web.change(needs, {path: (before, after)}, **known)


def added(*endpoints: str) -> Facts:
    return change(service(OLD), service(OLD, *endpoints))


BAD = both("NoSuchOrder")
INSIDE = "\n\ndef low():\n    try:\n        a()\n    except NoSuchOrder:\n        b()\n"
TABLE = table(
    RULE.id,
    case("caught by two", added(BAD), P),
    case("by three", added(BAD, catching("/x", "NoSuchOrder")), P),
    case("among others", added(both("(NoSuchOrder, KeyError)", "(A, NoSuchOrder)")), P),
    case("two errors", added(both("(NoSuchOrder, Closed) as error")), P),
    case("different ones", added(both("NoSuchOrder", "Closed")), P),
    case("caught by one", added(catching("/rates", "NoSuchOrder"), OLD.replace("i", "j")), P),
    case("twice by one", added(get("/a", *["try:", "    a()", "except A:", "    b()"] * 2)), P),
    case("of Python", added(both("(KeyError, TimeoutError)")), P),
    case("of its library", added(both("json.JSONDecodeError")), P),
    case("of its library by name", added(MORE, both("JSONDecodeError")), P),
    case("computed", added(both("errors()[0]")), P),
    case("whatever it is", added(both("Exception").replace(" Exception", "")), P),
    case("below the handlers", added(catching("/rates", "NoSuchOrder"), INSIDE), P),
    case("there before", change(service(BAD), service(BAD, get("/x"))), P),
    case("one was there before", change(service(catching("/rates", "A")), service(both("A"))), P),
    case("commented out", added(BAD.replace("except ", "except KeyError:  # ")), P),
    case("moved in the file", change(service(BAD, OLD), service(OLD, BAD)), S),
    case("removed", change(service(OLD, BAD), service(OLD)), S),
    case("generated", change(service(OLD), service(OLD, BAD), "gen/main.py"), S),
    case("in a test", change(service(OLD), service(OLD, BAD), "tests/test_main.py"), S),
    case("words", change("one", "two", "docs/a.md"), S),
    case("no file", pull(), S),
    case("not parsed", added(BAD, "def (:\n"), U),
    case("lines not visible", unseen(added(BAD)), U),
    case("files not known", pull(changes=UNREAD), U),
    generated=GEN,
)
test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
