"""Where everything concrete is made; the only part that knows all the others."""
