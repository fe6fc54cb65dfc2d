"""A table of what the rule on secrets says of the answers of a contract."""

from __future__ import annotations

from bot.rules.responses_expose_no_secrets import RULE
from tests.rules.tables import P, case, table, verdicts, words
from tests.support.contracts import (
    AREA,
    answering,
    api,
    contract_near_misses,
    operation,
    rewritten,
    schemas,
)

OLD = operation("get /a")
BASE = api(OLD)
TEXT = "{ type: string }"
REF = "{ $ref: '#/components/schemas/User' }"


def inline(name: str, schema: str = TEXT) -> str:
    held = f"{{ type: object, properties: {{ {name}: {schema} }} }}"
    return api(OLD, answering("get /me", held))


def named(name: str, schema: str = TEXT, *operations: str) -> str:
    user = f"{{ type: object, properties: {{ {name}: {schema} }} }}"
    return api(OLD, *(operations or (answering("get /me", REF),)), more=schemas(User=user))


BAD = named("password")
TABLE = table(
    RULE.id,
    case("a password", rewritten(BASE, BAD), P),
    case("its hash", rewritten(BASE, inline("passwordHash")), P),
    case(
        "in a list",
        rewritten(
            BASE, inline("users", f"{{ type: array, items: {{ properties: {{ pwd: {TEXT} }} }} }}")
        ),
        P,
    ),
    case("a token", rewritten(BASE, inline("access_token")), P),
    case("added to a schema", rewritten(named("name"), BAD), P),
    case(
        "never read back",
        rewritten(BASE, named("password", "{ type: string, writeOnly: true }")),
        P,
    ),
    case("only sent", rewritten(BASE, named("password", TEXT, operation("post /b", body=REF))), P),
    case("whether there is one", rewritten(BASE, inline("password", "{ type: boolean }")), P),
    case("about one", rewritten(BASE, inline("password_changed_at")), P),
    case("a kind of token", rewritten(BASE, inline("token_type")), P),
    case("how many tokens", rewritten(BASE, inline("tokens")), P),
    case("one of two words", rewritten(BASE, inline("token", "{ type: string, enum: [a, b] }")), P),
    case("a name", rewritten(BASE, inline("name")), P),
    case(
        "answered by one more",
        rewritten(
            BAD, named("password", TEXT, answering("get /me", REF), answering("get /b", REF))
        ),
        P,
    ),
    case(
        "in an example", rewritten(BASE, inline("name", "{ type: string, example: password }")), P
    ),
    *contract_near_misses(BAD),
    contract=AREA,
)

test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
