"""Events about an installation and its repositories."""

from __future__ import annotations

from bot.model.arrival import Control, RepoSeen
from tests.readers.test_events import read


def test_repositories_join_an_installation_or_leave_it() -> None:
    payload = {
        "action": "removed",
        "installation": {"id": 5, "account": {"login": "acme"}},
        "repositories_added": [{"id": 7, "full_name": "acme/shop"}],
        "repositories_removed": [{"id": 8, "full_name": "acme/old"}, {"id": None}],
    }

    found = read("installation_repositories", payload)

    assert found.control is Control.REPOSITORIES
    assert (found.repos, found.repos_removed) == (
        (RepoSeen(id=7, full_name="acme/shop"),),
        (8,),
    )


def test_a_renamed_account_is_known_by_its_new_login() -> None:
    payload = {"action": "renamed", "installation": {"id": 5}, "account": {"login": "acme2"}}

    found = read("installation_target", payload)

    assert (found.account, found.control) == ("acme2", Control.NONE)
