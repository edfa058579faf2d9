"""Diagnostics: what went wrong, where, and the edit that mends it."""
