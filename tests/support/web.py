"""A small service as text: its endpoints are given, the rest stands around them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from bot.model.facts import Changes, Facts
from bot.model.need import Need
from tests.support.pulls import changed
from tests.support.sources import written

MAIN = "app/main.py"
HEAD = """from fastapi import APIRouter, FastAPI, HTTPException, Request
from app.models import Item, Refund

app = FastAPI()
"""


def get(path: str, *body: str, takes: str = "", more: str = "") -> str:
    """An endpoint in five lines: two blank ones, the decorator, the function, its body."""
    return endpoint("get", path, *body, takes=takes, more=more)


def endpoint(method: str, path: str, *body: str, takes: str = "", more: str = "") -> str:
    """Any method of a path; `takes`: parameters of the function; `more`: of the decorator."""
    name = f"{method}_" + "".join(one for one in path if one.isalnum())
    lines = "\n".join(f"    {one}" for one in body or ("return work()",))
    asyn = "async " if "await" in lines else ""
    return f'\n\n@app.{method}("{path}"{more})\n{asyn}def {name}({takes}):\n{lines}\n'


def service(*endpoints: str) -> str:
    """A file with these endpoints."""
    return HEAD + "".join(endpoints)


def change(
    needs: Callable[[Changes], frozenset[Need]],
    files: Mapping[str, tuple[str, str]],
    **known: Any,
) -> Facts:
    """A pull request with all read that a rule wants of these very files."""
    rows = tuple(changed(path, *texts) for path, texts in files.items())
    return written(needs(rows), files, **known)
