"""What people may say, and what their words do."""
