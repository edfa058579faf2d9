"""Operators: one record each, grouped by family, one small file a family."""
