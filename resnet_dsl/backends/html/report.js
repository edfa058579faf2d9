// The report: diagram, card, table and search, and how one choice shows in all of them.

const page = JSON.parse(document.getElementById("data").textContent);
const $ = (id) => document.getElementById(id);
const models = page.models.map(readModel);
const state = stateFrom(window.location.hash, page, models);
const canvas = $("canvas"), card = $("card"), picture = $("picture");
const view = new View(canvas, viewChanged, clicked);
const drawing = new Drawing(canvas);
const table = new Rows($("scroll"), tableChose);
let layout = null, places = new Map(), hovered = null, found = [], foundAt = -1, movedByHand = false;

const model = () => models[state.model];
const isOpen = (box) => (box.opens <= LEVELS.indexOf(state.level)) !== state.toggled.has(box.key);

// --- drawing

function arrange() {
  layout = layoutModel(model(), isOpen);
  places = new Map();
  (function walk(item) {
    places.set(item.part.key, item);
    if (item.open) item.items.forEach(walk);
  })(layout.frame);
  draw();
}

function draw() {
  const metric = METRICS[state.colour];
  const leaves = [...places.values()].filter((item) => !item.open && item.part.layers && !item.part.never).map((item) => item.part);
  const most = metric ? leaves.reduce((top, part) => Math.max(top, metric.value(part.cost)), 0) : 0;
  const marked = new Set(found);
  drawing.draw(layout, view.at, {
    size: view.size, count: places.size,
    share: (part) => (metric && !part.never ? (most && part.layers ? metric.value(part.cost) / most : 0) : null),
    isChosen: (part) => part === state.at, isFound: (part) => marked.has(part),
  });
  legend(metric, most);
  pointTo();
}

function legend(metric, most) {
  const box = $("legend");
  box.replaceChildren();
  if (metric) {
    const title = element("span", "", metric.title, box);
    title.title = "Of one shape, on a scale that ends with the most expensive one in the picture";
    element("span", "quiet", "0", box);
    const ramp = svg("svg", { width: 120, height: 10, "aria-hidden": "true" }, box);
    for (let i = 0; i < 24; i++) svg("rect", { x: i * 5, y: 0, width: 5.3, height: 10 }, ramp).style.fill = shade(i / 23).fill;
    element("span", "quiet", most ? metric.told(most) : "0", box);
  } else {
    kindEntries(box);
  }
  const looks = new Set([...places.values()].map((item) => runsOf(item.part)));
  for (const [look, told] of [["training", "training only"], ["never", "never runs: no output needs it"]]) {
    if (!looks.has(look)) continue;
    const entry = element("span", "entry", undefined, box);
    svg("path", { d: "M0 6 H24", class: `line flow ${look}` }, svg("svg", { width: 24, height: 12, "aria-hidden": "true" }, entry));
    element("span", "", told, entry);
  }
}

function kindEntries(box) {
  const kinds = new Set([...places.values()].filter((item) => !item.part.isBox).map((item) => item.part.kind));
  for (const kind of ["conv", "linear", "pooling", "norm", "activation", "reshape", "regulariser"]) {
    if (!kinds.has(kind)) continue;
    const entry = element("span", "entry", undefined, box);
    svg("rect", { x: 0.5, y: 0.5, width: 11, height: 11, rx: 2, class: "body" },
      svg("g", { class: `op ${kind}` }, svg("svg", { width: 12, height: 12, "aria-hidden": "true" }, entry)));
    element("span", "", kind, entry);
  }
}

function viewChanged() {
  if (!layout) return;
  drawing.move(view.at);
  if (drawing.isStale(view.at)) requestAnimationFrame(() => drawing.isStale(view.at) && draw());
  tellCard();
  remember();
}

let waiting = 0;
function remember() {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    const hash = hashOf(state, page, movedByHand ? view.at : null);
    history.replaceState(null, "", hash ? `#${hash}` : window.location.pathname + window.location.search);
  }, 200);
}

// --- choosing

function choose(part, { reveal = false, row = true } = {}) {
  state.at = part;
  hovered = null;
  if (part && reveal) {
    for (const box of around(part)) if (!isOpen(box)) toggleKey(box);
    arrange();
    movedByHand = true;
    view.reveal(places.get(part.key) || layout.frame);
  }
  draw();
  if (row) table.mark(part);
  remember();
}

function toggleKey(box) {
  if (!state.toggled.delete(box.key)) state.toggled.add(box.key);
}

// Opens or folds a box; it stays where it is on the screen.
function toggle(box) {
  const before = places.get(box.key), { x, y, scale } = view.at;
  toggleKey(box);
  const [anchorX, anchorY] = [before.x + before.axis, before.y];
  arrange();
  const after = places.get(box.key);
  movedByHand = true;
  view.set(x + (anchorX - after.x - after.axis) * scale, y + (anchorY - after.y) * scale, scale);
}

function clicked(target) {
  const group = target.closest("[data-key]");
  const part = group && places.has(group.dataset.key) ? places.get(group.dataset.key).part : null;
  canvas.focus({ preventScroll: true });
  if (!part || part.terminal || group.classList.contains("frame")) return choose(null);
  if (part.isBox) {
    toggle(part);
    return choose(part);
  }
  return choose(state.at === part ? null : part);
}

function tableChose({ sort, row }) {
  if (sort) {
    state.sort = sort;
    showTable();
  } else if (row.model !== undefined) {
    setModel(row.model);
  } else {
    choose(row.part, { reveal: true });
  }
}

// --- the card

// The card follows the latest intent: what is chosen takes it from a pointer that rests, although the
// diagram moves below it; browsers then tell of a pointer that did not move.
let pointer = "";
function pointed(event) {
  const at = `${event.clientX},${event.clientY}`;
  if (at === pointer) return;
  pointer = at;
  const group = event.target.closest("[data-key]");
  const isPart = group && !group.classList.contains("frame");
  hovered = isPart ? model().parts.get(group.dataset.key) || null : null;
  tellCard();
}
canvas.addEventListener("pointerover", pointed);
canvas.addEventListener("pointermove", pointed);
canvas.addEventListener("wheel", () => { pointer = ""; }, { passive: true });
canvas.addEventListener("pointerleave", () => { hovered = null; tellCard(); });

function tellCard() {
  const part = (view.pointers.size && view.travel > 4 ? null : hovered) || state.at;
  const group = part && drawing.seen.get(part.key);
  if (!group) { card.hidden = true; return; }
  if (card.dataset.key !== part.key || card.dataset.model !== String(state.model)) fillCard(card, part, model(), () => choose(null));
  card.dataset.key = part.key;
  card.dataset.model = String(state.model);
  card.classList.toggle("kept", part === state.at);
  placeCard(card, picture, drawing.headers.get(part.key) || group);
}

function pointTo() {
  const isDrawn = state.at && drawing.seen.has(state.at.key);
  if (isDrawn) canvas.setAttribute("aria-activedescendant", `part-${state.at.key}`);
  else canvas.removeAttribute("aria-activedescendant");
  tellCard();
}
