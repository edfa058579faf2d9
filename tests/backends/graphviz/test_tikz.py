"""TikZ: text that LaTeX takes whatever a spec holds, and a picture that stands where Graphviz puts it."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

import resnet_dsl
from resnet_dsl.backends.graphviz import RenderUnavailable, diagram, render, to_dot, to_tikz
from resnet_dsl.backends.graphviz.latex import latex
from resnet_dsl.backends.graphviz.model import (
    Cluster,
    Diagram,
    Edge,
    EdgeKind,
    Level,
    Line,
    Matrix,
    Table,
    Tone,
    Vertex,
    VertexKind,
)
from resnet_dsl.backends.graphviz.palette import THEMES
from resnet_dsl.backends.graphviz.placing import placing
from resnet_dsl.backends.graphviz.tikz import tikz
from tests.backends.graphviz.conftest import Net
from tests.backends.graphviz.test_dot import HOSTILE, renamed
from tests.backends.graphviz.test_mermaid import ACTIVE
from tests.backends.graphviz.test_render import without_pygraphviz
from tests.conftest import Golden

LEVELS = ("op", "block", "stage", "model")
SPECIAL = r"\ { } $ & # ^ _ ~ % < > | [x] * ` ' " + '" ~- -- --- ,, ?` !` é Å ñ Σ λ Ω ß × → … − · 漢'

PDFLATEX = shutil.which("pdflatex") or ""
needs_tex = pytest.mark.skipif(not PDFLATEX, reason="there is no pdflatex")


def compiled(folder: Path, text: str) -> str:
    """The log of LaTeX, which has taken a document."""
    (folder / "net.tex").write_text(text, encoding="utf-8")
    run = subprocess.run(
        [PDFLATEX, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "net.tex"],
        cwd=folder,
        capture_output=True,
        timeout=120,
        check=False,
    )
    log = run.stdout.decode("utf-8", "replace")
    assert run.returncode == 0, "\n".join(line for line in log.splitlines() if line.startswith(("!", "l.")))
    assert (folder / "net.pdf").stat().st_size > 1000
    return log


def test_text_is_as_kept(net: Net, golden: Golden) -> None:
    text = to_tikz(net("residual"), "stage", "LR", legend=True)
    # Places follow the fonts of the machine; that they are Graphviz's is tested below.
    preamble, picture = text.split("\\begin{tikzpicture}")
    picture = re.sub(r"\(-?[\d.]+, -?[\d.]+\)", "(x, y)", picture)
    picture = re.sub(r"size=\{[\d.]+\}\{[\d.]+\}", "size={w}{h}", picture)
    golden("expected/residual-stage-LR.tex", f"{preamble}\\begin{{tikzpicture}}{picture}")


def test_what_latex_acts_on_is_escaped() -> None:
    assert latex(r"\input{/etc/passwd}") == r"\textbackslash{}input\{/etc/passwd\}"
    assert latex("50% of $x_1^2$ & #3 ~") == (r"50\% of \$x\_1\textasciicircum{}2\$ \& \#3 \textasciitilde{}")
    assert (
        latex("3×3 → é, λ, Ω")
        == r"3\by{}3 \ensuremath{\rightarrow} \'{e}, \ensuremath{\lambda}, \ensuremath{\Omega}"
    )
    assert latex("a--b ,,c") == "a-{}-b ,{},c"
    assert latex("漢\n") == r"{[}U+6F22{]}\textbackslash{}n"


def everywhere(texts: list[str]) -> Diagram:
    """A picture that says each text in every place that a spec's words can reach."""
    vertices: list[Vertex] = []
    edges: list[Edge] = []
    clusters: list[Cluster] = []
    for number, text in enumerate(texts):
        lines = tuple(Line(text, tone) for tone in Tone)
        clusters.append(Cluster(f"f{number}", None, lines, strong=bool(number % 2), anchor=f"a{number}"))
        vertices += [
            Vertex(f"a{number}", VertexKind.BOX, lines, cluster=f"f{number}", tooltip=text),
            Vertex(
                f"b{number}", VertexKind.BOX, (Matrix((text, text), shortcut=True),), cluster=f"f{number}"
            ),
            Vertex(f"c{number}", VertexKind.JOIN, (Line(text),)),
        ]
        edges += [
            Edge(f"a{number}", f"b{number}", shape=text),
            Edge(f"b{number}", f"c{number}", EdgeKind.PROJECTION, shape=text, note=text),
        ]
    table = Table((texts[0],) * 3, tuple((text,) * 3 for text in texts), (texts[1],) * 3)
    vertices.append(Vertex("table", VertexKind.BOX, (table,)))
    return Diagram(texts[0], Level.BLOCK, tuple(vertices), tuple(edges), tuple(clusters), heading=texts[1])


ALL = [*HOSTILE, *ACTIVE, SPECIAL, r"\end{document}", r"\write18{ls}", r"\input{/etc/passwd}", "%\n\\x"]


def test_hostile_names_stay_text() -> None:
    picture = everywhere(ALL)
    drawn = tikz(picture, placing(picture))
    assert drawn.isascii()
    assert drawn.count(r"\begin{document}") == drawn.count(r"\end{document}") == 1
    body = drawn.split(r"\begin{document}")[1]
    known = {"begin", "end", "draw", "node", "coordinate", "by", "hline", "enspace"}
    macros = set(re.findall(r"\\([a-z]+)", body)) - SYMBOLS
    assert all(name in known or name.startswith(("arch", "text", "ensure")) for name in macros)
    plain = re.sub(r"\\[{}]", "", drawn)
    assert plain.count("{") == plain.count("}")


def test_the_name_of_the_model_stays_a_comment(net: Net) -> None:
    network = renamed(net("branches", "bare"), "x\n\\input{y}")
    head = to_tikz(network).splitlines()
    assert head[0].startswith("% ")
    assert head[1].startswith("% ")
    assert head[2].startswith(r"\documentclass")


SYMBOLS = {"times", "rightarrow", "ldots", "cdot", "r", "v", "c", "u", "ss", "lambda", "sigma"}


def test_every_shape_and_line_is_there_once(net: Net) -> None:
    for spec, model in (
        ("residual", "residual"),
        ("branches", "inception_net"),
        ("branches", "hourglass_net"),
    ):
        picture = diagram(net(spec, model), "block")
        text = to_tikz(net(spec, model), "block")
        taps = [vertex for vertex in picture.vertices if vertex.kind is VertexKind.TAP]
        assert text.count(r"\coordinate") == len(taps)
        notes = sum(bool(edge.note) for edge in picture.edges)
        drawn = len(re.findall(r"^  \\draw\[(?!stage|frame)", text, re.MULTILINE))
        assert drawn == len(picture.edges) + notes  # a line with a note is drawn in two halves
        assert len(re.findall(r"^  \\draw\[(?:stage|frame)", text, re.MULTILINE)) == len(picture.clusters)


def test_shapes_stand_where_the_svg_has_them(net: Net) -> None:
    network = net("residual")
    placed = placing(diagram(network, "block"))
    svg = render(to_dot(network), "svg").decode()
    for name, spot in placed.shapes.items():
        found = re.search(rf"<title>{re.escape(name)}</title>.*?</g>", svg, re.DOTALL)
        assert found is not None
        circle = re.search(r'<ellipse [^>]*cx="([-\d.]+)" cy="([-\d.]+)"', found[0])
        if circle is not None:
            assert (float(circle[1]), -float(circle[2])) == pytest.approx((spot.x, spot.y), abs=0.1)


def test_text_keeps_away_from_the_line_behind_it(specs: Path) -> None:
    network = resnet_dsl.load(specs / "torchvision/mobilenet_v3.rdl")["mobilenet_v3_small"].network
    uprights = [
        (route.points[0][0], sorted((route.points[0][1], route.points[-1][1])))
        for route in placing(diagram(network, "block")).routes
        if len({round(x) for x, _ in route.points}) == 1
    ]
    left_of_one = 0
    for x, y, shape in re.findall(r"node\[tensor\] at \(([\d.]+), ([\d.]+)\) \{([^;]*)\};", to_tikz(network)):
        # Computer Modern's sans serif, at 8 points: what a digit and a times sign take.
        width = 4.25 * len(re.sub(r"\\by\{\}", "", shape)) + 6.61 * shape.count(r"\by")
        for line, (low, high) in uprights:
            if low <= float(y) <= high and float(x) < line < float(x) + width + 20:
                assert float(x) + width + 2 < line
                left_of_one += 1
    assert left_of_one > 5


def test_every_style_that_is_used_is_there(net: Net) -> None:
    for spec, model in (("residual", "residual"), ("branches", "inception_net"), ("branches", "se_net")):
        for level in LEVELS:
            text = to_tikz(net(spec, model), level, legend=True)
            head, body = text.split(r"\begin{document}")
            styles = set(re.findall(r"^  ([a-z ]+)/\.style", head, re.MULTILINE))
            for options in re.findall(r"\\(?:node|draw)\[([^\]{]*)", body):
                used = {option.strip() for option in options.split(",")} - {"-", "size=", ""}
                assert used <= styles
            colors = set(re.findall(r"\\definecolor\{(\w+)\}", head))
            assert set(re.findall(r"arch[A-Z]\w+", text)) == colors


def test_without_an_engine_it_says_so(net: Net, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    without_pygraphviz(tmp_path, monkeypatch)
    with pytest.raises(RenderUnavailable):
        to_tikz(net("residual"))


@needs_tex
@pytest.mark.parametrize(("level", "theme"), list(zip(LEVELS, ("dark", *THEMES), strict=True)))
def test_latex_takes_every_level_and_theme(net: Net, tmp_path: Path, level: str, theme: str) -> None:
    direction = "LR" if level == "stage" else "TB"
    text = to_tikz(net("branches", "inception_net"), level, direction, theme=theme, legend=True)
    log = compiled(tmp_path, text)
    assert "Overfull" not in log
    assert "Missing character" not in log


@needs_tex
def test_latex_takes_every_name(tmp_path: Path) -> None:
    picture = everywhere(ALL)
    compiled(tmp_path, tikz(picture, placing(picture)))


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("spec", ["highway_mnist", "googlenet2014", "unet", "hourglass2", "digits_resnet8"])
def test_every_style_in_use_is_defined(spec: str, level: str, specs: Path) -> None:
    for chosen in resnet_dsl.load(specs / f"{spec}.rdl").models.values():
        text = to_tikz(chosen.network, level, legend=True)
        used = set(re.findall(r"(?:node|draw)\[([^,\]]+)", text))
        defined = set(re.findall(r"^  ([\w ]+)/\.style", text, re.MULTILINE))
        assert used
        assert used <= defined
