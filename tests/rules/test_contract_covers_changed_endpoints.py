"""A table of what the rule on contract and code says of a service before and after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.need import Need
from bot.rules.contract_covers_changed_endpoints import RULE, Options
from tests.rules.tables import UNREAD, P, S, U, case, table, verdicts, words
from tests.support.contracts import api, operation
from tests.support.pulls import changed, pull
from tests.support.sources import written
from tests.support.web import MAIN, endpoint, get, service

AREA = Area("contract", ("openapi.yaml", "v2/*.yaml"))
YAML = "openapi.yaml"
NAMES = ("/a", "/b/{id}", "/c", "/d", "/e")
FIVE = [get(one, takes="id: int" if "{" in one else "") for one in NAMES]
STATED = [operation(f"get {one}") for one in NAMES]
RATES, RATES_SAID = get("/rates"), operation("get /rates")
MADE = endpoint("post", "/r", more=", status_code=201")
MADE_SAID = operation("post /r").replace("'200'", "'201'")
RAISES = get("/rates", "raise HTTPException(status_code=409)")
LOOP = "\n\nfor path in paths():\n    app.add_api_route(path, handle)\n"
LOST = '\n\nother = APIRouter()\n\n\n@other.get("/a")\ndef other_a():\n    return 1\n'
HIDDEN = get("/rates", more=", include_in_schema=False")


def change(
    after: str,
    *,
    before: str = service(*FIVE),
    contract: str = api(*STATED),
    old: str | None = None,
    more: Mapping[str, tuple[str, str]] | None = None,
    **known: Any,
) -> Facts:
    """`contract` at the head; it is changed with the code only where it has an `old` text."""
    files = {MAIN: (before, after), **(more or {})}
    files |= {YAML: (old, contract)} if old is not None else {}
    rows = tuple(changed(path, *texts) for path, texts in files.items())
    needs: frozenset[Need] = RULE.needs(Options(contract=AREA), rows)
    unchanged = {YAML: contract} if old is None and contract else {}
    return written(needs, files, unchanged=unchanged, **known)


def both(after: str, contract: str, **known: Any) -> Facts:
    return change(after, contract=contract, old=api(*STATED), **known)


ADDED = service(*FIVE, RATES)
SERVED = api(*STATED, RATES_SAID, more="servers: [{ url: 'https://x.example/v1' }]\n")
PREFIXED = [one.replace('("/', '("/api/v1/') for one in FIVE]
TABLE = table(
    RULE.id,
    case("new in the code alone", change(ADDED), U, at=(f"{MAIN}:32",)),
    case("new in both", both(ADDED, api(*STATED, RATES_SAID)), P),
    case("agreed before", change(ADDED, contract=api(*STATED, RATES_SAID)), P),
    case(
        "another name of the parameter",
        both(
            service(*FIVE, get("/r/{key}", takes="key: int")),
            api(*STATED, operation("get /r/{id}")),
        ),
        P,
    ),
    case(
        "another method",
        both(service(*FIVE, endpoint("put", "/rates")), api(*STATED, RATES_SAID)),
        U,
        at=(f"{MAIN}:32",),
    ),
    case(
        "another status",
        both(service(*FIVE, MADE), api(*STATED, operation("post /r"))),
        U,
        at=(f"{MAIN}:32",),
    ),
    case("the same status", both(service(*FIVE, MADE), api(*STATED, MADE_SAID)), P),
    case(
        "a range of statuses",
        both(service(*FIVE, MADE), api(*STATED, MADE_SAID.replace("201", "2XX"))),
        P,
    ),
    case(
        "another status, as before",
        change(
            service(*FIVE, MADE.replace("work()", "play()")),
            before=service(*FIVE, MADE),
            contract=api(*STATED, operation("post /r")),
        ),
        P,
    ),
    case("a status that is not named", both(service(*FIVE, RAISES), api(*STATED, RATES_SAID)), P),
    case("gone and still promised", change(service(*FIVE[1:])), P),
    case("gone in both", both(service(*FIVE[1:]), api(*STATED[1:])), S),
    case(
        "altered and never stated",
        change(service(*FIVE, RATES.replace("work()", "play()")), before=ADDED),
        S,
    ),
    case("altered and stated", change(service(*FIVE[:4], FIVE[4].replace("work()", "play()"))), P),
    case(
        "no longer stated",
        both(service(*FIVE[:4], FIVE[4].replace("work()", "play()")), api(*STATED[:4])),
        U,
        at=(f"{MAIN}:27",),
    ),
    case(
        "below what the code mounts it at",
        change(
            service(*PREFIXED, RATES.replace("/rates", "/api/v1/rates")),
            before=service(*PREFIXED),
            contract=SERVED,
        ),
        P,
    ),
    case(
        "below a path that only the contract names",
        change(
            ADDED, contract=api(*(one.replace("/", "/v1/", 1) for one in (*STATED, RATES_SAID)))
        ),
        P,
    ),
    case("kept out of the contract", change(service(*FIVE, HIDDEN)), S),
    case("HEAD of what GET is", change(service(*FIVE, endpoint("head", "/a"))), S),
    case("a comment", change(service(*FIVE) + "# words\n"), S),
    case(
        "only the contract",
        written(
            RULE.needs(Options(contract=AREA), ()), {YAML: (api(*STATED), api(*STATED, RATES_SAID))}
        ),
        S,
    ),
    case("no file", pull(), S),
    case("too few to say", change(service(*FIVE[:2], RATES), before=service(*FIVE[:2])), U),
    case("a contract of something else", change(ADDED, contract=api(operation("get /x"))), U),
    case("registered in a loop", change(service(*FIVE, LOOP)), U),
    case("nothing mounts it", change(service(*FIVE, LOST)), U),
    case("code not parsed", change(service(*FIVE, "def (:\n")), U),
    case("there is no contract", change(ADDED, contract=""), U),
    case(
        "there is no contract, and another status is named",
        change(
            service(*FIVE, RAISES),
            before=service(*FIVE, RAISES.replace("409", "410")),
            contract="",
        ),
        U,
        at=(f"{MAIN}:32",),
    ),
    case("contract not read", change(ADDED, contract="words"), U),
    case(
        "contract was not read before",
        change(ADDED, contract=api(*STATED, RATES_SAID), old="words"),
        U,
    ),
    case("another file is the contract", change(ADDED), U, file="v2/a.yaml"),
    case("nobody says where it is", change(ADDED), U, contract=Area("contract", ())),
    case("files not known", pull(changes=UNREAD), U),
    contract=AREA,
)
test_verdicts = verdicts(TABLE)
test_golden_words = words(TABLE)
