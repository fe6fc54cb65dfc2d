"""How fast the bot is, and what a day of many repositories costs."""
