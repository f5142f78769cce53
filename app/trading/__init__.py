"""The only state that changes: the board, the tape, the watchlist and the bell."""
