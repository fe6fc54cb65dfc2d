"""Reading two versions of an API contract and telling what changed for whom."""
