// The timeline: one mark per value, x is logical time. Zooming asks for detail.
import type { Cell } from "../export";
import { Frame, tipRows } from "./frame";
import { Pointer } from "./pointer";
import { extent, makeScale, type Scale } from "./scale";
import type { Copy, Picture } from "./copies";
import { beginMarks, drawShape, markPicture, shapeOf, WARNINGS, type Shape } from "./marks";
import type { Surface } from "./surface";
import { seriesColor, themeColor } from "../palette";
import { full, hexFloat, short, integer, valueFlags, callFlags } from "../format";

export interface Mark {
  row: number;
  call: number;
  time: number;
  value: number;
  flags: number;
  callFlags: number;
  /** Where it was called, and the colour of that place; undefined: coloured by function. */
  place?: { label: string; color: number };
}

export interface TimelineSeries {
  label: string;
  detail: string; // module of the function
  color: number;
  phase: number;
  reduced: boolean;
  total: number;
  marks: Mark[];
}

export interface Level {
  value: number;
  label: string;
  below?: boolean; // where the label stands
}

export interface TimelineOptions {
  title: string;
  open(mark: Mark): void;
  /** The span on screen changed; undefined: everything. */
  zoomed(span: [number, number] | undefined): void;
}

const MARGIN = { left: 64, right: 20, top: 14, bottom: 40 };
const REACH = 22;
const SIZE = 4.5; // of a mark
const PATIENCE_MS = 150; // until what is at hand is drawn in place of detail that has not come

export class TimelineChart {
  readonly frame: Frame;
  private series: TimelineSeries[] = [];
  private span: [number, number] = [0, 1];
  private whole: [number, number] = [0, 1];
  private levels: Level[] = [];
  private unit = "";
  private log = false;
  private bySite = false;
  private digits = false;
  private x: Scale = makeScale(0, 1, 0, 1);
  private y: Scale = makeScale(0, 1, 1, 0);
  private active: { series: number; mark: number } | null = null;
  private waiting = 0;
  private readonly pointer: Pointer;

  constructor(private readonly options: TimelineOptions) {
    this.frame = new Frame({
      title: options.title,
      height: () => Math.max(300, Math.min(620, window.innerHeight - 330)),
      draw: (surface) => this.draw(surface),
      data: () => this.data(),
    });
    this.pointer = new Pointer(this.frame.canvas, {
      hover: (at) => this.activate(this.nearest(...at)),
      leave: () => this.activate(null),
      click: (at) => {
        this.activate(this.nearest(...at));
        const current = this.current();
        if (current) this.options.open(current.mark);
      },
      dragging: this.frame.redraw,
      dragged: ([a], [b]) => this.zoom(this.x.value(Math.min(a, b)), this.x.value(Math.max(a, b))),
      reset: () => this.reset(),
      wheel: (factor, [x]) => this.zoomBy(factor, x),
    });
    this.frame.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  show(
    series: TimelineSeries[],
    whole: [number, number],
    span: [number, number] | undefined,
    look: { unit: string; log: boolean; digits: boolean; levels: Level[]; bySite: boolean },
  ): void {
    this.series = series;
    this.whole = whole[1] > whole[0] ? whole : [whole[0] - 1, whole[1] + 1];
    this.span = span ?? this.padded();
    Object.assign(this, look);
    this.active = null;
    this.frame.hideTip();
    clearTimeout(this.waiting);
    this.frame.redraw();
  }

  private padded(): [number, number] {
    const pad = (this.whole[1] - this.whole[0]) * 0.015;
    return [this.whole[0] - pad, this.whole[1] + pad];
  }

  private rangeY(): [number, number] {
    const values = this.series.flatMap((s) => s.marks.map((m) => m.value));
    if (this.log) return extent(values, 0.06, true);
    if (!this.digits) return extent(values, 0.06);
    const [low] = extent(values, 0);
    return [Math.min(0, Math.floor(low)) - 1.5, 57];
  }

  private draw(surface: Surface): void {
    const { left, right, top, bottom } = MARGIN;
    const w = surface.width - left - right;
    const hgt = surface.height - top - bottom;
    const [y0, y1] = this.rangeY();
    this.x = makeScale(this.span[0], this.span[1], left, left + w);
    this.y = makeScale(y0, y1, top + hgt, top, this.log);
    surface.rect(0, 0, surface.width, surface.height, themeColor("card"));
    this.drawAxes(surface, w, hgt);
    surface.clip(left, top - 6, w, hgt + 12, () => {
      for (const s of this.series) this.drawLine(surface, s);
      this.drawMarks(surface);
      this.drawActive(surface);
    });
    this.drawLevels(surface, w);
    const drag = this.pointer?.drag;
    if (drag) surface.rect(Math.min(drag.from[0], drag.to[0]), top, Math.abs(drag.to[0] - drag.from[0]), hgt, themeColor("accent"), 0.14);
  }

  private drawAxes(surface: Surface, w: number, hgt: number): void {
    const { left, top } = MARGIN;
    const ink = themeColor("ink-2");
    const grid = themeColor("line");
    for (const tick of this.y.ticks(Math.max(3, Math.floor(hgt / 56)))) {
      const y = this.y.pixel(tick);
      surface.line([left, y, left + w, y], grid);
      surface.text(left - 8, y, short(tick), { fill: ink, align: "right", baseline: "middle", size: 11.5 });
    }
    for (const tick of this.x.ticks(Math.max(3, Math.floor(w / 110)))) {
      const x = this.x.pixel(tick);
      surface.line([x, top + hgt, x, top + hgt + 5], ink);
      surface.text(x, top + hgt + 9, integer(tick), { fill: ink, align: "center", baseline: "top", size: 11.5 });
    }
    surface.line([left, top + hgt, left + w, top + hgt], ink);
    surface.text(left + w, top + hgt + 25, "logical time of the call", { fill: ink, align: "right", baseline: "top", size: 11.5 });
    surface.text(14, top + hgt / 2, this.unit, { fill: ink, align: "center", baseline: "middle", size: 11.5, rotate: -Math.PI / 2 });
    for (const level of this.levels) surface.line([left, this.y.pixel(level.value), left + w, this.y.pixel(level.value)], themeColor("level"), 1.2, [5, 4]);
  }

  /** Names of the level lines, over the marks and legible. */
  private drawLevels(surface: Surface, w: number): void {
    for (const level of this.levels) {
      const y = this.y.pixel(level.value) + (level.below ? 3 : -17);
      const right = MARGIN.left + w - 6;
      const room = level.label.length * 6.2 + 6;
      surface.rect(right - room, y, room + 4, 14, themeColor("card"), 0.85);
      surface.text(right, y + 7, level.label, { fill: themeColor("level"), size: 11, align: "right", baseline: "middle" });
    }
  }

  private drawLine(surface: Surface, s: TimelineSeries): void {
    if (s.marks.length < 2) return;
    let points: number[] = [];
    const flush = () => {
      if (points.length > 2) surface.line(points, this.bySite ? themeColor("line-2") : seriesColor(s.color), s.reduced ? 1 : 1.3, s.phase ? [] : [3, 3], s.reduced ? 0.55 : 0.4);
      points = [];
    };
    for (const m of s.marks) {
      if (Number.isFinite(m.value) && (!this.log || m.value > 0)) points.push(this.x.pixel(m.time), this.y.pixel(m.value));
      else flush();
    }
    flush();
  }

  /** Where a mark is drawn; NaN has its place at the foot. */
  private place(m: Mark): [number, number] {
    const foot = this.frame.height - MARGIN.bottom - 5;
    const fits = Number.isFinite(m.value) && (!this.log || m.value > 0);
    return [this.x.pixel(m.time), fits ? this.y.pixel(m.value) : foot];
  }

  private colorOf(s: TimelineSeries, m: Mark): string {
    return !m.place ? seriesColor(s.color) : m.place.color < 0 ? themeColor("ink-2") : seriesColor(m.place.color);
  }

  private drawMarks(surface: Surface): void {
    beginMarks();
    const copies: Copy[] = [];
    const last: Copy[] = [];
    for (const s of this.series) {
      const known = new Map<Shape, Picture>(); // of this series, where all have one colour
      for (const m of s.marks) {
        const shape = shapeOf(s.phase, m.value, m.flags, m.callFlags);
        let picture = m.place ? markPicture(shape, SIZE, this.colorOf(s, m)) : known.get(shape);
        if (!picture) known.set(shape, (picture = markPicture(shape, SIZE, this.colorOf(s, m))));
        const [x, y] = this.place(m);
        (WARNINGS.has(shape) ? last : copies).push({ picture, x, y });
      }
    }
    surface.copies(copies.concat(last));
  }

  private drawActive(surface: Surface): void {
    const current = this.current();
    if (!current) return;
    const [x, y] = this.place(current.mark);
    surface.circle(x, y, 11, "transparent", themeColor("accent"));
    const { series: s, mark: m } = current;
    drawShape(surface, shapeOf(s.phase, m.value, m.flags, m.callFlags), x, y, 6.5, this.colorOf(s, m));
  }

  private current(): { series: TimelineSeries; mark: Mark } | null {
    if (!this.active) return null;
    const series = this.series[this.active.series];
    const mark = series?.marks[this.active.mark];
    return mark ? { series, mark } : null;
  }

  private nearest(px: number, py: number): { series: number; mark: number } | null {
    let best: { series: number; mark: number } | null = null;
    let least = REACH * REACH;
    this.series.forEach((s, i) =>
      s.marks.forEach((m, j) => {
        const [x, y] = this.place(m);
        const d = (x - px) ** 2 + (y - py) ** 2;
        if (d < least) {
          least = d;
          best = { series: i, mark: j };
        }
      }));
    return best;
  }

  private activate(active: { series: number; mark: number } | null, speak = false): void {
    if (active?.series === this.active?.series && active?.mark === this.active?.mark) return;
    this.active = active;
    this.frame.canvas.style.cursor = active ? "pointer" : "crosshair";
    this.frame.redraw();
    const current = this.current();
    if (!current) {
      this.frame.hideTip();
      return;
    }
    const { series: s, mark: m } = current;
    const [x, y] = this.place(m);
    const notes = [...valueFlags(m.flags), ...callFlags(m.callFlags)];
    this.frame.showTip(x, y, tipRows(s.label, [
      ["time", integer(m.time)],
      [this.unit, full(m.value)],
      ["hex", hexFloat(m.value)],
      ["phase", s.phase ? "▼ output" : "▲ input"],
      ...(m.place ? [["called at", m.place.label] as [string, string]] : []),
    ], [...notes, "click or Enter for the value"]));
    if (speak) this.frame.say(`${s.label}, time ${m.time}, ${this.unit} ${short(m.value)}. ${notes.join(", ")}`);
  }

  /** Shows [from, to], kept within the data; null: all. */
  private zoom(from: number, to: number): void {
    const [a, b] = this.padded();
    from = Math.max(a, from);
    to = Math.min(b, to);
    if (to - from < 2) return;
    const all = from <= a && to >= b;
    this.span = all ? [a, b] : [from, to];
    this.frame.hideTip();
    this.active = null;
    // The answer is mostly quicker than drawing twice would be.
    clearTimeout(this.waiting);
    this.waiting = window.setTimeout(this.frame.redraw, PATIENCE_MS);
    this.options.zoomed(all ? undefined : [from, to]);
  }

  private zoomBy(factor: number, center: number): void {
    const at = this.x.value(center);
    this.zoom(at - (at - this.span[0]) * factor, at + (this.span[1] - at) * factor);
  }

  reset(): void {
    this.zoom(-Infinity, Infinity);
  }

  private key(event: KeyboardEvent): void {
    const middle = MARGIN.left + (this.frame.width - MARGIN.left - MARGIN.right) / 2;
    const step = (by: number) => {
      const at = this.active ?? { series: this.series.findIndex((s) => s.marks.length > 0), mark: by > 0 ? -1 : 0 };
      const marks = this.series[at.series]?.marks.length ?? 0;
      if (marks) this.activate({ series: at.series, mark: (at.mark + by + marks) % marks }, true);
    };
    const other = (by: number) => {
      const n = this.series.length;
      const from = this.active ?? { series: 0, mark: 0 };
      for (let i = 1; i <= n; i++) {
        const next = (from.series + by * i + n * i) % n;
        const marks = this.series[next].marks.length;
        if (!marks) continue;
        this.activate({ series: next, mark: Math.min(from.mark, marks - 1) }, true);
        return;
      }
    };
    const width = this.span[1] - this.span[0];
    const actions: Record<string, () => void> = {
      ArrowRight: () => (event.shiftKey ? this.zoom(this.span[0] + width / 4, this.span[1] + width / 4) : step(1)),
      ArrowLeft: () => (event.shiftKey ? this.zoom(this.span[0] - width / 4, this.span[1] - width / 4) : step(-1)),
      ArrowDown: () => other(1),
      ArrowUp: () => other(-1),
      "+": () => this.zoomBy(0.7, middle),
      "=": () => this.zoomBy(0.7, middle),
      "-": () => this.zoomBy(1.4, middle),
      "0": () => this.reset(),
      Enter: () => {
        const current = this.current();
        if (current) this.options.open(current.mark);
      },
    };
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  private data(): Cell {
    return {
      columns: ["function", "series", "phase", "value row", "call row", "time", this.unit, "flags", ...(this.bySite ? ["called at"] : [])],
      rows: this.series.flatMap((s) =>
        s.marks.map((m) => [s.detail, s.label, s.phase ? "output" : "input", m.row, m.call, m.time, full(m.value),
          [...valueFlags(m.flags), ...callFlags(m.callFlags)].join("; "), ...(this.bySite ? [m.place?.label ?? ""] : [])])),
    };
  }

  destroy(): void {
    clearTimeout(this.waiting);
    this.frame.destroy();
  }
}
