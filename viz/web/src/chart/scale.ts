// From data to pixels, and the ticks between.

export interface Scale {
  readonly from: number;
  readonly to: number;
  readonly log: boolean;
  pixel(value: number): number;
  value(pixel: number): number;
  ticks(count: number): number[];
}

class Linear implements Scale {
  readonly log = false;
  constructor(readonly from: number, readonly to: number, private readonly p0: number, private readonly p1: number) {}
  pixel(value: number): number {
    return this.p0 + ((value - this.from) / (this.to - this.from || 1)) * (this.p1 - this.p0);
  }
  value(pixel: number): number {
    return this.from + ((pixel - this.p0) / (this.p1 - this.p0 || 1)) * (this.to - this.from);
  }
  ticks(count: number): number[] {
    const span = this.to - this.from;
    if (!(span > 0) || !Number.isFinite(span)) return [this.from];
    const raw = span / Math.max(1, count);
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = power * ([1, 2, 5, 10].find((m) => m * power >= raw) ?? 10);
    const ticks: number[] = [];
    for (let i = Math.ceil(this.from / step - 1e-9); i * step <= this.to + step * 1e-9 && ticks.length < 100; i++) ticks.push(i * step || 0);
    return ticks;
  }
}

class Logarithmic implements Scale {
  readonly log = true;
  private readonly inner: Linear;
  constructor(readonly from: number, readonly to: number, p0: number, p1: number) {
    this.inner = new Linear(Math.log10(from), Math.log10(to), p0, p1);
  }
  pixel(value: number): number {
    return this.inner.pixel(Math.log10(value));
  }
  value(pixel: number): number {
    return 10 ** this.inner.value(pixel);
  }
  ticks(count: number): number[] {
    const first = Math.ceil(Math.log10(this.from) - 1e-9);
    const last = Math.floor(Math.log10(this.to) + 1e-9);
    const step = Math.max(1, Math.ceil((last - first + 1) / count));
    const ticks: number[] = [];
    for (let e = first; e <= last; e += step) ticks.push(10 ** e);
    return ticks.length > 1 ? ticks : [this.from, this.to];
  }
}

/** A scale from [from, to] to pixels [p0, p1]; a logarithmic one needs positive ends. */
export function makeScale(from: number, to: number, p0: number, p1: number, log = false): Scale {
  return log && from > 0 && to > from ? new Logarithmic(from, to, p0, p1) : new Linear(from, to, p0, p1);
}

/** The span of finite data, a little wider; [0, 1] of nothing. */
export function extent(values: Iterable<number>, pad = 0.04, positive = false): [number, number] {
  let low = Infinity;
  let high = -Infinity;
  for (const v of values) {
    if (!Number.isFinite(v) || (positive && v <= 0)) continue;
    if (v < low) low = v;
    if (v > high) high = v;
  }
  if (low > high) return positive ? [0.1, 1] : [0, 1];
  if (positive) return low === high ? [low / 2, high * 2] : [low / (high / low) ** pad, high * (high / low) ** pad];
  if (low === high) {
    const around = Math.abs(low) * 0.1 || 1;
    return [low - around, high + around];
  }
  return [low - (high - low) * pad, high + (high - low) * pad];
}
