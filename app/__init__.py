"""Drydock: a paper-trading desk for DEX tokens, with real prices and no real money."""
