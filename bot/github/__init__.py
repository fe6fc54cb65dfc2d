"""The only part that speaks to GitHub."""
