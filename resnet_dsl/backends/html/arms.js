// Interiors in the form of a U: down on the left, up on the right, what skips the rest straight across.
// What rises is told by the data; where an interior is more than a U, it is laid out as any other.

const STEP = 22, ACROSS = 30, CLEAR = 10;

// The arms of an interior, or null. `pairs` are the ways across, the outermost first, `heads` what ends beside either way.
function armsOf(box, vertices) {
  if (!box.mixed) return null;
  const path = mainPath(vertices), at = new Map(path.map((vertex, i) => [vertex, i]));
  const rises = (vertex) => vertex.stack.length > 0 && vertex.stack.every((item) => item.part.rising);
  const isCell = (vertex) => vertex.stack.length > 0;
  const bottom = path.findIndex((vertex) => vertex.cup);
  let start = path.findIndex(rises);
  if (start < 0 && box.cup && bottom >= 0) start = bottom + 1;
  if (start < 1 || !isCell(path[start - 1]) || (bottom >= 0 && bottom !== start - 1)) return null;
  let end = start;
  while (end < path.length && rises(path[end])) end++;
  const tail = path.slice(end).filter(isCell);
  if (tail.some(rises) || vertices.some((vertex) => vertex.port !== undefined && !at.has(vertex))) return null;
  if (vertices.some((vertex) => !at.has(vertex) && (vertex.in.length !== 1 || vertex.out.length > 1))) return null;
  const pairs = [], heads = [];
  for (const from of path) {
    for (const edge of from.out) {
      const chain = [];
      let last = edge;
      for (; last && !at.has(last.to); last = last.to.out[0]) chain.push(last.to);
      const i = at.get(from), j = last ? at.get(last.to) : -1;
      if (!last) {
        if (from.entry || from.cup) return null;
        heads.push({ from, chain, first: edge, isLeft: i < start, passed: i === end - 1 && end < path.length });
        continue;
      }
      if (!chain.length && j === i + 1) continue;
      if (i >= start - 1 || j < start || j >= end) return null;
      pairs.push({ from, to: last.to, chain, first: edge, last });
    }
  }
  pairs.sort((a, b) => at.get(a.from) - at.get(b.from));
  const isNested = pairs.every((pair, i) => i === 0 ||
    (at.get(pair.from) > at.get(pairs[i - 1].from) && at.get(pair.to) < at.get(pairs[i - 1].to)));
  if (!isNested) return null;
  return {
    path, pairs, heads, tail, entry: path[0].entry ? path[0] : null,
    exit: isCell(path[path.length - 1]) ? null : path[path.length - 1],
    left: path.slice(0, start).filter(isCell), right: path.slice(start, end).reverse(),
  };
}

function measureArms(box, arms, vertices, edges) {
  for (const cell of arms.right) for (const item of cell.stack) turnOver(item);
  const header = box.up ? HEADER : 0;
  const heights = placeRows(arms, header);
  const bottom = placeHeads(arms, heights.bottom);
  const lanes = placeColumns(arms, heights.cup);
  const made = framed(box, arms, vertices, bottom + (box.up ? PAD : 0), lanes);
  made.lines = edges.map((edge) => ({ ...lineOf(edge), points: pointsOf(edge, arms, made, lanes) }));
  return made;
}

// What rises is laid out as everything else, and then upside down: it is entered from below.
function turnOver(item) {
  if (!item.open) return;
  const turned = (y) => (y <= 0 ? item.h : y >= item.h ? 0 : HEADER + item.h - y);
  for (const inner of item.items) {
    inner.y = HEADER + item.h - inner.y - inner.h;
    turnOver(inner);
  }
  for (const line of item.lines) line.points = line.points.map(([x, y]) => [x, turned(y)]);
}

// Where a way across leaves and arrives, from the top of its cell: beside it, or below an open box.
function leavesAt(cell) {
  if (cell.entry) return 0;
  return cell.bottoms ? cell.h + CLEAR : cell.h - cell.stack[cell.stack.length - 1].h / 2;
}

function arrivesAt(cell) {
  return cell.tops ? cell.h + CLEAR : cell.h - cell.stack[0].h / 2;
}

const isTall = (chain) => chain.length > 1 || chain.some((cell) => cell.tops);
const heightOf = (cells) => cells.reduce((sum, cell) => sum + cell.h + STEP, 0);

// Heights: row by row from the top, each as low as both of its ends ask for.
function placeRows({ left, right, pairs, tail, entry }, header) {
  const top = header ? header + CLEAR + 2 : 0;
  let [leftY, rightY, middleY] = [top, top, top], [atLeft, atRight] = [0, 0];
  for (const pair of pairs) {
    const { from, to, chain } = pair;
    const above = from.entry ? [] : left.slice(atLeft, left.indexOf(from));
    const before = right.slice(atRight, right.indexOf(to));
    const tall = isTall(chain);
    const drop = tall ? heightOf(chain) - STEP + 2 * CLEAR : 0, half = chain.length && !tall ? chain[0].h / 2 : 0;
    const least = from.entry ? top : leftY + heightOf(above) + leavesAt(from);
    pair.leaves = Math.max(least, rightY + heightOf(before) + arrivesAt(to) - drop, middleY + half);
    pair.arrives = pair.leaves + drop;
    if (!from.entry) from.y = pair.leaves - leavesAt(from);
    to.y = pair.arrives - arrivesAt(to);
    spread(above, leftY, from.entry ? leftY : from.y - STEP);
    spread(before, rightY, to.y - STEP);
    let below = pair.leaves + (tall ? CLEAR : -half);
    for (const cell of chain) { cell.y = below; below += cell.h + STEP; }
    leftY = from.entry ? pair.leaves + STEP : from.y + from.h + STEP;
    rightY = Math.max(to.y + to.h, pair.arrives) + STEP;
    middleY = pair.arrives + half + CLEAR;
    atLeft = from.entry ? 0 : left.indexOf(from) + 1;
    atRight = right.indexOf(to) + 1;
  }
  const bottom = left[left.length - 1], above = left.slice(atLeft, -1), before = right.slice(atRight);
  const isOpen = Boolean(bottom.bottoms), turn = rightY + heightOf(before);
  bottom.y = Math.max(leftY + heightOf(above), right.length ? turn - (isOpen ? 0 : STEP - CLEAR + bottom.h / 2) : 0);
  spread(above, leftY, bottom.y - STEP);
  spread(before, rightY, right.length ? bottom.y + (isOpen ? -STEP : bottom.h / 2 - CLEAR) : 0);
  let y = bottom.y + bottom.h + (isOpen && !bottom.cup ? CLEAR : 0);
  for (const cell of tail) { cell.y = y + STEP; y = cell.y + cell.h; }
  return { bottom: y, cup: bottom };
}

// Cells one below the other between two heights, what is left over evenly around them.
function spread(cells, low, high) {
  const free = Math.max(high - low - heightOf(cells) + STEP, 0) / (cells.length + 1);
  let y = low;
  for (const cell of cells) { cell.y = y + free; y = cell.y + cell.h + STEP; }
}

// Columns: the way down on an axis at 0, the ways across, the way up, and a lane back down.
function placeColumns({ left, right, pairs, heads, tail, exit }, bottom) {
  const most = (cells, value) => Math.max(0, ...cells.map(value));
  const after = (cell) => cell.w - cell.axis, isOpen = Boolean(bottom.bottoms);
  const beside = most(left.filter((cell) => cell !== bottom || !isOpen), after);
  const chains = pairs.flatMap((pair) => pair.chain), wide = most(chains, (cell) => cell.w);
  const middle = beside + ACROSS;
  let axis = middle + (wide ? wide + ACROSS : 0) + most(right, (cell) => cell.axis);
  const cupX = bottom.cup ? Math.max(...bottom.bottoms.values()) - bottom.axis : 0;
  if (bottom.cup) axis = Math.max(axis, cupX);
  else if (isOpen) axis = Math.max(axis, after(bottom) + CLEAR);
  for (const cell of [...left, ...tail]) cell.x = 0;
  for (const cell of right) cell.x = axis;
  for (const cell of chains) cell.x = middle + wide / 2 - cell.w / 2 + cell.axis;
  let edge = Math.max(axis + most(right, after), after(bottom), most(tail, after));
  let least = -most([...left, ...tail], (cell) => cell.axis);
  for (let column = 0; heads.some((head) => head.column >= column); column++) {
    const [onLeft, onRight] = [true, false].map((isLeft) =>
      heads.filter((head) => head.column === column && head.isLeft === isLeft).flatMap((head) => head.chain));
    for (const cell of onRight) cell.x = edge + ACROSS + most(onRight, (other) => other.axis);
    for (const cell of onLeft) cell.x = least - ACROSS - most(onLeft, after);
    edge = Math.max(edge, ...onRight.map((cell) => cell.x + after(cell)));
    least = Math.min(least, ...onLeft.map((cell) => cell.x - cell.axis));
  }
  const goesDown = tail.length > 0 || (exit && !exit.atTop);
  return { axis: right.length || !bottom.cup ? axis : cupX, lane: edge + LANE, edge: goesDown ? edge + LANE : edge, least };
}

// The box with all that is in it, in its own coordinates.
function framed(box, { entry, exit, right }, vertices, height, lanes) {
  const pad = box.up ? PAD : 0;
  const title = box.up ? textWidth(shortened(box.name || box.of, 34), 11.5, 600) + 26 : 0;
  const spare = Math.max(title + PAD - (lanes.edge - lanes.least + 2 * pad), 0);
  const shift = pad - lanes.least + spare / 2;
  const made = { part: box, axis: shift, w: lanes.edge - lanes.least + 2 * pad + spare, h: height };
  Object.assign(made, { open: true, items: [], tops: new Map(), bottoms: new Map(), cup: Boolean(exit && exit.atTop) });
  lanes.lane += shift;
  if (entry) { entry.x = 0; entry.y = 0; }
  if (exit) { exit.x = (made.cup ? lanes.axis : lanes.lane - shift); exit.y = made.cup ? 0 : height; }
  for (const vertex of vertices) {
    vertex.x += shift;
    let y = vertex.y;
    for (const item of right.includes(vertex) ? vertex.stack.slice().reverse() : vertex.stack) {
      item.x = vertex.x - item.axis;
      item.y = y;
      y += item.h;
    }
    made.items.push(...vertex.stack);
  }
  if (entry) made.tops.set(entry.port, entry.x);
  if (exit) made.bottoms.set(exit.port, exit.x);
  return made;
}

// The corners of a line.
function pointsOf(edge, { left, right, pairs, heads, tail, exit }, made, lanes) {
  const { from, to, source } = edge;
  const outX = from.bottoms ? from.x - from.axis + from.bottoms.get(source) : from.x;
  const inX = to.tops ? to.x - to.axis + to.tops.get(source) : to.x;
  const rightOf = (cell) => cell.x - cell.axis + cell.w, leftOf = (cell) => cell.x - cell.axis;
  const pair = pairs.find(({ first, last, chain }) => edge === first || edge === last || chain.includes(from));
  if (pair) {
    const points = [];
    const isFirst = edge === pair.first, isLast = edge === pair.last, isUp = isTall(pair.chain);
    if (!isFirst) points.push(isUp ? [outX, from.y + from.h] : [rightOf(from), pair.arrives]);
    else if (from.entry) points.push([outX, pair.leaves]);
    else points.push(...(from.bottoms ? [[outX, from.y + from.h], [outX, pair.leaves]] : [[rightOf(from), pair.leaves]]));
    if (!isLast) return [...points, ...(isUp ? (isFirst ? [[inX, pair.leaves]] : []).concat([[inX, to.y]]) : [[leftOf(to), pair.leaves]])];
    if (!isFirst && isUp) points.push([outX, pair.arrives]);
    return [...points, ...(to.tops ? [[inX, pair.arrives], [inX, to.y + to.h]] : [[leftOf(to), pair.arrives]])];
  }
  const head = heads.find(({ first }) => edge === first);
  if (head) {
    const { isLeft, leaves, hangs } = head, out = right.includes(from) ? from.y : from.y + from.h;
    const start = from.bottoms ? [[outX, out], [outX, leaves]] : [[isLeft ? leftOf(from) : rightOf(from), leaves]];
    return [...start, ...(hangs ? [[inX, leaves], [inX, to.y]] : [[isLeft ? rightOf(to) : leftOf(to), leaves]])];
  }
  const bottom = left[left.length - 1], last = right.length ? right[0] : bottom;
  const rises = right.includes(from) || from === bottom && from.cup;
  if (from === last && (tail.includes(to) || (exit && to === exit && !exit.atTop))) {
    const y = from.bottoms ? from.y - CLEAR : from.y + from.stack[from.stack.length - 1].h / 2;
    const start = from.bottoms ? [[outX, from.y], [outX, y]] : [[rightOf(from), y]];
    if (to === exit) return [...start, [lanes.lane, y], [lanes.lane, made.h]];
    return [...start, [lanes.lane, y], [lanes.lane, to.y - CLEAR], [inX, to.y - CLEAR], [inX, to.y]];
  }
  if (to.port !== undefined && rises) return bent([outX, from.y], [to.x, 0]);
  if (right.includes(to) && from === bottom && !from.cup) {
    if (!from.bottoms) return [[rightOf(from), from.y + from.h / 2], [inX, from.y + from.h / 2], [inX, to.y + to.h]];
    const y = from.y + from.h + CLEAR;
    return [[outX, from.y + from.h], [outX, y], [inX, y], [inX, to.y + to.h]];
  }
  if (right.includes(to)) return bent([outX, from.y], [inX, to.y + to.h], from === bottom ? from.y - CLEAR / 2 : undefined);
  const leaves = from.bottoms ? from.y + from.h + CLEAR : undefined;  // where all lines of an open box do
  return bent([outX, from.entry ? 0 : from.y + from.h], [inX, to.port === undefined ? to.y : made.h], leaves);
}

// From a height to another one, and to the side half way.
function bent([x, y], [toX, toY], middle = (y + toY) / 2) {
  if (Math.abs(x - toX) < 0.5) return [[x, y], [toX, toY]];
  return [[x, y], [x, middle], [toX, middle], [toX, toY]];
}
