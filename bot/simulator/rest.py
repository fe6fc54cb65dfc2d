"""Every REST operation the bot calls, found by method and path."""

from __future__ import annotations

from bot.simulator import (
    rest_app,
    rest_artifacts,
    rest_checks,
    rest_issues,
    rest_people,
    rest_pulls,
    rest_repo,
)
from bot.simulator.answers import Answer, Refusal, not_found
from bot.simulator.base import Missing
from bot.simulator.route import Call, Route, Table

_ALL = (
    *rest_app.ROUTES,
    *rest_artifacts.ROUTES,
    *rest_checks.ROUTES,
    *rest_issues.ROUTES,
    *rest_pulls.ROUTES,
    *rest_repo.ROUTES,
    *rest_people.ROUTES,
)


def _by_id(route: Route) -> Route:
    template = route.template.replace("/repos/{owner}/{repo}", "/repositories/{repo_id}")
    return Route(route.method, template, route.handler, route.needs, route.by)


TABLE = Table((*_ALL, *(_by_id(one) for one in _ALL if "{repo}" in one.template)))


class Rest:
    """Answers REST calls."""

    def __init__(self) -> None:
        self.unknown: list[str] = []

    def answer(self, method: str, call: Call, authorization: str) -> Answer:
        """The answer to one call; unknown routes are 404 and noted. Raises Refusal."""
        found = TABLE.find(method, call.path)
        if found is None:
            self.unknown.append(f"{method} {call.path}")
            raise not_found()
        route, call.params = found
        if route.by == "app":
            call.access.check_jwt(authorization)
        elif route.by == "token":
            call.token = call.access.token(authorization)
            self._permit(route, call)
        moved = self._moved(method, call)
        return moved or self._handled(route, call)

    def _handled(self, route: Route, call: Call) -> Answer:
        if route.method != "GET" and "repo" in call.params and call.repo().archived:
            raise Refusal(403, "Repository was archived so is read-only.")
        return route.handler(call)

    def _permit(self, route: Route, call: Call) -> None:
        if call.token is None or self._moved(route.method, call):
            return
        at_repo = "repo" in call.params or "repo_id" in call.params
        call.access.check(call.token, call.repo() if at_repo else None, route.needs)

    def _moved(self, method: str, call: Call) -> Answer | None:
        """The redirect of a repository that was renamed: 301 for reading, 307 for writing."""
        name = f"{call.params.get('owner')}/{call.params.get('repo')}"
        target = call.world.old_names.get(name.lower())
        if "repo" not in call.params or target is None or not call.world.quirks.renamed_redirects:
            return None
        try:
            call.world.repo(name)
        except Missing:
            rest = call.path.removeprefix(f"/repos/{name}")
            url = f"{call.world.api}/repositories/{target}{rest}"
            url += "?" + "&".join(f"{k}={v}" for k, v in call.query.items()) if call.query else ""
            status = 301 if method == "GET" else 307
            text = "Moved Permanently" if status == 301 else "Temporary Redirect"
            body = {"message": text, "url": url, "documentation_url": "https://docs.github.com/"}
            return Answer(status=status, json=body, headers={"Location": url})
        return None
