"""What GitHub does against expectation, each oddity with a switch and its public source.

Where no source is named the oddity stands in GitHub's own documentation or OpenAPI text.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Quirks:
    """One switch per oddity; those that harm nobody by default are on."""

    # Checks.
    # A completed run needs a conclusion (OpenAPI, checks/create).
    completed_needs_conclusion: bool = True
    # A completed run stays completed (Mergifyio/mergify PR #1989, lyft/atlantis PR #265).
    completed_is_final: bool = True
    # Annotations of a PATCH are added to those that stand (OpenAPI, checks/update).
    annotations_append: bool = True
    # At most 50 annotations per request (OpenAPI, checks/create).
    annotations_per_request: int = 50
    # Of more than 1,000 runs in a suite the oldest are deleted (docs, checks).
    runs_per_suite: int = 1000
    # A rerequest resets the suite and leaves the run as it is (docs, checks/rerequest-run).
    rerequest_resets_suite: bool = True
    # Runs that are incomplete for 14 days become stale (docs, status checks).
    stale_after_days: int = 14
    # A check run and a commit status of one name both count (docs, protected branches).
    check_and_status_both_count: bool = True

    # Files.
    # A listing of files ends at 3,000 rows (OpenAPI, pulls/list-files).
    files_cap: int = 3000
    # A page is never larger than this, whatever was asked (OpenAPI).
    page_cap: int = 100
    # Beyond these patch lines in one answer rows are empty, unmarked (orgs/community #213491).
    silent_zeros_after: int = 20_000
    # The patch of a single file is left out beyond this (docs, repository limits).
    patch_lines_cap: int = 20_000
    patch_bytes_cap: int = 500_000
    # The `diff` media type refuses more than 300 files (danger/danger-js #1440).
    diff_media_cap: int = 300
    # Renames carry `previous_filename` (OpenAPI, diff-entry).
    renames_detected: bool = True
    # Rows of the old head are served this long after a push (palantir/policy-bot #63).
    old_rows_seconds: float = 0.0
    # Queries show the old head this long after a push (palantir/policy-bot #63).
    old_head_seconds: float = 0.0

    # Forks.
    # Check events of fork heads name no pull request and no branch (nearform/lastlight PR #283).
    forks_have_no_pulls_in_checks: bool = True
    # `commits/{sha}/pulls` is empty for fork heads (quarkusio/pt.quarkus.io #389).
    forks_have_no_commit_pulls: bool = True
    # No `check_suite.requested` for a push to a fork (docs, check_suite event).
    forks_request_no_suite: bool = True
    # Objects of a fork are not found by id in the base repository (stellar-protocol #2011).
    fork_objects_hidden: bool = True

    # Events.
    # `merge_group` is sent to Apps with its permission only (dcoapp/app #303).
    merge_group_needs_permission: bool = True
    # Payloads larger than this are not sent at all (docs, webhook payload cap).
    payload_cap: int = 25 * 1024 * 1024
    # After a squash race the payload's head is all zeros (homu).
    zero_head_sha: bool = False
    # A stacked pull request sends an action that no schema knows (public preview).
    stacked_action: bool = False

    # People.
    # A private member looks like a contributor (coder/coder #24149).
    private_members_as_contributors: bool = True
    # On a public repository everyone has `read` (docs, collaborators).
    public_read_for_all: bool = True
    # The author cannot be asked for a review, the whole request fails (docs, review requests).
    author_as_reviewer_refused: bool = True
    # More than 15 reviewers are refused (cilium/cilium #16484).
    reviewers_cap: int = 15

    # Authentication.
    # The claim `exp` may be at most 10 minutes ahead (docs, App JWT).
    jwt_minutes: int = 10
    # Installation tokens live one hour (docs).
    token_minutes: int = 60
    # Installation tokens are about 520 characters since 2026-04-27 (GitHub changelog).
    token_length: int = 520
    # Requests without User-Agent are refused (docs, getting started).
    user_agent_needed: bool = True
    # API versions that GitHub has withdrawn (docs, API versions: 410).
    withdrawn_versions: tuple[str, ...] = ("2020-01-01",)
    # Fields removed in this version are absent under its header (docs, breaking changes).
    removed_since_2026_03_10: bool = True

    # GraphQL and the rest.
    # A commit status without `statuses: read` fails the rollup
    # (philips-software/pull-request-report-action #557).
    statuses_fail_rollup: bool = True
    # Blob text is cut beyond this (docs, Blob.isTruncated).
    blob_text_cap: int = 512_000
    # Text in an encoding that is not UTF-8: `isBinary` is null (docs, Blob.isBinary).
    undetermined_encoding: bool = True
    # A query that needs too much is answered in part (github.blog 2025-09-01).
    resource_limit_nodes: int = 0
    # A renamed repository redirects with this status; 307 for writes (docs, redirects).
    renamed_redirects: bool = True
    # A comment is at most this long (widely observed).
    comment_cap: int = 65_536
    # A locked conversation takes no comment of an App without write access to issues (docs).
    locked_refuses: bool = True
    # Answers carry an ETag and If-None-Match is honoured (docs, conditional requests).
    etags: bool = True


@dataclass(slots=True, kw_only=True)
class Limits:
    """GitHub's limits; counted always, enforced where switched on.

    `status`: 403 or 429 for refusals; `retry_after`: whether secondary refusals say how long;
    `abuse_422`: the secondary limit speaks as 422 `code: abuse` (octokit/plugin-throttling #775).
    """

    core: int = 5000
    graphql: int = 5000
    primary: bool = False
    points: bool = False
    content: bool = False
    concurrency: bool = False
    status: int = 403
    retry_after: int | None = 60
    abuse_422: bool = False
    points_per_minute: int = 900
    query_points_per_minute: int = 2000
    content_per_minute: int = 80
    content_per_hour: int = 500
    concurrent: int = 100
