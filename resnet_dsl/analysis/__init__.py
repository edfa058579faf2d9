"""Analyses: pure functions of a network. They need no torch and never see the syntax tree."""
