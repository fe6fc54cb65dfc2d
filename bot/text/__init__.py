"""Values to words; user text becomes markdown only through `text.escape`."""
