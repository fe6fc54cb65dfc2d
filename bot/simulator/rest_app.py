"""REST for the App itself: who it is, where it is installed, what was delivered."""

from __future__ import annotations

from bot.simulator import shapes
from bot.simulator.access import known_permissions
from bot.simulator.answers import Answer, Refusal, not_found
from bot.simulator.deliveries import Delivery
from bot.simulator.route import Call, Route
from bot.simulator.shapes import stamp
from bot.simulator.things import Installation, Json


def get_app(call: Call) -> Answer:
    """`GET /app`."""
    count = {"installations_count": len(call.world.installations)}
    return Answer(json=shapes.app(call.world, call.world.app) | count)


def get_hook_config(call: Call) -> Answer:
    """`GET /app/hook/config`."""
    url = call.deliveries.hook_url or "https://handoff.example/webhook"
    config = {"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": url}
    return Answer(json=config)


def list_deliveries(call: Call) -> Answer:
    """`GET /app/hook/deliveries`, newest first, paged by cursor."""
    rows = sorted(call.deliveries.log, key=lambda one: one.id, reverse=True)
    rows = [one for one in rows if one.status != "pending" and _wanted(call, one)]
    cursor = call.query.get("cursor")
    if cursor:
        rows = [one for one in rows if one.id <= int(cursor.partition("_")[2] or "0")]
    size = call.page().size
    headers = {}
    if len(rows) > size:
        address = f"{call.world.api}{call.path}?per_page={size}&cursor=v1_{rows[size].id}"
        headers["Link"] = f'<{address}>; rel="next"'
    return Answer(json=[one.item() for one in rows[:size]], headers=headers)


def _wanted(call: Call, one: Delivery) -> bool:
    status = call.query.get("status")
    good = 200 <= one.status_code < 400
    # Time-outs are not counted as failures by GitHub's own filter.
    failed = not good and one.status_code != 504
    return status is None or (good if status == "success" else failed)


def _delivery(call: Call) -> Delivery:
    wanted = call.integer("delivery")
    for one in call.deliveries.log:
        if one.id == wanted:
            return one
    raise not_found()


def get_delivery(call: Call) -> Answer:
    """`GET /app/hook/deliveries/{id}`."""
    return Answer(json=_delivery(call).full(call.deliveries.hook_url or ""))


def redeliver(call: Call) -> Answer:
    """`POST /app/hook/deliveries/{id}/attempts`."""
    call.deliveries.redeliver(_delivery(call).id)
    return Answer(status=202, json={})


def list_installations(call: Call) -> Answer:
    """`GET /app/installations`."""
    return call.listing(list(call.world.installations.values()), lambda one: _listed(call, one))


def _listed(call: Call, one: Installation) -> Json:
    """The published schema of the list wants the account to be like an enterprise, too."""
    since = stamp(one.account.created_at)
    more = {"name": one.account.login, "slug": one.account.login}
    shape = shapes.installation(call.world, one)
    shape["account"] |= {**more, "created_at": since, "updated_at": since}
    return shape


def _installation(call: Call) -> Installation:
    found = call.world.installations.get(call.integer("installation"))
    if found is None:
        raise not_found()
    return found


def get_installation(call: Call) -> Answer:
    """`GET /app/installations/{id}`."""
    return Answer(json=shapes.installation(call.world, _installation(call)))


def create_token(call: Call) -> Answer:
    """`POST /app/installations/{id}/access_tokens`."""
    known_permissions(call.body)
    token = call.access.mint(_installation(call), call.body)
    some = token.repositories is not None or token.installation.repositories is not None
    body: Json = {
        "token": token.text,
        "expires_at": stamp(token.expires_at),
        "permissions": dict(token.permissions),
        "repository_selection": "selected" if some else "all",
    }
    if token.repositories is not None:
        chosen = [call.world.repositories[one] for one in sorted(token.repositories)]
        body["repositories"] = [shapes.repository(call.world, one) for one in chosen]
    return Answer(status=201, json=body)


def list_repositories(call: Call) -> Answer:
    """`GET /installation/repositories`."""
    token = call.bearer()
    rows = [
        one
        for one in call.world.covered(token.installation)
        if token.repositories is None or one.id in token.repositories
    ]
    return call.counted("repositories", rows, lambda one: shapes.repository(call.world, one))


def get_repo_installation(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/installation`."""
    found = call.world.installation_of(call.repo())
    if found is None:
        raise not_found()
    return Answer(json=shapes.installation(call.world, found))


def get_rate_limit(call: Call) -> Answer:
    """`GET /rate_limit`; the server fills in the numbers."""
    if call.token is None:
        raise Refusal(401, "Requires authentication")
    return Answer(json={})


def get_meta(call: Call) -> Answer:
    """`GET /meta`."""
    about = {"verifiable_password_authentication": False, "hooks": ["127.0.0.0/8"]}
    return Answer(json=about | {"api": [call.world.api]})


ROUTES = (
    Route("GET", "/app", get_app, by="app"),
    Route("GET", "/app/hook/config", get_hook_config, by="app"),
    Route("GET", "/app/hook/deliveries", list_deliveries, by="app"),
    Route("GET", "/app/hook/deliveries/{delivery}", get_delivery, by="app"),
    Route("POST", "/app/hook/deliveries/{delivery}/attempts", redeliver, by="app"),
    Route("GET", "/app/installations", list_installations, by="app"),
    Route("GET", "/app/installations/{installation}", get_installation, by="app"),
    Route("POST", "/app/installations/{installation}/access_tokens", create_token, by="app"),
    Route("GET", "/repos/{owner}/{repo}/installation", get_repo_installation, by="app"),
    Route("GET", "/installation/repositories", list_repositories, ("metadata=read",)),
    Route("GET", "/rate_limit", get_rate_limit),
    Route("GET", "/meta", get_meta, by="anyone"),
)
