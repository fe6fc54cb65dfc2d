"""Values only: what the rest of Handoff is about, frozen and free of any I/O."""
