"""Whole pages for a browser: one file with its own style, script and data, and nothing to fetch.

`page.py` wraps a body and says what the browser may do; `scene.py` turns a network and its costs
into plain data; the scripts draw it.
"""
