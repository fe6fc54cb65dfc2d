"""What was killed how often, printed at the end."""

from __future__ import annotations

from collections import Counter

from _pytest.terminal import TerminalReporter

from tests.crash.house import DEATHS


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """One line for each test that kills: cases, those that failed, deaths."""
    cases: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for word in ("passed", "failed"):
        for one in terminalreporter.stats.get(word, ()):
            name = one.nodeid.partition("[")[0]
            cases[name] += 1
            failed[name] += word == "failed"
    if DEATHS:
        terminalreporter.section("deaths of processes")
        for name, deaths in [*DEATHS.items(), ("all", DEATHS.total())]:
            about = f"{cases[name]:4} cases {failed[name]:4} failed" if name != "all" else " " * 22
            terminalreporter.write_line(f"{deaths:5} deaths {about}  {name.rpartition('::')[2]}")
