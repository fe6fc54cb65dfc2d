"""`python -m bot` is `handoff`."""

from bot.cli.main import run

if __name__ == "__main__":
    run()
