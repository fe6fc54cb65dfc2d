"""From readings of many files to one picture; pure functions over values."""
