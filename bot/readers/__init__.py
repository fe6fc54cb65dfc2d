"""Foreign bytes to values, pure."""
