"""The files of a pull request as REST lists them, with everything that may be missing there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import quote

from bot.simulator.answers import Answer, Refusal
from bot.simulator.diff import Row
from bot.simulator.route import Call
from bot.simulator.things import Json, Pull, Repository
from bot.simulator.world import World


def diff_entry(world: World, repo: Repository, head: str, row: Row) -> Json:
    """`diff-entry`; the patch is left out where it is too large."""
    api, web = f"{world.api}/repos/{repo.full_name}", f"{world.web}/{repo.full_name}"
    path = quote(row.path, safe="/")
    side = row.new or row.old
    found: Json = {
        "sha": None if side is None or side.kind == "commit" else side.oid,
        "filename": row.path,
        "status": row.status,
        "additions": row.additions,
        "deletions": row.deletions,
        "changes": row.additions + row.deletions,
        "blob_url": f"{web}/blob/{head}/{path}",
        "raw_url": f"{web}/raw/{head}/{path}",
        "contents_url": f"{api}/contents/{path}?ref={head}",
    }
    if row.previous:
        found["previous_filename"] = row.previous
    if row.patch is not None and not _too_large(world, row.patch):
        found["patch"] = row.patch
    return found


def _too_large(world: World, patch: str) -> bool:
    lines = patch.count("\n") + 1
    return lines > world.quirks.patch_lines_cap or len(patch.encode()) > (
        world.quirks.patch_bytes_cap
    )


def visible_head(world: World, pull: Pull, seconds: float) -> str:
    """The head that GitHub shows: for some seconds after a push possibly the old one."""
    fresh = world.clock.now() - pull.pushed_at < timedelta(seconds=seconds)
    return pull.previous_head if fresh and pull.previous_head else pull.head_sha


def list_files(call: Call) -> Answer:
    """`GET /repos/{owner}/{repo}/pulls/{number}/files`."""
    world, pull = call.world, call.pull()
    head = visible_head(world, pull, world.quirks.old_rows_seconds)
    rows = world.pull_rows(pull, head)[: world.quirks.files_cap]
    entries = [diff_entry(world, pull.repo, head, row) for row in call.page().cut(rows)]
    return Answer(json=_silenced(world, entries), headers=call.links(len(rows)))


def _silenced(world: World, entries: Sequence[Json]) -> list[Json]:
    """Rows beyond the bound on patch lines lose patch and counts, without a mark."""
    lines = 0
    out = []
    for entry in entries:
        lines += entry.get("patch", "").count("\n") + 1 if "patch" in entry else 0
        if lines > world.quirks.silent_zeros_after:
            bare = {key: value for key, value in entry.items() if key != "patch"}
            out.append(bare | {"additions": 0, "deletions": 0, "changes": 0})
        else:
            out.append(entry)
    return out


def diff_text(call: Call, pull: Pull) -> Answer:
    """The `diff` media type of a pull request. Raises Refusal."""
    rows = call.world.pull_rows(pull)
    if len(rows) > call.world.quirks.diff_media_cap:
        message = "Sorry, the diff exceeded the maximum number of files (300)."
        error = {"resource": "PullRequest", "field": "diff", "code": "too_large"}
        raise Refusal(406, message, errors=[error])
    parts = [
        f"diff --git a/{row.previous or row.path} b/{row.path}\n"
        f"--- a/{row.previous or row.path}\n+++ b/{row.path}\n{row.patch or ''}\n"
        for row in rows
    ]
    headers = {"Content-Type": "application/vnd.github.diff; charset=utf-8"}
    return Answer(raw="".join(parts).encode(), headers=headers)
