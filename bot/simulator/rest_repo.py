"""REST for repositories: contents, trees, blobs, commits, comparisons, rules."""

from __future__ import annotations

from base64 import encodebytes
from typing import Any

from bot.simulator import shapes
from bot.simulator.answers import Answer, Refusal, not_found
from bot.simulator.git import Commit, Entry, folder_of
from bot.simulator.rest_files import diff_entry
from bot.simulator.route import Call, Route
from bot.simulator.things import Json, Repository

READ = ("contents=read",)
_BLOB_CAP = 100 * 1024 * 1024
_COMMIT_FILES = 300


def get_repo(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}`."""
    return Answer(json=shapes.full_repository(call.world, call.repo()))


def resolve(repo: Repository, ref: str) -> Commit:
    """The commit of a branch, a sha or `HEAD`. Raises Refusal."""
    name = ref.removeprefix("refs/").removeprefix("heads/")
    if name == "HEAD":
        return repo.tip
    sha = repo.branches.get(name, name)
    for one, pull in repo.pulls.items():
        sha = pull.head_sha if name == f"pull/{one}/head" else sha
    if sha not in repo.objects.commits:
        raise not_found()
    return repo.objects.commits[sha]


def _links(call: Call, path: str, entry: Entry, ref: str) -> Json:
    repo = call.repo()
    api, web = f"{call.world.api}/repos/{repo.full_name}", f"{call.world.web}/{repo.full_name}"
    kind = "trees" if entry.mode == "040000" else "blobs"
    page = "tree" if entry.mode == "040000" else "blob"
    links = {
        "self": f"{api}/contents/{path}?ref={ref}",
        "git": f"{api}/git/{kind}/{entry.oid}",
        "html": f"{web}/{page}/{ref}/{path}",
    }
    raw = None if kind == "trees" else f"{call.world.web}/raw/{repo.full_name}/{ref}/{path}"
    return {
        "url": links["self"],
        "git_url": links["git"],
        "html_url": links["html"],
        "download_url": raw,
        "_links": links,
        "name": path.rpartition("/")[2],
        "path": path,
        "sha": entry.oid,
    }


def get_contents(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/contents/{path}` for files, links, submodules and folders."""
    repo, path = call.repo(), call.params.get("path", "").strip("/")
    ref = call.query.get("ref", repo.default_branch)
    commit = resolve(repo, ref)
    if path in commit.files:
        return _file(call, path, commit.files[path], ref)
    below = folder_of(commit.files)
    for name in path.split("/") if path else ():
        if name not in below.folders:
            raise not_found()
        below = below.folders[name]
    rows = []
    for name, entry in sorted(below.listing().items()):
        kind = {"040000": "dir", "160000": "submodule"}.get(entry.mode, "file")
        size = len(repo.objects.blobs.get(entry.oid, b""))
        full = f"{path}/{name}".strip("/")
        rows.append(_links(call, full, entry, ref) | {"type": kind, "size": size})
    return Answer(json=rows)


def _file(call: Call, path: str, entry: Entry, ref: str) -> Answer:
    data = call.repo().objects.blobs.get(entry.oid, b"")
    if "raw" in call.accept:
        return Answer(raw=data, headers={"Content-Type": "application/vnd.github.raw+json"})
    found: Json = _links(call, path, entry, ref) | {"size": len(data)}
    if entry.mode == "160000":
        url = f"{call.world.web}/submodule.git"
        return Answer(json=found | {"type": "submodule", "submodule_git_url": url})
    if entry.mode == "120000":
        return Answer(json=found | {"type": "symlink", "target": data.decode()})
    small = len(data) <= 1024 * 1024
    content = {"content": _base64(data) if small else "", "encoding": "base64" if small else "none"}
    return Answer(json=found | {"type": "file"} | content)


def _base64(data: bytes) -> str:
    return encodebytes(data).decode()


def get_tree(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/git/trees/{sha}`, recursive or one level."""
    repo, sha = call.repo(), call.params["sha"]
    commits = repo.objects.commits
    found = commits.get(repo.branches.get(sha, sha)) or next(
        (one for one in commits.values() if one.tree == sha), None
    )
    if found is None:
        raise not_found()
    entries: dict[str, Entry] = dict(folder_of(found.files).listing())
    if "recursive" in call.query:
        entries = _folders(found) | dict(found.files)
    rows = [_tree_row(call, repo, path, entries[path]) for path in sorted(entries)]
    url = f"{call.world.api}/repos/{repo.full_name}/git/trees/{found.tree}"
    cap = 100_000
    tree = {"sha": found.tree, "url": url, "tree": rows[:cap], "truncated": len(rows) > cap}
    return Answer(json=tree)


def _folders(commit: Commit) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    waiting = [("", folder_of(commit.files))]
    while waiting:
        path, folder = waiting.pop()
        for name, below in folder.folders.items():
            full = f"{path}/{name}".strip("/")
            found[full] = Entry("040000", below.oid())
            waiting.append((full, below))
    return found


def _tree_row(call: Call, repo: Repository, path: str, entry: Entry) -> Json:
    kind = "tree" if entry.mode == "040000" else entry.kind
    row: Json = {"path": path, "mode": entry.mode, "type": kind, "sha": entry.oid}
    if kind != "commit":
        row["url"] = f"{call.world.api}/repos/{repo.full_name}/git/{kind}s/{entry.oid}"
    if kind == "blob":
        row["size"] = len(repo.objects.blobs[entry.oid])
    return row


def get_blob(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/git/blobs/{sha}`, always base64."""
    repo, sha = call.repo(), call.params["sha"]
    data = repo.objects.blobs.get(sha)
    if data is None:
        raise not_found()
    if len(data) > _BLOB_CAP:
        error = {"resource": "Blob", "field": "data", "code": "too_large"}
        raise Refusal(403, "This API returns blobs up to 100 MB in size.", errors=[error])
    url = f"{call.world.api}/repos/{repo.full_name}/git/blobs/{sha}"
    about = {"sha": sha, "node_id": f"B_kwDO{sha}", "size": len(data), "url": url}
    return Answer(json=about | {"content": _base64(data), "encoding": "base64"})


def compare(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/compare/{base}...{head}`; files on the first page only."""
    repo = call.repo()
    base, dots, head = call.params["basehead"].partition("...")
    if not dots:
        raise not_found()
    old, new = resolve(repo, base), resolve(repo, head.rpartition(":")[2])
    merge_base = repo.objects.merge_base(old.sha, new.sha)
    if merge_base is None:
        raise Refusal(404, "No common ancestor between the two commits")
    ahead = repo.objects.between(old.sha, new.sha)
    behind = repo.objects.between(new.sha, old.sha)
    status = {(0, 0): "identical", (1, 0): "ahead", (0, 1): "behind"}
    url = f"{call.world.api}/repos/{repo.full_name}/compare/{base}...{head}"
    web = f"{call.world.web}/{repo.full_name}/compare/{base}...{head}"
    page = call.page()
    rows = call.world.rows(repo, merge_base.sha, new.sha) if page.number == 1 else []
    found: dict[str, Any] = {
        "url": url,
        "html_url": web,
        "permalink_url": web,
        "diff_url": web + ".diff",
        "patch_url": web + ".patch",
        "base_commit": shapes.commit(call.world, repo, old),
        "merge_base_commit": shapes.commit(call.world, repo, merge_base),
        "status": status.get((min(len(ahead), 1), min(len(behind), 1)), "diverged"),
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [shapes.commit(call.world, repo, one) for one in page.cut(ahead)],
        "files": [diff_entry(call.world, repo, new.sha, row) for row in rows[:300]],
    }
    return Answer(json=found, headers=call.links(len(ahead)))


def list_commits(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/commits`, newest first, also the history of one file."""
    repo = call.repo()
    start = resolve(repo, call.query.get("sha", repo.default_branch))
    commits = repo.objects.commits
    rows = [commits[sha] for sha in repo.objects.ancestors(start.sha)]
    path = call.query.get("path")
    if path:
        rows = [one for one in rows if _touches(repo, one, path)]
    return call.listing(rows, lambda one: shapes.commit(call.world, repo, one))


def get_commit(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/commits/{ref}` with its files against its first parent."""
    repo = call.repo()
    one = resolve(repo, call.params["ref"])
    rows = call.world.rows(repo, one.parents[0], one.sha) if one.parents else []
    found = shapes.commit(call.world, repo, one)
    files = [diff_entry(call.world, repo, one.sha, row) for row in rows[:_COMMIT_FILES]]
    more = f'<{found["url"]}?page=2>; rel="next"' if len(rows) > _COMMIT_FILES else ""
    return Answer(json=found | {"files": files}, headers={"Link": more} if more else {})


def _touches(repo: Repository, one: Commit, path: str) -> bool:
    """Whether the commit changed the file against all its parents, as `git log` simplifies."""
    parents = [repo.objects.commits[sha].files.get(path) for sha in one.parents]
    return all(entry != one.files.get(path) for entry in parents or [None])


def get_branch_rules(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/rules/branches/{branch}`."""
    repo = call.repo()
    rules: list[Json] = []
    source = {
        "ruleset_source_type": "Repository",
        "ruleset_source": repo.full_name,
        "ruleset_id": repo.id % 100_000,
    }
    if repo.required and call.params["branch"] == repo.default_branch:
        checks = [
            {"context": one.context} | ({"integration_id": one.app} if one.app else {})
            for one in repo.required
        ]
        parameters = {
            "required_status_checks": checks,
            "strict_required_status_checks_policy": False,
        }
        rule = {"type": "required_status_checks", "parameters": parameters}
        rules.append(rule | source)
    return call.listing(rules, lambda one: one)


BASE = "/repos/{owner}/{repo}"
ROUTES = (
    Route("GET", BASE, get_repo, ("metadata=read",)),
    Route("GET", BASE + "/contents", get_contents, READ),
    Route("GET", BASE + "/contents/{path+}", get_contents, READ),
    Route("GET", BASE + "/git/trees/{sha}", get_tree, READ),
    Route("GET", BASE + "/git/blobs/{sha}", get_blob, READ),
    Route("GET", BASE + "/compare/{basehead+}", compare, READ),
    Route("GET", BASE + "/commits", list_commits, READ),
    Route("GET", BASE + "/commits/{ref}", get_commit, READ),
    Route("GET", BASE + "/rules/branches/{branch+}", get_branch_rules, ("metadata=read",)),
)
