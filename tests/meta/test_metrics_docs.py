"""Every metric can be read by whoever never saw the code: name, unit, help and labels."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.metrics import ALL, Count, Level, Metric, Metrics, Spread

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "docs/**/*.md", "deploy/**/*", "config/*.md")
    for path in ROOT.glob(pattern)
    if path.is_file()
)
EVERY_METRIC = pytest.mark.parametrize("metric", ALL, ids=lambda one: one.name)
SUFFIXES = ("_total", "_bucket", "_sum", "_count")


def shown() -> set[str]:
    """The names under `# TYPE` of what `/metrics` answers."""
    return set(re.findall(r"^# TYPE (\S+)", Metrics().render().decode(), re.MULTILINE))


def named(text: str) -> set[str]:
    """The metrics that a text names, as `/metrics` heads them."""
    return set(re.findall(r"\bhandoff_[a-z_]+(?:_total|_seconds|_bytes|_size)\b", text))


def test_no_two_metrics_share_a_name() -> None:
    names = [one.name for one in ALL]

    assert len(names) == len(set(names))


@EVERY_METRIC
def test_a_metrics_name_says_what_is_counted_and_in_which_unit(metric: Metric) -> None:
    timed = isinstance(metric, Spread) and metric.name != "commit_batch_size"

    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", metric.name)
    assert isinstance(metric, Count) == metric.name.endswith("_total")
    assert not timed or metric.name.endswith("_seconds")


@EVERY_METRIC
def test_a_metrics_help_is_one_short_sentence(metric: Metric) -> None:
    assert metric.help.endswith(".")
    assert metric.help[0].isupper()
    assert 2 <= len(metric.help.split()) <= 12


@EVERY_METRIC
def test_a_metrics_labels_have_few_values(metric: Metric) -> None:
    many = {"repo", "repository", "number", "pull", "sha", "head", "login", "user", "guid", "url"}

    assert set(metric.labels) & many == set()
    assert len(metric.labels) == len(set(metric.labels)) <= 3


@EVERY_METRIC
def test_a_metric_is_shown_before_it_was_ever_recorded(metric: Metric) -> None:
    assert f"handoff_{metric.name}" in shown()


@EVERY_METRIC
def test_a_spreads_bounds_rise(metric: Metric) -> None:
    bounds = metric.buckets if isinstance(metric, Spread) else (0.0,)

    assert list(bounds) == sorted(set(bounds))
    assert isinstance(metric, Count | Level | Spread)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_what_is_written_about_metrics_is_there(document: Path) -> None:
    known = shown() | {name + suffix for name in shown() for suffix in SUFFIXES}

    assert named(document.read_text(encoding="utf-8", errors="replace")) - known == set()
