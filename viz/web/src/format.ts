// Numbers and flags in words.

/** Short, for labels: 4 significant figures. */
export function short(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  const text = size >= 1e5 || size < 1e-3 ? value.toExponential(3).replace(/\.?0+e/, "e") : String(Number(value.toPrecision(4)));
  return text.replace("-", "−").replace("e+", "e");
}

/** Every digit of the double: the shortest text that reads back the same. */
export function full(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return String(value);
}

/** As C's %a prints it. */
export function hexFloat(value: number): string {
  if (!Number.isFinite(value)) return full(value);
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const sign = bits >> 63n ? "-" : "";
  const exponent = Number((bits >> 52n) & 0x7ffn);
  const fraction = bits & 0xfffffffffffffn;
  if (exponent === 0 && fraction === 0n) return `${sign}0x0p+0`;
  const lead = exponent === 0 ? "0" : "1";
  const power = exponent === 0 ? -1022 : exponent - 1023;
  const hex = fraction.toString(16).padStart(13, "0").replace(/0+$/, "");
  return `${sign}0x${lead}${hex ? `.${hex}` : ""}p${power < 0 ? "" : "+"}${power}`;
}

/** Digits in bits, one decimal. */
export function bits(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  return value.toFixed(1).replace("-", "−");
}

/** The same digits counted in tens. */
export function decimal(value: number): string {
  return (value * Math.LOG10E * Math.LN2).toFixed(1).replace("-", "−");
}

export function integer(value: number): string {
  return value.toLocaleString("en").replace(/,/g, "\u202f");
}

export function bytes(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit ? value.toPrecision(3) : value} ${units[unit]}`;
}

export function duration(ns: number): string {
  if (ns < 0) return "–";
  if (ns < 1e3) return `${ns} ns`;
  if (ns < 1e6) return `${(ns / 1e3).toPrecision(3)} µs`;
  if (ns < 1e9) return `${(ns / 1e6).toPrecision(3)} ms`;
  return `${(ns / 1e9).toPrecision(4)} s`;
}

export function date(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, 19) + " UTC";
}

export function plural(n: number, one: string, many = `${one}s`): string {
  return `${integer(n)} ${n === 1 ? one : many}`;
}

const VALUE_FLAGS: [number, string][] = [
  [1, "did not vary"],
  [2, "mean is zero"],
  [4, "computed zero"],
  [8, "NaN or Inf in some runs"],
  [16, "fewer than two finite samples"],
  [32, "a sample of its elements is stored"],
  [64, "shape or type differs between runs"],
  [128, "missing in some runs"],
  [256, "one run only"],
  [512, "NaN or Inf in all runs"],
  [1024, "samples not normal: believe General"],
  [2048, "biased against the reference"],
  [4096, "some numbers are of the added runs alone"],
];
const CALL_FLAGS: [number, string][] = [
  [1, "not in all runs"],
  [2, "not in the pivot run"],
  [4, "raised an exception"],
  [8, "values differ between runs"],
  [16, "off the main thread"],
  [32, "still open at the end"],
  [64, "NaN or Inf in an output"],
];
const FUNCTION_FLAGS: [number, string][] = [
  [1, "source"],
  [2, "NaN or Inf"],
  [4, "divergent"],
  [8, "raised"],
];
const RUN_FLAGS: [number, string][] = [
  [1, "not sealed"],
  [2, "damaged in part"],
  [4, "partial"],
  [8, "reference"],
  [16, "pivot"],
];

const words = (table: [number, string][]) => (flags: number): string[] =>
  table.filter(([bit]) => flags & bit).map(([, text]) => text);

export const valueFlags = words(VALUE_FLAGS);
export const callFlags = words(CALL_FLAGS);
export const functionFlags = words(FUNCTION_FLAGS);
export const runFlags = words(RUN_FLAGS);

const KINDS = ["", "Python", "ufunc", "ufunc method", "builtin", "method", "Cython", "Fortran", "type", "scalar"];

export function kindName(kind: number): string {
  return KINDS[kind] ?? "other";
}

export function shapeText(shape: number[]): string {
  return shape.length ? shape.join(" × ") : "scalar";
}

const TYPES: Record<string, string> = { f: "float", c: "complex", i: "int", u: "uint", b: "bool" };

/** "<f8" as people say it: float64. */
export function dtypeName(dtype: string): string {
  const match = /^[<>|=]?([fciub])(\d+)$/.exec(dtype);
  if (!match) return dtype;
  return match[1] === "b" ? "bool" : `${TYPES[match[1]]}${Number(match[2]) * 8}`;
}

/** Mantissa bits of a dtype: what its digits can reach. */
export function precisionOf(dtype: string): number {
  if (/[fc]/.test(dtype)) {
    const each = Number(/\d+$/.exec(dtype)?.[0] ?? 8) / (dtype.includes("c") ? 2 : 1);
    return { 2: 11, 4: 24, 8: 53, 16: 64 }[each] ?? 53;
  }
  return 53;
}
