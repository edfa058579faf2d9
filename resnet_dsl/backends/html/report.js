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
  const leaves = [...places.values()].filter((item) => !item.open && item.part.layers).map((item) => item.part);
  const most = metric ? Math.max(...leaves.map((part) => metric.value(part.cost)), 0) : 0;
  drawing.draw(layout, view.at, {
    size: view.size, count: places.size,
    share: (part) => (metric ? (most && part.layers ? metric.value(part.cost) / most : 0) : null),
    isChosen: (part) => part === state.at, isFound: (part) => found.includes(part),
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
    return;
  }
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

canvas.addEventListener("pointerover", (event) => {
  const group = event.target.closest("[data-key]");
  const isPart = group && !group.classList.contains("frame");
  hovered = isPart ? model().parts.get(group.dataset.key) || null : null;
  tellCard();
});
canvas.addEventListener("pointerleave", () => { hovered = null; tellCard(); });

function tellCard() {
  const part = (view.pointers.size && view.travel > 4 ? null : hovered) || state.at;
  const group = part && drawing.seen.get(part.key);
  if (!group) { card.hidden = true; return; }
  if (card.dataset.key !== part.key || card.dataset.model !== String(state.model)) fillCard(card, part, model());
  card.dataset.key = part.key;
  card.dataset.model = String(state.model);
  placeCard(card, picture, drawing.headers.get(part.key) || group);
}

function pointTo() {
  const isDrawn = state.at && drawing.seen.has(state.at.key);
  if (isDrawn) canvas.setAttribute("aria-activedescendant", `part-${state.at.key}`);
  else canvas.removeAttribute("aria-activedescendant");
  tellCard();
}

// --- keys of the diagram, those of a tree

canvas.addEventListener("keydown", (event) => {
  const shown = [...places.values()].filter((item) => !item.part.terminal && (item.part !== model().root || !item.open));
  const place = shown.findIndex((item) => item.part === state.at), here = shown[place];
  const go = (index) => shown[index] && choose(shown[index].part, { reveal: true });
  const box = here && here.part.isBox ? here.part : null;
  const actions = {
    ArrowDown: () => go(place + 1), ArrowUp: () => go(Math.max(place - 1, 0)), Home: () => go(0), End: () => go(shown.length - 1),
    ArrowRight: () => (box && !here.open ? openAndStay(box) : box && go(place + 1)),
    ArrowLeft: () => (box && here.open ? openAndStay(box) : here && here.part.up && here.part.up.up && choose(here.part.up, { reveal: true })),
    Enter: () => box && openAndStay(box), " ": () => box && openAndStay(box), Escape: () => choose(null),
    "+": () => view.zoom(1.25), "=": () => view.zoom(1.25), "-": () => view.zoom(0.8), 0: () => fit(true),
  };
  if (!actions[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  actions[event.key]();
});

function openAndStay(box) {
  toggle(box);
  choose(box);
  view.reveal(places.get(box.key));
}

// --- search

function search() {
  const words = $("search").value.trim().toLowerCase();
  const told = (part) => `${part.path} ${part.isBox ? part.of : part.op}`.toLowerCase();
  found = words ? [...model().parts.values()].filter((part) => part !== model().root && told(part).includes(words)) : [];
  found.sort((a, b) => orderOf(a) - orderOf(b));
  foundAt = -1;
  tellFound();
  draw();
}

function orderOf(part) {
  return part.isBox ? part.firstNode.id - 0.5 : part.id;
}

function tellFound() {
  const isAsked = $("search").value.trim() !== "";
  $("found").textContent = !isAsked ? "" : !found.length ? "nothing" : foundAt < 0 ? `${found.length}` : `${foundAt + 1} of ${found.length}`;
}

$("search").addEventListener("input", search);
$("search").addEventListener("keydown", (event) => {
  if (event.key === "Escape") { $("search").value = ""; search(); return; }
  if (event.key !== "Enter" || !found.length) return;
  foundAt = (foundAt + (event.shiftKey ? found.length - 1 : 1)) % found.length;
  tellFound();
  choose(found[foundAt], { reveal: true });
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.target.closest("input, select")) return;
  event.preventDefault();
  $("search").focus();
});

// --- the controls

function fit(whole) {
  movedByHand = false;
  view.fit(layout, whole);
  remember();
}

function setLevel(level) {
  state.level = level;
  state.toggled.clear();
  controls();
  arrange();
  fit(false);
}

function setModel(index) {
  Object.assign(state, { model: index, at: null, toggled: new Set() });
  if (state.colour === "seconds" && !model().timed) state.colour = "macs";
  start();
  fit(false);
}

function showTable() {
  const rows = state.by === "model"
    ? models.map((entry, i) => ({
      ...rowOf(entry.root, entry.layers), cost: entry.root.cost, path: entry.title, kind: entry.root.of, model: i, inference: true,
    }))
    : model().rows[state.by];
  table.show(rows, model(), state.by, state.sort);
  remember();
}

function controls() {
  for (const button of document.querySelectorAll("[data-level]")) {
    button.setAttribute("aria-pressed", String(button.dataset.level === state.level));
  }
  for (const button of document.querySelectorAll("[data-by]")) {
    button.setAttribute("aria-pressed", String(button.dataset.by === state.by));
  }
  const colour = $("colour");
  colour.replaceChildren();
  for (const name of [...metricsOf(model()), "none"]) {
    const option = element("option", "", METRICS[name] ? METRICS[name].title : "kind of operator", colour);
    option.value = name;
  }
  colour.value = state.colour;
  $("model").value = String(state.model);
}

function start() {
  document.querySelectorAll("[data-model]").forEach((part) => { part.hidden = Number(part.dataset.model) !== state.model; });
  search();
  controls();
  showTable();
  arrange();
}

document.body.classList.add("live");
for (const part of document.querySelectorAll("[data-live]")) part.hidden = false;
for (const details of document.querySelectorAll("details.totals")) details.open = false;
models.forEach((entry, i) => { element("option", "", entry.title, $("model")).value = String(i); });
$("chooser").hidden = models.length < 2;
$("model").addEventListener("change", (event) => setModel(Number(event.target.value)));
$("colour").addEventListener("change", (event) => { state.colour = event.target.value; draw(); remember(); });
$("fit").addEventListener("click", () => fit(true));
$("closer").addEventListener("click", () => view.zoom(1.3));
$("farther").addEventListener("click", () => view.zoom(1 / 1.3));
for (const button of document.querySelectorAll("[data-level]")) button.addEventListener("click", () => setLevel(button.dataset.level));
for (const button of document.querySelectorAll("[data-by]")) {
  button.addEventListener("click", () => { state.by = button.dataset.by; controls(); showTable(); table.mark(state.at); });
}
canvas.addEventListener("pointermove", () => { if (view.pointers.size) movedByHand = true; });
canvas.addEventListener("wheel", () => { movedByHand = true; }, { passive: true });
window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
new ResizeObserver(() => (movedByHand ? draw() : fit(false))).observe(canvas);
const kept = state.view;
layout = layoutModel(model(), isOpen);
start();
if (kept) { movedByHand = true; view.set(...kept); draw(); } else fit(false);
if (state.at) table.mark(state.at);
