"""What the same two-file change costs in a repository of 100 source files and in one of 3,000.

Readers, linking, the facts' JSON and judging on a warm server that read the other files before. The
clock stands for nothing here: it is the time of all processors.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.below import spent
from bot import __version__
from bot.judge.evaluate import evaluate, needs_of
from bot.model.codec import canonical_with
from bot.model.facts import Facts
from bot.model.known import Known, Unknown
from bot.model.policy import Policy
from bot.model.reading import Side
from bot.model.report import Matter
from bot.wiring.catalogue import registry
from bot.wiring.readers import SandboxReaders
from bot.worker.desk import Desk
from tests.support.pulls import changed, pull

FEW, MANY, TIMES = 100, 3_000, 7
ROUTER, TEST = "app/api/things1.py", "tests/api/test_things0.py"
_HEAD = """\
from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel

from app.deps import current_user
from app.services.work{n} import work

router = APIRouter(prefix="/things{n}", dependencies=[Depends(current_user)])


class Thing{n}(BaseModel):
    name: str
"""
_ROUTE = """

@router.{method}("{path}")
def {name}({given}user=Depends(current_user)):
    found = work({n})
    if found is None:
        raise HTTPException(404)
    return found
"""
_DEPS = """\
from fastapi import Depends
from fastapi.security import OAuth2PasswordBearer

oauth2 = OAuth2PasswordBearer(tokenUrl="token")


def current_user(token: str = Depends(oauth2)):
    return token
"""
_CALLS = """

def test_{method}_{n}():
    answer = client.{method}("/api/v1/things{n}{path}")
    assert answer.status_code == {status}
"""
_CLIENT = """\
from fastapi.testclient import TestClient

from app.main import app

client = TestClient(app)
"""
_ACTIONS = (("get", "/{id}"), ("put", "/{id}"), ("delete", "/{id}"), ("get", ""), ("post", ""))


def repository(size: int) -> dict[str, str]:
    """The texts of about so many files: three in five with routes, one in four with tests."""
    routers = range(size * 6 // 10)
    mounts = [
        *("from fastapi import FastAPI\n\n", "app = FastAPI()\n"),
        *(f"from app.api.things{n} import router as r{n}\n" for n in routers),
        *(f"app.include_router(r{n}, prefix='/api/v1')\n" for n in routers),
    ]
    texts = {"app/main.py": "".join(mounts), "app/deps.py": _DEPS}
    texts |= {f"app/api/things{n}.py": _router(n) for n in routers}
    texts |= {f"app/services/work{n}.py": _service(n) for n in range(size * 15 // 100)}
    tested = [[4 * at + n for n in range(4) if 4 * at + n in routers] for at in range(size // 4)]
    return texts | {f"tests/api/test_things{at}.py": _tests(some) for at, some in enumerate(tested)}


def _router(n: int) -> str:
    routes = [
        _ROUTE.format(
            method=method,
            path=path,
            n=n,
            name=f"{method}_{'one' if path else 'all'}{n}",
            given=("id: int, " if path else "") + (f"body: Thing{n}, " if method[0] == "p" else ""),
        )
        for method, path in _ACTIONS
    ]
    return _HEAD.format(n=n) + "".join(routes)


def _service(n: int) -> str:
    return f"def work(number):\n    return number + {n}\n"


def _tests(some: Sequence[int]) -> str:
    calls = [
        _CALLS.format(method=method, n=n, path=path, status=status)
        for n in some
        for method, path, status in (("get", "/1", 200), ("post", "", 201))
    ]
    return _CLIENT + "".join(calls)


@dataclass(kw_only=True)
class _Texts:
    """Implements the desk's Contents."""

    base: Mapping[str, str]
    head: Mapping[str, str]
    ids: Mapping[str, str]

    async def texts(
        self, claim: Any, facts: Facts, places: Sequence[tuple[Side, str]]
    ) -> dict[tuple[Side, str], Known[bytes]]:
        """Both sides."""
        del claim, facts
        sides = {Side.BASE: self.base, Side.TIP: self.base, Side.HEAD: self.head}
        texts = {one: sides[one[0]].get(one[1]) for one in places}
        return {
            one: Unknown("not there") if text is None else text.encode()
            for one, text in texts.items()
        }

    async def files(self, claim: Any, facts: Facts, area: Any, side: Side) -> dict[str, str]:
        """Those of the area."""
        del claim, facts
        listed = {} if side is Side.PAST else self.ids
        return {path: blob for path, blob in listed.items() if area.has(path)}


async def growth(readers: SandboxReaders, policy: Policy) -> float:
    """How often the cost in a small repository goes into that in a large one."""
    few, many = [await _middle(readers, policy, size) for size in (FEW, MANY)]
    return many / few


async def _middle(readers: SandboxReaders, policy: Policy, size: int) -> float:
    base = repository(size)
    contents = _Texts(base=base, head=base, ids={path: _id(text) for path, text in base.items()})
    desk = Desk(readers, contents)
    costs = [await _cost(desk, contents, policy, at) for at in range(TIMES + 1)]
    # The first reads and links what the others find there.
    return median(costs[1:])


async def _cost(desk: Desk, contents: _Texts, policy: Policy, at: int) -> float:
    """Of a head that was never seen: a route is added, another altered, and a test is added."""
    more = _ROUTE.format(method="patch", path="/{id}", n=at, name=f"patch{at}", given="id: int, ")
    call = _CALLS.format(method="patch", n=1, path="/1", status=200)
    altered = contents.base[ROUTER].replace("work(1)", f"work({at + 2})", 1) + more
    head = {ROUTER: altered, TEST: f"{contents.base[TEST]}\n# {at}{call}"}
    contents.head = {**contents.base, **head}
    contents.ids = {**contents.ids, **{path: _id(text) for path, text in head.items()}}
    files = [
        changed(path, contents.base[path], text, head_blob=contents.ids[path])
        for path, text in head.items()
    ]
    facts = pull(*files, head_sha=_id(str(at)))
    needs = needs_of(facts, policy, registry())
    known = None
    while not at and known != (known := await desk.fill(None, facts, needs)):
        pass
    began = spent()
    facts = await desk.fill(None, facts, needs)
    written = canonical_with(facts, "readings")
    evaluate(Matter(facts=facts, policy=policy), registry(), __version__, written)
    return spent() - began


def _id(text: str) -> str:
    body = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
