// Numbers and sizes as the other reports print them.

const METRICS = {
  params: { title: "Params", value: (cost) => cost.params, told: (n) => scaled(n, UNITS) },
  macs: { title: "MACs", value: (cost) => cost.macs, told: (n) => scaled(n, UNITS) },
  activation: { title: "Activations", value: (cost) => cost.activation, told: (n) => scaled(n, BYTES) },
  seconds: { title: "Time", value: (cost) => cost.seconds, told: duration },
};
const UNITS = ["", " k", " M", " G", " T", " P", " E"];
const BYTES = [" B", " kB", " MB", " GB", " TB", " PB"];

// Four significant digits with a decimal unit.
function scaled(number, units) {
  let value = number, unit = 0;
  while (unit < units.length - 1 && value >= (unit === 0 ? 1000 : 999.95)) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return `${Math.round(number)}${units[0]}`;
  return value.toFixed(value < 9.9995 ? 3 : value < 99.995 ? 2 : 1) + units[unit];
}

function counted(number) {
  return number ? number.toLocaleString("en-US") : "–";
}

function bytes(number) {
  return number ? scaled(number, BYTES) : "–";
}

function duration(seconds) {
  if (!(seconds > 0)) return "–";
  for (const [unit, scale] of [["s", 1], ["ms", 1e3], ["µs", 1e6]]) {
    if (seconds * scale >= 0.9995) return `${threeDigits(seconds * scale)} ${unit}`;
  }
  return `${threeDigits(seconds * 1e9)} ns`;
}

function threeDigits(number) {
  return number.toFixed(number < 9.995 ? 2 : number < 99.95 ? 1 : 0);
}

function percent(part, whole) {
  return part && whole ? `${((100 * part) / whole).toFixed(1)} %` : "–";
}

// Shapes with the sign of sizes: 64×56×56.
function sized(text) {
  return text.replace(/(\d)x(?=\d)/g, "$1×");
}
