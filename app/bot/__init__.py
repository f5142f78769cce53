"""Opinion: indicators, levels and decisions. Empty until the bot moves in."""
