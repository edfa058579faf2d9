// What the page tells of one part: its line of the spec, shapes and costs.

function element(name, look, text, parent) {
  const made = document.createElement(name);
  if (look) made.className = look;
  if (text !== undefined) made.textContent = text;
  if (parent) parent.append(made);
  return made;
}

function fillCard(card, part, model, close) {
  card.replaceChildren();
  const button = element("button", "close", "×", card);
  button.type = "button";
  button.setAttribute("aria-label", "Close");
  button.addEventListener("click", close);
  element("h3", "", part.path || part.name, card);
  const what = part.kind === "run" ? `${part.members.length} × ${part.of}`
    : part.isBox ? `${part.kind}${part.of ? ` ${part.of}` : ""}` : part.what;
  element("p", "what", part.inference ? what : `${what}, ${part.never ? "never runs" : "in training only"}`, card);
  if (part.doc) element("p", "doc", part.doc, card);
  if (part.place) {
    const spec = element("div", "spec", undefined, card);
    element("span", "at", `${part.place.file}:${part.place.line}`, spec);
    element("code", "", part.place.text, spec);
    if (part.definition && part.definition !== part.place) {
      element("span", "at", `${part.definition.file}:${part.definition.line}`, spec);
      element("code", "", part.definition.text, spec);
    }
  }
  const facts = element("dl", "", undefined, card);
  for (const [name, value, note] of factsOf(part, model)) {
    element("dt", "", name, facts);
    const figure = element("dd", "", value, facts);
    if (note) element("span", "quiet", note, figure);
  }
  if (part.args) element("p", "args", `${part.isBox ? part.of : part.op}(${part.args})`, card);
}

function* factsOf(part, model) {
  const { cost } = part, { total } = model;
  const shape = part.ins && part.ins !== part.out ? `${sized(part.ins)} → ${sized(part.out)}` : sized(part.out);
  yield ["shape", shape, ""];
  if (!part.layers) return;
  if (part.isBox) yield ["operators", counted(part.layers), ""];
  yield ["params", counted(cost.params), share(cost.params, total.params)];
  if (cost.buffers) yield ["buffers", counted(cost.buffers), ""];
  yield ["MACs", counted(cost.macs), part.inference ? share(cost.macs, total.macs) : ""];
  if (cost.other) yield ["other ops", counted(cost.other), ""];
  yield ["activations", bytes(cost.activation), part.inference ? share(cost.activation, total.activation) : ""];
  yield ["saved", bytes(cost.saved), "for the backward pass"];
  if (part.field) yield ["field", part.field.includes("x") ? `${sized(part.field)} px` : part.field, part.isBox ? "at its end" : ""];
  if (!model.timed) return;
  yield ["time", duration(cost.seconds), share(cost.seconds, total.seconds)];
  if (cost.seconds) {
    const bound = 2 * cost.compute > cost.seconds ? "compute" : "memory";
    yield ["bound by", bound, `${threeDigits(cost.flops / Math.max(cost.moved, 1))} FLOPs/byte`];
  }
}

function share(part, whole) {
  return part && whole ? `${percent(part, whole)} of all` : "";
}

// Beside the part where there is room; narrow pages keep the card at their foot.
function placeCard(card, area, shape) {
  card.hidden = false;
  if (window.matchMedia("(max-width: 760px)").matches) {
    card.style.left = card.style.top = "";
    return;
  }
  const around = area.getBoundingClientRect(), box = shape.getBoundingClientRect();
  const gap = 14, { offsetWidth: width, offsetHeight: height } = card;
  let left = box.right - around.left + gap;
  if (left + width > around.width - 8) left = box.left - around.left - gap - width;
  if (left < 8) left = around.width - width - 8;
  const top = Math.min(Math.max(box.top - around.top, 8), Math.max(around.height - height - 8, 8));
  card.style.left = `${Math.round(left)}px`;
  card.style.top = `${Math.round(top)}px`;
}
