// Which lane of its box everything stands in, and how the lines run.

// The path with most operators, then threads: branches, and lines that pass several ranks.
function assignLanes(vertices, edges, ranks) {
  const main = mainPath(vertices);
  const lane = new Set(main);
  const right = new Array(ranks).fill(0), left = new Array(ranks).fill(0);
  for (const vertex of main) {
    vertex.x = 0;
    left[vertex.rank] = vertex.axis;
    right[vertex.rank] = vertex.w - vertex.axis;
  }
  const threads = branches(vertices, lane);
  const beside = new Map();
  for (const edge of edges) {
    if (edge.back) continue;
    if (edge.inThread) continue;
    const follows = main.indexOf(edge.from) >= 0 && main[main.indexOf(edge.from) + 1] === edge.to;
    if (follows || edge.to.rank - edge.from.rank <= 1) continue;
    const key = `${edge.from.order},${edge.source}`;
    if (!beside.has(key)) beside.set(key, { cells: [], from: edge.from, w: 0, axis: 0, side: 0, edges: [], shortcut: false });
    const thread = beside.get(key);
    thread.edges.push(edge);
    thread.shortcut = thread.shortcut || edge.shortcut;
    edge.lane = thread;
  }
  for (const thread of [...beside.values()]) {
    thread.low = thread.from.rank + 1;
    thread.high = Math.max(...thread.edges.map((edge) => edge.to.rank - (edge.to.stack.length && !edge.to.tops ? 0 : 1)));
    threads.push(thread);
  }
  const length = (thread) => thread.high - thread.low;
  // What inference leaves out stands outside of all that it runs, and what never runs outside of that.
  const isAll = (thread, runs) => thread.cells.length > 0 && thread.cells.every((cell) => cell.part && runs(cell.part));
  const outside = (thread) => isAll(thread, (part) => !part.inference) + isAll(thread, (part) => part.never);
  threads.sort((a, b) => outside(a) - outside(b) || length(a) - length(b) || Math.abs(a.side) - Math.abs(b.side) || b.cells.length - a.cells.length);
  for (const thread of threads) placeThread(thread, left, right);
  return threads;
}

function mainPath(vertices) {
  const best = new Map();
  for (const vertex of vertices) {
    let score = 0, before = null;
    vertex.in.forEach((edge, i) => {
      // Of equal branches the middle one is on the axis.
      const centred = 0.001 * Math.min(i, vertex.in.length - 1 - i);
      const way = best.get(edge.from).score + (edge.shortcut ? -0.5 : 0) + centred;
      if (before === null || way > score) { score = way; before = edge.from; }
    });
    best.set(vertex, { score: score + vertex.weight, before });
  }
  const isEnd = (vertex) => (vertex.port !== undefined && !vertex.entry) || (vertex.part && vertex.part.terminal);
  let ends = vertices.filter((vertex) => isEnd(vertex) && (!vertex.part || vertex.part.inference));
  if (!ends.length) ends = vertices;
  let end = ends.reduce((a, b) => (best.get(b).score > best.get(a).score ? b : a));
  const path = [];
  for (; end; end = best.get(end).before) path.push(end);
  return path.reverse();
}

function branches(vertices, taken) {
  const threads = [], main = new Set(taken);
  for (const start of vertices) {
    if (taken.has(start)) continue;
    const cells = [start];
    taken.add(start);
    for (let at = start; at;) {
      const free = at.out.filter((edge) => !taken.has(edge.to));
      const next = free.sort((a, b) => b.to.weight - a.to.weight)[0];
      if (next) { next.inThread = true; cells.push(next.to); taken.add(next.to); }
      at = next && next.to;
    }
    threads.push(threadOf(cells, main));
  }
  return threads;
}

function threadOf(cells, main) {
  const own = new Set(cells), first = cells[0], last = cells[cells.length - 1];
  let slack = Infinity;
  for (const cell of cells) {
    for (const edge of cell.out) {
      if (!own.has(edge.to)) slack = Math.min(slack, edge.to.rank - cell.rank - 1);
    }
  }
  const fixed = cells.some((cell) => cell.port !== undefined);
  if (Number.isFinite(slack) && !fixed) for (const cell of cells) cell.rank += Math.floor(slack / 2);
  const enter = first.in.slice().sort((a, b) => b.from.rank - a.from.rank)[0];
  const leave = last.out.filter((edge) => !own.has(edge.to)).sort((a, b) => a.to.rank - b.to.rank)[0];
  const made = {
    cells,
    low: enter ? Math.min(first.rank, enter.from.rank + 1) : first.rank,
    high: leave ? Math.max(last.rank, leave.to.rank - (leave.to.isJoin ? 0 : 1)) : last.rank,
    axis: Math.max(...cells.map((cell) => cell.axis)),
    shortcut: Boolean(leave && leave.shortcut),
    side: 0,
  };
  // Branches that a join brings together stand in its order, on both sides of the main path.
  const middle = leave ? leave.to.in.findIndex((edge) => main.has(edge.from)) : -1;
  if (middle >= 0 && leave.to.in.length > 2) made.side = leave.to.in.indexOf(leave) - middle;
  made.w = made.axis + Math.max(...cells.map((cell) => cell.w - cell.axis));
  if (enter) { enter.inThread = true; enter.lane = made; }
  if (leave) { leave.inThread = true; leave.lane = made; }
  return made;
}

// To the side where there is more room; lines and shortcuts to the right.
function placeThread(thread, left, right) {
  const span = (ends) => Math.max(...ends.slice(thread.low, Math.max(thread.low, thread.high) + 1), 0);
  const toRight = span(right) + LANE + thread.axis;
  const toLeft = span(left) + LANE + (thread.w - thread.axis);
  const isRight = !thread.cells.length || thread.shortcut || (thread.side ? thread.side > 0 : toRight <= toLeft);
  thread.x = isRight ? toRight : -toLeft;
  for (let rank = thread.low; rank <= Math.max(thread.low, thread.high); rank++) {
    if (isRight) right[rank] = Math.max(right[rank], thread.x + thread.w - thread.axis);
    else left[rank] = Math.max(left[rank], -thread.x + thread.axis);
  }
  for (const cell of thread.cells) cell.x = thread.x;
}

function measureInterior(box, vertices, edges, threads, ranks) {
  const heights = new Array(ranks).fill(0), gaps = new Array(ranks).fill(GAP);
  for (const vertex of vertices) heights[vertex.rank] = Math.max(heights[vertex.rank], vertex.h);
  for (const edge of edges) {
    if (Math.abs(edge.from.x - edge.to.x) < 1 && !edge.lane) continue;
    gaps[edge.from.rank] = Math.max(gaps[edge.from.rank], GAP + 6);
    if (edge.to.rank > 0) gaps[edge.to.rank - 1] = Math.max(gaps[edge.to.rank - 1], GAP + 6);
  }
  const isRoot = !box.up, header = isRoot ? 0 : HEADER;
  const branches = edges.some((edge) => edge.from.entry && edge.lane);
  gaps[0] = isRoot ? 0 : branches ? 16 : 7;
  const tops = [];
  let y = 0;
  for (let rank = 0; rank < ranks; rank++) {
    if (rank === 0) { tops.push(0); heights[0] = header; y = header + gaps[0]; continue; }
    tops.push(y);
    y += heights[rank] + (rank < ranks - 1 ? gaps[rank] : 0);
  }
  const height = y + (isRoot ? 0 : heights[ranks - 1] ? PAD : 2);

  let least = Infinity, most = -Infinity;
  const spread = (low, high) => { least = Math.min(least, low); most = Math.max(most, high); };
  for (const vertex of vertices) spread(vertex.x - vertex.axis, vertex.x - vertex.axis + vertex.w);
  for (const thread of threads) spread(thread.x, thread.x);
  const pad = isRoot ? 0 : PAD;
  const title = isRoot ? 0 : textWidth(shortened(box.name || box.of, 34), 11.5, 600) + 26;
  const spare = Math.max(title + PAD - (most - least + 2 * pad), 0);
  const shift = pad - least + spare / 2;
  const made = { part: box, axis: shift, w: most - least + 2 * pad + spare, h: height };
  made.open = true;
  made.items = [];
  made.tops = new Map();
  made.bottoms = new Map();
  for (const vertex of vertices) {
    vertex.x += shift;
    vertex.y = tops[vertex.rank] + (heights[vertex.rank] - vertex.h) / 2;
    if (vertex.entry) { vertex.y = 0; made.tops.set(vertex.port, vertex.x); }
    else if (vertex.port !== undefined) { vertex.y = height; made.bottoms.set(vertex.port, vertex.x); }
    let below = vertex.y;
    for (const item of vertex.stack) {
      item.x = vertex.x - item.axis;
      item.y = below;
      below += item.h;
      made.items.push(item);
    }
  }
  for (const thread of threads) thread.x += shift;
  const rows = tops.map(() => []);
  for (const vertex of vertices) if (vertex.stack.length) rows[vertex.rank].push(vertex);
  const bands = { tops, heights, gaps, rows };
  made.lines = edges.map((edge) => route(edge, bands));
  return made;
}

// A line as a list of corners: down, across to its lane, down, across, down.
function route(edge, { tops, heights, gaps, rows }) {
  const { from, to } = edge;
  const startX = from.bottoms && from.bottoms.has(edge.source) ? from.x - from.axis + from.bottoms.get(edge.source) : from.x;
  const endX = to.tops && to.tops.has(edge.source) ? to.x - to.axis + to.tops.get(edge.source) : to.x;
  const startY = from.entry ? 0 : from.y + from.h, endY = to.y;
  const bottom = (rank) => tops[rank] + heights[rank];
  const leaveY = Math.max(startY, bottom(from.rank)) + gaps[from.rank] * 0.4;
  const enterY = to.rank > 0 ? Math.min(endY, tops[to.rank]) - Math.min(gaps[to.rank - 1] * 0.45, 10) : endY;
  // A lane that ends almost where it should goes there straight.
  const isClose = edge.lane && !edge.lane.cells.length && edge.lane.edges.length === 1 && Math.abs(edge.lane.x - endX) < 10;
  const laneX = edge.lane && !isClose ? edge.lane.x : endX;
  const points = [[startX, startY]];
  const isSide = to.stack.length && !to.tops && Math.abs(laneX - to.x) > to.w / 2;
  const [low, high] = [Math.min(laneX, to.x), Math.max(laneX, to.x)];
  const isFree = !isSide || rows[to.rank].every((other) => other === to || other.x - other.axis >= high || other.x - other.axis + other.w <= low);
  if (edge.back) {
    points.push([startX, leaveY], [endX, enterY], [endX, endY]);
  } else if (!edge.lane && Math.abs(startX - endX) < 0.5) {
    points.push([endX, endY]);
  } else {
    if (Math.abs(laneX - startX) > 0.5) points.push([startX, leaveY], [laneX, leaveY]);
    if (isSide && !isFree && to.isJoin) {  // over what stands beside it, and beside the line from above
      const x = to.x + Math.sign(laneX - to.x) * to.w / 4;
      points.push([laneX, enterY], [x, enterY], [x, endY]);
    } else if (isSide && (to.isJoin || edge.lane && !edge.lane.cells.includes(to))) {
      const middle = to.y + to.h / 2;
      const side = laneX > to.x ? to.x - to.axis + to.w : to.x - to.axis;
      points.push([laneX, middle], [side, middle]);
    } else {
      if (Math.abs(laneX - endX) > 0.5) points.push([laneX, enterY], [endX, enterY]);
      points.push([endX, endY]);
    }
  }
  // A shortcut leaves the main line; the way to there is the main line's.
  if (edge.shortcut && points.length > 2 && from.out.some((other) => !other.shortcut)) {
    points[0] = [startX, Math.max(startY, points[1][1] - 7)];
  }
  return { ...lineOf(edge), points };
}

// How a line looks: with an arrow where it ends, as a shortcut, as something that inference leaves out.
function lineOf({ from, to, shortcut }) {
  const looks = [from, to].filter((end) => end.part).map((end) => runsOf(end.part));
  const runs = ["never", "training"].find((look) => looks.includes(look)) || "";
  return { arrow: to.stack.length > 0 && !to.tops, shortcut, runs };
}

// Positions on the sheet, and how far each line reaches.
function absolute(item, x, y) {
  item.x += x;
  item.y += y;
  if (!item.open) return item;
  for (const inner of item.items) absolute(inner, item.x, item.y);
  for (const line of item.lines) {
    line.points = line.points.map(([px, py]) => [px + item.x, py + item.y]);
    const ys = line.points.map((point) => point[1]);
    line.low = Math.min(...ys);
    line.high = Math.max(...ys);
  }
  return item;
}
