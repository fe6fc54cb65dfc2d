"""Every GraphQL document that Handoff sends; nothing deprecated, every connection has a size."""

from __future__ import annotations

from functools import lru_cache

POLICY_PATH = ".github/handoff.yml"
ORGANISATION_PATH = "handoff.yml"
OWNERS_PATHS = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
BATCH = 25

_BLOB = """
fragment BlobText on Blob { oid byteSize isBinary isTruncated text }
"""

_WHO = """
fragment Who on Actor {
  __typename login
  ... on User { databaseId }
  ... on Bot { databaseId }
  ... on Mannequin { databaseId }
}
"""

_POLICIES = """
fragment OwnPolicy on Repository {
  databaseId nameWithOwner
  defaultBranchRef {
    name
    target {
      __typename oid ... on Commit { entry: file(path: ".github/handoff.yml") { mode type } }
    }
  }
  policy: object(expression: "HEAD:.github/handoff.yml") { __typename ...BlobText }
}
fragment OrganisationPolicy on Repository {
  databaseId
  defaultBranchRef {
    target { __typename oid ... on Commit { entry: file(path: "handoff.yml") { mode type } } }
  }
  policy: object(expression: "HEAD:handoff.yml") { __typename ...BlobText }
}
"""

_CONTEXTS = """
fragment Contexts on StatusCheckRollupContextConnection {
  totalCount pageInfo { hasNextPage endCursor }
  nodes {
    __typename
    ... on CheckRun {
      databaseId name status conclusion startedAt completedAt permalink
      checkSuite {
        databaseId status app { databaseId slug }
        workflowRun @include(if: $workflow) { databaseId file { path } }
      }
    }
    ... on StatusContext { context state createdAt targetUrl creator { __typename login } }
  }
}
"""

_COMMITS = """
fragment Written on PullRequestCommitConnection {
  totalCount pageInfo { hasPreviousPage startCursor }
  nodes {
    commit {
      oid committedViaWeb messageHeadline
      authors(first: 10) { totalCount nodes { email user { databaseId } } }
      committer { email user { databaseId } }
    }
  }
}
"""

_FILES = """
fragment Counts on PullRequestChangedFileConnection {
  totalCount pageInfo { hasNextPage endCursor }
  nodes { path additions deletions changeType }
}
"""

_OPINIONS = """
fragment Opinions on PullRequestReviewConnection {
  totalCount pageInfo { hasNextPage endCursor }
  nodes {
    state submittedAt authorCanPushToRepository
    author { ...Who }
    commit { oid }
  }
}
"""

_CORE_FIELDS = """
      title body state isDraft isCrossRepository createdAt updatedAt
      changedFiles additions deletions
      headRefOid baseRefName baseRefOid
      baseRef { target { __typename ... on Commit { attributes: file(path: ".gitattributes") {
        object { __typename ...BlobText }
      } } } }
      mergeCommit { oid }
      author { ...Who }
      labels(first: 100) { totalCount nodes { name } }
      reviewRequests(first: 100) {
        totalCount nodes { requestedReviewer { __typename ...Who ... on Team { combinedSlug } } }
      }
      latestOpinionatedReviews(first: 50, writersOnly: false) { ...Opinions }
      latestReviews(first: 100) { nodes { author { ...Who } } }
      timelineItems(
        last: 20, itemTypes: [READY_FOR_REVIEW_EVENT, HEAD_REF_FORCE_PUSHED_EVENT]
      ) {
        nodes {
          __typename
          ... on ReadyForReviewEvent { createdAt }
          ... on HeadRefForcePushedEvent { createdAt }
        }
      }
"""

_EVIDENCE_FIELDS = """
      commits(last: 100) { ...Written }
      head: commits(last: 1) { nodes { commit {
        oid committedDate parents(first: 1) { totalCount }
        statusCheckRollup { contexts(first: 100) { ...Contexts } }
      } } }
      files(first: 100) { ...Counts }
"""


def _facts(name: str, more: str, fields: str) -> str:
    return f"""
query {name}(
  $owner: String!, $name: String!, $number: Int!, $sticky: ID!, $wantSticky: Boolean!{more}
) {{
  rateLimit {{ limit cost remaining resetAt }}
  repository(owner: $owner, name: $name) {{
    ...OwnPolicy
    pullRequest(number: $number) {{ {fields} }}
  }}
  organisation: repository(owner: $owner, name: ".github") {{ ...OrganisationPolicy }}
  sticky: node(id: $sticky) @include(if: $wantSticky) {{
    __typename ... on IssueComment {{ isMinimized }}
  }}
}}
"""


_CORE_PARTS = _POLICIES + _BLOB + _WHO + _OPINIONS
_EVIDENCE_PARTS = _CONTEXTS + _COMMITS + _FILES

HANDOFF_FACTS = (
    _facts("HandoffFacts", ", $workflow: Boolean!", _CORE_FIELDS + _EVIDENCE_FIELDS)
    + _CORE_PARTS
    + _EVIDENCE_PARTS
)

# The same in two halves, for pull requests that are too heavy for one query.
HANDOFF_CORE = _facts("HandoffCore", "", _CORE_FIELDS) + _CORE_PARTS

HANDOFF_EVIDENCE = (
    f"""
query HandoffEvidence($owner: String!, $name: String!, $number: Int!, $workflow: Boolean!) {{
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{ headRefOid baseRefOid {_EVIDENCE_FIELDS} }}
  }}
}}
"""
    + _EVIDENCE_PARTS
)

MERGE_GROUP = (
    """
query MergeGroup(
  $owner: String!, $name: String!, $branch: String!, $sha: GitObjectID!, $workflow: Boolean!
) {
  rateLimit { limit cost remaining resetAt }
  repository(owner: $owner, name: $name) {
    ...OwnPolicy
    mergeQueue(branch: $branch) {
      entries(first: 100) {
        totalCount
        nodes {
          position state
          baseCommit { oid } headCommit { oid }
          pullRequest { number headRefOid }
        }
      }
    }
    group: object(oid: $sha) {
      __typename
      ... on Commit {
        oid committedDate statusCheckRollup { contexts(first: 100) { ...Contexts } }
      }
    }
  }
  organisation: repository(owner: $owner, name: ".github") { ...OrganisationPolicy }
}
"""
    + _POLICIES
    + _BLOB
    + _CONTEXTS
)


def _page(name: str, field: str, more: str = "") -> str:
    return f"""
query {name}($owner: String!, $name: String!, $number: Int!, $cursor: String{more}) {{
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{ headRefOid baseRefOid {field} }}
  }}
}}
"""


MORE_FILES = _page("MoreFiles", "files(first: 100, after: $cursor) { ...Counts }") + _FILES

MORE_COMMITS = _page("MoreCommits", "commits(last: 100, before: $cursor) { ...Written }") + _COMMITS

MORE_REVIEWS = (
    _page(
        "MoreReviews",
        "latestOpinionatedReviews(first: 100, after: $cursor, writersOnly: false) { ...Opinions }",
    )
    + _OPINIONS
    + _WHO
)

MORE_CONTEXTS = (
    _page(
        "MoreContexts",
        "head: commits(last: 1) { nodes { commit { oid "
        "statusCheckRollup { contexts(first: 100, after: $cursor) { ...Contexts } } } } }",
        ", $workflow: Boolean!",
    )
    + _CONTEXTS
)

MORE_GROUP_CONTEXTS = (
    """
query MoreGroupContexts(
  $owner: String!, $name: String!, $sha: GitObjectID!, $cursor: String, $workflow: Boolean!
) {
  repository(owner: $owner, name: $name) {
    group: object(oid: $sha) {
      __typename
      ... on Commit {
        oid statusCheckRollup { contexts(first: 100, after: $cursor) { ...Contexts } }
      }
    }
  }
}
"""
    + _CONTEXTS
)

LABEL_SETTERS = (
    _page(
        "LabelSetters",
        "timelineItems(last: 100, before: $cursor, itemTypes: [LABELED_EVENT]) { "
        "pageInfo { hasPreviousPage startCursor } "
        "nodes { __typename ... on LabeledEvent { label { name } actor { ...Who } } } }",
    )
    + _WHO
)

REVIEW_THREADS = (
    _page(
        "ReviewThreads",
        "reviewThreads(first: 100, after: $cursor) { totalCount nodes { isResolved path "
        "comments(last: 1) { nodes { author { ...Who } } } } }",
    )
    + _WHO
)
DEPLOYMENTS = """
query Deployments($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) {
      head: commits(last: 1) { nodes { commit { ...Deployed } } }
      mergeCommit { ...Deployed }
    }
  }
}
fragment Deployed on Commit {
  oid
  deployments(last: 50) {
    nodes {
      environment latestEnvironment createdAt
      latestStatus { state environmentUrl updatedAt }
    }
  }
}
"""

HEADS = """
query Heads($owner: String!, $name: String!, $number: Int!) {
  repository(owner: $owner, name: $name) {
    pullRequest(number: $number) { headRefOid baseRefOid changedFiles }
  }
}
"""

CODEOWNERS = (
    """
query Codeowners($owner: String!, $name: String!) {
  repository(owner: $owner, name: $name) {
    o0: object(expression: "HEAD:.github/CODEOWNERS") { __typename ...BlobText }
    o1: object(expression: "HEAD:CODEOWNERS") { __typename ...BlobText }
    o2: object(expression: "HEAD:docs/CODEOWNERS") { __typename ...BlobText }
  }
}
"""
    + _BLOB
)

POLICY_FILE = (
    """
query PolicyFile($owner: String!, $name: String!, $expression: String!) {
  repository(owner: $owner, name: $name) {
    databaseId
    file: object(expression: $expression) { __typename ...BlobText }
  }
}
"""
    + _BLOB
)

POLICY_HISTORY = (
    """
query PolicyHistory($owner: String!, $name: String!, $path: String!) {
  repository(owner: $owner, name: $name) {
    defaultBranchRef {
      target {
        __typename
        ... on Commit {
          history(first: 20, path: $path) {
            nodes {
              oid
              file(path: $path) { mode type object { __typename ...BlobText } }
            }
          }
        }
      }
    }
  }
}
"""
    + _BLOB
)

SAID = """
query Said($id: ID!) {
  node(id: $id) {
    __typename
    ... on IssueComment { body isMinimized }
    ... on PullRequestReview { body isMinimized }
    ... on PullRequestReviewComment { body isMinimized }
    ... on Reactable { reactionGroups { content viewerHasReacted } }
  }
}
"""

ADD_REACTION = """
mutation AddReaction($subject: ID!, $content: ReactionContent!) {
  addReaction(input: {subjectId: $subject, content: $content}) { reaction { content } }
}
"""

MINIMIZE = """
mutation Minimize($subject: ID!) {
  minimizeComment(input: {subjectId: $subject, classifier: RESOLVED}) {
    minimizedComment { __typename isMinimized }
  }
}
"""
TALK = """
query Talk($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename id
    ... on Comment { lastEditedAt includesCreatedEdit } ... on Minimizable { isMinimized }
    ... on Reactable { reactionGroups { content viewerHasReacted } }
  }
}
"""

REMOVE_REACTION = """
mutation RemoveReaction($subject: ID!, $content: ReactionContent!) {
  removeReaction(input: {subjectId: $subject, content: $content}) { reaction { content } }
}
"""


@lru_cache(maxsize=BATCH)
def head_files(count: int) -> str:
    """The document that reads `count` files (`$p0`, ...) at the pull request's own head commit."""
    names = [f"$p{at}: String!" for at in range(count)]
    fields = "\n".join(
        f"f{at}: file(path: $p{at}) {{ oid mode type object {{ __typename ...BlobText }} }}"
        for at in range(count)
    )
    return f"""
query HeadFiles($owner: String!, $name: String!, $number: Int!, {", ".join(names)}) {{
  repository(owner: $owner, name: $name) {{
    pullRequest(number: $number) {{
      headRefOid baseRefOid
      head: commits(last: 1) {{ nodes {{ commit {{ oid {fields} }} }} }}
    }}
  }}
}}
{_BLOB}"""


@lru_cache(maxsize=4 * BATCH)
def base_files(count: int, *, ids: bool = False) -> str:
    """The document that reads `count` objects by expression (`$e0` is `<commit>:<path>`, ...)."""
    names = ", ".join(f"$e{at}: String!" for at in range(count))
    name, what = ("BaseIds", "__typename oid") if ids else ("BaseFiles", "__typename ...BlobText")
    fields = "\n".join(f"f{at}: object(expression: $e{at}) {{ {what} }}" for at in range(count))
    return f"""
query {name}($owner: String!, $name: String!, {names}) {{
  repository(owner: $owner, name: $name) {{ {fields} }}
}}
{"" if ids else _BLOB}"""


def documents() -> tuple[str, ...]:
    """One of each, for checking them against GitHub's public schema."""
    return (
        HANDOFF_FACTS,
        HANDOFF_CORE,
        HANDOFF_EVIDENCE,
        MERGE_GROUP,
        MORE_FILES,
        MORE_COMMITS,
        MORE_REVIEWS,
        MORE_CONTEXTS,
        MORE_GROUP_CONTEXTS,
        LABEL_SETTERS,
        REVIEW_THREADS,
        DEPLOYMENTS,
        HEADS,
        CODEOWNERS,
        POLICY_FILE,
        POLICY_HISTORY,
        ADD_REACTION,
        REMOVE_REACTION,
        MINIMIZE,
        TALK,
        head_files(BATCH),
        base_files(BATCH),
        base_files(4 * BATCH, ids=True),
    )
