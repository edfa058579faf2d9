"""Passes: from a network to another one that computes the same. They need no torch."""
