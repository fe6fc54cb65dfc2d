"""Bodies that GitHub has signed and that are no good all the same."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from bot.readers.command_lines import added_commands, read_commands
from bot.simulator.scenario import REFUNDS
from tests.hostile.door import door, faults, stored
from tests.support.hurried import quiet

COMMENT = (
    '{"action": "created", "issue": {"number": %s, "pull_request": {}},'
    ' "comment": {"id": 1, "node_id": "c", "body": %s, "created_at": "2026-03-02T09:00:00Z",'
    ' "user": {"id": 1, "login": "ana", "type": "User"}},'
    ' "repository": {"id": 1, "full_name": "acme/orders-api"}, "installation": {"id": 1}}'
)


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"number": ' + b"9" * 5_000 + b"}",
        b'{"action": "created", "issue": {"numb',
        b"",
        b"\x00",
        b"null",
        b"[]",
        b"{} {}",
    ],
    ids=[
        "nested-lists",
        "nested-objects",
        "closed-nesting",
        "long-number",
        "truncated",
        "empty",
        "nul",
        "null",
        "list",
        "two",
    ],
)
async def test_what_is_no_json_object_is_refused_without_a_fault(
    body: bytes, tmp_path: Path, said: io.StringIO
) -> None:
    async with door(tmp_path) as front:
        status = await front.deliver(body)

    assert status == 400
    assert stored(tmp_path) == []
    assert faults(said.getvalue()) == []


@pytest.mark.parametrize(
    "body",
    [
        (COMMENT % ("1" + "0" * 30, '"/handoff why"')).encode(),
        (COMMENT % ("-1", '"/handoff why"')).encode(),
        (COMMENT % ("1e400", '"/handoff why"')).encode(),
        (COMMENT % ("NaN", '"/handoff why"')).encode(),
        (COMMENT % ("1.5", '"/handoff why"')).encode(),
        (COMMENT % ("true", '"/handoff why"')).encode(),
        (COMMENT % ("1", '"/handoff why \\ud800"')).encode(),
        (COMMENT % ("1", '"/handoff why \\u0000 docs"')).encode(),
        (COMMENT % ("1", '"/handoff why", "body": "/handoff help"')).encode(),
        (COMMENT % ('1, "number": 2', '"/handoff why"')).encode(),
        (COMMENT % ("1", "[1]")).encode(),
        (COMMENT.replace("acme/orders-api", "acme/\\udfff") % ("1", '"/handoff"')).encode(),
        (COMMENT.replace("acme/orders-api", "../../etc/passwd") % ("1", '"/handoff"')).encode(),
        (COMMENT.replace('"ana"', '"ana\\u0000"') % ("1", '"/handoff"')).encode(),
        (COMMENT.replace("2026-03-02", "0001-01-01") % ("1", '"/handoff"')).encode(),
        (COMMENT.replace("Z", "+99:99") % ("1", '"/handoff"')).encode(),
        (COMMENT % ("1", '"/handoff"')).encode("utf-16"),
        b"\xef\xbb\xbf" + (COMMENT % ("1", '"/handoff"')).encode(),
    ],
)
async def test_an_odd_value_is_taken_as_missing_or_as_text(
    body: bytes, tmp_path: Path, said: io.StringIO
) -> None:
    async with door(tmp_path) as front:
        status = await front.deliver(body)

    assert status in {202, 400}
    assert faults(said.getvalue()) == []


async def test_an_unknown_event_is_taken_quietly(tmp_path: Path, said: io.StringIO) -> None:
    async with door(tmp_path) as front:
        calls = len(front.demo.simulator.calls)
        status = await front.send({"action": "created"}, "never_heard_of")
        await quiet(front.demo)
        made = [one.path for one in front.demo.simulator.calls[calls:] if "/app/" not in one.path]

    assert status in {200, 202}
    assert made == []
    assert faults(said.getvalue()) == []


SLOW = {
    "spaces": "/handoff" + " " * 65_000,
    "words": "/handoff why " + "docs " * 13_000,
    "because": "/handoff why " + "because " * 8_000,
    "commands": "/handoff why docs\n" * 3_600,
    "not-quite": "/handof\n" * 8_000 + "/handoff help",
    "fences": "```\n" * 16_000 + "/handoff help",
    "open-fences": "`" * 65_000 + "\n/handoff help",
    "comments": "<!--" * 16_000 + "\n/handoff help",
    "details": "<details>" * 7_000 + "\n/handoff help",
    "unclosed": "<details" * 8_000 + "\n/handoff help",
    "quotes": ">" * 65_000 + "\n/handoff help",
    "brackets": "[" * 65_000 + "\n/handoff help",
    "carriage-returns": "\r" * 65_000 + "/handoff help",
    "capitals": "\u0130" * 30_000 + "/handoff help",
}


@pytest.mark.parametrize("name", SLOW)
async def test_a_comment_made_to_be_slow_is_read_in_no_time(
    name: str, tmp_path: Path, said: io.StringIO
) -> None:
    async with door(tmp_path) as front:
        stage = front.demo.stage
        pull = stage.world.open_pull_request(
            stage.repo, stage.people["ana"], title="Refunds", files={"app/api/a.py": REFUNDS}
        )
        await quiet(front.demo)
        stage.world.comment(pull, stage.people["ana"], SLOW[name][:65_536])
        await quiet(front.demo)
        stage.world.comment(pull, stage.people["ana"], "/handoff status")
        await quiet(front.demo)
        ours = [one.body for one in pull.comments if one.user.kind == "Bot"]

    assert ours != []
    assert max(len(body) for body in ours) <= 65_536
    assert faults(said.getvalue()) == []


@pytest.mark.parametrize("name", SLOW)
def test_such_a_comment_is_read_whole_whether_new_or_edited(name: str) -> None:
    body = SLOW[name]

    assert added_commands("", body) == read_commands(body)
    assert added_commands(body, body) == ()
