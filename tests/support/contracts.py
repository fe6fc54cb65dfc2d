"""Small contracts as text, one operation a line."""

from __future__ import annotations

from collections.abc import Mapping

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
