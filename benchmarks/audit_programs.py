"""The programs that `audit.py` runs in processes of their own: one a tool, cold and in process.

They are templates: `model` names the module (and a file of generated code), `counter` is one of
`COUNTERS`, `runs` is how often the task is timed, `spec` is the spec's path. Each prints plain lines.
"""

from __future__ import annotations

# What a user of each tool writes: `count` gives its total of a module and an image.
COUNTERS = {
    "torchinfo": """
import torchinfo
def count(module, image):
    return torchinfo.summary(module, input_data=[image], verbose=0).total_mult_adds
""",
    "fvcore": """
import logging
from fvcore.nn import FlopCountAnalysis
logging.getLogger("fvcore").setLevel(logging.ERROR)
def count(module, image):
    return FlopCountAnalysis(module, image).total()
""",
    "ptflops": """
from ptflops import get_model_complexity_info
def count(module, image):
    return get_model_complexity_info(
        module, tuple(image.shape[1:]), print_per_layer_stat=False, as_strings=False, backend="pytorch"
    )[0]
""",
    "calflops": """
from calflops import calculate_flops
def count(module, image):
    return calculate_flops(module, tuple(image.shape), print_results=False, output_as_string=False)[0]
""",
}
COLD = """
import torch
import {model}
{counter}
with torch.no_grad():
    print(int(count({model}.build().eval(), torch.zeros(1, 3, 224, 224))))
"""
WARM = """
import time, torch
import {model}
{counter}
module, image = {model}.build().eval(), torch.zeros(1, 3, 224, 224)
with torch.no_grad():
    count(module, image)
    for _ in range({runs}):
        start = time.process_time()
        count(module, image)
        print(time.process_time() - start)
"""
WARM_OURS = """
import time
from resnet_dsl import load
def fresh():
    # Given an input's shape, no expectation is checked, for which the audit would be made and kept.
    return load({spec!r}, model={model!r}, input_shape=(3, 224, 224))[{model!r}]
def counted(network):
    return network.counts()
def whole(network):
    return network.report()
def from_text(_):
    return load({spec!r}, model={model!r})[{model!r}].counts()
for task in (counted, whole, from_text):
    task(fresh())
    for network in [fresh() for _ in range({runs})]:
        start = time.process_time()
        task(network)
        print(time.process_time() - start)
"""
