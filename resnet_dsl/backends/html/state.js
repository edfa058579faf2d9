// What the reader has chosen. The address keeps it, so that a link shows the same.

const LEVELS = ["model", "stage", "block", "op"];

function stateFrom(hash, page, models) {
  const given = new URLSearchParams(hash.replace(/^#/, ""));
  const oneOf = (name, allowed, otherwise) => (allowed.includes(given.get(name)) ? given.get(name) : otherwise);
  const number = Number(given.get("model"));
  const model = Number.isInteger(number) && models[number] ? number : 0;
  const metrics = ["none", ...metricsOf(models[model])];
  const view = (given.get("view") || "").split(",").map(Number);
  const [column, order] = (given.get("sort") || "").split(".");
  const state = {
    model,
    level: oneOf("level", LEVELS, page.level),
    toggled: new Set((given.get("toggled") || "").split(".").filter((key) => models[model].parts.has(key))),
    colour: oneOf("colour", metrics, "macs"),
    by: oneOf("by", LEVELS, page.by),
    sort: COLUMNS.some((entry) => entry.id === column) ? { column, down: order === "down" } : { column: "", down: false },
    at: models[model].parts.get(given.get("at")) || null,
    view: view.length === 3 && view.every(Number.isFinite) && view[2] > 0 ? view : null,
  };
  return state;
}

function hashOf(state, page, view) {
  const entries = {
    model: state.model || "", level: state.level === page.level ? "" : state.level,
    toggled: [...state.toggled].join("."), colour: state.colour === "macs" ? "" : state.colour,
    by: state.by === page.by ? "" : state.by,
    sort: state.sort.column ? `${state.sort.column}.${state.sort.down ? "down" : "up"}` : "",
    at: state.at ? state.at.key : "",
    view: view ? `${Math.round(view.x)},${Math.round(view.y)},${view.scale.toFixed(3)}` : "",
  };
  const told = Object.entries(entries).filter(([, value]) => value !== "");
  return told.map(([name, value]) => `${name}=${value}`).join("&");
}

function metricsOf(model) {
  return Object.keys(METRICS).filter((name) => name !== "seconds" || model.timed);
}
