"""Weights: checkpoints read, compared with a network's keys, renamed, and written.

The comparison needs keys, shapes and dtypes alone. Torch is imported for its own files and to put
tensors into a module, in `torch_file` only.
"""
