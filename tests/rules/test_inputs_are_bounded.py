"""A table of what the rule on bounds says of the inputs of two contracts."""

from __future__ import annotations

from typing import Any

from bot.linking.operations import ContractOptions
from bot.model.area import Area
from bot.model.facts import Facts
from bot.rules.inputs_are_bounded import RULE
from tests.rules.tables import UNREAD, P, S, U, case, table, verdicts, words
from tests.support.contracts import api, operation
from tests.support.pulls import pull
from tests.support.sources import written

AREA = Area("contract", ("openapi.yaml", "v2/*.json"))
PATH = "openapi.yaml"
TEXT = "{ type: string }"
SHORT = "{ type: string, maxLength: 80 }"
BASE = api(operation("get /items", parameters={"q": TEXT}))


def sends(**parameters: str) -> str:
    return api(operation("get /items", parameters={"q": TEXT, **parameters}))


def body(schema: str, more: str = "") -> str:
    return api(
        operation("get /items", parameters={"q": TEXT}),
        operation("post /made", body=schema),
        more=more,
    )


def item(**properties: str) -> str:
    inside = ", ".join(f"{name}: {schema}" for name, schema in properties.items())
    return (
        f"components: {{ schemas: {{ Item: {{ type: object, properties: {{ {inside} }} }} }} }}\n"
    )


SWAGGER = """
swagger: '2.0'
paths:
  /a:
    get: { parameters: [{ name: q, in: query, type: string }] }
"""
REF = "{ $ref: '#/components/schemas/Item' }"


def change(before: str, after: str, path: str = PATH, **known: Any) -> Facts:
    return written(RULE.needs(ContractOptions(contract=AREA), ()), {path: (before, after)}, **known)


TABLE = table(
    RULE.id,
    case("a text of any length", change(BASE, sends(name=TEXT)), P),
    case(
        "a list without an end",
        change(BASE, sends(tags="{ type: array, items: { type: integer, format: int32 } }")),
        P,
    ),
    case("a number of any size", change(BASE, sends(size="{ type: integer }")), P),
    case("a property of a named schema", change(BASE, body(REF, item(name=TEXT))), P),
    case(
        "a text within a list",
        change(BASE, body("{ type: array, maxItems: 5, items: { type: string } }")),
        P,
    ),
    case(
        "one of two alternatives",
        change(
            BASE,
            body("{ oneOf: [{ properties: { a: { type: string } } }, { type: object }] }"),
        ),
        P,
    ),
    case(
        "swagger 2",
        change(
            "",
            SWAGGER,
        ),
        P,
    ),
    case("the old one, and a status", change(BASE, BASE.replace("'200'", "'201'")), P),
    case("a text of eighty", change(BASE, sends(name=SHORT)), P),
    case("a text of two words", change(BASE, sends(name="{ type: string, enum: [a, b] }")), P),
    case("a date", change(BASE, sends(day="{ type: string, format: date }")), P),
    case(
        "a text of a pattern",
        change(BASE, sends(code="{ type: string, pattern: '^[a-z]{3}$' }")),
        P,
    ),
    case(
        "a list of ten words",
        change(BASE, sends(tags=f"{{ type: array, maxItems: 10, items: {SHORT} }}")),
        P,
    ),
    case("a number from one on", change(BASE, sends(size="{ type: integer, minimum: 1 }")), P),
    case("anything", change(BASE, sends(size="{ description: anything }")), P),
    case(
        "an operation more takes the same schema",
        change(
            body(REF, item(name=TEXT)),
            body(REF, item(name=TEXT)).replace(
                "paths:\n",
                f"paths:\n  {operation('put /b', body=REF)}\n",
            ),
        ),
        P,
    ),
    case(
        "only answered",
        change(
            BASE,
            BASE.replace(
                "description: ok", f"description: ok, content: {{ a/json: {{ schema: {TEXT} }} }}"
            ),
        ),
        P,
    ),
    case("only read", change(BASE, body(REF, item(id="{ type: string, readOnly: true }"))), P),
    case("taken away", change(sends(name=TEXT), BASE), P),
    case("the limit is gone", change(sends(name=SHORT), sends(name=TEXT)), P),
    case("moved", change(BASE, BASE, "v2/a.json", renamed={"v2/a.json": PATH}), P),
    case("in a schema that holds itself", change(BASE, body(REF, item(name=SHORT, of=REF))), P),
    case("the contract is gone", change(BASE, ""), S),
    case("another file is the contract", change(BASE, sends(name=TEXT)), S, file="v2/a.json"),
    case("not touched", pull(), S),
    case("no contract", change(BASE, "words"), U),
    case("refers to another file", change(BASE, sends(name="{ $ref: other.yaml }")), U),
    case(
        "nobody says where it is", change(BASE, sends(name=TEXT)), U, contract=Area("contract", ())
    ),
    case("files not known", pull(changes=UNREAD), U),
    contract=AREA,
)
test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
