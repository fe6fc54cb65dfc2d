"""Killable processes in which foreign content is read; they know no secret and no network."""
