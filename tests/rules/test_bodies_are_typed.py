"""A table of what the rule on bodies says of a service before and after."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.linking.route_changes import Places
from bot.model.area import Area
from bot.model.facts import Facts
from bot.rules.bodies_are_typed import RULE
from tests.rules.tables import UNREAD, P, S, U, case, table, verdicts, words
from tests.support import web
from tests.support.pulls import pull
from tests.support.web import MAIN, endpoint, get, service

GEN = Area("generated", ("gen/**",))
PHP = Area("endpoints", ("**/routes/**",))
OLD = get("/items")
RAW = ("data = await request.json()", "return data")
REFUND = endpoint("post", "/refunds", *RAW, takes="request: Request")
TYPED = endpoint("post", "/refunds", takes="refund: Refund")
LOOP = "\n\nfor path in paths():\n    app.add_api_route(path, handle)\n"
ELSEWHERE = '\n\napp.add_api_route("/x", other.handle, methods=["POST"])\n'


def change(before: str, after: str, path: str = MAIN, **known: Any) -> Facts:
    needs = partial(RULE.needs, Places(generated=GEN))
    return web.change(needs, {path: (before, after)}, **known)


TABLE = table(
    RULE.id,
    case("a new body as it comes", change(service(OLD), service(OLD, REFUND)), P),
    case("a body that lost its type", change(service(TYPED), service(REFUND)), P),
    case(
        "a plain dict",
        change(service(OLD), service(OLD, endpoint("post", "/r", takes="data: dict"))),
        P,
    ),
    case("a new body with a type", change(service(OLD), service(OLD, TYPED)), P),
    case("no body", change(service(OLD), service(OLD, get("/rates"))), P),
    case("a body that got its type", change(service(REFUND), service(TYPED)), P),
    case(
        "as it came before",
        change(service(REFUND), service(REFUND.replace("return data", "return 1"))),
        P,
    ),
    case("commented out", change(service(OLD), service(OLD, TYPED, "# await request.json()\n")), P),
    case(
        "in a text",
        change(service(OLD), service(OLD, get("/a", 'return "await request.json()"'))),
        P,
    ),
    case("elsewhere in the file", change(service(REFUND), service(REFUND, OLD)), P),
    case("removed", change(service(OLD, REFUND), service(OLD)), S),
    case(
        "moved",
        change(service(REFUND), service(REFUND), "api/main.py", renamed={"api/main.py": MAIN}),
        S,
    ),
    case("a comment", change(service(REFUND), service(REFUND) + "# words\n"), S),
    case("generated", change(service(OLD), service(OLD, REFUND), "gen/main.py"), S),
    case("in a test", change(service(OLD), service(OLD, REFUND), "tests/test_main.py"), S),
    case("words", change("one", "two", "docs/a.md"), S),
    case("no file", pull(), S),
    case("registered in a loop", change(service(OLD), service(OLD, LOOP)), U),
    case("the handler is elsewhere", change(service(OLD), service(OLD, ELSEWHERE)), U),
    case("a language that is not read", change("<?php 1;", "<?php 2;", "routes/api.php"), U),
    case("its generated files", change("<?php 1;", "<?php 2;", "gen/routes/api.php"), S),
    case("its other files", change("<?php 1;", "<?php 2;", "app/a.php"), S),
    case("beside routes", change("a { }", "a {}", "routes/a.css"), S),
    case(
        "beside a language that is read",
        web.change(
            partial(RULE.needs, Places(generated=GEN, endpoints=PHP)),
            {MAIN: (service(OLD), service(OLD, TYPED)), "routes/api.php": ("", "<?php 2;")},
        ),
        U,
    ),
    case("not parsed", change(service(OLD), service(OLD, REFUND, "def (:\n")), U),
    case("files not known", pull(changes=UNREAD), U),
    generated=GEN,
    endpoints=PHP,
)
test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
