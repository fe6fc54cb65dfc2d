"""Which boxes of a description an edit ticked."""

from __future__ import annotations

import pytest

from bot.readers.boxes import BOXES_AT_MOST, boxes, toggled

BEFORE = "Text\n- [ ] Docs\n* [x] Tests pass\n"


@pytest.mark.parametrize(
    ("after", "toggles"),
    [
        ("Text\n- [x] Docs\n* [x] Tests pass\n", ("[x] Docs",)),
        ("Text\r\n- [X] Docs\r\n* [ ] Tests pass\r\n", ("[x] Docs", "[ ] Tests pass")),
        ("Text\n- [x] Docs, rewritten\n", ()),
        (BEFORE + "- [x] Pasted\n", ()),
        ("- [ ] Docs\n", ()),
        ("- [y] Docs\n- [x]Docs\n[x] Docs\n", ()),
        ("", ()),
    ],
)
def test_only_a_box_that_was_there_is_ticked_by_whoever_edits(
    after: str, toggles: tuple[str, ...]
) -> None:
    assert toggled(BEFORE, after) == toggles


def test_a_description_of_nothing_but_boxes_is_read_up_to_a_bound() -> None:
    body = "\n".join(f"- [ ] box {at}" for at in range(10_000))

    assert len(boxes(body)) == BOXES_AT_MOST
