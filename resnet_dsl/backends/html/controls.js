// Keys, search and the controls around the diagram; at the end, the start of it all.

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
  view.fit(layout, whole, document.querySelector(".bar").offsetHeight + 12, $("legend").offsetHeight + 18);
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
let wide = canvas.clientWidth;
new ResizeObserver(() => {
  const before = wide;
  wide = canvas.clientWidth;
  if (!movedByHand) fit(false);
  else if (wide !== before) view.pan((wide - before) / 2, 0);
  draw();
}).observe(canvas);
// Paper is light, and has all totals.
for (const [event, isBefore] of [["beforeprint", true], ["afterprint", false]]) {
  window.addEventListener(event, () => {
    isPrinting = isBefore;
    document.querySelectorAll("details.totals").forEach((details) => { details.open = isBefore; });
    draw();
  });
}
const kept = state.view;
layout = layoutModel(model(), isOpen);
start();
if (kept) { movedByHand = true; view.set(...kept); draw(); } else fit(false);
if (state.at) table.mark(state.at);
