"""The REST face of the desk, under /api."""
