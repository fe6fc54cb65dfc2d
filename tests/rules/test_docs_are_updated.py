"""A table of what the rule on documentation says of a service and its pages."""

from __future__ import annotations

from functools import partial
from typing import Any

from bot.model.area import Area
from bot.model.facts import Facts
from bot.rules.docs_are_updated import RULE, Options
from tests.rules.tables import UNREAD, P, S, U, case, table, verdicts, words
from tests.support import web
from tests.support.contracts import api, operation
from tests.support.pulls import pull
from tests.support.web import MAIN, endpoint, get, service

AREA = Area("contract", ("openapi.yaml", "docs/openapi.yaml"))
PAGE, YAML = "docs/api.md", "openapi.yaml"
OLD, RATES = get("/items"), get("/rates/{day}", takes="day: str")
TOLD = "# API\n"
CODE = (service(OLD), service(OLD, RATES))
SAID = api(operation("get /items"))
MORE = api(operation("get /items", parameters={"page": "{ type: integer }"}))
READS = get("/items", 'return os.environ["RATE_URL"]')
ENV = (service(OLD), service(READS).replace("from fastapi", "import os\nfrom fastapi", 1))
LOOP = "\n\nfor path in paths():\n    app.add_api_route(path, handle)\n"
ELSEWHERE = service(OLD) + '\n\napp.add_api_route("/thing", thing)\n'
TAKES = (
    service(endpoint("post", "/items")),
    service(endpoint("post", "/items", takes="item: Item")),
)


def change(files: dict[str, tuple[str, str]], **known: Any) -> Facts:
    return web.change(partial(RULE.needs, Options(contract=AREA)), files, **known)


def pages(code: tuple[str, str], *lines: str, path: str = PAGE, before: str = TOLD) -> Facts:
    """The code with lines that a page gains."""
    return change({MAIN: code, path: (before, before + "".join(f"{one}\n" for one in lines))})


def contract(page: str) -> Facts:
    return change({YAML: (SAID, MORE), PAGE: (TOLD, f"{TOLD}{page}\n")})


TABLE = table(
    RULE.id,
    case(
        "a new route, and its path",
        pages(CODE, "`GET /rates/{day}` answers."),
        P,
        at=(f"{PAGE}:2",),
    ),
    case(
        "a route that is gone, and its line",
        change({MAIN: (CODE[1], CODE[0]), PAGE: (f"{TOLD}| GET | `/rates/{{day}}` |\n", TOLD)}),
        P,
        at=(PAGE,),
    ),
    case(
        "a route that is gone, its line is laid out anew",
        change(
            {
                MAIN: (CODE[1], CODE[0]),
                PAGE: (f"{TOLD}|GET|`/rates/{{day}}`|\n", f"{TOLD}| GET | `/rates/{{day}}` |\n"),
            }
        ),
        U,
    ),
    case(
        "its path below another",
        pages(CODE, "curl https://x.example/api/v1/rates/monday"),
        P,
        at=(f"{PAGE}:2",),
    ),
    case(
        "a route that is gone",
        pages((CODE[1], CODE[0]), "`/rates/<day>` was removed."),
        P,
        at=(f"{PAGE}:2",),
    ),
    case(
        "a variable, by its name",
        pages(ENV, "| RATE_URL | where rates are |"),
        P,
        at=(f"{PAGE}:2",),
    ),
    case("a parameter, marked as code", contract("Take the next by `page`."), P, at=(f"{PAGE}:2",)),
    case("a parameter in an address", contract("See /items?page=2."), P, at=(f"{PAGE}:2",)),
    case("a body, and its path", pages(TAKES, "Send an item to /items."), P, at=(f"{PAGE}:2",)),
    case("in a README", pages(CODE, "GET /rates/1", path="README.md"), P, at=("README.md:2",)),
    case("a new route alone", change({MAIN: CODE}), U),
    case("a route that is gone, alone", change({MAIN: (CODE[1], CODE[0])}), U),
    case("a body alone", change({MAIN: TAKES}), U),
    case("a variable alone", change({MAIN: ENV}), U),
    case("the contract alone", change({YAML: (SAID, MORE)}), U),
    case("the first contract", change({YAML: ("", SAID)}), U),
    case("a word that is only a word", contract("Another page."), U),
    case("a path that goes on", pages(CODE, "GET /rates/1/history"), U),
    case("a path that begins alike", pages(CODE, "GET /rates"), U),
    case("in a line that a machine wrote", pages(CODE, "x" * 990 + " /rates/{day}"), U),
    case("a typo", pages(CODE, "Words, words."), U),
    case(
        "blanks to please",
        change({MAIN: CODE, PAGE: ("GET /rates/{day}\n", "GET  /rates/{day} \n")}),
        U,
    ),
    case(
        "the contract among the docs",
        change(
            {
                MAIN: CODE,
                "docs/openapi.yaml": (
                    SAID,
                    api(operation("get /items"), operation("get /rates/{day}")),
                ),
            }
        ),
        U,
    ),
    case("in a comment of the code", pages((CODE[0], CODE[1] + "# /rates/{day}\n")), U),
    case("registered in a loop", change({MAIN: (service(OLD), service(OLD, LOOP))}), U),
    case("code not parsed", change({MAIN: (service(OLD), service(OLD, "def (:\n"))}), U),
    case(
        "a handler of another package is registered in another way",
        change({MAIN: (ELSEWHERE, ELSEWHERE.replace("thing)", "thing, status_code=201)"))}),
        S,
    ),
    case("contract not read", change({YAML: (SAID, "$ref: other.yaml")}), U),
    case("files not known", pull(changes=UNREAD), U),
    case(
        "inside a handler", change({MAIN: (service(OLD), service(OLD.replace("work", "play")))}), S
    ),
    case(
        "words of the contract",
        change({YAML: (SAID, SAID.replace("description: ok", "description: fine"))}),
        S,
    ),
    case("its version", change({YAML: (SAID, SAID.replace("'1'", "'2'"))}), S),
    case(
        "kept out of the contract",
        change({MAIN: (service(OLD), service(OLD, get("/x", more=", include_in_schema=False")))}),
        S,
    ),
    case(
        "a test reads a variable",
        change({"tests/test_a.py": ("", "import os\nos.environ['RATE_URL']\n")}),
        S,
    ),
    case("only a page", change({PAGE: (TOLD, "# Other\n")}), S),
    case("no file", pull(), S),
    contract=AREA,
)
test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
