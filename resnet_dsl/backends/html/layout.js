// Where everything stands. Each open box lays out its own interior: members in ranks by depth, the
// path with most operators on a straight axis, branches and shortcuts in lanes beside it.

const HEADER = 24, PAD = 12, GAP = 16, LANE = 16, QUIET_HEIGHT = 17, OP_HEIGHT = 26, BOX_HEIGHT = 40, JOIN = 22, STACK = 6;
const SYMBOLS = { add: "+", mul: "×" };
const measured = new Map();
const measuring = document.createElement("canvas").getContext("2d");

function textWidth(text, size, weight) {
  const key = `${weight}|${size}|${text}`;
  if (!measured.has(key)) {
    measuring.font = `${weight} ${size}px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif`;
    measured.set(key, measuring.measureText(text).width);
  }
  return measured.get(key);
}

function shortened(text, most) {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

// The words of a part's shape: first line, second line.
function wordsOf(part) {
  if (part.terminal || part.kind === "input") return [`${shortened(part.label, 30)}`, sized(part.out)];
  if (!part.isBox) return [SYMBOLS[part.op] && isJoin(part) ? SYMBOLS[part.op] : shortened(part.label, 44), ""];
  if (part.kind === "run") return [`${shortened(part.of, 28)} × ${part.members.length}`, sized(part.out)];
  const name = /^\d+$/.test(part.name) && part.of ? `${part.name} · ${part.of}` : part.name || part.of || part.kind;
  return [shortened(name, 34), sized(part.out)];
}

function isJoin(part) {
  return !part.isBox && part.kind === "merge" && part.lines.length > 1;
}

function layoutModel(model, isOpen) {
  const root = placed(model.root, isOpen, model);
  root.x = 0;
  root.y = 0;
  const frame = absolute(root, 0, 0);
  return { frame, width: root.w, height: root.h };
}

// A part with its size; an open box with its interior. `axis` is where its main line runs.
// `plain`: without arms.
function placed(part, isOpen, model, plain) {
  if (part.isBox && isOpen(part)) return interior(part, isOpen, model, plain);
  const [first, second] = wordsOf(part);
  if (isJoin(part)) {
    const w = first.length === 1 ? JOIN : Math.ceil(textWidth(first, 11, 400)) + 18;
    return { part, w, h: JOIN, axis: w / 2 };
  }
  const weight = part.isBox ? 600 : 400;
  const terminal = part.terminal || part.kind === "input";
  const quiet = QUIET_KINDS.has(part.kind);
  const size = quiet ? 10.5 : 12;
  let w = Math.max(textWidth(first, size, weight), textWidth(second, 10.5, 400)) + (part.isBox ? 34 : 22);
  if (terminal) w = textWidth(first, 12, 600) + textWidth(second, 11, 400) + 34;
  w = Math.ceil(Math.max(w, terminal ? 60 : 116));
  const h = part.isBox ? BOX_HEIGHT : quiet ? QUIET_HEIGHT : OP_HEIGHT;
  const stack = part.kind === "run" ? STACK : 0;
  return { part, w: w + stack, h: h + stack, axis: w / 2 };
}

// Operators that only go on with what the one above made, as norms do, stand right below it.
function cellsOf(box, isOpen, model, plain) {
  const readers = new Map(), sources = new Map();
  for (const edge of box.edges) {
    readers.set(edge.from, (readers.get(edge.from) || 0) + 1);
    sources.set(edge.to, [...(sources.get(edge.to) || []), edge.from]);
  }
  for (const edge of box.leaves) readers.set(edge.from, (readers.get(edge.from) || 0) + 1);
  for (const edge of box.enters) sources.set(edge.to, [...(sources.get(edge.to) || []), null]);
  const cells = [], home = new Map();
  const members = box.up ? box.members : [...box.members, ...model.outputs];
  for (const part of members) {
    const from = sources.get(part) || [];
    const above = from.length === 1 && from[0];
    const joins = above && !above.isBox && !isJoin(above) && above.kind !== "input" && readers.get(above) === 1;
    const turns = above && part.rising !== above.rising;  // it begins the other arm of a U
    if (joins && !turns && !part.isBox && QUIET_KINDS.has(part.kind) && part.lines.length === 1) {
      const cell = home.get(above);
      cell.stack.push(placed(part, isOpen, model, plain));
      home.set(part, cell);
      continue;
    }
    const cell = { stack: [placed(part, isOpen, model, plain)], index: cells.length, part };
    cells.push(cell);
    home.set(part, cell);
  }
  for (const cell of cells) {
    const first = cell.stack[0];
    cell.w = Math.max(...cell.stack.map((item) => item.w));
    if (cell.stack.length > 1) for (const item of cell.stack) { item.w = cell.w; item.axis = cell.w / 2; }
    cell.axis = cell.stack.length > 1 ? cell.w / 2 : first.axis;
    cell.h = cell.stack.reduce((sum, item) => sum + item.h, 0);
    cell.weight = cell.stack.reduce((sum, item) => sum + (item.part.isBox ? item.part.layers : 1), 0);
    cell.tops = first.tops;
    cell.bottoms = first.bottoms;
    cell.cup = Boolean(first.cup);
    cell.isJoin = isJoin(first.part);
  }
  return [cells, home];
}

function interior(box, isOpen, model, plain = false) {
  const [cells, home] = cellsOf(box, isOpen, model, plain);
  const port = (source, entry) => ({ stack: [], port: source, entry, w: 0, h: 0, axis: 0, weight: 0 });
  const entries = new Map(), exits = new Map();
  for (const { source } of box.enters) if (!entries.has(source)) entries.set(source, port(source, true));
  for (const { source } of box.leaves) if (!exits.has(source)) exits.set(source, port(source, false));
  const vertices = [...entries.values(), ...cells, ...exits.values()];
  vertices.forEach((vertex, i) => { vertex.order = i; vertex.out = []; vertex.in = []; });

  const edges = new Map();
  const connect = (from, to, source, shortcut) => {
    if (from === to) return;
    const key = `${from.order},${to.order},${(from.bottoms || to.tops) ? source : ""}`;
    const known = edges.get(key);
    if (known) known.shortcut = known.shortcut && shortcut;
    else edges.set(key, { from, to, source, shortcut });
  };
  for (const edge of box.enters) connect(entries.get(edge.source), home.get(edge.to), edge.source, edge.shortcut);
  for (const edge of box.edges) connect(home.get(edge.from), home.get(edge.to), edge.source, edge.shortcut);
  for (const edge of box.leaves) connect(home.get(edge.from), exits.get(edge.source), edge.source, edge.shortcut);
  for (const edge of edges.values()) {
    edge.back = edge.from.order >= edge.to.order;
    if (edge.back) continue;
    edge.from.out.push(edge);
    edge.to.in.push(edge);
  }
  const lines = [...edges.values()], arms = plain || lines.some((edge) => edge.back) ? null : armsOf(box, vertices);
  if (arms) {
    if (arms.exit) arms.exit.atTop = box.cup;
    return measureArms(box, arms, vertices, lines);
  }
  // Only a U knows what to do with a cup, whose exit is at its top.
  if (cells.some((cell) => cell.cup)) return interior(box, isOpen, model, true);
  const ranks = rankAll(vertices, exits.size > 0);
  const lanes = assignLanes(vertices, lines, ranks);
  return measureInterior(box, vertices, lines, lanes, ranks);
}

function rankAll(vertices, hasExits) {
  let deepest = 0;
  for (const vertex of vertices) {
    vertex.rank = vertex.in.reduce((rank, edge) => Math.max(rank, edge.from.rank + 1), vertex.entry ? 0 : 1);
    if (vertex.stack.length) deepest = Math.max(deepest, vertex.rank);
  }
  const last = deepest + (hasExits ? 1 : 0);
  for (const vertex of vertices) if (vertex.port !== undefined && !vertex.entry) vertex.rank = last;
  return last + 1;
}
