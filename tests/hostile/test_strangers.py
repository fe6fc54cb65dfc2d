"""Whoever is not GitHub learns nothing, stores nothing and breaks nothing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.hostile.door import door, faults, stored

BODY = b'{"action": "created"}'
ZEROS = "0" * 64


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": f"sha256={ZEROS}"},
        {"X-Hub-Signature-256": f"sha1={ZEROS}"},
        {"X-Hub-Signature-256": f"sha256={ZEROS}" * 100},
        {"X-Hub-Signature-256": "sha256=" + "\u00e9" * 64},
        {"X-Hub-Signature-256": "sha256=" + "\u0661" * 64},
        {"X-Hub-Signature": "sha1=" + "0" * 40},
    ],
    ids=["none", "empty", "bare", "zeros", "sha1", "long", "latin", "digits", "old-header"],
)
async def test_a_wrong_signature_is_refused_and_nothing_is_kept(
    headers: dict[str, str], tmp_path: Path, said: io.StringIO
) -> None:
    async with door(tmp_path) as front:
        status = await front.knock(BODY, headers)

    assert status == 401
    assert stored(tmp_path) == []
    assert faults(said.getvalue()) == []


async def test_a_signature_by_another_secret_or_of_other_bytes_is_refused(tmp_path: Path) -> None:
    async with door(tmp_path) as front:
        other = await front.knock(BODY, front.signed(BODY, secret="not ours"))
        moved = await front.knock(BODY + b" ", front.signed(BODY))

    assert (other, moved) == (401, 401)
    assert stored(tmp_path) == []


async def test_a_right_signature_by_sha1_alone_is_refused(tmp_path: Path) -> None:
    async with door(tmp_path) as front:
        right = front.signed(BODY)["X-Hub-Signature-256"].removeprefix("sha256=")
        status = await front.knock(BODY, {"X-Hub-Signature": f"sha1={right[:40]}"})

    assert status == 401


@pytest.mark.parametrize("size", [27, 60])
async def test_a_body_that_github_would_never_send_is_refused_by_its_size(
    size: int, tmp_path: Path, said: io.StringIO
) -> None:
    body = b'{"padding":"' + b"x" * (size * 1024 * 1024) + b'"}'
    async with door(tmp_path) as front:
        status = await front.deliver(body)

    assert status == 413
    assert stored(tmp_path) == []
    assert faults(said.getvalue()) == []


@pytest.mark.parametrize(
    "kind", ["text/plain", "application/x-www-form-urlencoded", "application/jsonp", "", "json"]
)
async def test_a_wrong_content_type_is_refused(kind: str, tmp_path: Path) -> None:
    async with door(tmp_path) as front:
        status = await front.deliver(BODY, Content_Type=kind)

    assert status == 415
    assert stored(tmp_path) == []


async def test_a_server_that_names_itself_is_heard_and_another_one_is_not(tmp_path: Path) -> None:
    async with door(tmp_path) as front:
        itself = await front.deliver(BODY, X_GitHub_Enterprise_Host="127.0.0.1")
        another = await front.deliver(BODY, X_GitHub_Enterprise_Host="github.other.example")

    assert (itself, another) == (202, 403)
