"""Rename rules: what they say, what is refused, and what the tool finds by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache
from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import resnet_dsl
from resnet_dsl.analysis.keys import StateEntry, state_dict_entries
from resnet_dsl.weights.checkpoint import TensorInfo
from resnet_dsl.weights.compare import compare
from resnet_dsl.weights.propose import Proposal, propose
from resnet_dsl.weights.rename import RenameError, Rule, parse_rules, renamed
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("rules", "key", "made"),
    [
        (["module.="], "module.a.module.b", "a.module.b"),
        (["module="], "module.a.module.b", "a.b"),
        (["=net."], "a.b", "net.a.b"),
        (["a.="], "aa.b", "aa.b"),
        (["a=b", "b=a"], "a.b.a", "b.a.b"),
        (["1=2", "2=3"], "x.1.2", "x.2.3"),
        (["a.b=c", "a=d"], "a.b.a", "c.d"),
        (["a=d", "a.b=c"], "a.b", "d.b"),
        (["s.*.n=l.*.bn"], "s.3.n.weight", "l.3.bn.weight"),
        (["*.x.*=*.*"], "a.x.b", "a.b"),
        (["module.=", "a=b", "=c."], "module.a", "c.b"),
        (["down.1=down.2"], "down.10", "down.10"),
    ],
)
def test_what_a_rule_makes(rules: list[str], key: str, made: str) -> None:
    assert renamed(key, parse_rules(rules)) == made


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a",
        "=",
        "a=b=c",
        "a..b=c",
        "a=b..c",
        "..=",
        "a*=b",
        "a=*",
        "a=a",
        "a.=a",
        "a=a.",
        "x" * 2_000 + "=y",
    ],
)
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(RenameError):
        parse_rules([text])


PART = st.text("ab1.=*", min_size=1, max_size=12)


@given(st.lists(PART, max_size=5), st.text("ab1.", min_size=1, max_size=30))
def test_rules_print_as_they_are_read(texts: list[str], key: str) -> None:
    try:
        rules = parse_rules(texts)
    except RenameError:
        return
    assert parse_rules(str(rule) for rule in rules) == rules
    renamed(key, rules)


# --- found by the tool -----------------------------------------------------------------------------


@cache
def entries_of(spec: str) -> tuple[StateEntry, ...]:
    (net,) = resnet_dsl.load(ROOT / "specs" / f"{spec}.rdl").models.values()
    return tuple(state_dict_entries(net.network))


def found(entries: Sequence[StateEntry], keys: Sequence[str], *, in_order: bool) -> Proposal | None:
    tensors = [TensorInfo(key, entry.shape, entry.dtype) for key, entry in zip(keys, entries, strict=True)]
    if not in_order:  # as safetensors sorts them
        tensors.sort(key=lambda tensor: (tensor.dtype, tensor.key))
    return propose(entries, tensors, compare(entries, tensors), in_order=in_order)


def stage(key: str, form: str) -> str:
    return re.sub(r"^layer(\d)", lambda match: form.format(int(match[1]) - 1), key)


def elsewhere(key: str) -> str:
    """Names with more levels, in which numbers stand for stages, units and layers at once."""
    key = re.sub(r"^(conv|bn)1", r"stem.first.\1", stage(key, "encoder.stages.{}.layers"))
    key = re.sub(r"(conv|bn)(\d)", lambda match: f"layer.{int(match[2]) - 1}.{match[1]}", key)
    return key.replace("downsample.0", "shortcut.conv").replace("downsample.1", "shortcut.bn")


SYSTEMS: dict[str, tuple[Callable[[str], str], int]] = {
    "a prefix": (lambda key: f"module.{key}", 1),
    "two prefixes": (lambda key: f"module.backbone.{key}", 1),
    "a number": (lambda key: key.replace("downsample.1", "downsample.2"), 1),
    "stages": (lambda key: stage(key, "stages.{}"), 4),
    "a level": (lambda key: stage(key, "stages.{}.blocks"), 4),
    "leaves": (lambda key: re.sub(r"(bn\d)\.weight", r"\1.gamma", key).replace("_mean", "_mu"), 2),
    "all at once": (
        lambda key: (
            "module.net."
            + stage(key, "stages.{}")
            .replace("bn", "norm")
            .replace("downsample.0", "skip.conv")
            .replace("downsample.1", "skip.norm")
        ),
        10,
    ),
    "three kinds of numbers": (elsewhere, 15),
    "counted from one": (
        lambda key: re.sub(r"^(layer\d)\.(\d)", lambda match: f"{match[1]}.{int(match[2]) + 1}", key),
        9,
    ),
}


@pytest.mark.parametrize("in_order", [True, False], ids=["torch", "safetensors"])
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("spec", ["resnet18", "resnet50"])
def test_systematic_names_are_found_again(spec: str, system: str, in_order: bool) -> None:
    rename, most = SYSTEMS[system]
    entries = entries_of(spec)
    keys = [rename(entry.key) for entry in entries]
    made = found(entries, keys, in_order=in_order)
    assert made is not None
    assert made.complete
    assert len(made.rules) <= most
    # Complete by shape is not enough: each tensor has to be the one that it was.
    assert [renamed(key, made.rules) for key in keys] == [entry.key for entry in entries]


def test_nothing_is_proposed_where_nothing_is_wrong_or_all_is() -> None:
    entries = entries_of("resnet18")
    keys = [entry.key for entry in entries]
    assert found(entries, keys, in_order=True) is None
    others = [TensorInfo("a.weight", (3, 5), "float32"), TensorInfo("b.weight", (9,), "float32")]
    assert propose(entries, others, compare(entries, others), in_order=True) is None


def test_given_rules_stay_where_they_are_of_use() -> None:
    entries = entries_of("resnet18")
    keys = [f"module.{entry.key}".replace("downsample", "skip") for entry in entries]
    tensors = [TensorInfo(key, entry.shape, entry.dtype) for key, entry in zip(keys, entries, strict=True)]
    given_rules = (Rule.parse("module.="),)
    made = propose(entries, tensors, compare(entries, tensors, given_rules), given_rules, in_order=True)
    assert made is not None
    assert sorted(str(rule) for rule in made.rules) == ["module.=", "skip=downsample"]


def test_one_encoder_of_two_is_taken_by_its_prefix() -> None:
    entries = entries_of("resnet18")
    tensors = [
        TensorInfo(f"{side}.{entry.key}", entry.shape, entry.dtype)
        for side in ("encoder_q", "encoder_k")
        for entry in entries
    ]
    made = propose(entries, tensors, compare(entries, tensors), in_order=True)
    assert made is not None
    assert [str(rule) for rule in made.rules] == ["encoder_q.="]
    assert not made.complete  # the other encoder has no place


WORD = st.text("abcxyz", min_size=2, max_size=5)


@settings(deadline=None, max_examples=30)
@given(
    st.dictionaries(
        st.sampled_from(["layer1", "layer2", "layer3", "conv1", "bn2", "downsample", "fc"]), WORD
    ),
    st.lists(WORD, max_size=2),
    st.booleans(),
)
def test_random_names_are_found_again(names: dict[str, str], prefix: list[str], in_order: bool) -> None:
    known = {"layer1", "layer2", "layer3", "layer4", "conv1", "conv2", "bn1", "bn2", "downsample", "fc"}
    if len(set(names.values()) | known) < len(names) + len(known):
        return  # one name for two modules is no system
    entries = entries_of("resnet18")
    keys = [
        ".".join([*prefix, *(names.get(part, part) for part in entry.key.split("."))]) for entry in entries
    ]
    if keys == [entry.key for entry in entries]:
        return
    made = found(entries, keys, in_order=in_order)
    assert made is not None
    assert made.complete
    if in_order:  # names in another order may exchange modules of one shape, and the message says so
        assert [renamed(key, made.rules) for key in keys] == [entry.key for entry in entries]


@pytest.mark.parametrize(
    "keys",
    [
        [f"a{number}.weight" for number in range(9_000)],
        [".".join("ab" * 200) + f".{number}" for number in range(2_000)],
        [f"x.p{number}" for number in range(9_000)],
        [f"{number}.{number + 1}.1.2.3.{number % 7}" for number in range(9_000)],
    ],
    ids=["modules", "deep", "leaves", "numbers"],
)
def test_a_search_among_hostile_keys_ends(keys: list[str]) -> None:
    entries = [StateEntry(f"layer{number}.conv.weight", (1,), "float32") for number in range(len(keys))]
    tensors = [TensorInfo(key, (1,), "float32") for key in keys]
    start = perf_counter()
    propose(entries, tensors, compare(entries, tensors), in_order=True)
    assert perf_counter() - start < 30


def test_deep_networks_are_compared_quickly() -> None:
    entries = entries_of("cifar_resnet1202")
    keys = ["module." + stage(entry.key, "stages.{}").replace("bn", "norm") for entry in entries]
    start = perf_counter()
    made = found(entries, keys, in_order=True)
    assert made is not None
    assert made.complete
    assert perf_counter() - start < 30
