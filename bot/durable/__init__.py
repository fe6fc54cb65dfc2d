"""When and where a subject is evaluated; the inbox in the store stays the truth."""
