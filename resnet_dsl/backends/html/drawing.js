// The picture: what of the layout is in sight, as SVG. All text goes in as text.

const SVG = "http://www.w3.org/2000/svg";
const MOST_DRAWN_WHOLE = 300;  // parts; a larger picture is drawn as far as it is in sight
const SMALLEST_OPEN = 18, SMALLEST_DRAWN = 1.5;  // pixels on the screen
const LIGHT_SCALE = [[243, 247, 251], [198, 219, 239], [123, 173, 215], [49, 115, 181], [17, 64, 120]];
const DARK_SCALE = [[30, 38, 48], [34, 60, 92], [43, 98, 154], [91, 155, 216], [190, 220, 248]];

function svg(name, attributes, parent) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (parent) parent.append(element);
  return element;
}

let isPrinting = false;

function isDark() {
  return !isPrinting && window.matchMedia("(prefers-color-scheme: dark)").matches;
}

// A share of the largest cost as a colour, and whether ink on it has to be light.
function shade(share) {
  const stops = isDark() ? DARK_SCALE : LIGHT_SCALE;
  const at = Math.min(Math.max(share, 0), 1) * (stops.length - 1), low = Math.min(Math.floor(at), stops.length - 2);
  const rgb = stops[low].map((from, i) => Math.round(from + (stops[low + 1][i] - from) * (at - low)));
  const bright = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
  return { fill: `rgb(${rgb.join(",")})`, ink: bright < 140 ? "#ffffff" : "#16202b" };
}

class Drawing {
  constructor(canvas) {
    this.canvas = canvas;
    svg("title", {}, canvas).textContent = "Diagram of the network";
    const defs = svg("defs", {}, canvas);
    for (const kind of ["flow", "skip"]) {
      const marker = svg("marker", {
        id: `arrow-${kind}`, viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 6.5, markerHeight: 6.5, orient: "auto",
      }, defs);
      svg("path", { d: "M0 0.8 L8 4 L0 7.2 Z", class: `head ${kind}` }, marker);
    }
    this.sheet = svg("g", {}, canvas);
    this.seen = new Map();
  }

  // `view`: x, y and scale of the sheet on the screen. Draws what is in sight, and a margin.
  draw(layout, view, paint) {
    this.layout = layout;
    this.paint = paint;
    this.drawnAt = { ...view };
    this.move(view);
    const { width, height } = paint.size;
    this.whole = paint.count <= MOST_DRAWN_WHOLE;
    const margin = this.whole ? Infinity : 1;
    this.sight = {
      low: (-view.y - height * margin) / view.scale, high: (-view.y + height * (1 + margin)) / view.scale,
      left: (-view.x - width * margin) / view.scale, right: (-view.x + width * (1 + margin)) / view.scale,
    };
    this.scale = this.whole ? Infinity : view.scale;
    this.seen = new Map();
    this.headers = new Map();
    this.frames = document.createDocumentFragment();
    this.skips = document.createDocumentFragment();
    this.flows = document.createDocumentFragment();
    this.titles = document.createDocumentFragment();
    this.shapes = document.createDocumentFragment();
    this.drawOpen(layout.frame, 0);
    this.sheet.replaceChildren(this.frames, this.skips, this.flows, this.titles, this.shapes);
  }

  move(view) {
    this.sheet.setAttribute("transform", `translate(${view.x} ${view.y}) scale(${view.scale})`);
    this.canvas.classList.toggle("far", view.scale < 0.34);
  }

  // Whether the view has left what was drawn.
  isStale(view) {
    if (this.whole) return false;
    const { width, height } = this.paint.size, before = this.drawnAt;
    const ratio = view.scale / before.scale;
    const moved = Math.max(Math.abs(view.x - before.x * ratio) / width, Math.abs(view.y - before.y * ratio) / height);
    return ratio > 1.4 || ratio < 0.72 || moved > 0.8;
  }

  inSight(item) {
    const { low, high, left, right } = this.sight;
    return item.y < high && item.y + item.h > low && item.x < right && item.x + item.w > left;
  }

  drawOpen(item, depth) {
    if (item.open && item.h * this.scale < SMALLEST_OPEN) return this.drawShape(item, depth);
    if (!item.open) return this.drawShape(item, depth);
    if (item.part.up) this.drawFrame(item, depth);
    for (const line of item.lines) {
      const isSmall = (line.high - line.low) * this.scale < SMALLEST_DRAWN;
      if (line.high > this.sight.low && line.low < this.sight.high && !isSmall) this.drawLine(line);
    }
    let last = -Infinity;
    for (const inner of item.items) {
      if (!this.inSight(inner)) continue;
      if (inner.h * this.scale < SMALLEST_DRAWN) {
        if (Math.abs(inner.y - last) * this.scale < SMALLEST_DRAWN) continue;
        last = inner.y;
      }
      this.drawOpen(inner, depth + 1);
    }
    return undefined;
  }

  drawFrame(item, depth) {
    const { part } = item;
    const group = this.group(item, `frame ${part.kind} ${runsOf(part)}`, depth);
    svg("rect", { x: item.x, y: item.y, width: item.w, height: item.h, rx: 7 }, group);
    // The title stands above the line that enters, and is a button of its own.
    const header = svg("g", { class: "header", "data-key": part.key, "aria-hidden": "true" }, this.titles);
    this.headers.set(part.key, header);
    svg("rect", { x: item.x, y: item.y, width: item.w, height: HEADER, class: "hit" }, header);
    const x = item.x + 9, y = item.y + 16, name = shortened(part.name || part.of, 34);
    svg("path", { d: `M${x} ${y - 6} l6 0 l-3 4.5 z`, class: "fold" }, header);
    svg("text", { x: x + 11, y }, header).textContent = name;
    const free = item.w - Math.max(item.axis, textWidth(name, 11.5, 600) + 30) - 16;
    const of = part.kind === "run" ? `× ${part.members.length}` : part.of;
    if (of && of !== name && textWidth(of, 10.5, 400) < free) {
      svg("text", { x: item.x + item.w - 9, y, class: "of" }, header).textContent = of;
    }
    this.frames.append(group);
  }

  drawLine(line) {
    const kind = line.shortcut ? "skip" : "flow";
    const path = svg("path", { d: rounded(line.points), class: `line ${kind} ${line.runs}` });
    (line.shortcut ? this.skips : this.flows).append(path);
    if (line.arrow) path.setAttribute("marker-end", `url(#arrow-${kind})`);
  }

  drawShape(item, depth) {
    const { part, x, y } = item;
    const stacked = part.kind === "run" && !item.open;
    const w = item.w - (stacked ? STACK : 0), h = item.h - (stacked ? STACK : 0);
    const terminal = part.terminal || part.kind === "input";
    const join = isJoin(part);
    const look = [part.isBox ? "box" : "op", part.kind, runsOf(part), join ? "join" : "", terminal ? "terminal" : ""];
    const group = this.group(item, look.join(" "), depth);
    if (stacked) {
      for (const off of [STACK, STACK / 2]) svg("rect", { x: x + off, y: y + off, width: w, height: h, rx: 6, class: "behind" }, group);
    }
    const rx = join || terminal ? h / 2 : part.isBox ? 6 : QUIET_KINDS.has(part.kind) ? 2 : 4;
    const body = svg("rect", { x, y, width: w, height: h, rx, class: "body" }, group);
    const share = this.paint.share(part);
    if (share !== null && !terminal && !join) {
      const { fill, ink } = shade(share);
      body.style.fill = fill;
      group.classList.add(share > 0 ? "painted" : "blank");
      if (share > 0) group.style.setProperty("--on", ink);
    }
    if (!item.open) this.drawWords(part, { x, y, w, h }, group, terminal, join);
    this.shapes.append(group);
  }

  drawWords(part, { x, y, w, h }, group, terminal, join) {
    const [first, second] = wordsOf(part);
    const middle = x + w / 2;
    if (terminal) {
      const text = svg("text", { x: middle, y: y + h / 2 + 4, class: "name" }, group);
      svg("tspan", { class: "strong" }, text).textContent = first;
      svg("tspan", { class: "second", dx: 7 }, text).textContent = second;
    } else if (part.isBox) {
      svg("path", { d: `M${x + 9} ${y + 10} l4.5 3 l-4.5 3 z`, class: "fold" }, group);
      svg("text", { x: middle, y: y + 17, class: "name strong" }, group).textContent = first;
      svg("text", { x: middle, y: y + 31, class: "second" }, group).textContent = second;
    } else {
      svg("text", { x: middle, y: y + h / 2 + (join && first.length === 1 ? 5 : 4), class: "name" }, group).textContent = first;
    }
  }

  group(item, look, depth) {
    const { part } = item;
    const group = svg("g", { class: look, id: `part-${part.key}`, "data-key": part.key, role: "treeitem", "aria-level": depth + 1 });
    if (part.isBox) group.setAttribute("aria-expanded", item.open ? "true" : "false");
    group.setAttribute("aria-label", spoken(part));
    if (this.paint.isChosen(part)) { group.classList.add("chosen"); group.setAttribute("aria-selected", "true"); }
    if (this.paint.isFound(part)) group.classList.add("found");
    this.seen.set(part.key, group);
    return group;
  }
}

// What its look says of a part that inference leaves out.
function runsOf(part) {
  return part.never ? "never" : part.inference ? "" : "training";
}

function spoken(part) {
  const what = part.isBox ? `${part.kind} ${part.of}` : part.what || part.label;
  const cost = part.layers ? `, ${counted(part.cost.params)} params, ${counted(part.cost.macs)} MACs` : "";
  return `${part.path || part.name}: ${what}, ${sized(part.out)}${cost}`;
}

// A line through the corners, each rounded.
function rounded(points) {
  let d = `M${points[0][0]} ${points[0][1]}`;
  for (let i = 1; i < points.length - 1; i++) {
    const [ax, ay] = points[i - 1], [bx, by] = points[i], [cx, cy] = points[i + 1];
    const before = Math.hypot(bx - ax, by - ay), after = Math.hypot(cx - bx, cy - by);
    const r = Math.min(7, before / 2, after / 2);
    if (!(r > 0)) continue;
    d += ` L${bx - ((bx - ax) / before) * r} ${by - ((by - ay) / before) * r}`;
    d += ` Q${bx} ${by} ${bx + ((cx - bx) / after) * r} ${by + ((cy - by) / after) * r}`;
  }
  const [x, y] = points[points.length - 1];
  return `${d} L${x} ${y}`;
}
