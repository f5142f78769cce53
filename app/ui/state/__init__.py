"""Reflex states: strings to show, events to forward; truth lives elsewhere."""
