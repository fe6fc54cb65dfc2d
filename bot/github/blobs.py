"""Texts of files at a commit, each held against its git id before anybody trusts it."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from hashlib import sha1
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot.errors import Refused, Stale
from bot.github.facts import PULL, file_of, whole
from bot.github.queries import BATCH, base_files, head_files
from bot.github.rows import file_of_row
from bot.github.transport import HeavyQuery
from bot.model.known import Known, Unknown
from bot.readers.diff import lines_of

if TYPE_CHECKING:
    from bot.github.place import Look, Place
    from bot.model.look import PolicyFile

# Source text larger than this is read by nobody, so it is not fetched either.
TEXT_LIMIT = 200_000


def git_id(body: bytes) -> str:
    """The id that git gives a file of this content."""
    return sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()


async def head_texts(
    place: Place,
    head: str,
    blobs: Mapping[str, str],
    absent: MutableMapping[tuple[int, str], bool] | None = None,
) -> dict[str, Known[str]]:
    """Texts of the paths at the pull request's own head commit, which also works for forks.

    `blobs`: the git id that each path must have. `absent`: ids that GitHub said it has no content
    of, which are not asked for. Raises Stale where the head is another by now.
    """
    gone = {} if absent is None else absent

    async def read(paths: Sequence[str]) -> dict[str, Known[str]]:
        texts: dict[str, Known[str]] = {}
        look, commit = await _head(place, head, paths)
        for at, path in enumerate(paths):
            node = (commit.get(f"f{at}") or {}).get("object")
            if node is None and not look.errors:
                gone[place.repo_id, blobs[path]] = True
            if node is not None and node.get("oid") != blobs[path]:
                texts[path] = Unknown(f"GitHub shows another content of {path}")
            else:
                texts[path] = await _text(place, look, node, path)
        return texts

    asked = [path for path, blob in blobs.items() if (place.repo_id, blob) not in gone]
    known = {path: _none(path) for path in blobs.keys() - set(asked)}
    return known | await _in_batches(read, asked)


def _none(path: str) -> Unknown:
    return Unknown(f"GitHub does not show {path}: no such file")


async def base_texts(place: Place, commit: str, paths: Sequence[str]) -> dict[str, Known[str]]:
    """Texts of the paths at a commit of the repository itself."""

    async def read(some: Sequence[str]) -> dict[str, Known[str]]:
        texts: dict[str, Known[str]] = {}
        wanted = {f"e{at}": f"{commit}:{path}" for at, path in enumerate(some)}
        look = _light(await place.ask_repository(base_files(len(some)), **wanted))
        nodes = look.must("repository")
        for at, path in enumerate(some):
            error = look.error("repository", f"f{at}")
            node = None if error else nodes.get(f"f{at}")
            texts[path] = await _text(place, look, node, path)
        return texts

    return await _in_batches(read, paths)


async def base_ids(place: Place, commit: str, paths: Sequence[str]) -> dict[str, Known[str]]:
    """Git ids of the paths at a commit of the repository itself."""

    async def read(some: Sequence[str]) -> dict[str, Known[str]]:
        wanted = {f"e{at}": f"{commit}:{path}" for at, path in enumerate(some)}
        look = _light(await place.ask_repository(base_files(len(some), ids=True), **wanted))
        nodes = look.must("repository")
        found = {path: (nodes.get(f"f{at}") or {}).get("oid") for at, path in enumerate(some)}
        return {path: oid or _none(path) for path, oid in found.items()}

    return await _in_batches(read, paths, 4 * BATCH)


async def commit_lines(place: Place, sha: str) -> Known[bytes]:
    """What one commit changed, as `lines_of` gives it; a merge brings nothing of its own."""
    try:
        answer = await place.get(f"commits/{sha}")
    except Refused as refused:
        return Unknown(f"GitHub does not show commit {sha[:7]}: {refused.what}")
    if 'rel="next"' in answer.headers.get("link", ""):
        return Unknown(f"commit {sha[:7]} changes more files than GitHub shows at once")
    return whole(f"commit {sha[:7]}", lambda: _lines_of(answer.data))


def _lines_of(commit: Any) -> Known[bytes]:
    rows = commit["files"] if len(commit["parents"]) == 1 else []
    return lines_of(file_of_row(row, None, None) for row in rows)


async def merge_base(place: Place, base: str, head: str) -> Known[str]:
    """The commit that GitHub compares the head with."""
    try:
        answer = await place.get(f"compare/{base}...{head}", {"per_page": "1", "page": "2"})
    except Refused as refused:
        return Unknown(f"GitHub does not tell the merge base: {refused.what}")
    return whole("the merge base", lambda: str(answer.data["merge_base_commit"]["sha"]))


async def branch_tip(place: Place, branch: str, head: str) -> Known[str]:
    """The newest commit of a branch; the base commit that a pull request names may be older."""
    try:
        between = f"{quote(branch, safe='/')}...{head}"
        answer = await place.get(f"compare/{between}", {"per_page": "1", "page": "2"})
    except Refused as refused:
        return Unknown(f"GitHub does not tell where {branch} is: {refused.what}")
    return whole(branch, lambda: str(answer.data["base_commit"]["sha"]))


async def policy_at_head(place: Place, head: str, path: str) -> Known[PolicyFile]:
    """The policy file as the pull request would have it. Raises Stale after another push."""
    look, commit = await _head(place, head, [path])
    if look.errors:
        return Unknown(f"GitHub could not show {path} at the head: {look.errors[0].message[:200]}")
    entry = commit.get("f0")
    return whole(path, lambda: file_of(path, (entry or {}).get("object"), entry))


async def _head(place: Place, head: str, paths: Sequence[str]) -> tuple[Look, Mapping[str, Any]]:
    wanted = {f"p{at}": path for at, path in enumerate(paths)}
    look = _light(await place.ask(head_files(len(paths)), **wanted))
    pull = look.must(*PULL)
    nodes = (pull.get("head") or {}).get("nodes") or [{}]
    commit = (nodes[0] or {}).get("commit") or {}
    if pull.get("headRefOid") != head or commit.get("oid") != head:
        raise Stale("the head moved while its files were read")
    return look, commit


async def _text(place: Place, look: Look, node: Any, path: str) -> Known[str]:
    if not isinstance(node, dict) or not isinstance(node.get("oid"), str):
        if not look.errors:
            return _none(path)
        return Unknown(f"GitHub does not show {path}: {look.errors[0].message[:200]}")
    if (node.get("byteSize") or 0) > TEXT_LIMIT:
        return Unknown(f"{path} is larger than {TEXT_LIMIT // 1000} kB", by_content=True)
    if node.get("isBinary"):
        return Unknown(f"{path} is not text", by_content=True)
    text, oid = node.get("text"), node["oid"]
    if isinstance(text, str) and git_id(text.encode("utf-8", "surrogatepass")) == oid:
        return text
    return await _raw(place, oid, path)


async def _raw(place: Place, oid: str, path: str) -> Known[str]:
    """The blob as bytes, for what GraphQL cuts or decodes wrongly."""
    try:
        answer = await place.get(f"git/blobs/{oid}")
        body = base64.b64decode(answer.data["content"])
    except Refused as refused:
        return Unknown(f"GitHub does not show {path}: {refused.what}")
    except (KeyError, TypeError, ValueError):
        return Unknown(f"GitHub's answer about {path} is not complete")
    if git_id(body) != oid:
        return Unknown(f"GitHub does not show all of {path}")
    try:
        return body.decode()
    except UnicodeDecodeError:
        return Unknown(f"{path} is not UTF-8 text", by_content=True)


def _light(look: Look) -> Look:
    """Raises HeavyQuery for an answer that GitHub cut because it was too much at once."""
    if any(one.type == "RESOURCE_LIMITS_EXCEEDED" for one in look.errors):
        raise HeavyQuery("GitHub answers such a query in part only")
    return look


async def _in_batches(
    read: Callable[[Sequence[str]], Awaitable[dict[str, Known[str]]]],
    paths: Sequence[str],
    size: int = BATCH,
) -> dict[str, Known[str]]:
    """All of them, a batch that is too heavy for GitHub in halves."""
    texts: dict[str, Known[str]] = {}
    waiting = [paths[at : at + size] for at in range(0, len(paths), size)]
    while waiting:
        some = waiting.pop()
        try:
            texts |= await read(some)
        except HeavyQuery as heavy:
            half = len(some) // 2
            if not half:
                texts |= {path: Unknown(f"{path}: {heavy.what}") for path in some}
            waiting += [some[:half], some[half:]] if half else []
    return texts
