"""Contents of files at every side of a pull request, with as few calls as can be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.errors import Refused
from bot.github.blobs import base_texts, branch_tip, commit_lines, head_texts, merge_base
from bot.github.place import together
from bot.model.facts import Change
from bot.model.known import Known, Unknown
from bot.model.reading import COMMITS_AT_MOST, Side
from bot.readers.diff import undone

if TYPE_CHECKING:
    from collections.abc import Mapping, MutableMapping, Sequence

    from bot.github.needs import Trees
    from bot.github.place import Place
    from bot.model.area import Area
    from bot.model.facts import ChangedFile, Facts

Where = tuple[Side, str]


async def texts_of(
    place: Place,
    facts: Facts,
    places: Sequence[Where],
    trees: Trees,
    absent: MutableMapping[tuple[int, str], bool],
) -> dict[Where, Known[bytes]]:
    """Each content, held against its git id; `absent`: ids that GitHub has no content of. Raises
    Stale after another push."""
    if isinstance(facts.changes, Unknown):
        return dict.fromkeys(places, facts.changes)
    heads = {file.path: file for file in facts.changes}
    bases = {file.previous_path or file.path: file for file in facts.changes}
    wanted = {path for side, path in places if side is Side.HEAD}
    # A changed file's text at the base is its text at the head with the change taken back.
    based = [path for side, path in places if side is Side.BASE]
    wanted |= {bases[path].path for path in based if path in bases and _revertible(bases[path])}
    ids = await _ids(place, facts, wanted, heads, trees)
    read = await head_texts(place, facts.head_sha, ids, absent)
    texts = {path: _bytes(text) for path, text in read.items()}
    found: dict[Where, Known[bytes]] = {
        (Side.HEAD, path): texts.get(path, Unknown(f"{path} is not at the head"))
        for side, path in places
        if side is Side.HEAD
    }
    found |= {(Side.BASE, path): _reverted(bases.get(path), texts) for path in based}
    # Nothing can be compared with a head that is not shown.
    missing = [
        path
        for path in based
        if isinstance(found[Side.BASE, path], Unknown)
        and not (path in bases and isinstance(texts.get(bases[path].path), Unknown))
    ]
    if missing:
        commit = await merge_base(place, facts.base_sha, facts.head_sha)
        found |= await _at_commit(place, Side.BASE, commit, missing)
    newest = [path for side, path in places if side is Side.TIP]
    if newest:
        commit = await branch_tip(place, facts.base_ref, facts.head_sha)
        found |= await _at_commit(place, Side.TIP, commit, newest)
    shas = [sha for side, sha in places if side is Side.PAST]
    lines = await together(*(commit_lines(place, sha) for sha in shas))
    return found | {(Side.PAST, sha): one for sha, one in zip(shas, lines, strict=True)}


def _past(facts: Facts) -> Known[dict[str, str]]:
    if isinstance(facts.commits, Unknown):
        return facts.commits
    shas = facts.commits.shas[-COMMITS_AT_MOST:]
    return {sha: sha for sha in shas} if len(shas) > 1 else {}


async def _ids(
    place: Place,
    facts: Facts,
    wanted: set[str],
    heads: Mapping[str, ChangedFile],
    trees: Trees,
) -> dict[str, str]:
    """The git ids of the wanted paths at the head, where they are known."""
    blobs = {path: heads[path].head_blob for path in wanted if path in heads}
    ids = {path: blob for path, blob in blobs.items() if blob is not None}
    unchanged = wanted - heads.keys()
    if unchanged:
        listed = await trees.listing(place, facts.head_sha)
        if not isinstance(listed, Unknown):
            ids |= {path: listed[path] for path in unchanged if path in listed}
    return ids


async def _at_commit(
    place: Place, side: Side, commit: Known[str], paths: Sequence[str]
) -> dict[Where, Known[bytes]]:
    places = [(side, path) for path in paths]
    if isinstance(commit, Unknown):
        return dict.fromkeys(places, commit)
    try:
        read = await base_texts(place, commit, paths)
    except Refused as refused:
        return dict.fromkeys(places, Unknown(f"GitHub does not show the base: {refused.what}"))
    return {(side, path): _bytes(text) for path, text in read.items()}


def _revertible(file: ChangedFile) -> bool:
    lines = (file.added, file.removed)
    return file.change is not Change.REMOVED and not any(isinstance(one, Unknown) for one in lines)


def _reverted(file: ChangedFile | None, texts: Mapping[str, Known[bytes]]) -> Known[bytes]:
    if file is None or not _revertible(file):
        return Unknown("not shown by the diff")
    head = texts.get(file.path, Unknown("not at the head"))
    if isinstance(head, Unknown):
        return head
    assert not isinstance(file.added, Unknown)  # noqa: S101  only such are revertible
    assert not isinstance(file.removed, Unknown)  # noqa: S101
    text = undone(head.decode("utf-8", "replace"), file.added, file.removed)
    return Unknown("the diff does not fit the file") if text is None else text.encode()


def _bytes(text: Known[str]) -> Known[bytes]:
    return text if isinstance(text, Unknown) else text.encode("utf-8", "surrogatepass")


async def files_of(
    place: Place, facts: Facts, area: Area, trees: Trees, side: Side = Side.HEAD
) -> Known[dict[str, str]]:
    """Every file of the area at the head or the tip, with its git id; of the past the newest
    commits of a pull request that has several."""
    if side is Side.PAST:
        return _past(facts)
    commit: Known[str] = facts.head_sha
    if side is Side.TIP:
        commit = await branch_tip(place, facts.base_ref, facts.head_sha)
    if isinstance(commit, Unknown):
        return commit
    listed = await trees.listing(place, commit)
    if isinstance(listed, Unknown):
        return listed
    return {path: blob for path, blob in listed.items() if area.has(path)}
