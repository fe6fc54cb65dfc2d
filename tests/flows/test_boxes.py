"""Boxes of the description: a view by default, a person's word where the policy says so."""

from __future__ import annotations

from pathlib import Path

from tests.support.crew import crew

POLICY = """
version: 1
mode: enforce
areas: { code: ["app/**"] }
checklist:
  care:
    title: I was careful
    when: { changed: [code] }
    proof: { attested-by: author }
lists: { handoff: [care], quality: [care] }
"""
CODE = {"app/refunds.py": "x = 1\n"}
OPEN, TICKED = "- [ ] I was careful\n", "- [x] I was careful\n"


async def test_a_tick_is_shown_and_proves_nothing(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY) as acme:
        await acme.opens(CODE, OPEN)
        await acme.edits("ana", TICKED)

        assert acme.conclusion == "failure"
        assert "**Ticked, not proved:** care (by `ana`)" in acme.summary
        await acme.edits("ana", OPEN)
        assert "Ticked" not in acme.summary


async def test_a_tick_is_a_word_where_the_policy_says_so(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY + "checkboxes: attest\n") as acme:
        await acme.opens(CODE, OPEN)
        await acme.edits("ben", TICKED)
        assert acme.conclusion == "failure"
        await acme.edits("ben", OPEN)
        await acme.edits("ana", TICKED)
        assert acme.conclusion == "success"
        await acme.edits("ana", OPEN)
        assert acme.conclusion == "failure"


async def test_a_box_that_was_ticked_at_opening_has_no_owner(tmp_path: Path) -> None:
    async with crew(tmp_path, POLICY + "checkboxes: attest\n") as acme:
        await acme.opens(CODE, TICKED)

        assert acme.conclusion == "failure"


async def test_all_boxes_may_be_ticked_at_once(tmp_path: Path) -> None:
    titles = [f"I was careful of {thing}" for thing in "abcdefgh"]
    items = "".join(
        f"  care-{title[-1]}:\n    title: {title}\n    when: {{ changed: [code] }}\n"
        "    proof: { attested-by: author }\n"
        for title in titles
    )
    policy = POLICY.partition("  care:")[0] + items
    policy += f"lists: {{ handoff: [{', '.join(f'care-{one[-1]}' for one in titles)}] }}\n"
    async with crew(tmp_path, policy + "checkboxes: attest\n") as acme:
        body = "".join(f"- [ ] {title}\n" for title in titles)
        await acme.opens(CODE, body)
        assert acme.title.startswith("0 of 8 · ")
        for title in titles:
            body = body.replace(f"[ ] {title}", f"[x] {title}")
            await acme.edits("ana", body)

        assert acme.title == "Ready · 8 of 8"
