"""Small contracts as text, one operation a line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.linking.operations import ContractOptions, contract_needs
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.known import Unknown
from bot.model.verdict import Outcome
from tests.rules.tables import Case, case
from tests.support.pulls import pull
from tests.support.sources import written

AREA = Area("contract", ("openapi.yaml", "v2/*.yaml"))
PATH = "openapi.yaml"

PROBLEM = "{ type: object, properties: { title: { type: string }, status: { type: integer } } }"


def operation(
    name: str,
    *,
    parameters: Mapping[str, str] | None = None,
    body: str = "",
    errors: Mapping[str, str] | None = None,
    more: str = "",
) -> str:
    """`get /items` with its parameters, its JSON body and the schemas of its errors."""
    method, path = name.split()
    taken = [
        f"{{ name: {one}, in: query, schema: {schema} }}"
        for one, schema in (parameters or {}).items()
    ]
    parts = [f"parameters: [{', '.join(taken)}]"] if taken else []
    parts += [f"requestBody: {{ content: {{ application/json: {{ schema: {body} }} }} }}"][
        : bool(body)
    ]
    answers = ["'200': { description: ok }"]
    answers += [f"{status}: {held}" for status, held in (errors or {}).items()]
    parts += [more] if more else []
    parts.append(f"responses: {{ {', '.join(answers)} }}")
    return f"{path}: {{ {method}: {{ {', '.join(parts)} }} }}"


def answer(schema: str, media: str = "application/json") -> str:
    """An answer that holds this schema."""
    named = f"{{ $ref: '#/components/schemas/{schema}' }}" if schema[0] != "{" else schema
    return f"{{ description: no, content: {{ {media}: {{ schema: {named} }} }} }}"


def api(*operations: str, more: str = "") -> str:
    """A contract of these operations."""
    head = "openapi: 3.0.3\ninfo: { title: shop, version: '1' }\npaths:\n"
    return head + "".join(f"  {one}\n" for one in operations) + more


def schemas(**named: str) -> str:
    """The components of a contract."""
    inside = "".join(f"    {name}: {schema}\n" for name, schema in named.items())
    return f"components:\n  schemas:\n{inside}"


def answering(name: str, schema: str, **known: Any) -> str:
    """An operation whose good answer holds this schema."""
    content = f"content: {{ application/json: {{ schema: {schema} }} }}"
    return operation(name, **known).replace("description: ok", f"description: ok, {content}")


def rewritten(before: str, after: str, path: str = PATH, **known: Any) -> Facts:
    """A pull request that changes one contract, read on both sides."""
    needs = contract_needs(ContractOptions(contract=AREA), ())
    return written(needs, {path: (before, after)}, **known)


def contract_near_misses(bad: str) -> tuple[Case, ...]:
    """What every rule that only advises on new operations must answer where `bad` is not new."""
    unread = Unknown("not visible")
    skip, unsure = Outcome.SKIP, Outcome.UNKNOWN
    moved = {"v2/a.yaml": PATH}
    return (
        case("there before", rewritten(bad, bad + "# more\n"), Outcome.PASS),
        case("moved", rewritten(bad, bad, "v2/a.yaml", renamed=moved), Outcome.PASS),
        case("taken away", rewritten(bad, api(operation("get /o"))), Outcome.PASS),
        case("the contract is gone", rewritten(bad, ""), skip),
        case("another file is the contract", rewritten("", bad), skip, file="v2/b.yaml"),
        case("not touched", pull(), skip),
        case("no contract", rewritten("", "words"), unsure),
        case("in a text", rewritten("", f"text: |\n  {bad}"), unsure),
        case("nobody says where it is", rewritten("", bad), unsure, contract=Area("contract", ())),
        case("files not known", pull(changes=unread), unsure),
    )
