"""The bench: measures the built product as people use it, against the figures it promises. No part of pytest."""
