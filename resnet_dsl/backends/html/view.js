// Zoom and pan, with a mouse, a trackpad, fingers or keys.

const LEAST_SCALE = 0.004, MOST_SCALE = 4;

class View {
  constructor(canvas, changed, clicked) {
    this.canvas = canvas;
    this.changed = changed;
    this.clicked = clicked;
    this.at = { x: 0, y: 0, scale: 1 };
    this.pointers = new Map();
    canvas.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
    canvas.addEventListener("pointerdown", (event) => this.down(event));
    canvas.addEventListener("pointermove", (event) => this.moved(event));
    canvas.addEventListener("pointerup", (event) => this.up(event, true));
    canvas.addEventListener("pointercancel", (event) => this.up(event, false));
  }

  get size() {
    return { width: this.canvas.clientWidth, height: this.canvas.clientHeight };
  }

  set(x, y, scale) {
    this.at = { x, y, scale: Math.min(Math.max(scale, LEAST_SCALE), MOST_SCALE) };
    this.changed();
  }

  zoom(factor, x = this.size.width / 2, y = this.size.height / 2) {
    const before = this.at.scale, scale = Math.min(Math.max(before * factor, LEAST_SCALE), MOST_SCALE);
    this.set(x - ((x - this.at.x) * scale) / before, y - ((y - this.at.y) * scale) / before, scale);
  }

  pan(dx, dy) {
    this.set(this.at.x + dx, this.at.y + dy, this.at.scale);
  }

  // The whole of it, or as much from the top as can be read; controls and legend, of `top` and `foot` pixels, stay free.
  fit(layout, whole, top, foot) {
    const { width, height } = this.size, side = Math.min(28, width / 20);
    const across = (width - 2 * side) / layout.width, down = (height - top - foot) / layout.height;
    const scale = whole ? Math.min(across, down, 1.5) : Math.min(Math.max(across, 0.45), Math.max(down, 0.7), 1.2);
    const free = height - top - foot - layout.height * scale;
    const x = (width - layout.width * scale) / 2;
    this.set(Math.max(x, side), top + Math.max(free / 2, 0), scale);
  }

  // Brings a part into sight, as large as can be read.
  reveal(item) {
    const { width, height } = this.size;
    const scale = Math.min(Math.max(this.at.scale, 0.7), MOST_SCALE);
    const left = this.at.x + item.x * this.at.scale, top = this.at.y + item.y * this.at.scale;
    const isSeen = scale === this.at.scale && left > 8 && top > 8 && left + item.w * scale < width - 8 &&
      top + Math.min(item.h, 60) * scale < height - 8;
    if (isSeen) return;
    const middle = item.y + Math.min(item.h, (height * 0.7) / scale) / 2;
    this.set(width / 2 - (item.x + item.w / 2) * scale, height / 2 - middle * scale, scale);
  }

  wheel(event) {
    event.preventDefault();
    const box = this.canvas.getBoundingClientRect();
    const lines = event.deltaMode === 1 ? 18 : 1;
    const factor = Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016));
    this.zoom(factor, event.clientX - box.left, event.clientY - box.top);
  }

  down(event) {
    if (event.button !== 0) return;
    this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    if (this.pointers.size === 1) {
      this.travel = 0;
      this.pressed = event.target;
    }
  }

  moved(event) {
    const before = this.pointers.get(event.pointerId);
    if (!before) return;
    const now = [event.clientX, event.clientY];
    const dx = now[0] - before[0], dy = now[1] - before[1];
    this.travel += Math.hypot(dx, dy);
    if (this.travel > 4) this.canvas.setPointerCapture(event.pointerId);
    if (this.pointers.size === 2) this.pinch(event.pointerId, before, now);
    else if (this.travel > 4) this.pan(dx, dy);
    this.pointers.set(event.pointerId, now);
    this.canvas.classList.toggle("dragged", this.travel > 4);
  }

  pinch(id, before, now) {
    const other = [...this.pointers].find(([key]) => key !== id)[1];
    const box = this.canvas.getBoundingClientRect();
    const far = (point) => Math.max(Math.hypot(point[0] - other[0], point[1] - other[1]), 1);
    this.zoom(far(now) / far(before), (now[0] + other[0]) / 2 - box.left, (now[1] + other[1]) / 2 - box.top);
    this.pan((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
  }

  up(event, isClick) {
    if (!this.pointers.delete(event.pointerId)) return;
    this.canvas.classList.remove("dragged");
    if (isClick && this.travel <= 4 && !this.pointers.size) this.clicked(this.pressed);
  }
}
