"""Types and arithmetic of the desk: standard library only, no I/O, no clock, no randomness."""
