// The data as objects: parts (boxes and operators), what they cost, and the lines between them.

const SUMMED = ["params", "buffers", "macs", "other", "activation", "saved", "seconds", "compute", "flops", "moved"];
const BOTH_GRAPHS = new Set(["params", "buffers", "saved", "seconds", "compute", "flops", "moved"]);
const QUIET_KINDS = new Set(["norm", "activation", "regulariser", "reshape", "identity"]);

function readModel(raw, index) {
  const texts = raw.texts;
  const places = raw.places.map(([file, line, text]) => ({ file: texts[file], line, text: texts[text] }));
  const column = (name) => raw.nodes[name] || [];
  const told = (name, i) => texts[raw.nodes[name][i]];
  const model = { index, raw, title: raw.title, doc: raw.doc, timed: raw.timed, batch: raw.batch };

  const rising = new Set(raw.rising);
  model.nodes = column("box").map((home, i) => {
    const node = {
      key: `n${i}`, id: i, isBox: false, home, name: told("name", i), path: told("path", i), op: told("op", i),
      kind: told("kind", i), label: told("label", i), args: told("args", i), ins: told("in", i), out: told("out", i),
      field: raw.nodes.spatial[i] ? told("field", i) : "", place: places[raw.nodes.place[i]],
      layers: raw.nodes.layer[i] ? 1 : 0, inference: raw.nodes.layer[i] < 2, never: raw.nodes.layer[i] === 3, rising: rising.has(i), cost: {},
    };
    for (const name of SUMMED) node.cost[name] = column(name)[i] || 0;
    node.lines = [];
    node.what = node.label;
    for (let at = 0; at < raw.lines[i].length; at += 2) {
      node.lines.push({ source: raw.lines[i][at], shortcut: raw.lines[i][at + 1] === 1 });
    }
    return node;
  });

  // What brings lines together is drawn as a sign; in words it has its name.
  for (const node of model.nodes) if (node.kind === "merge") node.what = node.op;
  model.boxes = raw.boxes.map((row, i) => ({
    key: `b${i}`, id: i, isBox: true, kind: row.kind, name: texts[row.name], of: texts[row.of], opens: row.opens,
    path: row.path === undefined ? "" : texts[row.path], args: row.args === undefined ? "" : texts[row.args],
    doc: row.doc === undefined ? "" : texts[row.doc], place: places[row.place], definition: places[row.definition],
    parent: row.parent, members: row.members, edges: [], enters: [], leaves: [],
  }));
  for (const box of model.boxes) {
    box.members = box.members.map((member) => (member < 0 ? model.boxes[-1 - member] : model.nodes[member]));
    box.up = box.parent < 0 ? null : model.boxes[box.parent];
  }
  for (const node of model.nodes) node.up = model.boxes[node.home];
  tellArms(model);
  for (let i = model.boxes.length - 1; i >= 0; i--) addUp(model.boxes[i]);
  for (const box of model.boxes) nameRun(box);

  model.root = model.boxes[0];
  model.layers = model.nodes.filter((node) => node.layers);
  model.outputs = raw.outputs.map(([name, node, auxiliary], i) => ({
    key: `o${i}`, isBox: false, terminal: true, kind: "output", name, label: name, node,
    inference: !auxiliary, rising: model.nodes[node].rising, out: model.nodes[node].out, cost: {}, layers: 0,
  }));
  model.parts = new Map([...model.boxes, ...model.nodes].map((part) => [part.key, part]));
  model.byPath = new Map([...model.nodes, ...model.boxes.filter((box) => box.path)].map((part) => [part.path, part]));
  tellLines(model);
  model.rows = { op: model.layers.map((node) => rowOf(node, [node])) };
  for (const by of ["block", "stage"]) model.rows[by] = grouped(model, raw.rows[by]);
  // A training step's time is more than that of its layers: the optimizer's step is in it too.
  model.total = { ...model.root.cost, seconds: raw.seconds };
  return model;
}

// What a box costs: MACs and outputs are of the inference graph, unless all of it is for training.
function addUp(box) {
  const inside = box.members;
  box.layers = inside.reduce((sum, part) => sum + part.layers, 0);
  box.inference = inside.some((part) => part.inference && part.layers) || !box.layers;
  box.never = box.layers > 0 && inside.every((part) => part.never || !part.layers);
  box.cost = {};
  for (const name of SUMMED) {
    box.cost[name] = inside.reduce(
      (sum, part) => sum + (BOTH_GRAPHS.has(name) || part.inference || !box.inference ? part.cost[name] : 0), 0);
  }
  const first = inside[0], last = inside[inside.length - 1];
  box.firstNode = first.isBox ? first.firstNode : first;
  box.lastNode = last.isBox ? last.lastNode : last;
  box.ins = box.firstNode.layers ? box.firstNode.ins : box.firstNode.out;
  box.out = box.lastNode.out;
  box.field = box.lastNode.field;
}

// Boxes that rise, those that hold a turn, and of these the cups: what reads them rises, too.
function tellArms(model) {
  for (let i = model.boxes.length - 1; i >= 0; i--) {
    const box = model.boxes[i];
    box.rising = box.members.every((part) => part.rising);
    box.mixed = !box.rising && box.members.some((part) => part.rising || part.mixed);
    box.cup = false;
  }
  for (const node of model.nodes) {
    for (const { source } of node.lines) {
      const inside = new Set(around(node));
      for (const box of around(model.nodes[source])) {
        if (inside.has(box)) break;
        box.cup = box.mixed && (box.read ? box.cup : true) && node.rising;
        box.read = true;
      }
    }
  }
}

function nameRun(box) {
  if (box.kind !== "run") return;
  const first = box.members[0], last = box.members[box.members.length - 1];
  box.path = `${first.path} .. ${last.path}`;
  box.name = `${first.name} … ${last.name}`;
  box.args = first.args;
  box.doc = first.doc;
  box.place = first.place;
  box.definition = first.definition;
}

// Each line, told for every box that it lies in, enters or leaves.
function tellLines(model) {
  const above = (node) => {
    const chain = [];
    for (let part = node; part.up; part = part.up) chain.push([part.up, part]);
    return chain;
  };
  const chains = model.nodes.map(above);
  for (const target of model.nodes) {
    for (const { source, shortcut } of target.lines) {
      const inside = new Map(chains[source]);
      let common = null;
      for (const [box, child] of chains[target.id]) {
        if (inside.has(box)) {
          common = box;
          box.edges.push({ from: inside.get(box), to: child, source, shortcut });
          break;
        }
        box.enters.push({ to: child, source, shortcut });
      }
      for (const [box, child] of chains[source]) {
        if (box === common) break;
        box.leaves.push({ from: child, source, shortcut });
      }
    }
  }
  for (const output of model.outputs) {
    for (const [box, child] of chains[output.node]) {
      if (box === model.root) box.edges.push({ from: child, to: output, source: output.node, shortcut: false });
      else box.leaves.push({ from: child, source: output.node, shortcut: false });
    }
  }
}

// The rows of a table by block or stage: the same ones as those of the other formats.
function grouped(model, rows) {
  let at = 0;
  return rows.map(([path, kind, count]) => {
    const layers = model.layers.slice(at, at + count);
    at += count;
    const part = model.byPath.get(model.raw.texts[path]);
    const row = rowOf(part || layers[0], layers);
    row.path = model.raw.texts[path];
    row.kind = model.raw.texts[kind];
    return row;
  });
}

function rowOf(part, layers) {
  const row = { part, layers: layers.length, path: part.path, kind: part.isBox ? part.of : part.what, cost: {} };
  for (const name of SUMMED) row.cost[name] = layers.reduce((sum, layer) => sum + layer.cost[name], 0);
  const [first, last] = layers.length ? [layers[0], layers[layers.length - 1]] : [part, part];
  row.ins = first.ins;
  row.out = last.out;
  row.inference = first.inference;
  row.never = first.never;
  return row;
}

// A part lies in the boxes around it, innermost first.
function* around(part) {
  for (let box = part.up; box; box = box.up) yield box;
}
