"""One rule a file; the package is walked, there is no list."""
