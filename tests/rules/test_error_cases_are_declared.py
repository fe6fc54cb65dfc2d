"""A table of what the rule on declared errors says of two contracts."""

from __future__ import annotations

from bot.rules.error_cases_are_declared import RULE
from tests.rules.tables import P, case, table, verdicts, words
from tests.support.contracts import AREA, answer, api, contract_near_misses, operation, rewritten

OLD = operation("get /a")
BASE = api(OLD)
SENT = "{ type: object }"
NO = answer("{ type: object }")
BAD = api(OLD, operation("get /orders/{id}"))
KEY = "components: { securitySchemes: { key: { type: apiKey, in: header, name: X } } }\n"
GUARDED = operation("get /orders", more="security: [{ key: [] }]")
FREE = operation("get /orders", more="security: [{}, { key: [] }]")
TABLE = table(
    RULE.id,
    case("a path parameter", rewritten(BASE, BAD), P),
    case("a body", rewritten(BASE, api(OLD, operation("post /orders", body=SENT))), P),
    case("a guard", rewritten(BASE, api(OLD, GUARDED, more=KEY)), P),
    case(
        "only a server's error",
        rewritten(BASE, api(OLD, operation("put /orders/{id}", body=SENT, errors={"500": NO}))),
        P,
    ),
    case("a guard for some", rewritten(BASE, api(OLD, FREE, more=KEY)), P),
    case("nothing can be wrong", rewritten(BASE, api(OLD, operation("get /orders"))), P),
    case(
        "says not found",
        rewritten(BASE, api(OLD, operation("get /orders/{id}", errors={"404": NO}))),
        P,
    ),
    case(
        "a range", rewritten(BASE, api(OLD, operation("get /orders/{id}", errors={"4XX": NO}))), P
    ),
    case(
        "all others",
        rewritten(BASE, api(OLD, operation("get /orders/{id}", errors={"default": NO}))),
        P,
    ),
    case("an error less, as before", rewritten(BAD.replace("'200'", "'201'"), BAD), P),
    *contract_near_misses(BAD),
    contract=AREA,
)

test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
