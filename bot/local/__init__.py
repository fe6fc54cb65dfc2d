"""A git checkout as a source of facts."""
