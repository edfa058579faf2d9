"""Meaning: files and imports, names, compile-time evaluation, elaboration into a network."""
