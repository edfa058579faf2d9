"""Texts that nobody would write: soups of tokens, broken specs, programs put together at random."""

from __future__ import annotations

from pathlib import Path

from hypothesis import strategies as st

ROOT = Path(__file__).resolve().parent.parent.parent
SPECS = [
    path.read_text(encoding="utf-8")
    for path in sorted([*(ROOT / "specs").glob("*.rdl"), *(ROOT / "resnet_dsl" / "std").glob("*.rdl")])
]

_BREAKS = ["\n", "\n", "\n", "\n  ", "\r\n", " ", "\t"]
_WORDS = """
import from as const fn block stage model train for return shortcut aux let if else assert expect
within input repeat seq or and not true false -> == != <= >= < > + - * / // % ** ( ) [ ] { } , : = .
0 1 2 3 64 1.5 1e3 4.09G 1_000 0x1 1e400 99999999999999999999 "a" "a{i}" "{" "a.b" "\\n" "'" " # c
/// /// doc x y image n i width stride conv bn relu add concat linear gap flatten maxpool identity unit net
family std std.residual bottleneck basic project params macs depth forward self nn torch _x __init__ lambda
@ $ ; ? ` ' ~ ^ & | \\ é → \u200b \u202e \x00 \x1b[31m \ufeff
""".split()
TOKENS = [*_WORDS, *_BREAKS]

token_soup = st.lists(st.sampled_from(TOKENS), max_size=60).map(" ".join)


@st.composite
def broken_spec(draw: st.DrawFn) -> str:
    """A spec of the project with a few pieces deleted, doubled, swapped, or put in from elsewhere."""
    text = draw(st.sampled_from(SPECS))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 40)))
        match draw(st.sampled_from(["delete", "double", "swap", "insert", "token", "cut"])):
            case "delete":
                text = text[:start] + text[end:]
            case "double":
                text = text[:end] + text[start:]
            case "swap":
                other = draw(st.integers(end, len(text)))
                text = text[:start] + text[end:other] + text[start:end] + text[other:]
            case "insert":
                text = text[:start] + draw(st.text(max_size=5)) + text[start:]
            case "token":
                text = f"{text[:start]} {draw(st.sampled_from(TOKENS))} {text[end:]}"
            case _:
                text = text[:end]
    return text


# --- programs that are well formed, and mean little -----------------------------------------------

_VALUES = ["0", "1", "2", "3", "4", "n", "n", "c0", "w", "x.c", "x.h"]
_WILD = [
    "-1",
    "3.5",
    "1e300",
    "true",
    '"a"',
    "[]",
    "[[1], 2]",
    "9_223_372_036_854_775_807",
    "relu",
    "x",
    "missing",
]
expressions = st.recursive(
    st.sampled_from(_VALUES * 8 + _WILD),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+ - * // %".split()), inner).map(lambda t: f"({' '.join(t)})"),
        st.tuples(inner, st.sampled_from("+ - * / // % ** == != < >= and or".split()), inner).map(
            lambda t: f"({' '.join(t)})"
        ),
        st.tuples(inner, inner, inner).map(lambda t: f"({t[0]} if {t[1]} == 1 else {t[2]})"),
        st.tuples(inner, inner).map(lambda t: f"[{t[0]}, 2][{t[1]} % 2]"),
        st.tuples(st.sampled_from("min max sum abs round int double".split()), inner).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
        st.tuples(st.sampled_from(["not {}", "len({})", "log2({})", "-{}"]), inner).map(
            lambda t: f"({t[0].format(t[1])})"
        ),
    ),
    max_leaves=3,
)
_LABELS = ["stem: ", "0: ", "a.b: ", '"{n}": ', "a: ", "x: ", "relu1: ", '"down-x": ']
labels = st.sampled_from([""] * 20 + _LABELS)
small = st.sampled_from("1 2 3 4 8 n c0 2*n x.c".split())
applications = st.one_of(
    st.sampled_from("bn relu gap flatten identity unit sigmoid".split()),
    st.sampled_from(["add(x)", "concat(x, x)", "mul(x)", "other(x)", "other(x, w = 1)", "add(x, x)", "act"]),
    st.tuples(small, small).map(lambda t: f"conv({t[0]}, {t[1]})"),
    st.tuples(small, small, small).map(lambda t: f"conv({t[0]}, 3, {t[1]}, groups = {t[2]})"),
    small.map("maxpool({}, 1, pad = 1)".format),
    small.map("linear({})".format),
    small.map("subsample({})".format),
    small.map("unit(n = {})".format),
    st.tuples(st.sampled_from("conv unit maxpool".split()), expressions, expressions).map(
        lambda t: f"{t[0]}({t[1]}, {t[2]})"
    ),
)
labelled = st.tuples(labels, applications).map("".join)
steps = st.recursive(
    labelled,
    lambda inner: st.tuples(
        labels,
        st.sampled_from(["seq", "repeat 2", "repeat 3 as i", "repeat n", "repeat 0"]),
        st.lists(inner, min_size=1, max_size=3).map(" -> ".join),
    ).map(lambda t: f"{t[0]}{t[1]} {{ {t[2]} }}"),
    max_leaves=4,
)
pipelines = st.lists(steps, max_size=4).map(lambda entries: " -> ".join(["x", *entries]))
tensors = st.sampled_from(["x", "x", "y", "s"])
simple = st.one_of(
    st.tuples(st.sampled_from(["", "", "", "shortcut "]), tensors, pipelines).map(
        lambda t: f"{t[0]}{t[1]} = {t[2]}"
    ),
    st.tuples(st.sampled_from(["k", "m", "k", "m", "k", "m", "w"]), expressions).map(
        lambda t: f"let {t[0]} = {t[1]}"
    ),
    expressions.map('assert {} != 7, "seven"'.format),
)
statements = st.one_of(
    simple,
    simple,
    st.tuples(expressions, tensors, pipelines, pipelines).map(
        lambda t: f"if {t[0]} != 1 {{ {t[1]} = {t[2]} }} else {{ {t[1]} = {t[3]} }}"
    ),
    st.tuples(expressions, pipelines).map(lambda t: f"if {t[0]} != {t[0]} {{ return {t[1]} }}"),
)
bodies = st.tuples(st.lists(statements, max_size=3), pipelines).map(
    lambda t: "\n  ".join(["y = x", "s = x", *t[0], f"return {t[1]}"])
)
programs = st.tuples(bodies, bodies, bodies, small, expressions).map(
    lambda t: (
        f"const c0 = 4\n"
        f"fn double(w) = 2 * w\n"
        f"block unit(x, n: int = 1, w: float = 2, act: op = relu) {{\n  {t[0]}\n}}\n"
        f"stage other(x, y, n = 1, w = 3, act = unit) {{\n  {t[1]}\n}}\n"
        f"model net(n: int = 2, w: int = 1, act: op = unit) {{\n  input image [3, 8, 8]\n"
        f"  x = image -> conv(4, {t[3]})\n  aux a0 = x -> relu\n  {t[2]}\n  expect {t[4]} != depth\n}}\n"
    )
)
