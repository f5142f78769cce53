"""The world's prices, brought in: sources, chain, replay and demo markets. The only room with httpx."""
