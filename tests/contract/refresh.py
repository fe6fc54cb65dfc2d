"""Cut GitHub's published contract down to what the tests need; for maintainers, needs npm.

Run: python -m tests.contract.refresh FOLDER   (FOLDER holds, or gets, the four packages)
Descriptions, examples and documentation links are cut out: no test needs them.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "data"
PACKAGES = {
    "@octokit/openapi": "23.0.2",
    "@octokit/openapi-webhooks": "12.1.0",
    "@octokit/graphql-schema": "15.26.1",
    "@octokit/webhooks-examples": "7.6.1",
}
OPERATIONS = """
get /app | get /app/hook/config | get /app/hook/deliveries | get /app/hook/deliveries/{delivery_id}
post /app/hook/deliveries/{delivery_id}/attempts | get /app/installations
get /app/installations/{installation_id} | post /app/installations/{installation_id}/access_tokens
get /installation/repositories | get /rate_limit | get /meta | get /users/{username}
get /orgs/{org} | get /orgs/{org}/members | get /orgs/{org}/memberships/{username}
get /orgs/{org}/teams/{team_slug} | get /orgs/{org}/teams/{team_slug}/members
get /orgs/{org}/teams/{team_slug}/memberships/{username}
get /repos/{owner}/{repo} | get /repos/{owner}/{repo}/installation
get /repos/{owner}/{repo}/branches/{branch} | get /repos/{owner}/{repo}/rules/branches/{branch}
get /repos/{owner}/{repo}/collaborators/{username}/permission
get /repos/{owner}/{repo}/contents/{path} | get /repos/{owner}/{repo}/commits
get /repos/{owner}/{repo}/commits/{ref} | get /repos/{owner}/{repo}/commits/{ref}/check-runs
get /repos/{owner}/{repo}/commits/{ref}/check-suites
get /repos/{owner}/{repo}/commits/{ref}/status
get /repos/{owner}/{repo}/commits/{commit_sha}/pulls | get /repos/{owner}/{repo}/compare/{basehead}
get /repos/{owner}/{repo}/git/blobs/{file_sha} | get /repos/{owner}/{repo}/git/trees/{tree_sha}
post /repos/{owner}/{repo}/check-runs | get /repos/{owner}/{repo}/check-runs/{check_run_id}
patch /repos/{owner}/{repo}/check-runs/{check_run_id}
get /repos/{owner}/{repo}/check-runs/{check_run_id}/annotations
post /repos/{owner}/{repo}/check-runs/{check_run_id}/rerequest
post /repos/{owner}/{repo}/check-suites/{check_suite_id}/rerequest
get /repos/{owner}/{repo}/issues/{issue_number}/comments
post /repos/{owner}/{repo}/issues/{issue_number}/comments
get /repos/{owner}/{repo}/issues/comments/{comment_id}
patch /repos/{owner}/{repo}/issues/comments/{comment_id}
delete /repos/{owner}/{repo}/issues/comments/{comment_id}
get /repos/{owner}/{repo}/issues/{issue_number}/labels
post /repos/{owner}/{repo}/issues/{issue_number}/labels
delete /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}
get /repos/{owner}/{repo}/issues | post /repos/{owner}/{repo}/issues
patch /repos/{owner}/{repo}/issues/{issue_number}
get /repos/{owner}/{repo}/issues/{issue_number}/timeline
post /repos/{owner}/{repo}/issues/comments/{comment_id}/reactions
get /repos/{owner}/{repo}/pulls | get /repos/{owner}/{repo}/pulls/{pull_number}
get /repos/{owner}/{repo}/pulls/{pull_number}/files
get /repos/{owner}/{repo}/pulls/{pull_number}/commits
get /repos/{owner}/{repo}/pulls/{pull_number}/reviews
get /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers
post /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers
post /repos/{owner}/{repo}/pulls/{pull_number}/comments/{comment_id}/replies
get /repos/{owner}/{repo}/pulls/comments/{comment_id}
patch /repos/{owner}/{repo}/pulls/comments/{comment_id}
get /repos/{owner}/{repo}/pulls/{pull_number}/comments
get /repos/{owner}/{repo}/actions/runs/{run_id}
get /repos/{owner}/{repo}/actions/runs/{run_id}/artifacts
get /repos/{owner}/{repo}/actions/artifacts/{artifact_id}/{archive_format}
"""
EVENTS = (
    "check-run",
    "check-suite",
    "deployment-status",
    "github-app-authorization",
    "installation",
    "installation-repositories",
    "installation-target",
    "issue-comment",
    "member",
    "membership",
    "merge-group",
    "organization",
    "ping",
    "pull-request",
    "pull-request-review",
    "pull-request-review-comment",
    "push",
    "repository",
    "status",
    "team",
)
USELESS = {"description", "summary", "example", "examples", "externalDocs", "x-github", "tags"}


def main(folder: Path) -> None:
    """Fetch the packages where they are missing, check them, and write the four data files."""
    sources = {name: fetched(folder, name, version) for name, version in PACKAGES.items()}
    rest = json.loads((sources["@octokit/openapi"] / "generated/api.github.com.json").read_text())
    hooks = json.loads(
        (sources["@octokit/openapi-webhooks"] / "generated/api.github.com.json").read_text()
    )
    write("openapi.json", json.dumps(cut(rest, "paths", operations(rest))))
    write("webhooks.json", json.dumps(cut(hooks, "webhooks", webhooks(hooks))))
    graph = (sources["@octokit/graphql-schema"] / "schema.graphql").read_text()
    write("schema.graphql", re.sub(r'"""(?:.|\n)*?"""\n', "", graph))
    examples = json.loads(
        (sources["@octokit/webhooks-examples"] / "api.github.com/index.json").read_text()
    )
    ours = {event.replace("-", "_") for event in EVENTS}
    write("webhook-examples.json", json.dumps([one for one in examples if one["name"] in ours]))


def fetched(folder: Path, name: str, version: str) -> Path:
    """The unpacked package, checked against the hash that was committed with the data."""
    stem = f"{name.removeprefix('@').replace('/', '-')}-{version}"
    archive = folder / f"{stem}.tgz"
    if not archive.exists():
        subprocess.run(["npm", "pack", f"{name}@{version}"], cwd=folder, check=True)
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    record = DATA / "SOURCES.json"
    known = json.loads(record.read_text()) if record.exists() else {}
    if known.setdefault(f"{name}@{version}", digest) != digest:
        raise SystemExit(f"{archive} is not the package that the data was made from")
    record.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")
    if not (folder / stem).exists():
        with tarfile.open(archive) as packed:
            packed.extractall(folder / stem, filter="data")
    return folder / stem / "package"


def operations(document: Any) -> Any:
    """The paths with the wanted methods only."""
    out: dict[str, Any] = {}
    for line in re.split(r"[|\n]", OPERATIONS):
        if not line.strip():
            continue
        method, path = line.split()
        out.setdefault(path, {})[method] = document["paths"][path][method]
    return out


def webhooks(document: Any) -> Any:
    """The webhooks of the events we listen to."""
    return {
        name: one
        for name, one in document["webhooks"].items()
        if any(name == event or name.startswith(event + "-") for event in EVENTS)
    }


def cut(document: Any, key: str, kept: Any) -> Any:
    """The kept part with all components that it reaches and without prose."""
    components: dict[str, dict[str, Any]] = {}
    todo = [kept]
    while todo:
        for reference in set(re.findall(r'"#/components/([^"]+)"', json.dumps(todo.pop()))):
            kind, name = reference.split("/")
            if name not in components.setdefault(kind, {}):
                components[kind][name] = document["components"][kind][name]
                todo.append(components[kind][name])
    return without_prose({key: kept, "components": components})


def without_prose(node: Any, *, named: bool = False) -> Any:
    """The node without descriptions and examples; `named`: its keys are names, not words."""
    if isinstance(node, list):
        return [without_prose(one) for one in node]
    if not isinstance(node, dict):
        return node
    return {
        key: without_prose(value, named=key in {"properties", "schemas", "parameters", "headers"})
        for key, value in node.items()
        if named or key not in USELESS
    }


def write(name: str, text: str) -> None:
    """Compress; the same text always gives the same bytes."""
    path = DATA / f"{name}.xz"
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))
    print(path.name, len(text), path.stat().st_size)  # noqa: T201  a script's own output


if __name__ == "__main__":
    main(Path(sys.argv[1]))
