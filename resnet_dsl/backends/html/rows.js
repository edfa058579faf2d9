// The table: rows by operator, block or stage, in any order. Only rows in sight are in the document,
// so that thousands of them scroll as a few do.

const ROW_HEIGHT = 26, SPARE_ROWS = 12;

const COLUMNS = [
  { id: "path", title: "Path", of: (row) => row.path, text: (row) => row.path + (row.inference ? "" : row.never ? " (never runs)" : " *"), name: true, most: 27 },
  { id: "kind", title: "Kind", of: (row) => row.kind, text: (row) => row.kind, name: true },
  { id: "params", title: "Params", of: (row) => row.cost.params, text: (row) => counted(row.cost.params) },
  { id: "macs", title: "MACs", of: (row) => row.cost.macs, text: (row) => counted(row.cost.macs) },
  { id: "seconds", title: "Time", of: (row) => row.cost.seconds, text: (row) => duration(row.cost.seconds), timed: true },
  {
    id: "share", title: "Share", of: (row) => (row.inference ? row.cost.macs : -1),
    text: (row, model) => (row.inference ? percent(row.cost.macs, model.total.macs) : "–"),
    bar: (row, model) => (row.inference && model.total.macs ? row.cost.macs / model.total.macs : 0), not: "model",
  },
  { id: "activation", title: "Activations", of: (row) => row.cost.activation, text: (row) => bytes(row.cost.activation) },
  { id: "out", title: "Output", of: (row) => row.out.split("x").reduce((a, b) => a * b, 1), text: (row) => sized(row.out) },
  { id: "layers", title: "Ops", of: (row) => row.layers, text: (row) => counted(row.layers), not: "op" },
  { id: "ins", title: "Input", of: (row) => row.ins, text: (row) => sized(row.ins) },
  { id: "other", title: "Other ops", of: (row) => row.cost.other, text: (row) => counted(row.cost.other) },
  { id: "saved", title: "Saved", of: (row) => row.cost.saved, text: (row) => bytes(row.cost.saved) },
];

class Rows {
  constructor(area, chosen) {
    this.area = area;
    this.table = area.querySelector("table");
    this.chosen = chosen;
    this.area.addEventListener("scroll", () => this.fill());
    new ResizeObserver(() => this.fill()).observe(area);
    this.table.addEventListener("click", (event) => this.click(event));
    this.table.addEventListener("keydown", (event) => this.key(event));
  }

  show(rows, model, by, sort) {
    this.model = model;
    this.by = by;
    this.sort = sort;
    this.columns = COLUMNS.filter((column) => column.not !== by && (!column.timed || model.timed));
    const column = this.columns.find((entry) => entry.id === sort.column);
    this.rows = column ? sorted(rows, column, sort.down) : rows;
    this.head();
    this.first = -1;
    this.fill();
  }

  head() {
    const row = element("tr", "");
    for (const column of this.columns) {
      const cell = element("th", column.name ? "" : "number", undefined, row);
      cell.scope = "col";
      const isSorted = this.sort.column === column.id;
      cell.setAttribute("aria-sort", !isSorted ? "none" : this.sort.down ? "descending" : "ascending");
      const button = element("button", "", column.title, cell);
      button.type = "button";
      button.dataset.column = column.id;
    }
    this.table.tHead.replaceChildren(row);
    this.table.setAttribute("aria-rowcount", String(this.rows.length + 1));
  }

  fill() {
    if (!this.rows) return;
    const seen = Math.ceil(this.area.clientHeight / ROW_HEIGHT) + 2 * SPARE_ROWS;
    const most = Math.max(0, this.rows.length - seen);
    const first = Math.min(most, Math.max(0, Math.floor(this.area.scrollTop / ROW_HEIGHT) - SPARE_ROWS));
    if (first === this.first && seen === this.seenRows) return;
    this.first = first;
    this.seenRows = seen;
    const body = document.createDocumentFragment();
    const shown = this.rows.slice(first, first + seen);
    this.space(body, first);
    shown.forEach((row, i) => body.append(this.row(row, first + i)));
    this.space(body, this.rows.length - first - shown.length);
    const focused = this.table.contains(document.activeElement) && document.activeElement.dataset.row;
    this.table.tBodies[0].replaceChildren(body);
    if (focused) this.focus(Number(focused));
  }

  space(body, rows) {
    if (rows <= 0) return;
    const cell = element("td", "space", undefined, element("tr", "space", undefined, body));
    cell.colSpan = this.columns.length;
    cell.style.height = `${rows * ROW_HEIGHT}px`;
    cell.parentElement.setAttribute("aria-hidden", "true");
  }

  row(row, place) {
    const line = element("tr", row.inference ? "" : "training");
    line.dataset.row = place;
    line.tabIndex = place === this.first ? 0 : -1;
    line.setAttribute("aria-rowindex", String(place + 2));
    const isChosen = row.model === undefined ? row.part === this.part : row.model === this.model.index;
    line.setAttribute("aria-selected", String(isChosen));
    this.columns.forEach((column, i) => {
      const text = column.text(row, this.model);
      const cell = element(i ? "td" : "th", column.name ? "name" : "number", column.most ? cut(text, column.most) : text, line);
      if (!i) cell.scope = "row";
      if (column.name) cell.title = text;
      if (column.bar) cell.style.setProperty("--part", `${(100 * column.bar(row, this.model)).toFixed(2)}%`);
    });
    return line;
  }

  // Marks the row of a part, or of what is around it, and scrolls to it.
  mark(part) {
    this.part = null;
    let place = -1;
    for (let at = part; at && place < 0; at = at.up) {
      if (!at.up && at.isBox) break;
      place = this.rows.findIndex((row) => row.part === at);
      if (place < 0 && at === part && !at.isBox) place = this.rows.findIndex((row) => !row.part.isBox && row.part === at);
      if (place >= 0) this.part = this.rows[place].part;
    }
    this.first = -1;
    if (place >= 0) this.scrollTo(place);
    this.fill();
  }

  scrollTo(place) {
    const top = place * ROW_HEIGHT, room = this.area.clientHeight - 40;
    if (top < this.area.scrollTop || top + ROW_HEIGHT > this.area.scrollTop + room) {
      this.area.scrollTop = Math.max(0, top - room / 2);
    }
  }

  focus(place) {
    if (place < 0 || place >= this.rows.length) return;
    this.scrollTo(place);
    this.fill();
    const line = this.table.querySelector(`tr[data-row="${place}"]`);
    if (line) line.focus({ preventScroll: true });
  }

  click(event) {
    const button = event.target.closest("button[data-column]");
    if (button) {
      const column = button.dataset.column, isSame = this.sort.column === column;
      const isName = COLUMNS.find((entry) => entry.id === column).name;
      const isSecond = isSame && this.sort.down === !isName;
      // First the useful order, then the other one, then that of execution.
      const sort = !isSame ? { column, down: !isName } : isSecond ? { column, down: isName } : { column: "", down: false };
      this.chosen({ sort });
      this.table.querySelector(`button[data-column="${column}"]`).focus();
      return;
    }
    const line = event.target.closest("tr[data-row]");
    if (line) this.chosen({ row: this.rows[Number(line.dataset.row)] });
  }

  key(event) {
    const line = event.target.closest("tr[data-row]");
    if (!line) return;
    const place = Number(line.dataset.row);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: 12, PageUp: -12 }[event.key];
    if (step) this.focus(Math.min(Math.max(place + step, 0), this.rows.length - 1));
    else if (event.key === "Enter" || event.key === " ") this.chosen({ row: this.rows[place] });
    else return;
    event.preventDefault();
  }
}

// Both ends of a path tell something.
function cut(text, most) {
  const head = Math.floor(most / 3);
  return text.length <= most ? text : `${text.slice(0, head)}…${text.slice(text.length - (most - head - 1))}`;
}

function sorted(rows, column, down) {
  const order = new Map(rows.map((row, i) => [row, i]));
  return rows.slice().sort((a, b) => {
    const [x, y] = [column.of(a), column.of(b)];
    const by = column.name || typeof x === "string" ? String(x).localeCompare(String(y), "en", { numeric: true }) : x - y;
    return (down ? -by : by) || order.get(a) - order.get(b);
  });
}
