// A one-dimensional value: a line, or a band from least to greatest where several
// elements share a pixel. And the histogram of any value's elements.
import type { Grid } from "../api";
import { full, hexFloat, integer, short } from "../format";
import { seriesColor, themeColor } from "../palette";
import type { Cell } from "../export";
import { Frame, tipRows } from "./frame";
import { extent, makeScale, type Scale } from "./scale";
import type { Level } from "./timeline";
import type { Surface } from "./surface";

const MARGIN = { left: 72, right: 16, top: 12, bottom: 36 };

function axes(surface: Surface, x: Scale, y: Scale, xName: string, yName: string): void {
  const ink = themeColor("ink-2");
  const right = surface.width - MARGIN.right;
  const foot = surface.height - MARGIN.bottom;
  for (const tick of y.ticks(Math.max(3, Math.floor(surface.height / 64)))) {
    surface.line([MARGIN.left, y.pixel(tick), right, y.pixel(tick)], themeColor("line"));
    surface.text(MARGIN.left - 8, y.pixel(tick), short(tick), { fill: ink, align: "right", baseline: "middle", size: 11 });
  }
  for (const tick of x.ticks(Math.max(3, Math.floor(surface.width / 120))))
    surface.text(x.pixel(tick), foot + 8, short(tick), { fill: ink, align: "center", baseline: "top", size: 11 });
  surface.line([MARGIN.left, foot, right, foot], ink);
  surface.text(right, foot + 22, xName, { fill: ink, align: "right", baseline: "top", size: 11.5 });
  surface.text(13, (MARGIN.top + foot) / 2, yName, { fill: ink, align: "center", baseline: "middle", size: 11.5, rotate: -Math.PI / 2 });
}

export class LineChart {
  readonly frame: Frame;
  private grid: Grid = { rows: 1, columns: 0, low: new Float64Array(0), high: new Float64Array(0), reduced: false };
  private total = 0;
  private unit = "";
  private log = false;
  private levels: Level[] = [];
  private x: Scale = makeScale(0, 1, 0, 1);
  private at = -1;

  constructor(title: string) {
    this.frame = new Frame({ title, height: 320, draw: (s) => this.draw(s), data: () => this.data() });
    const canvas = this.frame.canvas;
    canvas.addEventListener("pointermove", (event) => {
      const cells = this.grid.columns;
      const value = this.x.value(event.clientX - canvas.getBoundingClientRect().left);
      this.point(Math.max(0, Math.min(cells - 1, Math.round(((value + 0.5) / this.total) * cells - 0.5))));
    });
    canvas.addEventListener("pointerleave", () => this.point(-1));
    canvas.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      event.preventDefault();
      this.point(Math.max(0, Math.min(this.grid.columns - 1, this.at + step)), true);
    });
  }

  show(grid: Grid, total: number, look: { unit: string; log: boolean; levels: Level[] }): void {
    this.grid = grid;
    this.total = total;
    Object.assign(this, look);
    this.frame.redraw();
  }

  private index(cell: number): number {
    return Math.floor((this.total * cell) / this.grid.columns);
  }

  private draw(surface: Surface): void {
    surface.rect(0, 0, surface.width, surface.height, themeColor("card"));
    const { low, high, columns } = this.grid;
    const both = function* () {
      yield* low;
      yield* high;
    };
    const [y0, y1] = extent(both(), 0.08, this.log);
    this.x = makeScale(-0.5, Math.max(0.5, this.total - 0.5), MARGIN.left, surface.width - MARGIN.right);
    const y = makeScale(y0, y1, surface.height - MARGIN.bottom, MARGIN.top, this.log);
    axes(surface, this.x, y, "element", this.unit);
    for (const level of this.levels) {
      if (level.value < y0 || level.value > y1) continue;
      surface.line([MARGIN.left, y.pixel(level.value), surface.width - MARGIN.right, y.pixel(level.value)], themeColor("level"), 1.2, [5, 4]);
    }
    const color = seriesColor(0);
    const ok = (v: number) => Number.isFinite(v) && (!this.log || v > 0);
    if (this.grid.reduced) {
      for (let i = 0; i < columns; i++) {
        if (!ok(low[i]) || !ok(high[i])) continue;
        const x = this.x.pixel((this.index(i) + this.index(i + 1) - 1) / 2);
        surface.line([x, y.pixel(low[i]), x, y.pixel(high[i]) - 1], color, 1.2);
      }
    } else {
      const points: number[] = [];
      for (let i = 0; i < columns; i++) if (ok(low[i])) points.push(this.x.pixel(i), y.pixel(low[i]));
      surface.line(points, color, 1.6);
      if (columns <= 200) for (let i = 0; i < points.length; i += 2) surface.circle(points[i], points[i + 1], 2.6, color);
    }
    if (this.at >= 0 && ok(low[this.at])) surface.circle(this.x.pixel(this.index(this.at)), y.pixel(low[this.at]), 5, "transparent", themeColor("accent"));
  }

  private point(cell: number, speak = false): void {
    if (cell === this.at) return;
    this.at = cell;
    this.frame.redraw();
    if (cell < 0 || !this.grid.columns) {
      this.frame.hideTip();
      return;
    }
    const [low, high] = [this.grid.low[cell], this.grid.high[cell]];
    const rows: [string, string][] = this.grid.reduced
      ? [["least", full(low)], ["greatest", full(high)]]
      : [[this.unit, full(low)], ["hex", hexFloat(low)]];
    const title = this.grid.reduced ? `[${this.index(cell)}:${this.index(cell + 1)}]` : `[${cell}]`;
    this.frame.showTip(this.x.pixel(this.index(cell)), 60, tipRows(title, rows));
    if (speak) this.frame.say(`${title} ${rows.map((r) => r.join(" ")).join(", ")}`);
  }

  private data(): Cell {
    const { low, high, columns, reduced } = this.grid;
    return {
      columns: reduced ? ["from", "least", "greatest"] : ["element", this.unit, "hex"],
      rows: Array.from({ length: columns }, (_, i) => (reduced ? [this.index(i), full(low[i]), full(high[i])] : [i, full(low[i]), hexFloat(low[i])])),
    };
  }

  destroy(): void {
    this.frame.destroy();
  }
}

export class Histogram {
  readonly frame: Frame;
  private counts: number[] = [];
  private from = 0;
  private to = 1;
  private unit = "";
  private share = false;
  private total = 0;

  constructor(title: string) {
    this.frame = new Frame({ title, height: 220, draw: (s) => this.draw(s), data: () => this.data() });
    this.frame.canvas.addEventListener("pointermove", (event) => {
      const box = this.frame.canvas.getBoundingClientRect();
      const t = (event.clientX - box.left - MARGIN.left) / (this.frame.width - MARGIN.left - MARGIN.right);
      const i = Math.floor(t * this.counts.length);
      if (i < 0 || i >= this.counts.length) return this.frame.hideTip();
      const [a, b] = this.edges(i);
      this.frame.showTip(event.clientX - box.left, 40, tipRows(`${short(a)} … ${short(b)}`, [["elements", integer(this.counts[i])], ["share", `${((100 * this.counts[i]) / (this.total || 1)).toFixed(2)} %`]]));
    });
    this.frame.canvas.addEventListener("pointerleave", () => this.frame.hideTip());
  }

  show(values: Float64Array, bins: number, share: boolean, unit: string): void {
    const finite = values.filter(Number.isFinite);
    [this.from, this.to] = extent(finite, 0);
    this.counts = new Array<number>(bins).fill(0);
    for (const v of finite) this.counts[Math.min(bins - 1, Math.floor(((v - this.from) / (this.to - this.from)) * bins))]++;
    this.total = finite.length;
    this.unit = unit;
    this.share = share;
    this.frame.redraw();
  }

  private edges(i: number): [number, number] {
    const step = (this.to - this.from) / this.counts.length;
    return [this.from + i * step, this.from + (i + 1) * step];
  }

  private draw(surface: Surface): void {
    surface.rect(0, 0, surface.width, surface.height, themeColor("card"));
    const heights = this.share ? this.counts.map((c) => c / (this.total || 1)) : this.counts;
    const x = makeScale(this.from, this.to, MARGIN.left, surface.width - MARGIN.right);
    const y = makeScale(0, Math.max(1e-9, ...heights) * 1.06, surface.height - MARGIN.bottom, MARGIN.top);
    axes(surface, x, y, this.unit, this.share ? "share of the elements" : "elements");
    heights.forEach((n, i) => {
      const [a, b] = this.edges(i);
      surface.rect(x.pixel(a) + 0.5, y.pixel(n), Math.max(1, x.pixel(b) - x.pixel(a) - 1), y.pixel(0) - y.pixel(n), seriesColor(0), 0.85);
    });
  }

  private data(): Cell {
    return { columns: ["from", "to", "elements"], rows: this.counts.map((n, i) => [...this.edges(i).map(full), n]) };
  }

  destroy(): void {
    this.frame.destroy();
  }
}
