"""Swagger 2.0 said in the words of OpenAPI 3.0, so that only one model is compared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.readers.openapi.side import Side, Spot

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

# What a parameter or header of 2.0 says itself and 3.0 says in its schema.
_ABOUT_PLACE = {
    "name",
    "in",
    "required",
    "description",
    "collectionFormat",
    "allowEmptyValue",
    "deprecated",
}
# Without any word on media types, JSON is what 2.0 is used for.
_JSON = ["application/json"]
_STYLES = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}
_FLOWS = {"accessCode": "authorizationCode", "application": "clientCredentials"}


def lift(side: Side) -> None:
    """Make this side read as OpenAPI 3.0; the places of schemas stay where they were."""
    root = side.root
    components = {"securitySchemes": _schemes(root.at("securityDefinitions").map)}
    lifted = {
        **root.map,
        "servers": _servers(root.map),
        "paths": {name: _path(side, spot) for name, spot in root.under("paths").items()},
        "components": components,
    }
    side.replace_root(lifted)


def _servers(root: dict[str, Any]) -> list[dict[str, str]]:
    base, host = str(root.get("basePath") or "/"), root.get("host")
    if not host:
        return [{"url": base}]
    schemes = root.get("schemes")
    known = schemes if isinstance(schemes, list) and schemes else ["https"]
    return [{"url": f"{scheme}://{host}{base}"} for scheme in known]


def _path(side: Side, spot: Spot) -> dict[str, Any]:
    item = side.follow(spot)
    shared = [side.follow(one) for one in item.each("parameters")]
    return {
        name: _operation(side, item.at(name), shared) if name in METHODS else value
        for name, value in item.map.items()
        if name != "parameters"
    }


def _operation(side: Side, spot: Spot, shared: list[Spot]) -> dict[str, Any]:
    own = [side.follow(one) for one in spot.each("parameters")]
    named = {(str(one.map.get("in")), str(one.map.get("name"))) for one in own}
    every = own + [
        one for one in shared if (str(one.map.get("in")), str(one.map.get("name"))) not in named
    ]
    consumes = _media(side, spot, "consumes")
    lifted = {key: value for key, value in spot.map.items() if key != "parameters"}
    lifted["parameters"] = [
        _parameter(one.map) for one in every if one.map.get("in") not in {"body", "formData"}
    ]
    body = _body([one.map for one in every], consumes)
    if body is not None:
        lifted["requestBody"] = body
    produces = _media(side, spot, "produces")
    lifted["responses"] = {
        status: _response(side.follow(one).map, produces)
        for status, one in spot.under("responses").items()
    }
    return lifted


def _media(side: Side, spot: Spot, key: str) -> list[str]:
    found = spot.map.get(key, side.root.map.get(key))
    return [str(one) for one in found] if isinstance(found, list) and found else _JSON


def _parameter(raw: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in raw.items() if key in _ABOUT_PLACE or key[:2] == "x-"}
    lifted = {**kept, "schema": _schema(raw)}
    form = raw.get("collectionFormat")
    if raw.get("type") == "array":
        lifted["explode"] = form == "multi"
        if form in _STYLES:
            lifted["style"] = _STYLES[form]
    return lifted


def _schema(raw: dict[str, Any]) -> dict[str, Any]:
    schema = {key: value for key, value in raw.items() if key not in _ABOUT_PLACE}
    if schema.get("type") == "file":
        return {**schema, "type": "string", "format": "binary"}
    return schema


def _body(parameters: Iterable[dict[str, Any]], consumes: list[str]) -> dict[str, Any] | None:
    form: dict[str, Any] = {}
    required = []
    for one in parameters:
        if one.get("in") == "body":
            media = {"schema": one.get("schema", {})}
            content = dict.fromkeys(consumes, media)
            return {"required": one.get("required") is True, "content": content}
        if one.get("in") == "formData":
            form[str(one.get("name"))] = _schema(one)
            required += [str(one.get("name"))] * (one.get("required") is True)
    if not form:
        return None
    schema = {"type": "object", "properties": form, "required": required}
    forms = [kind for kind in consumes if "form" in kind] or ["multipart/form-data"]
    content = {kind: {"schema": schema} for kind in forms}
    return {"required": bool(required), "content": content}


def _response(raw: dict[str, Any], produces: list[str]) -> dict[str, Any]:
    headers = raw.get("headers")
    lifted = {**raw, "content": {}}
    if "schema" in raw:
        lifted["content"] = {kind: {"schema": _file(raw["schema"])} for kind in produces}
    if isinstance(headers, dict):
        lifted["headers"] = {
            name: _parameter(header) for name, header in headers.items() if isinstance(header, dict)
        }
    return lifted


def _file(schema: Any) -> Any:
    return _schema(schema) if isinstance(schema, dict) and schema.get("type") == "file" else schema


def _schemes(definitions: dict[str, Any]) -> dict[str, Any]:
    return {name: _scheme(raw) for name, raw in definitions.items() if isinstance(raw, dict)}


def _scheme(raw: dict[str, Any]) -> dict[str, Any]:
    if raw.get("type") == "basic":
        return {"type": "http", "scheme": "basic"}
    if raw.get("type") != "oauth2":
        return raw
    flow = str(raw.get("flow"))
    parts = {key: value for key, value in raw.items() if key not in {"type", "flow"}}
    return {"type": "oauth2", "flows": {_FLOWS.get(flow, flow): parts}}
