"""What a sudden end of the process must not cost: orders that were acknowledged, and books that balance."""
