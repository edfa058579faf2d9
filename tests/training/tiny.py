"""A spec with a small network and a recipe, as a user of `train` has it."""

from __future__ import annotations

from collections.abc import Callable

from typer.testing import Result

SPEC = """\
model tiny(classes: int = 10, channels: int = 1) {
  input image [channels, 8, 8]
  return image -> conv(4, 3) -> bn -> relu -> gap -> flatten -> fc: linear(classes)
}

model other = tiny(classes = 10) {
}

train quick for tiny {
  data      = digits
  optimizer = sgd(lr = 0.1, momentum = 0.9)
  schedule  = cosine
  epochs    = 2
  batch     = 128
}
"""
SECOND = SPEC[SPEC.index("train quick") :].replace("quick", "slow")

Train = Callable[..., Result]
