"""What stands in front of a TikZ picture: its colours, its type, and a style for each kind of part."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from resnet_dsl.backends.graphviz.model import EdgeKind
from resnet_dsl.backends.graphviz.palette import STROKES, Paint, Theme

_LINES = {
    EdgeKind.FLOW: "main path",
    EdgeKind.IDENTITY: "identity shortcut",
    EdgeKind.PROJECTION: "projection shortcut",
    EdgeKind.BRANCH: "branch shortcut",
    EdgeKind.PARAMETER_FREE: "parameter free shortcut",
    EdgeKind.CARRY: "carried",
}
_TRAINING = "training only"
_IDLE = "never runs"
_FAINT = {_TRAINING: "dashed", _IDLE: "dotted"}
_DASHES = {
    "solid": "",
    "dashed": ", dash pattern=on 4bp off 2.5bp",
    "dotted": ", dash pattern=on 0.9bp off 2.5bp",
}


def line_style(kind: EdgeKind, *, training_only: bool, idle: bool) -> str:
    """The name of the style of a line."""
    if idle:
        return _IDLE
    return _TRAINING if training_only else _LINES[kind]


def preamble(theme: Theme, used: Collection[str]) -> Iterator[str]:
    """The lines between ``\\documentclass`` and the document; `used` are the styles that it needs."""
    yield "% ====================================================================================="
    yield r"\usepackage{tikz}"
    yield r"\usetikzlibrary{arrows.meta, backgrounds}"
    yield "% Type: sans serif of the document; \\usepackage[scaled]{helvet} sets it in Helvetica."
    for name, size in (("archnormal", theme.text_size), ("archsmall", theme.quiet_size)):
        yield f"\\newcommand\\{name}{{\\sffamily\\fontsize{{{size}}}{{{size * 6 / 5:g}}}\\selectfont}}"
    yield r"\newcommand\by{\ensuremath{\times}}"
    yield r"\newcommand\archtitle[1]{\textbf{#1}}"
    yield r"\newcommand\archquiet[1]{{\archsmall\color{archQuiet}#1}}"
    yield r"\newcommand\archaccent[1]{{\archsmall\color{archAccent}#1}}"
    yield r"\newcommand\archspread{\renewcommand\arraystretch{1.45}\setlength\tabcolsep{5bp}}"
    yield "% The layers of one block in brackets; with a shortcut around them."
    yield r"\newcommand\archpadded[1]{\raisebox{0pt}[\dimexpr\height+2bp][\dimexpr\depth+2bp]{#1}}"
    yield r"\newcommand\archbrackets[1]{$\left[\begin{tabular}{@{}c@{}}#1\end{tabular}\right]$}"
    yield r"\newcommand\archlayers[1]{\archpadded{\archbrackets{#1}}}"
    yield r"\newcommand\archresidual[1]{\setbox0=\hbox{\archbrackets{#1}}%"
    yield r"  \setbox2=\hbox{\,\color{archShortcut}$\left.\vrule width 0pt height \ht0 depth \dp0\right]$}%"
    yield r"  \archpadded{\kern\wd2\box0\box2}}"
    yield "% Colours."
    colors = {
        "Ink": theme.ink,
        "Line": theme.line,
        "Quiet": theme.quiet,
        "Faint": theme.faint,
        "Shortcut": theme.shortcut,
        "Accent": theme.accent,
        "Page": theme.page,
    }
    paints = dict(_paints(theme, used))
    for style, paint in paints.items():
        name = _color(style)
        colors |= {f"{name}Fill": paint.fill, f"{name}Edge": paint.outline}
    for name, value in colors.items():
        yield f"\\definecolor{{arch{name}}}{{HTML}}{{{_digits(value)}}}"
    yield from _styles(theme, used, paints)
    yield "% ====================================================================================="


def _styles(theme: Theme, used: Collection[str], paints: dict[str, Paint]) -> Iterator[str]:
    pen = f"{theme.pen_width:g}bp"
    small = f"{theme.pen_width - 0.2:g}bp"
    length = f"{10 * theme.arrow_size:g}bp"
    yield "% Styles: one for each kind of box and line."
    yield r"\tikzset{"
    yield "  size/.style 2 args={minimum width=#1bp, minimum height=#2bp},"
    yield f"  box/.style={{draw, line width={pen}, rounded corners=5bp, font=\\archnormal, text=archInk}},"
    for style in paints:
        if style not in ("stage", "frame", _TRAINING, _IDLE):
            yield f"  {style}/.style={{box, {_painted(style)}}},"
    for style, stroke in _FAINT.items():
        if style in paints:
            yield f"  {style} box/.style={{{_painted(style)}, text=archQuiet{_DASHES[stroke]}}},"
    if "merge" in paints:
        big = f"\\sffamily\\fontsize{{{theme.text_size * 6 // 5}}}{{{theme.text_size * 6 // 5}}}\\selectfont"
        yield f"  sign/.style={{merge, circle, font={big}}},"
        yield r"  word/.style={merge, font=\archsmall},"
    yield r"  end/.style={font=\archnormal, text=archInk},"
    yield r"  end in training/.style={end, text=archQuiet},"
    note = f"box, rounded corners=3bp, line width={small}, font=\\archsmall, fill=archPage"
    yield f"  note/.style={{{note}, draw=archShortcut, text=archAccent}},"
    yield f"  note in training/.style={{{note}, draw=archFaint, text=archQuiet}},"
    for style in ("stage", "frame"):
        if style in paints:
            yield f"  {style}/.style={{rounded corners=10bp, line width={pen}, {_painted(style)}}},"
    yield r"  title/.style={anchor=west, align=left, font=\archnormal, text=archInk},"
    yield r"  tensor/.style={anchor=west, font=\archsmall, text=archQuiet},"
    yield r"  sample/.style={font=\archsmall, text=archInk},"
    yield r"  meaning/.style={anchor=west, font=\archsmall, text=archQuiet},"
    if theme.background.startswith("#"):
        yield r"  page/.style={show background rectangle, inner frame sep=8bp,"
        yield r"    background rectangle/.style={fill=archPage}},"
    else:
        yield "  page/.style={},"
    arrow = f"-{{Latex[length={length}, width={7.5 * theme.arrow_size:g}bp]}}"
    yield f"  line/.style={{line width={pen}, {arrow}}},"
    for kind, style in _LINES.items():
        color = "archLine" if kind is EdgeKind.FLOW else "archShortcut"
        if style in used:
            yield f"  {style}/.style={{line, draw={color}{_DASHES[STROKES[kind]]}}},"
    for style, stroke in _FAINT.items():
        if style in used:
            yield f"  {style}/.style={{line, draw=archFaint{_DASHES[stroke]}}},"
    yield "}"


def _paints(theme: Theme, used: Collection[str]) -> Iterator[tuple[str, Paint]]:
    for category, paint in theme.boxes.items():
        if category.value in used or (category.value == "merge" and ("sign" in used or "word" in used)):
            yield category.value, paint
    others = {"card": theme.card, "stage": theme.strong_frame, "frame": theme.light_frame}
    yield from ((style, paint) for style, paint in others.items() if style in used)
    yield from ((style, theme.auxiliary) for style in _FAINT if style in used)


def _painted(style: str) -> str:
    return f"fill=arch{_color(style)}Fill, draw=arch{_color(style)}Edge"


def _color(style: str) -> str:
    return style.title().replace(" ", "")


def _digits(color: str) -> str:
    return {"white": "FFFFFF"}.get(color, color.removeprefix("#"))
