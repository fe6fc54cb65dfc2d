"""Revisions of the store, each with a way back."""
