"""Contents of files from a checkout, as the desk asks any source for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.model.known import Known, Unknown
from bot.model.reading import Side

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.local.git import Git
    from bot.model.area import Area
    from bot.model.claim import Claim
    from bot.model.facts import ChangedFile, Facts

Where = tuple[Side, str]


@dataclass(frozen=True, slots=True)
class Contents:
    """Reads blobs from the object store.

    `head`: a commit or tree. `tip`: the revision that stands for the base branch, "" for the
    branch of that name.
    """

    git: Git
    head: str
    tip: str = ""

    async def texts(
        self, claim: Claim | None, facts: Facts, places: Sequence[Where]
    ) -> Mapping[Where, Known[bytes]]:
        """The content of each place; Unknown where this clone does not hold it."""
        del claim
        if isinstance(facts.changes, Unknown):
            return dict.fromkeys(places, facts.changes)
        heads = {file.path: file for file in facts.changes}
        bases = {file.previous_path or file.path: file for file in facts.changes}
        listed = self._listed(self.head) if any(_is_other(one, heads) for one in places) else {}
        ids = {one: _blob(one, heads, bases, listed) for one in places}
        if any(side is Side.TIP for side, _ in places):
            newest = self._listed(self._tip(facts) or "")
            ids |= {one: newest.get(one[1]) for one in places if one[0] is Side.TIP}
        wanted = [blob for blob in ids.values() if blob is not None]
        read = self.git.objects(list(dict.fromkeys(wanted)))
        return {
            one: read[blob] if blob in read else Unknown(f"{one[1]} is not in this clone")
            for one, blob in ids.items()
        }

    async def files(
        self, claim: Claim | None, facts: Facts, area: Area, side: Side
    ) -> Known[Mapping[str, str]]:
        """Every file of the area at the head or the tip: its path and git id."""
        del claim
        revision = self.head if side is Side.HEAD else self._tip(facts)
        if revision is None:
            return Unknown(f"{facts.base_ref} is not in this clone")
        return {path: blob for path, blob in self._listed(revision).items() if area.has(path)}

    def _tip(self, facts: Facts) -> str | None:
        names = [self.tip] if self.tip else [f"origin/{facts.base_ref}", facts.base_ref]
        wanted = ("rev-parse", "--verify", "--quiet")
        found = (self.git.try_text(*wanted, f"{name}^{{commit}}") for name in names)
        return next((one.strip() for one in found if one), None)

    def _listed(self, revision: str) -> dict[str, str]:
        rows = self.git.text("ls-tree", "-r", "-z", "--full-tree", revision).split("\0")
        parts = [row.partition("\t") for row in rows if row]
        return {
            path: about.split(" ")[2]
            for about, _, path in parts
            if about.split(" ")[1] == "blob" and not about.startswith("120000")
        }


def _is_other(place: Where, heads: Mapping[str, ChangedFile]) -> bool:
    return place[0] is Side.HEAD and place[1] not in heads


def _blob(
    place: Where,
    heads: Mapping[str, ChangedFile],
    bases: Mapping[str, ChangedFile],
    listed: Mapping[str, str],
) -> str | None:
    side, path = place
    if side is Side.BASE:
        file = bases.get(path)
        return file.base_blob if file is not None else None
    known = heads.get(path)
    return known.head_blob if known is not None else listed.get(path)
