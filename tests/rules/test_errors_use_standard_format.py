"""A table of what the rule on the format of errors says of two contracts."""

from __future__ import annotations

from typing import Any

from bot.model.area import Area
from bot.model.facts import Facts
from bot.rules.errors_use_standard_format import RULE, Options
from tests.rules.tables import UNREAD, F, P, S, U, case, table, verdicts, words
from tests.support.contracts import answer, api, operation, schemas
from tests.support.pulls import pull
from tests.support.sources import written

AREA = Area("contract", ("openapi.yaml", "v2/*.yaml"))
PATH = "openapi.yaml"
FIELDS = "title: { type: string }, status: { type: integer }"
ONE = "{ type: object, properties: { code: { type: string } } }"
REF = "$ref: '#/components/schemas"
MADE = schemas(
    Problem=f"{{ type: object, properties: {{ {FIELDS} }} }}",
    Longer=f"{{ type: object, properties: {{ {FIELDS}, errors: {{ type: object }} }} }}",
    Composed=f"{{ allOf: [{{ {REF}/Problem' }}, {ONE}] }}",
    Either=f"{{ oneOf: [{{ {REF}/Problem' }}, {{ {REF}/Composed' }}] }}",
    Mixed=f"{{ oneOf: [{{ {REF}/Problem' }}, {{ {REF}/RefundError' }}] }}",
    RefundError=ONE,
    HTTPValidationError=ONE,
    Free="{ type: object }",
)
OLD = operation("get /a", errors={"404": answer("Problem")})
NO = "{ description: no }"


def of(*operations: str) -> str:
    return api(*operations, more=MADE)


def new(status: str, held: str, method: str = "post") -> str:
    return of(OLD, operation(f"{method} /refunds", errors={status: held}))


def change(before: str, after: str, path: str = PATH, **known: Any) -> Facts:
    return written(RULE.needs(Options(contract=AREA), ()), {path: (before, after)}, **known)


def added(status: str, held: str, method: str = "post") -> Facts:
    return change(of(OLD), new(status, held, method))


def altered(before: str, after: str) -> Facts:
    """The answer 409 of an operation that was there before."""
    return change(new("409", before), new("409", after))


OTHER = answer("RefundError")
LATE = of(OLD.replace("/a:", "/b:"), operation("get /c", errors={"409": OTHER}))
TABLE = table(
    RULE.id,
    case("another schema", added("409", OTHER), F, at=(f"{PATH}:5",)),
    case("another schema, of a server's error", added("500", OTHER), F, at=(f"{PATH}:5",)),
    case("another schema, of a range", added("5XX", OTHER), F, at=(f"{PATH}:5",)),
    case("another schema, of whatever else", added("default", OTHER), F, at=(f"{PATH}:5",)),
    case("one of two is another", added("409", answer("Mixed")), F, at=(f"{PATH}:5",)),
    case("it was the agreed one", altered(answer("Problem"), OTHER), F, at=(f"{PATH}:5",)),
    case(
        "a second operation does as the first",
        change(
            new("409", OTHER),
            of(
                OLD,
                operation("post /refunds", errors={"409": OTHER}),
                operation("put /refunds2", errors={"409": OTHER}),
            ),
        ),
        F,
        at=(f"{PATH}:6",),
    ),
    case("the agreed schema", added("409", answer("Problem")), P),
    case(
        "a problem of the standard",
        added("409", answer("RefundError", "application/problem+json")),
        P,
    ),
    case("it includes the agreed one", added("409", answer("Composed")), P),
    case("it has all properties of the agreed one", added("409", answer("Longer")), P),
    case("each alternative is agreed", added("409", answer("Either")), P),
    case("what FastAPI writes", added("422", answer("HTTPValidationError")), P),
    case("it was another before", altered(OTHER, answer("Free")), P),
    case(
        "another one, and nothing changes",
        change(new("409", OTHER), new("409", OTHER) + "# x\n"),
        P,
    ),
    case("another one, by another name", altered(OTHER, answer("Mixed")), P),
    case(
        "moved to another path",
        change(of(OLD, operation("get /b", errors={"409": OTHER})), LATE),
        P,
    ),
    case("no status of failure", change(of(OLD), of(OLD, operation("post /refunds"))), P),
    case("no text is answered", added("404", NO, "head"), P),
    case("a success in another form", added("201", OTHER), P),
    case("bare name of the schema", added("409", answer("Problem")), P, schema=("Problem",)),
    case(
        "the agreed one got another name",
        change(
            new("409", answer("Problem")), new("409", answer("Problem")).replace("Problem", "Fault")
        ),
        P,
    ),
    case(
        "it has the one property of the agreed one",
        change(
            new("409", OTHER),
            of(
                OLD,
                operation("post /refunds", errors={"409": OTHER}),
                operation("put /x", errors={"409": answer("Composed")}),
            ),
        ),
        U,
        at=(f"{PATH}:6",),
        schema=("RefundError",),
    ),
    case("two are agreed", added("409", OTHER), P, schema=("Problem", "RefundError")),
    case("the answer says nothing", added("401", NO), U, at=(f"{PATH}:5",)),
    case("a schema without a name", added("409", answer(ONE)), U, at=(f"{PATH}:5",)),
    case("a schema that says nothing", added("409", answer("Free")), U, at=(f"{PATH}:5",)),
    case("a page", added("500", answer("Problem", "text/html")), U, at=(f"{PATH}:5",)),
    case("a name for what had none", altered(answer(ONE), OTHER), U, at=(f"{PATH}:5",)),
    case("nothing uses what is agreed", added("409", OTHER), U, schema=("Fault",)),
    case("nothing is agreed", added("409", OTHER), U, schema=()),
    case("refers to another file", added("409", "{ $ref: other.yaml }"), U),
    case("nobody says where it is", added("409", OTHER), U, contract=Area("contract", ())),
    case("files not known", pull(changes=UNREAD), U),
    case("the contract is gone", change(of(OLD), ""), S),
    case("another file is the contract", added("409", OTHER), S, file="v2/a.yaml"),
    case("not touched", pull(), S),
    case(
        "renamed",
        change(new("409", OTHER), new("409", OTHER), "v2/a.yaml", renamed={"v2/a.yaml": PATH}),
        P,
    ),
    contract=AREA,
    schema=("#/components/schemas/Problem",),
)
test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
