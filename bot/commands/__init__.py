"""One verb of `/handoff` a file; the package is walked, there is no list."""
