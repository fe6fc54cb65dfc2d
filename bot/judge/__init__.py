"""Values to values: what holds, what follows, what to do."""
