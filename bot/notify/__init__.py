"""Channels: Slack, Teams, mail and webhooks carry messages to people outside GitHub."""
