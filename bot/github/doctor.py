"""What is wrong with the App, its webhook, its installations and one repository, as GitHub sees it.

Reads only. Every check that could not be made says so; none of them raises Trouble.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias
from urllib.parse import quote

from bot.errors import Denied, Gone, Trouble, Unauthorized
from bot.github.manifest import PERMISSIONS, default_events
from bot.model.wake import Lane

if TYPE_CHECKING:
    from bot.github.client import Client, GitHub

Severity: TypeAlias = Literal["ok", "warn", "bad", "unchecked"]

_SKEW_SECONDS = 30
_SLOW_SECONDS = 5.0
_LOW = 0.15
_LEVELS = ("none", "read", "write", "admin")
_POLICY, _ORGANISATION_POLICY = ".github/handoff.yml", "handoff.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the diagnosis; `mend` is empty where nothing has to be done."""

    severity: Severity
    what: str
    evidence: str
    mend: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to look at. `hook_url`: where webhooks must arrive. `check`: the required check."""

    hook_url: str | None = None
    repo: str | None = None
    check: str = "handoff"


async def diagnose(github: GitHub, wanted: Wanted) -> tuple[Finding, ...]:
    """Every finding, in the order App, webhook, installations, repository."""
    try:
        app = (await github.app().get("/app", lane=Lane.COMMAND)).data
    except (Unauthorized, Gone) as refused:
        mend = "check HANDOFF_APP_ID, the private key and this machine's clock"
        return (Finding(severity="bad", what="App", evidence=refused.what, mend=mend),)
    except Trouble as trouble:
        return (_unchecked("App", trouble),)
    found = [*_app(github, app)]
    parts = [_webhook(github, wanted), _installations(github)]
    if wanted.repo is not None:
        parts.append(_repository(github, wanted, wanted.repo, app.get("id")))
    for part in parts:
        found += [one async for one in part]
    return tuple(found)


def missing_permissions(granted: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    """(name, level, what happens without it) of what the manifest wants and is not granted."""
    return tuple(
        (one.name, one.level, one.without)
        for one in PERMISSIONS
        if not one.optional and _rank(granted.get(one.name, "none")) < _rank(one.level)
    )


def _rank(level: str) -> int:
    return _LEVELS.index(level) if level in _LEVELS else 0


def _app(github: GitHub, app: Mapping[str, Any]) -> Iterator[Finding]:
    yield _ok("App", f"{app.get('slug')} (id {app.get('id')}) answers to the configured key")
    seconds = round(github.app().skew.total_seconds())
    if abs(seconds) > _SKEW_SECONDS:
        yield Finding(
            severity="bad",
            what="clock",
            evidence=f"this machine is {seconds:+} s against GitHub",
            mend="set the clock by NTP: GitHub refuses keys signed in the future",
        )
    else:
        yield _ok("clock", f"{seconds:+} s against GitHub")
    granted = app.get("permissions") or {}
    yield from _permissions("App", granted, "add it in the App's settings, then approve it")
    known = {one.name for one in PERMISSIONS}
    if more := sorted(set(granted) - known):
        mend = "take it away in the App's settings: nothing uses it"
        yield Finding(severity="warn", what="superfluous", evidence=", ".join(more), mend=mend)
    yield from _events(app.get("events") or [])
    for route, when in github.wire.sunsets.items():
        mend = "update Handoff or set github.api_version"
        yield Finding(severity="warn", what="API", evidence=f"{route} ends {when}", mend=mend)


def _events(events: Iterable[str]) -> Iterator[Finding]:
    lacking = [name for name in default_events() if name not in set(events)]
    if not lacking:
        yield _ok("events", "all subscribed")
    for name in lacking:
        mend = "subscribe to it in the App's settings"
        evidence = f"not subscribed to {name}"
        yield Finding(severity="bad", what="events", evidence=evidence, mend=mend)


def _permissions(what: str, granted: Mapping[str, str], mend: str) -> Iterator[Finding]:
    lacking = missing_permissions(granted)
    if not lacking:
        yield _ok(what, "all permissions granted")
    for name, level, without in lacking:
        evidence = f"{name}: {level} is not granted: {without}"
        yield Finding(severity="bad", what=what, evidence=evidence, mend=mend)


async def _webhook(github: GitHub, wanted: Wanted) -> AsyncIterator[Finding]:
    app = github.app()
    try:
        config = (await app.get("/app/hook/config", lane=Lane.COMMAND)).data
        for one in _config(config, wanted.hook_url):
            yield one
        log = await app.get("/app/hook/deliveries", params={"per_page": "100"}, lane=Lane.COMMAND)
    except Trouble as trouble:
        yield _unchecked("webhook", trouble)
        return
    for one in _deliveries(log.data):
        yield one


def _config(config: Mapping[str, Any], hook_url: str | None) -> Iterator[Finding]:
    url = config.get("url")
    wrong = [
        (hook_url is not None and url != hook_url, f"sent to {url}", f"set it to {hook_url}"),
        (config.get("content_type") != "json", "not sent as JSON", "content type: JSON"),
        (str(config.get("insecure_ssl")) != "0", "TLS is not verified", "enable SSL verification"),
        (not config.get("secret"), "no secret is set", "set HANDOFF_WEBHOOK_SECRET there too"),
    ]
    for is_wrong, evidence, mend in wrong:
        if is_wrong:
            yield Finding(severity="bad", what="webhook", evidence=evidence, mend=mend)
    if not any(is_wrong for is_wrong, _, _ in wrong):
        yield _ok("webhook", f"sent to {url} as JSON, TLS verified")


def _deliveries(rows: Any) -> Iterator[Finding]:
    if not rows:
        mend = "open a pull request; if nothing comes, look at the App's Advanced page"
        evidence = "no delivery in GitHub's log"
        yield Finding(severity="warn", what="deliveries", evidence=evidence, mend=mend)
        return
    failed = [one for one in rows if not 200 <= (one.get("status_code") or 0) < 300]
    slowest = max(float(one.get("duration") or 0) for one in rows)
    evidence = f"{len(failed)} of the last {len(rows)} failed, the slowest took {slowest:.1f} s"
    if failed:
        newest = f"; {failed[0].get('event')}: {failed[0].get('status')}"
        mend = "they are asked for again; look at the server's log and its public address"
        yield Finding(severity="bad", what="deliveries", evidence=evidence + newest, mend=mend)
    elif slowest > _SLOW_SECONDS:
        mend = "GitHub gives up after 10 s: look at disk and load"
        yield Finding(severity="warn", what="deliveries", evidence=evidence, mend=mend)
    else:
        yield _ok("deliveries", evidence)


async def _installations(github: GitHub) -> AsyncIterator[Finding]:
    try:
        rows, _ = await github.app().pages("/app/installations", lane=Lane.COMMAND)
    except Trouble as trouble:
        yield _unchecked("installations", trouble)
        return
    if not rows:
        mend = "install the App on an account"
        yield Finding(severity="warn", what="installations", evidence="none", mend=mend)
    for row in rows:
        what = f"installation {row['id']} ({(row.get('account') or {}).get('login')})"
        if row.get("suspended_at"):
            evidence, mend = f"suspended since {row['suspended_at']}", "unsuspend it or remove it"
            yield Finding(severity="bad", what=what, evidence=evidence, mend=mend)
            continue
        for one in _permissions(what, row.get("permissions") or {}, "approve it there"):
            yield one
        yield await _token(github.installation(row["id"]), what)


async def _token(client: Client, what: str) -> Finding:
    try:
        await client.pages("/installation/repositories", key="repositories", at_most=1)
    except Trouble as trouble:
        return Finding(
            severity="bad",
            what=what,
            evidence=f"no use of its token: {trouble.what}",
            mend="check the installation's permissions",
        )
    quota = client.budget_left().get("core")
    if quota is None:
        return _ok(what, "token works, no limit is told")
    evidence = f"token works, {quota.remaining} of {quota.limit} calls are left"
    if quota.remaining > quota.limit * _LOW:
        return _ok(what, evidence)
    mend = "wait for the reset; fewer watched checks mean fewer calls"
    return Finding(severity="warn", what=what, evidence=evidence, mend=mend)


async def _repository(
    github: GitHub, wanted: Wanted, repo: str, app_id: int | None
) -> AsyncIterator[Finding]:
    try:
        home = (await github.app().get(f"/repos/{repo}/installation", lane=Lane.COMMAND)).data
        client = github.installation(home["id"])
        data = (await client.get(f"/repos/{repo}")).data
    except Gone:
        mend = "install the App on it, or write owner/name"
        evidence = "the App is not installed on it"
        yield Finding(severity="bad", what=repo, evidence=evidence, mend=mend)
        return
    except Trouble as trouble:
        yield _unchecked(repo, trouble)
        return
    yield await _policy(client, repo, _POLICY, data["id"])
    yield await _policy(client, f"{repo.partition('/')[0]}/.github", _ORGANISATION_POLICY, None)
    try:
        branch = quote(data["default_branch"], safe="/")
        rules, _ = await client.pages(f"/repos/{repo}/rules/branches/{branch}", repo_id=data["id"])
    except Trouble as trouble:
        yield _unchecked(f"{repo}: rules", trouble)
        return
    yield _required(rules, wanted.check, app_id)
    granted = home.get("permissions") or {}
    if any(one.get("type") == "merge_queue" for one in rules) and "merge_queues" not in granted:
        mend = "grant merge_queues: read, else the required check never reports there"
        evidence = "merge queue is on, its permission is missing"
        yield Finding(severity="bad", what="merge queue", evidence=evidence, mend=mend)


async def _policy(client: Client, repo: str, path: str, repo_id: int | None) -> Finding:
    what = f"{repo}: {path}"
    try:
        found = (await client.get(f"/repos/{repo}/contents/{path}", repo_id=repo_id)).data
    except Gone:
        if repo_id is None:
            return _ok(what, "no organisation layer")
        mend = f"add {path} to the default branch; without it the bot writes nothing"
        return Finding(severity="warn", what=what, evidence="there is none", mend=mend)
    except Denied as denied:
        mend = f"grant {denied.accepted or 'contents: read'}"
        return Finding(severity="bad", what=what, evidence=denied.what, mend=mend)
    except Trouble as trouble:
        return _unchecked(what, trouble)
    return _ok(what, f"readable, {found.get('size')} bytes")


def _required(rules: Iterable[Mapping[str, Any]], check: str, app_id: int | None) -> Finding:
    what = f'required check "{check}"'
    bound = [
        one.get("integration_id")
        for rule in rules
        if rule.get("type") == "required_status_checks"
        for one in (rule.get("parameters") or {}).get("required_status_checks") or ()
        if one.get("context") == check
    ]
    if app_id in bound:
        return _ok(what, "required, and bound to this App")
    if bound:
        evidence = "required, but any App or user may set it"
        mend = "choose this App as its source in the branch's rules"
        return Finding(severity="bad", what=what, evidence=evidence, mend=mend)
    mend = "require it in the branch's rules, bound to this App (classic protection is not seen)"
    return Finding(severity="warn", what=what, evidence="not required", mend=mend)


def _ok(what: str, evidence: str) -> Finding:
    return Finding(severity="ok", what=what, evidence=evidence)


def _unchecked(what: str, trouble: Trouble) -> Finding:
    return Finding(severity="unchecked", what=what, evidence=trouble.what, mend="try again later")
