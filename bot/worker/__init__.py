"""The stations in order: look, hear, judge, commit, send."""
