"""Pull requests of a small FastAPI application, for the rules that look at endpoints."""

from __future__ import annotations

from typing import Any

from bot.linking.news import source_needs
from bot.linking.operations import operation_needs
from bot.linking.route_changes import Places
from bot.model.area import Area
from bot.model.facts import Facts
from bot.model.reading import BOTH, ENDPOINTS, Read
from tests.support.sources import Texts, written

MAIN, DEPS, MODELS, TEST = "app/main.py", "app/deps.py", "app/models.py", "tests/test_items.py"
GENERATED = Area("generated", ("**/*.gen.*",))
CONTRACTS = Area("contract", ("openapi.yaml",))
HEAD = """\
from fastapi import Depends, FastAPI, HTTPException

from app.deps import User, get_user
from app.models import Item

app = FastAPI()
"""
GUARDS = """\
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPBearer

bearer = HTTPBearer()


def get_user(token: Annotated[str, Depends(bearer)]):
    return token


User = Annotated[str, Depends(get_user)]
"""
ITEM = "from pydantic import BaseModel\n\n\nclass Item(BaseModel):\n    name: str\n"
CLIENT = """\
from fastapi.testclient import TestClient

from app.main import app

client = TestClient(app)
"""
AROUND = {DEPS: GUARDS, MODELS: ITEM}
_EVERYTHING = frozenset(
    {
        Read(
            reading=ENDPOINTS.id,
            area=Places(generated=GENERATED).area,
            sides=BOTH,
            unchanged=True,
        ),
        operation_needs(CONTRACTS),
        *source_needs(Places(generated=GENERATED), ()),
    }
)


def handles(method: str, path: str, name: str, takes: str = "", body: str = "return []") -> str:
    """A route and its handler, in five lines with the blank ones before."""
    return f'\n\n@app.{method}("{path}")\ndef {name}({takes}):\n    {body}\n'


def app(*routes: str) -> str:
    """The application with these routes; the first one's handler stands at line 10."""
    return HEAD + "".join(routes)


def calling(*calls: str, asserts: bool = True) -> str:
    """A test file with a test for each `method path status`."""
    made = (one.split() for one in calls)
    lines = (
        f'\n\ndef test_{at}():\n    answer = client.{method}("{path}")\n'
        + (f"    assert answer.status_code == {status}\n" if asserts else "")
        for at, (method, path, status) in enumerate(made)
    )
    return CLIENT + "".join(lines)


def change(
    files: dict[str, tuple[str, str]], unchanged: Texts | None = None, **known: Any
) -> Facts:
    """A pull request of `{path: (before, after)}` beside the files that stay as they are."""
    around = {path: text for path, text in AROUND.items() if path not in files}
    return written(_EVERYTHING, files, unchanged={**around, **(unchanged or {})}, **known)
