// The elements of an array as a picture: one cell per element where they fit, otherwise
// the least or the greatest of what each cell covers. Zooming asks the server again.
import type { Grid, Region } from "../api";
import { colorTable, themeColor, type MapName } from "../palette";
import { full, hexFloat, short } from "../format";
import type { Cell } from "../export";
import { Frame, tipRows } from "./frame";
import { Pointer, type Point } from "./pointer";
import type { Surface } from "./surface";

export interface HeatmapLook {
  map: MapName;
  log: boolean;
  /** of a reduced cell, which end is shown */
  end: "low" | "high";
  /** fixed ends of the colour range; null: fitted to what is seen */
  range: [number, number] | null;
  unit: string;
}

const MARGIN = { left: 58, right: 96, top: 10, bottom: 34 };
const DATA_CELLS = 100000;

export class Heatmap {
  readonly frame: Frame;
  private grid: Grid = { rows: 0, columns: 0, low: new Float64Array(0), high: new Float64Array(0), reduced: false };
  private region: Region = { r0: 0, r1: 1, c0: 0, c1: 1 };
  private picture: HTMLCanvasElement = document.createElement("canvas");
  private range: [number, number] = [0, 1];
  private box = { x: 0, y: 0, w: 1, h: 1 };
  private readonly pointer: Pointer;
  private cursor: { i: number; j: number } | null = null;

  constructor(
    private readonly options: { title: string; zoomed(region: Region | null): void; region(): Region },
    private look: HeatmapLook,
  ) {
    this.frame = new Frame({
      title: options.title,
      height: () => Math.max(300, Math.min(640, window.innerHeight - 300)),
      draw: (surface) => this.draw(surface),
      data: () => this.data(),
    });
    this.frame.canvas.setAttribute("role", "application");
    this.frame.canvas.setAttribute("aria-roledescription", "heatmap");
    this.pointer = new Pointer(this.frame.canvas, {
      hover: (at) => this.point(this.cellAt(...at)),
      leave: () => this.point(null),
      dragging: this.frame.redraw,
      dragged: (from, to) => this.zoomTo(from, to),
      reset: () => this.options.zoomed(null),
    }, false);
    this.frame.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** Cells that fit on the screen now. */
  cells(): { h: number; w: number } {
    const w = Math.max(100, (this.frame.element.clientWidth || 900) - MARGIN.left - MARGIN.right);
    return { h: 640, w: Math.min(1400, Math.round(w)) };
  }

  show(grid: Grid, region: Region, look: HeatmapLook): void {
    this.grid = grid;
    this.region = region;
    this.look = look;
    this.cursor = null;
    this.paint();
    this.frame.hideTip();
    this.frame.redraw();
  }

  private values(): Float64Array {
    return this.look.end === "high" ? this.grid.high : this.grid.low;
  }

  private paint(): void {
    const { rows, columns } = this.grid;
    const values = this.values();
    const log = this.look.log;
    let [low, high] = [Infinity, -Infinity];
    for (const v of values) {
      if (!Number.isFinite(v) || (log && v <= 0)) continue;
      if (v < low) low = v;
      if (v > high) high = v;
    }
    if (low > high) [low, high] = log ? [0.1, 1] : [0, 1];
    this.range = this.look.range ?? [low, high];
    const scale = log ? Math.log : (v: number) => v;
    const a = scale(this.range[0]);
    const span = scale(this.range[1]) - a || 1;
    const table = colorTable(this.look.map);
    this.picture.width = Math.max(1, columns);
    this.picture.height = Math.max(1, rows);
    const context = this.picture.getContext("2d");
    if (!context || !rows || !columns) return;
    const image = context.createImageData(columns, rows);
    for (let i = 0; i < values.length; i++) {
      const v = values[i];
      if (Number.isNaN(v)) continue; // stays clear: the hatched ground shows
      const t = log && v <= 0 ? 0 : Math.max(0, Math.min(255, Math.round(((scale(v) - a) / span) * 255)));
      image.data[i * 4] = table[t * 3];
      image.data[i * 4 + 1] = table[t * 3 + 1];
      image.data[i * 4 + 2] = table[t * 3 + 2];
      image.data[i * 4 + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  private layout(surface: Surface): void {
    const w = surface.width - MARGIN.left - MARGIN.right;
    const hgt = surface.height - MARGIN.top - MARGIN.bottom;
    const aspect = (this.region.c1 - this.region.c0) / (this.region.r1 - this.region.r0);
    // Square elements where that is not absurd.
    const width = aspect > 0.2 && aspect < 5 ? Math.min(w, hgt * aspect) : w;
    const height = aspect > 0.2 && aspect < 5 ? Math.min(hgt, w / aspect) : Math.min(hgt, Math.max(60, (this.region.r1 - this.region.r0) * 40));
    this.box = { x: MARGIN.left, y: MARGIN.top, w: width, h: height };
  }

  private draw(surface: Surface): void {
    const ink = themeColor("ink-2");
    this.layout(surface);
    const { x, y, w, h } = this.box;
    const { r0, r1, c0, c1 } = this.region;
    surface.rect(0, 0, surface.width, surface.height, themeColor("card"));
    surface.rect(x, y, w, h, themeColor("hatch"));
    surface.clip(x, y, w, h, () => {
      for (let i = -h; i < w; i += 7) surface.line([x + i, y + h, x + i + h, y], themeColor("line"), 1);
      const p = this.pictureBox();
      surface.image(this.picture, p.x, p.y, p.w, p.h);
    });
    const step = (n: number, room: number) => Math.max(1, Math.ceil(n / Math.max(1, Math.floor(room / 44))));
    for (let r = r0, d = niceStep(step(r1 - r0, h)); r < r1; r += d)
      surface.text(x - 8, y + ((r - r0 + 0.5) / (r1 - r0)) * h, String(r), { fill: ink, align: "right", baseline: "middle", size: 11 });
    for (let c = c0, d = niceStep(step(c1 - c0, w)); c < c1; c += d)
      surface.text(x + ((c - c0 + 0.5) / (c1 - c0)) * w, y + h + 8, String(c), { fill: ink, align: "center", baseline: "top", size: 11 });
    surface.text(14, y + h / 2, "row", { fill: ink, align: "center", baseline: "middle", size: 11.5, rotate: -Math.PI / 2 });
    surface.text(x + w, y + h + 23, "column", { fill: ink, align: "right", baseline: "top", size: 11.5 });
    this.drawBar(surface);
    if (this.cursor) {
      const p = this.pictureBox();
      const cw = p.w / this.grid.columns;
      const ch = p.h / this.grid.rows;
      const [cx, cy] = [p.x + this.cursor.j * cw, p.y + this.cursor.i * ch];
      surface.line([cx, cy, cx + cw, cy, cx + cw, cy + ch, cx, cy + ch, cx, cy], themeColor("accent"), 2);
    }
    const drag = this.pointer?.drag;
    if (drag) {
      const [[x0, y0], [x1, y1]] = [drag.from, drag.to];
      surface.rect(Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0), themeColor("accent"), 0.25);
    }
  }

  private drawBar(surface: Surface): void {
    const { x, y, w, h } = this.box;
    const bar = document.createElement("canvas");
    const table = colorTable(this.look.map);
    bar.width = 1;
    bar.height = 256;
    const context = bar.getContext("2d");
    for (let i = 0; context && i < 256; i++) {
      const t = (255 - i) * 3;
      context.fillStyle = `rgb(${table[t]},${table[t + 1]},${table[t + 2]})`;
      context.fillRect(0, i, 1, 1);
    }
    const left = x + w + 18;
    const ink = themeColor("ink-2");
    const height = Math.max(h, 90);
    surface.image(bar, left, y, 12, height);
    const log = this.look.log && this.range[0] > 0;
    for (let k = 0; k <= 4; k++) {
      const t = k / 4;
      const value = log ? this.range[0] * (this.range[1] / this.range[0]) ** t : this.range[0] + (this.range[1] - this.range[0]) * t;
      surface.text(left + 17, y + height * (1 - t), short(value), { fill: ink, size: 11, baseline: k === 0 ? "bottom" : k === 4 ? "top" : "middle" });
    }
  }

  /** Where the cells lie: a little beyond the box where they are whole tiles. */
  private pictureBox(): { x: number; y: number; w: number; h: number } {
    const { x, y, w, h } = this.box;
    const { step, covers } = this.grid;
    if (!step || !covers) return this.box;
    const { r0, r1, c0, c1 } = this.region;
    const [down, across] = [h / (r1 - r0), w / (c1 - c0)];
    return { x: x + (covers.c0 - c0) * across, y: y + (covers.r0 - r0) * down, w: this.grid.columns * step[1] * across, h: this.grid.rows * step[0] * down };
  }

  private cellAt(px: number, py: number): { i: number; j: number } | null {
    const box = this.box;
    if (px < box.x || py < box.y || px >= box.x + box.w || py >= box.y + box.h) return null;
    const { x, y, w, h } = this.pictureBox();
    const j = Math.floor(((px - x) / w) * this.grid.columns);
    const i = Math.floor(((py - y) / h) * this.grid.rows);
    return i >= 0 && j >= 0 && i < this.grid.rows && j < this.grid.columns ? { i, j } : null;
  }

  /** Elements that cell (i, j) covers, half open. */
  private covers(i: number, j: number): Region {
    const { step, covers } = this.grid;
    if (step && covers) {
      const [r, c] = [covers.r0 + i * step[0], covers.c0 + j * step[1]];
      return { r0: r, r1: Math.min(covers.r1, r + step[0]), c0: c, c1: Math.min(covers.c1, c + step[1]) };
    }
    const { r0, r1, c0, c1 } = this.region;
    const cut = (from: number, n: number, k: number, cells: number) => from + Math.floor((n * k) / cells);
    return {
      r0: cut(r0, r1 - r0, i, this.grid.rows),
      r1: cut(r0, r1 - r0, i + 1, this.grid.rows),
      c0: cut(c0, c1 - c0, j, this.grid.columns),
      c1: cut(c0, c1 - c0, j + 1, this.grid.columns),
    };
  }

  private point(cell: { i: number; j: number } | null, speak = false): void {
    if (cell?.i === this.cursor?.i && cell?.j === this.cursor?.j) return;
    this.cursor = cell;
    this.frame.redraw();
    if (!cell) {
      this.frame.hideTip();
      return;
    }
    const k = cell.i * this.grid.columns + cell.j;
    const [low, high] = [this.grid.low[k], this.grid.high[k]];
    const cover = this.covers(cell.i, cell.j);
    const single = cover.r1 - cover.r0 <= 1 && cover.c1 - cover.c0 <= 1;
    const title = single ? `[${cover.r0}, ${cover.c0}]` : `[${cover.r0}:${cover.r1}, ${cover.c0}:${cover.c1}]`;
    const rows: [string, string][] = single || !this.grid.reduced
      ? [[this.look.unit, full(low)], ["hex", hexFloat(low)]]
      : [["least", full(low)], ["greatest", full(high)], ["hex", `${hexFloat(low)} … ${hexFloat(high)}`]];
    const { x, y, w, h } = this.pictureBox();
    this.frame.showTip(x + ((cell.j + 0.5) / this.grid.columns) * w, y + ((cell.i + 0.5) / this.grid.rows) * h, tipRows(title, rows));
    if (speak) this.frame.say(`${title}: ${rows.map(([a, b]) => `${a} ${b}`).join(", ")}`);
  }

  private zoomTo(from: Point, to: Point): void {
    const { x, y, w, h } = this.box;
    const at = (a: number, b: number, t: number) => a + Math.max(0, Math.min(1, t)) * (b - a);
    const { r0, r1, c0, c1 } = this.region;
    this.options.zoomed({
      r0: Math.floor(at(r0, r1, (Math.min(from[1], to[1]) - y) / h)),
      r1: Math.ceil(at(r0, r1, (Math.max(from[1], to[1]) - y) / h)),
      c0: Math.floor(at(c0, c1, (Math.min(from[0], to[0]) - x) / w)),
      c1: Math.ceil(at(c0, c1, (Math.max(from[0], to[0]) - x) / w)),
    });
  }

  private key(event: KeyboardEvent): void {
    const moves: Record<string, [number, number]> = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    const move = moves[event.key];
    if (move) {
      const at = this.cursor ?? { i: 0, j: -move[1] };
      const i = Math.max(0, Math.min(this.grid.rows - 1, at.i + move[0]));
      const j = Math.max(0, Math.min(this.grid.columns - 1, at.j + move[1]));
      this.point({ i, j }, true);
    } else if (event.key === "+" || event.key === "=" || event.key === "-") {
      this.zoomBy(event.key === "-" ? 2 : 0.5);
    } else if (event.key === "0") {
      this.options.zoomed(null);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }

  private zoomBy(factor: number): void {
    const { r0, r1, c0, c1 } = this.region;
    const whole = this.options.region();
    const at = this.cursor ? this.covers(this.cursor.i, this.cursor.j) : { r0: (r0 + r1) >> 1, c0: (c0 + c1) >> 1 };
    const half = (n: number) => Math.max(1, Math.round((n * factor) / 2));
    const region = {
      r0: Math.max(whole.r0, at.r0 - half(r1 - r0)),
      r1: Math.min(whole.r1, at.r0 + half(r1 - r0)),
      c0: Math.max(whole.c0, at.c0 - half(c1 - c0)),
      c1: Math.min(whole.c1, at.c0 + half(c1 - c0)),
    };
    this.options.zoomed(region.r1 - region.r0 >= whole.r1 - whole.r0 && region.c1 - region.c0 >= whole.c1 - whole.c0 ? null : region);
  }

  private data(): Cell {
    const rows: (string | number)[][] = [];
    const { columns } = this.grid;
    for (let k = 0; k < this.grid.low.length && rows.length < DATA_CELLS; k++) {
      const cover = this.covers(Math.floor(k / columns), k % columns);
      rows.push(this.grid.reduced
        ? [cover.r0, cover.c0, full(this.grid.low[k]), full(this.grid.high[k])]
        : [cover.r0, cover.c0, full(this.grid.low[k]), hexFloat(this.grid.low[k])]);
    }
    return { columns: ["row", "column", ...(this.grid.reduced ? ["least", "greatest"] : [this.look.unit, "hex"])], rows };
  }

  destroy(): void {
    this.frame.destroy();
  }
}

function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((m) => m * power >= least) ?? 10);
}
