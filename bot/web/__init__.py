"""What listens: webhooks and health."""
