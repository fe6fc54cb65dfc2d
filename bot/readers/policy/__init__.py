"""The policy language: texts in; a policy, or every problem with its place, out."""

from bot.readers.policy.language import schema
from bot.readers.policy.load import (
    ANY_REPOSITORY,
    LoadContext,
    Loaded,
    SourceText,
    explained,
    extends_of,
    load_policy,
    mode_plainly_written,
)
from bot.readers.policy.relevance import relevance_of

__all__ = [
    "ANY_REPOSITORY",
    "LoadContext",
    "Loaded",
    "SourceText",
    "explained",
    "extends_of",
    "load_policy",
    "mode_plainly_written",
    "relevance_of",
    "schema",
]
