"""A table of what the rule on contracts says of two real texts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from bot.model.area import Area
from bot.model.facts import Facts
from bot.rules.contract_is_compatible import RULE, Options
from tests.rules.tables import UNREAD, F, P, S, U, case, table, verdicts, words
from tests.support.pulls import changed, pull
from tests.support.routes import AROUND, MAIN, app, handles
from tests.support.sources import written

AREA = Area("contract", ("openapi.yaml", "api/*.json"))
PATH = "openapi.yaml"


def contract(*operations: str, more: str = "") -> str:
    return (
        "openapi: 3.0.3\ninfo: { title: shop, version: '1' }\npaths:\n"
        + "".join(f"  {one}\n" for one in operations)
        + more
    )


GET = "/a: { get: { responses: { '200': { description: ok } } } }"
POST = "/b: { post: { responses: { '201': { description: made } } } }"
ACCEPTED = POST.replace("201", "202")
ONE, TWO = contract(GET), contract(GET, POST)
MANY = contract(GET, *(POST.replace("/b", f"/b{at}") for at in range(250)))
LIGHT = {"path-removed": "risky"}
LOOSE: dict[str, Any] = {"profile": "oasdiff", "allow": "breaking"}


def change(before: str, after: str, path: str = PATH, **known: Any) -> Facts:
    needs = RULE.needs(Options(contract=AREA), ())
    return written(needs, {path: (before, after)}, **known)


COMPARED = table(
    RULE.id,
    case("an operation more", change(ONE, TWO), P),
    case("an operation less", change(TWO, ONE), F, at=(PATH,)),
    case("another status", change(TWO, contract(GET, ACCEPTED)), F, at=(PATH,)),
    case("another order", change(TWO, contract(POST, GET)), P),
    case("a comment", change(ONE, ONE + "# words\n"), P),
    case("the first contract", change("", ONE), P),
    case("the contract is gone", change(ONE, ""), F, at=(PATH,)),
    case("broken syntax", change(ONE, ONE + "  ]: ["), F, at=(PATH,)),
    case("never was a contract", change("words", "more words"), U),
    case("refers to another file", change(ONE, ONE.replace("description: ok", "$ref: b.yaml")), U),
    case("JSON for YAML", change(ONE, '{"openapi": "3.0.3"', PATH), F, at=(PATH,)),
    case("less, and anything is allowed", change(TWO, ONE), P, allow="breaking"),
    case("more, and nothing is allowed", change(ONE, TWO), F, at=(f"{PATH}:5",), allow="unchanged"),
    case("less, and it weighs nothing", change(TWO, ONE), P, severities={"path-removed": "risky"}),
    case("another tool's weights", change(TWO, ONE), F, at=(PATH,), profile="oasdiff"),
    case("many more", change(ONE, MANY), P),
    case("many more, and other weights", change(ONE, MANY), U, profile="oasdiff"),
    case("many more, and weights of its own", change(ONE, MANY), U, severities=LIGHT),
    case("other weights, and anything is allowed", change(ONE, MANY), P, **LOOSE),
    case("another file is the contract", change(TWO, ONE), S, file="api/shop.json"),
    case("moved", change(ONE, ONE, "api/v.json", renamed={"api/v.json": PATH}), P),
    case("not touched", pull(), S),
    case("nobody says where it is", change(TWO, ONE), U, contract=Area("contract", ())),
    case("files not known", pull(changes=UNREAD), U),
    contract=AREA,
    allow="additive",
)
AGREED: dict[str, Any] = {"compare_with": "agreed", "agreed": "docs/agreed.yaml"}
WITHIN = {**AGREED, "agreed": PATH}


def against(text: str | None, *after: str, **more: Any) -> Facts:
    """The contract that had one operation, beside the agreed one; `after`: of one or two files."""
    files = {path: (ONE, one) for path, one in zip((PATH, "api/v.json"), after, strict=False)}
    needs = RULE.needs(Options(contract=AREA, **{**AGREED, **more}), ())
    unchanged = None if text is None else {"docs/agreed.yaml": text}
    return written(needs, files, unchanged=unchanged)


AGREEMENT = table(
    RULE.id,
    case("as agreed", against(TWO, TWO), P),
    case("not all of it yet", against(TWO, ONE + "# words\n"), F, at=(PATH,)),
    case("more than agreed", against(ONE, TWO), P),
    case(
        "more, and nothing is allowed", against(ONE, TWO), F, at=(f"{PATH}:5",), allow="unchanged"
    ),
    case("the contract is gone", against(TWO, ""), F, at=(PATH,)),
    case("nothing is agreed", against(None, TWO), U),
    case("what is agreed cannot be read", against("words", TWO), U),
    case("two contracts", against(TWO, TWO, TWO), U),
    case("the agreed one itself", against(None, TWO, agreed=PATH), P, agreed=PATH),
    case(
        "less of the agreed one",
        against(None, "# words\n", agreed=PATH),
        F,
        at=(PATH,),
        agreed=PATH,
    ),
    case(
        "one of two is the agreed one",
        against(None, TWO, TWO, agreed=PATH),
        F,
        at=("api/v.json:5",),
        agreed=PATH,
        allow="unchanged",
    ),
    case(
        "agreed only here",
        written(RULE.needs(Options(contract=AREA, **WITHIN), ()), {PATH: ("", TWO)}),
        U,
        agreed=PATH,
    ),
    case(
        "agreed only here, in another folder",
        written(
            RULE.needs(Options(contract=AREA, **AGREED), ()),
            {PATH: (ONE, TWO), "docs/agreed.yaml": ("", TWO)},
        ),
        U,
    ),
    case("not touched", pull(), S),
    contract=AREA,
    allow="additive",
    **AGREED,
)
test_what_is_agreed = verdicts(AGREEMENT)


def test_it_says_that_the_agreement_is_broken() -> None:
    row = next(one for one in AGREEMENT.rows if one.why == "not all of it yet")

    assert AGREEMENT.verdict(row).summary.endswith("(not as agreed in docs/agreed.yaml)")


def test_an_agreement_that_nobody_names_is_the_base() -> None:
    options = Options(contract=AREA, compare_with="agreed")

    assert RULE.needs(options, ()) == RULE.needs(Options(contract=AREA), ())


def test_no_more_is_shown_beside_a_pass_than_a_person_reads() -> None:
    named = [
        contract(
            *(
                POST.replace("/b", f"/b{at}").replace("{ res", f"{{ operationId: {name}{at}, res")
                for at in range(40)
            )
        )
        for name in ("old", "new")
    ]

    verdict = RULE.prove(change(*named), Options(contract=AREA, allow="additive"))

    assert verdict.outcome is P
    assert len(verdict.advice) == 30


# ── a contract that was wrong ─────────────────────────────────────────────────────────────────

MADE = ", status_code=201"


def served(*paths: str, made: str = MADE) -> str:
    """Routes, of which the first declares a status."""
    first, *rest = (handles("get", f"/{one}", f"f{one}") for one in paths)
    return app(first.replace('")', f'"{made})'), *rest)


def promised(*paths: str, first: str = "201") -> str:
    head, *rest = (GET.replace("/a:", f"/{one}:") for one in paths)
    return contract(head.replace("200", first), *rest)


FOUR = tuple("0123")
PROMISED, SERVED = (promised(*FOUR, "gone"), promised(*FOUR)), served(*FOUR)
THIRD = handles("get", "/gone", "gone")
STATUS = (promised(*FOUR, "4", first="200"), promised(*FOUR, "4"))
FIVE = served(*FOUR, "4")
MAYBE = '\n\nif DEBUG:\n\n    @app.get("/debug")\n    def debug():\n        return 1\n'
EXPRESS = (
    "const express = require('express')\nconst app = express()\n"
    "app.all('/gone', (req, res) => res.json({}))\n"
)
SIX = promised(*"012345", first="200")
SHAPE = "description: ok, content: { application/json: { schema: { type: object, "
WIDE = promised(*FOUR).replace(
    "description: ok", SHAPE + "properties: { a: {}, b: {} }, required: [a, b] } } }", 1
)
NARROWED = (WIDE, WIDE.replace(", b: {}", "").replace(", b]", "]"))
DYNAMIC = "\nfor one in some():\n    app.add_api_route(one.path, one.handler)\n"


def beside(texts: tuple[str, str], code: str, before: str | None = None, more: str = "") -> Facts:
    """A contract is changed beside code, which stays as it is unless another text was before."""
    files = {PATH: texts} | ({} if before is None else {MAIN: (before, code)})
    rows = tuple(changed(path, *both) for path, both in files.items())
    around = {**AROUND, "src/app.js": more, **({MAIN: code} if before is None else {})}
    return written(RULE.needs(Options(contract=AREA), rows), files, unchanged=around)


CORRECTED = table(
    RULE.id,
    case("no code answers what is taken out", beside(PROMISED, SERVED), U, at=(PATH,)),
    case(
        "and the code changes elsewhere",
        beside(PROMISED, SERVED, SERVED.replace("import Item", "import Item  # ours")),
        U,
        at=(PATH,),
    ),
    case("the code answers it", beside(PROMISED, SERVED + THIRD), F, at=(PATH,)),
    case("the code answered it", beside(PROMISED, SERVED, SERVED + THIRD), F, at=(PATH,)),
    case(
        "the code answers it from now on", beside(PROMISED, SERVED + THIRD, SERVED), F, at=(PATH,)
    ),
    case("few of the others are seen", beside(PROMISED, served(*"012")), F, at=(PATH,)),
    case("a route may be hidden", beside(PROMISED, SERVED + DYNAMIC), F, at=(PATH,)),
    case("code that cannot be read", beside(PROMISED, "def f(:\n"), F, at=(PATH,)),
    case("a route of any method", beside(PROMISED, SERVED, more=EXPRESS), F, at=(PATH,)),
    case("a route that is there or not", beside(PROMISED, SERVED + MAYBE), F, at=(PATH,)),
    case("another status, as the code has it", beside(STATUS, FIVE), U, at=(PATH, f"{PATH}:4")),
    case(
        "another status, as the code had not",
        beside(STATUS, FIVE, served(*FOUR, "4", made="")),
        F,
        at=(PATH,),
    ),
    case("another status than the code has", beside(STATUS[::-1], FIVE), F, at=(PATH,)),
    case(
        "another status than a third",
        beside((promised(*FOUR, "4", first="203"), promised(*FOUR, "4", first="202")), FIVE),
        F,
        at=(PATH,),
    ),
    case(
        "another status of more operations than are named",
        beside((SIX, SIX.replace("'200'", "'201'")), served(*"012345")),
        F,
        at=(PATH,),
    ),
    case("a property is gone", beside(NARROWED, FIVE), F, at=(PATH,)),
    contract=AREA,
    allow="additive",
)
TABLE = replace(COMPARED, rows=(*COMPARED.rows, *CORRECTED.rows))
test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
