"""Conditions on numbers of lines that could not all be counted, and what an exemption is called."""

from __future__ import annotations

import pytest

from bot.model.facts import ChangedFile
from bot.model.known import Unknown
from tests.support.judging import judged, states
from tests.support.pulls import changed, pull

LONG = """
version: 1
areas: { code: ["app/**"], docs: ["docs/**"], texts: ["lang/**"] }
exempt: { only-changed: [docs, texts] }
checklist:
  plan:
    title: A long change has a plan
    when: { lines-at-least: 10 }
    proof: { section: { heading: Plan } }
  design:
    title: A long change of code has a design
    when: { changed: { areas: [code], lines-at-least: 10 } }
    proof: { section: { heading: Design } }
"""
LOST = Unknown("its content is not in this clone")
SHORT = changed("app/a.py", "", "x\n" * 9)


def uncounted(why: Unknown) -> ChangedFile:
    return changed("app/b.py", "", "y\n", added=why, removed=why, additions=0)


@pytest.mark.parametrize(
    ("files", "state"),
    [
        ((SHORT,), "not-needed"),
        ((SHORT, changed("app/b.py", "", "y\n")), "missing"),
        ((SHORT, uncounted(LOST)), "missing"),
        ((SHORT, uncounted(Unknown("binary", by_content=True))), "not-needed"),
    ],
)
def test_what_was_not_counted_may_be_long(files: tuple[ChangedFile, ...], state: str) -> None:
    report = judged(LONG, pull(*files, body="nothing"))

    assert states(report) == {"plan": state, "design": state}


@pytest.mark.parametrize(
    ("paths", "not_needed"),
    [
        (("docs/a.md",), "docs only"),
        (("lang/de.json",), "texts only"),
        (("lang/de.json", "docs/a.md"), "docs and texts only"),
        (("docs/a.md", "app/a.py"), ""),
    ],
)
def test_an_exemption_names_the_areas_that_were_changed(
    paths: tuple[str, ...], not_needed: str
) -> None:
    report = judged(LONG, pull(*(changed(path, "", "x\n") for path in paths)))

    assert report.not_needed == not_needed
