"""A table of what the rule on errors in the code says of a service before and after."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.model.area import Area
from bot.model.facts import Facts
from bot.rules.errors_go_through_one_place import RULE, Options
from tests.rules.tables import UNREAD, P, S, U, case, table, verdicts, words
from tests.support import web
from tests.support.pulls import pull
from tests.support.walked import Walked, walked
from tests.support.web import MAIN, get, service

GEN = Area("generated", ("gen/**",))
OLD = get("/items")
OWN = 'raise HTTPException(404, detail="no such rate")'
BAD = get("/rates", OWN)
GOOD = get("/rates", 'raise NotFound("rate")')
LOOP = "\n\nfor path in paths():\n    app.add_api_route(path, handle)\n"
ELSEWHERE = '\n\napp.add_api_route("/x", other.handle, methods=["POST"])\n'


def change(before: str, after: str, path: str = MAIN, **known: Any) -> Facts:
    needs = partial(RULE.needs, Options(generated=GEN))
    return web.change(needs, {path: (before, after)}, **known)


ADDED = change(service(OLD), service(OLD, BAD))
TABLE = table(
    RULE.id,
    case("made up in a new endpoint", ADDED, U, at=(f"{MAIN}:14",)),
    case(
        "another one beside it",
        change(service(BAD), service(get("/rates", "if x():", f"    {OWN}", OWN))),
        U,
        at=(f"{MAIN}:10",),
    ),
    case("the place is another", ADDED, U, at=(f"{MAIN}:14",), module="app.errors"),
    case("it stands in the place", ADDED, P, module="app.main"),
    case("it stands in the file", ADDED, P, module="app/main.py"),
    case("it stands in the folder", ADDED, P, module="app"),
    case("an error of a module", change(service(OLD), service(OLD, GOOD)), P),
    case("no error", change(service(OLD), service(OLD, get("/rates"))), P),
    case(
        "other words for it", change(service(BAD), service(BAD.replace("no such rate", "none"))), P
    ),
    case("mended", change(service(BAD), service(GOOD)), P),
    case("commented out", change(service(OLD), service(OLD, get("/a", f"# {OWN}", "return 1"))), P),
    case("in a text", change(service(OLD), service(OLD, get("/a", f"return {OWN!r}"))), P),
    case("there before", change(service(BAD), service(BAD, OLD)), P),
    case(
        "moved", change(service(BAD), service(BAD), "api/main.py", renamed={"api/main.py": MAIN}), S
    ),
    case("removed", change(service(OLD, BAD), service(OLD)), S),
    case(
        "below an endpoint that stays",
        change(service(OLD), service(OLD, f"\n\ndef low():\n    {OWN}\n")),
        S,
    ),
    case("generated", change(service(OLD), service(OLD, BAD), "gen/main.py"), S),
    case("in a test", change(service(OLD), service(OLD, BAD), "tests/test_main.py"), S),
    case("words", change("one", "two", "docs/a.md"), S),
    case("no file", pull(), S),
    case("registered in a loop", change(service(OLD), service(OLD, LOOP)), U),
    case("the handler is elsewhere", change(service(OLD), service(OLD, ELSEWHERE)), U),
    case("not parsed", change(service(OLD), service(OLD, BAD, "def (:\n")), U),
    case("files not known", pull(changes=UNREAD), U),
    generated=GEN,
)
test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)


def test_not_all_lines_are_asked_for_each_endpoint() -> None:
    many = [get(f"/r{at}", OWN).replace("def ", f"def r{at}_") for at in range(30)]
    facts = walked(change("", service(*many)))

    assert len(RULE.prove(facts, Options(generated=GEN)).evidence) > 10 > Walked.times
