"""The browser face of the desk: states are views, pages are strings to show and events to forward."""
