"""A table of what the rule on tests of endpoints says of real source text."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.need import Artifact
from bot.model.verdict import Outcome
from bot.rules.endpoint_cases_are_tested import RULE, Options, needs
from tests.rules.tables import UNREAD, P, S, U, case, table, verdicts, words
from tests.support.contract_first import CONTROLLER, PLACES, controller
from tests.support.contract_first import TEST as BOOKS_TEST
from tests.support.contract_first import pull as pull_made
from tests.support.pulls import pull
from tests.support.reports import Shelf, filled, packed, suite
from tests.support.routes import (
    DEPS,
    GENERATED,
    GUARDS,
    HEAD,
    ITEM,
    MAIN,
    MODELS,
    TEST,
    app,
    calling,
    change,
    handles,
)

LIST = handles("get", "/items", "list_items")
ONE = handles("get", "/items/{key}", "read_item", "key: int")
POST = handles("post", "/items", "create_item", "user: User, item: Item")
MISSING = handles("get", "/rates", "read_rates", body="raise HTTPException(404)")
GONE = handles("get", "/items", "list_items", body="raise HTTPException(404)")
TAKEN = handles("get", "/rates", "read_rates", body="raise HTTPException(409)")
SOCKET = '\n\n@app.websocket("/feed")\nasync def feed(socket):\n    pass\n'
CASES = calling("post /items 200", "post /items 422", "post /items 401")
LISTED = calling("get /items 200")
OTHER = "app/other.py"
SVC = app(handles("get", "/items", "list_items", "user: User"))
NOBODY = GUARDS.replace(", Depends(bearer)", ", None")


def new(route: str, test: str = "", old: str = "") -> Facts:
    """A route is added, with a test that is added too."""
    files = {MAIN: (app(LIST), app(LIST, route))}
    return change({**files, TEST: (old, test)} if test or old else files)


def altered(before: str, after: str, test: str = "") -> Facts:
    return change({MAIN: (app(before), app(after))}, {TEST: test} if test else None)


def beside(before: str, after: str, test: str) -> Facts:
    """Altered as above, and the pull request changes a test of something else."""
    other = {"tests/test_other.py": ("", "def test_other():\n    assert 1\n")}
    return change({MAIN: (app(before), app(after)), **other}, {TEST: test})


def unseen(facts: Facts) -> Facts:
    assert not isinstance(facts.changes, Unknown)
    rows = tuple(replace(one, added=UNREAD, removed=UNREAD) for one in facts.changes)
    return replace(facts, changes=rows)


def made(method: str, *calls: str, base: str = "") -> Facts:
    """A method of a controller that no mapping stands at is new; `base`: what it answered."""
    tests = "".join(
        f"    @Test void t{at}() throws Exception {{\n        mockMvc.perform({verb}("
        f'"{path}")).andExpect(status().is({status}));\n    }}\n'
        for at, (verb, path, status) in enumerate(one.split() for one in calls)
    )
    head = controller(method)
    old = head.replace("return null", f"return {base}") if base else ""
    return pull_made(head, {BOOKS_TEST: MOCKED.format(tests)}, base=old)


MOCKED = """package shop;
import static org.springframework.test.web.servlet.request.MockMvcRequestBuilders.*;
class BooksControllerTests {{
    MockMvc mockMvc;
{}}}
"""
SORTED = LIST.replace("[]", "[1]")
WIDER = handles("post", "/items", "create_item", "user: User, item: Item", "return [1]")
FREE = handles("post", "/items", "create_item", "item: Item")
LOGGING = handles("get", "/items", "list_items", body='logger.info("all")\n    return []')
BOTH_WAYS = '\n\n@app.api_route("/a", methods=["PUT", "PATCH"])\ndef a():\n    return []\n'
LEADS = handles("get", "/old", "old", body="raise HTTPException(307)")
LIST_B = handles("get", "/b", "list_b")
LOOP = "\nfor one in some():\n    app.add_api_route(one.path, one.handler)\n"
TABLE = table(
    "endpoint-cases-are-tested",
    # ── tested ──
    case("new, with all cases", new(POST, CASES), P, at=(f"{MAIN}:14",)),
    case(
        "new, without a parameter",
        new(handles("get", "/a", "a"), calling("get /a 204")),
        P,
        at=(f"{MAIN}:14",),
    ),
    case("altered, and tests that were there", beside(LIST, SORTED, LISTED), P, at=(f"{MAIN}:9",)),
    case(
        "called by its path with a value",
        beside(ONE, ONE.replace("[]", "[1]"), calling("get /items/7 200", "get /items/8 404")),
        P,
        at=(f"{MAIN}:9",),
    ),
    case(
        "only the success is asked for",
        new(POST, calling("post /items 201")),
        P,
        at=(f"{MAIN}:14",),
        expect=("success",),
    ),
    case(
        "a model alone is changed, and a test calls",
        change(
            {MODELS: (ITEM, ITEM + "    note: str\n")},
            {MAIN: app(POST), TEST: calling("post /items 200")},
        ),
        P,
    ),
    case(
        "altered, and a changed test calls it",
        change({MAIN: (app(POST), app(WIDER)), TEST: ("", calling("post /items 200"))}),
        P,
        at=(f"{MAIN}:9",),
    ),
    case(
        "new, by two methods of which one is called",
        new(BOTH_WAYS, calling("patch /a 200")),
        P,
        at=(f"{MAIN}:14", f"{MAIN}:14"),
    ),
    case(
        "new, it leads elsewhere",
        new(LEADS, calling("get /old 307")),
        P,
        at=(f"{MAIN}:14",),
    ),
    # ── not tested ──
    case(
        "new, led elsewhere by somebody else",
        new(LIST_B, calling("get /b 307")),
        U,
        at=(f"{MAIN}:14",),
    ),
    case(
        "altered, where a guard of one of its name is altered, too",
        change(
            {"a/main.py": (SVC, SVC.replace("[]", "[1]")), "b/deps.py": (GUARDS, NOBODY)},
            {"b/main.py": SVC.replace("app.deps", "b.deps"), DEPS: GUARDS},
        ),
        U,
        at=("a/main.py:9",),
    ),
    case("altered, few calls are read, and some test is changed", beside(LIST, SORTED, ""), U),
    case(
        "altered with a guard that no changed test is refused by",
        change({MAIN: (app(FREE), app(POST)), TEST: ("", calling("post /items 200"))}),
        U,
        at=(f"{MAIN}:9",),
    ),
    case("new, no test at all", new(POST), U, at=(f"{MAIN}:14",)),
    case(
        "two new ones", change({MAIN: (app(), app(LIST, POST))}), U, at=(f"{MAIN}:9", f"{MAIN}:14")
    ),
    case("new, a test of another route", new(POST, LISTED), U, at=(f"{MAIN}:14",)),
    case(
        "new, called with another method",
        new(POST, calling("put /items 200")),
        U,
        at=(f"{MAIN}:14",),
    ),
    case(
        "new, called at another path", new(POST, calling("post /item 200")), U, at=(f"{MAIN}:14",)
    ),
    case(
        "new, the test is commented out",
        new(POST, "".join(f"# {line}\n" for line in CASES.split("\n"))),
        U,
        at=(f"{MAIN}:14",),
    ),
    case("new, the test is a text", new(POST, f"'''{CASES}'''\n"), U, at=(f"{MAIN}:14",)),
    case("new, the test is removed", new(POST, "", CASES), U, at=(f"{MAIN}:14",)),
    case(
        "new, a test names its handler",
        new(
            POST,
            "from app.main import create_item\n\n\ndef test_it():\n    create_item(None, None)\n",
        ),
        U,
        at=(f"{MAIN}:14",),
    ),
    case(
        "new, no status is asserted",
        new(POST, calling("post /items 0", asserts=False)),
        U,
        at=(f"{MAIN}:14",),
    ),
    case("new, success alone", new(POST, calling("post /items 200")), U, at=(f"{MAIN}:14",)),
    case(
        "new, never refused",
        new(POST, calling("post /items 200", "post /items 422")),
        U,
        at=(f"{MAIN}:14",),
    ),
    case(
        "new, a number in its path",
        new(ONE, calling("get /items/7 200", "get /items/8 404")),
        U,
        at=(f"{MAIN}:14",),
    ),
    case("new, it names a status", new(MISSING, calling("get /rates 200")), U, at=(f"{MAIN}:14",)),
    case(
        "new, a conflict is asked for",
        new(TAKEN, calling("get /rates 200")),
        U,
        at=(f"{MAIN}:14",),
        expect=("success", "conflict"),
    ),
    case("altered, no test, few others have one", altered(LIST, SORTED), U, at=(f"{MAIN}:9",)),
    case(
        "altered, no test, all others have one",
        change(
            {
                MAIN: (
                    app(LIST, *(handles("get", f"/{at}", f"f{at}") for at in range(6))),
                    app(SORTED, *(handles("get", f"/{at}", f"f{at}") for at in range(6))),
                )
            },
            {TEST: calling(*(f"get /{at} 200" for at in range(6)))},
        ),
        U,
        at=(f"{MAIN}:9",),
    ),
    case(
        "altered, a body that is never refused",
        altered(POST, WIDER, calling("post /items 200", "post /items 401")),
        U,
        at=(f"{MAIN}:9",),
    ),
    case(
        "a guard of another file is changed, no test",
        change(
            {
                DEPS: (
                    GUARDS,
                    GUARDS.replace("return token", "return 1").replace("HTTPBearer", "HTTPBasic"),
                )
            },
            {MAIN: app(POST)},
        ),
        S,
    ),
    case(
        "a model alone is changed, no test",
        change({MODELS: (ITEM, ITEM + "    note: str\n")}, {MAIN: app(POST)}),
        S,
    ),
    case("altered, and no test is", altered(LIST, SORTED, LISTED), U, at=(f"{MAIN}:9",)),
    case(
        "altered, and the status of an old test was not read",
        beside(LIST, SORTED, calling("get /items 0", asserts=False)),
        P,
        at=(f"{MAIN}:9",),
    ),
    case(
        "altered, guarded as it was",
        beside(POST, WIDER, calling("post /items 200", "post /items 422")),
        P,
        at=(f"{MAIN}:9",),
    ),
    case(
        "altered, nothing new that may not be there",
        beside(ONE, ONE.replace("[]", "[1]"), calling("get /items/7 200")),
        P,
        at=(f"{MAIN}:9",),
    ),
    case(
        "altered, and answers now that there is none",
        altered(LIST, GONE, LISTED),
        U,
        at=(f"{MAIN}:9",),
    ),
    # ── made from the contract ──
    case(
        "new, the contract asks who calls",
        made("addPage", "post /api/books/1/pages 200", "post /api/books/1/pages 400"),
        U,
        at=(f"{CONTROLLER}:6",),
        contract=PLACES.contract,
    ),
    case(
        "new, the contract promises that there may be none",
        made("listBooks", "get /api/books 200"),
        U,
        at=(f"{CONTROLLER}:6",),
        contract=PLACES.contract,
    ),
    case(
        "new, all that the contract promises",
        made("listBooks", "get /api/books 200", "get /api/books 404"),
        P,
        at=(f"{CONTROLLER}:6",),
        contract=PLACES.contract,
    ),
    case(
        "altered, the contract promised that there may be none",
        made("listBooks", "get /api/books 200", base="one"),
        U,
        at=(f"{CONTROLLER}:6",),
        contract=PLACES.contract,
    ),
    case("altered in what it logs", altered(LOGGING, LOGGING.replace("all", "every")), S),
    case("altered in its logger", altered(LOGGING, LOGGING.replace("logger", "log")), S),
    # ── not known ──
    case(
        "routes in a loop",
        change(
            {
                MAIN: (
                    app(LIST),
                    app(LIST)
                    + "\nfor one in some():\n    app.add_api_route(one.path, one.handler)\n",
                )
            }
        ),
        U,
    ),
    case(
        "routes in a loop that was there before",
        change({MAIN: (HEAD + LOOP, HEAD + LOOP + "x = 1\n")}),
        U,
    ),
    case("not Python", change({MAIN: (app(LIST), HEAD + "def f(:\n")}), U),
    case("larger than is read", change({MAIN: (app(LIST), app(LIST) + "#" * 200_000)}), U),
    case("lines not visible", unseen(altered(LIST, SORTED, LISTED)), U),
    case(
        "no framework that is read",
        change({"app/api.py": ("", "def f():\n    return 1\n"), DEPS: ("", "A = 1\n")}),
        U,
    ),
    case("files not known", pull(changes=UNREAD), U),
    # ── nothing of the kind ──
    case("removed", change({MAIN: (app(LIST, POST), app(LIST))}), S),
    case(
        "moved down",
        altered(LIST, handles("get", "/items", "list_items").replace("\n\n@", "\n\n\n@")),
        S,
    ),
    case(
        "moved to another file",
        change({MAIN: (app(LIST), app()), OTHER: ("", "from app.main import app\n" + LIST)}),
        S,
    ),
    case(
        "renamed", change({MAIN: (app(LIST), app(LIST))}, renamed={MAIN: "app/server/main.py"}), S
    ),
    case(
        "renamed from where no routes were",
        change({MAIN: (app(LIST), app(LIST))}, renamed={MAIN: OTHER}),
        S,
    ),
    case(
        "renamed to where no routes are",
        change({OTHER: (app(LIST), app(LIST))}, renamed={OTHER: MAIN}),
        S,
    ),
    case(
        "a comment", altered(LIST, LIST.replace("    return", "    # all of them\n    return")), S
    ),
    case("a websocket", new(SOCKET), S),
    case("in a comment", new("\n\n# @app.get('/a')\n# def a():\n#     return 1\n"), S),
    case("another function", new("\n\ndef helper():\n    return 1\n"), S),
    case(
        "an application of a test",
        change({"tests/test_app.py": ("", app(POST))}, {MAIN: app(LIST)}),
        S,
    ),
    case("generated", change({"app/routes.gen.py": ("", app(POST))}, {MAIN: app(LIST)}), S),
    case("documentation", change({"docs/a.md": ("", app(POST))}), S),
    case("no file", pull(), S),
    generated=GENERATED,
)

test_it_says = verdicts(TABLE)
test_its_words = words(TABLE)


# ── what the cases of a report say they are of ────────────────────────────────────────────────

READS, JUNIT = Options(generated=GENERATED), Options(generated=GENERATED, artifact="junit")


def reported(facts: Facts, *cases: str, refused: Unknown | None = None) -> Facts:
    """The same with an artifact of these cases, or without any."""
    shelf = Shelf(refused=refused)
    if cases:
        shelf.put("junit", packed({"r.xml": suite(*cases)}))
    return filled(facts, needs(JUNIT, facts.changes), shelf)


ALL = ("POST /items success", "POST /items validation", "POST /items auth")
REPORTS = [
    ("every case", reported(new(POST), *ALL), P),
    ("one failed", reported(new(POST), *ALL[:2], ALL[2] + "!"), U),
    ("one lacks", reported(new(POST), *ALL[1:]), U),
    ("of another route", reported(new(POST), *(one.replace("/items", "/a") for one in ALL)), U),
    ("beside a test", reported(new(POST, calling("post /items 200")), *ALL[1:]), P),
    (
        "a parameter by another name",
        reported(
            new(ONE), *(f"GET /items/:id {one}" for one in ("success", "validation", "not-found"))
        ),
        P,
    ),
    ("no artifact", reported(new(POST)), U),
    ("artifacts cannot be read", reported(new(POST), refused=UNREAD), U),
]


@pytest.mark.parametrize(("why", "facts", "outcome"), REPORTS)
def test_a_case_fills_what_it_says_it_is_of(why: str, facts: Facts, outcome: Outcome) -> None:
    assert RULE.prove(facts, JUNIT).outcome is outcome
    assert RULE.prove(facts, READS).outcome is U


def test_what_is_filled_by_a_report_is_shown_as_such() -> None:
    whole = RULE.prove(reported(new(POST, calling("post /items 200")), *ALL[1:]), JUNIT)
    partly = RULE.prove(reported(new(POST), ALL[0], ALL[1]), JUNIT)

    assert whole.evidence[0].note == "POST /items: test_0, auth, validation as reported"
    assert partly.summary.startswith("POST /items: no test asserts auth (401, 403)")
    assert [one.kind.id for one in partly.evidence] == ["endpoint-case-open"]


# ── new, and nothing in any test is about it ──────────────────────────────────────────────────

FIVE = tuple(handles("get", f"/{at}", f"f{at}") for at in range(5))
CALLED = calling(*(f"get /{at} 200" for at in range(5)))
NAMED = CALLED + "\n\ndef test_it():\n    assert create_item\n"
TAGGED = "src/test/java/shop/BooksControllerTests.java"


def grown(tests: str, beside: dict[str, tuple[str, str]] | None = None, routes: int = 5) -> Facts:
    """One more route beside those that tests call."""
    old = FIVE[:routes]
    return change({MAIN: (app(*old), app(*old, POST)), **(beside or {})}, {TEST: tests})


UNTESTED = [
    ("all others are called", grown(CALLED), "new-endpoint-untested"),
    (
        "one of five is not called",
        grown(calling(*(f"get /{at} 200" for at in range(4)))),
        "new-endpoint-untested",
    ),
    (
        "two of five are not called",
        grown(calling(*(f"get /{at} 200" for at in range(3)))),
        "endpoint-untested",
    ),
    ("too few others", grown(CALLED, routes=4), "endpoint-untested"),
    ("a test names its handler", grown(NAMED), "endpoint-untested"),
    (
        "some test is changed",
        grown(CALLED, {"tests/test_b.py": ("", "def test_b():\n    pass\n")}),
        "endpoint-untested",
    ),
    (
        "called",
        grown(CALLED + calling("post /items 200").replace("test_0", "test_9")),
        "endpoint-case-open",
    ),
]


@pytest.mark.parametrize(("why", "facts", "kind"), UNTESTED)
def test_it_is_new_and_untested_only_where_nothing_may_be_about_it(
    why: str, facts: Facts, kind: str
) -> None:
    verdict = RULE.prove(facts, READS)

    assert verdict.outcome is U
    assert [one.kind.id for one in verdict.evidence] == [kind]


def test_no_report_is_asked_for_where_no_route_can_differ() -> None:
    text = change({"docs/a.md": ("", "words")})

    assert needs(JUNIT, text.changes) == frozenset()
    assert any(isinstance(one, Artifact) for one in needs(JUNIT, new(POST).changes))
