"""The one spelling of a route's path, whatever its framework writes."""

from __future__ import annotations

import re

# `:id`, `<int:id>`, `{id:[0-9]+}`, `(?P<id>…)`, `*rest`, and `${…}`, which is kept.
_PARAMETER = re.compile(
    r"(\$\{[^}]*\})"
    r"|\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}"
    r"|<[^<>/]*>"
    r"|(?<=/):[A-Za-z_]\w*(?:\([^)]*\))?\??"
    r"|(?<=/)\*\w*"
)


def template(path: str) -> str:
    """The path with `{}` for each parameter, one slash before each segment, none at its end."""
    told = _PARAMETER.sub(lambda found: found.group(1) or "{}", f"/{path}")
    return re.sub(r"/{2,}", "/", told.partition("?")[0] if "?" in path else told).rstrip("/")


def joined(*parts: str) -> str:
    """Prefixes and a path in one template; empty for the root itself."""
    return template("/".join(part.strip("/") for part in parts if part.strip("/")))
