"""Handoff holds a pull request until what its checklist promises is true."""

__version__ = "0.1.0"
