// Nested calls as bars: x is time, y is depth.
import type { Bars } from "../api";
import { duration, integer, callFlags } from "../format";
import { digitsColor, themeColor } from "../palette";
import type { Cell } from "../export";
import { Frame, tipRows } from "./frame";
import { Pointer } from "./pointer";
import { makeScale, type Scale } from "./scale";
import type { Surface } from "./surface";

const MARGIN = { left: 16, right: 16, top: 8, bottom: 34 };
const ROW = 22;
const LANE = 20; // the name of a thread above its calls

/** The calls of one thread: `top` in pixels, for depths from `first` on. */
interface Lane {
  thread: number;
  top: number;
  first: number;
}

export interface GanttOptions {
  name(index: number): string;
  title(index: number): string;
  digits(index: number): number | null;
  lost(index: number): string;
  open(call: number): void;
  zoomed(span: [number, number] | undefined): void;
}

export class GanttChart {
  readonly frame: Frame;
  private bars: Bars = { call: [], function: [], thread: [], depth: [], start: [], end: [], flags: [], merged: [] };
  private span: [number, number] = [0, 1];
  private last = 1;
  private wall = false;
  private lanes = new Map<number, Lane>();
  private foot = MARGIN.top + 5 * ROW;
  private x: Scale = makeScale(0, 1, 0, 1);
  private active = -1;
  private readonly pointer: Pointer;

  constructor(private readonly options: GanttOptions) {
    this.frame = new Frame({
      title: "Calls over time",
      height: () => this.foot + MARGIN.bottom,
      draw: (surface) => this.draw(surface),
      data: () => this.data(),
    });
    this.pointer = new Pointer(this.frame.canvas, {
      hover: (at) => this.activate(this.at(...at)),
      leave: () => this.activate(-1),
      click: (at) => {
        this.activate(this.at(...at));
        if (this.active >= 0) this.options.open(this.bars.call[this.active]);
      },
      dragging: this.frame.redraw,
      dragged: ([a], [b]) => this.zoom(this.x.value(Math.min(a, b)), this.x.value(Math.max(a, b))),
      reset: () => this.zoom(-Infinity, Infinity),
      wheel: (factor, [x]) => this.zoomBy(factor, x),
    });
    this.frame.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  show(bars: Bars, last: number, span: [number, number] | undefined, wall: boolean): void {
    this.bars = bars;
    this.last = Math.max(1, last);
    this.span = span ?? [0, this.last];
    this.wall = wall;
    this.active = -1;
    this.layOut();
    this.frame.hideTip();
    this.frame.redraw();
  }

  /** Threads stand below one another, each as high as its calls nest. */
  private layOut(): void {
    const depths = new Map<number, [number, number]>();
    this.bars.thread.forEach((thread, i) => {
      const [low, high] = depths.get(thread) ?? [Infinity, 0];
      depths.set(thread, [Math.min(low, this.bars.depth[i]), Math.max(high, this.bars.depth[i])]);
    });
    const many = depths.size > 1;
    let top = MARGIN.top;
    this.lanes = new Map([...depths].sort((a, b) => a[0] - b[0]).map(([thread, [low, high]]) => {
      const lane = { thread, top: top + (many ? LANE : 0), first: low };
      top = lane.top + (high - low + 1) * ROW + (many ? 6 : 0);
      return [thread, lane];
    }));
    this.foot = Math.max(top, MARGIN.top + 5 * ROW);
  }

  private time(value: number): string {
    return this.wall ? duration(value) : integer(Math.round(value));
  }

  private box(i: number): [number, number, number, number] {
    const x0 = Math.max(MARGIN.left, this.x.pixel(this.bars.start[i]));
    const x1 = Math.min(this.frame.width - MARGIN.right, this.x.pixel(this.bars.end[i]));
    const lane = this.lanes.get(this.bars.thread[i]) as Lane;
    return [x0, lane.top + (this.bars.depth[i] - lane.first) * ROW, Math.max(1.5, x1 - x0), ROW - 3];
  }

  private draw(surface: Surface): void {
    const ink = themeColor("ink-2");
    const foot = surface.height - MARGIN.bottom;
    this.x = makeScale(this.span[0], this.span[1], MARGIN.left, surface.width - MARGIN.right);
    surface.rect(0, 0, surface.width, surface.height, themeColor("card"));
    for (const tick of this.x.ticks(Math.floor(surface.width / 130))) {
      surface.line([this.x.pixel(tick), MARGIN.top, this.x.pixel(tick), foot], themeColor("line"));
      surface.text(this.x.pixel(tick), foot + 8, this.time(tick), { fill: ink, align: "center", baseline: "top", size: 11 });
    }
    if (this.lanes.size > 1)
      for (const lane of this.lanes.values()) {
        surface.line([MARGIN.left, lane.top - LANE + 1, surface.width - MARGIN.right, lane.top - LANE + 1], themeColor("line"));
        surface.text(MARGIN.left, lane.top - LANE / 2 + 1, `thread ${lane.thread}`, { fill: ink, size: 11, baseline: "middle" });
      }
    for (let i = 0; i < this.bars.call.length; i++) this.drawBar(surface, i);
    if (this.active >= 0) {
      const [x, y, w, h] = this.box(this.active);
      surface.line([x, y, x + w, y, x + w, y + h, x, y + h, x, y], themeColor("accent"), 2);
    }
    const drag = this.pointer?.drag;
    if (drag) surface.rect(Math.min(drag.from[0], drag.to[0]), MARGIN.top, Math.abs(drag.to[0] - drag.from[0]), foot - MARGIN.top, themeColor("accent"), 0.14);
  }

  private drawBar(surface: Surface, i: number): void {
    const [x, y, w, h] = this.box(i);
    const digits = this.options.digits(this.bars.function[i]);
    surface.rect(x, y, w, h, digits === null ? themeColor("line-2") : digitsColor(digits), this.bars.merged[i] > 1 ? 0.55 : 0.9);
    if (this.bars.flags[i] & 15) surface.rect(x, y + h - 3, w, 3, themeColor("bad"));
    if (w < 34) return;
    const ink = digits === null ? themeColor("ink") : "#ffffff";
    if (digits !== null) surface.rect(x, y, w, h, "#0a1420", 0.28); // white letters stay legible
    surface.clip(x, y, w - 4, h, () => {
      surface.text(x + 6, y + h / 2 + 0.5, `${this.options.name(this.bars.function[i])}${digits === null ? "" : ` ${digits.toFixed(0)}`}`, { fill: ink, size: 11.5, baseline: "middle" });
    });
  }

  private at(px: number, py: number): number {
    for (let i = this.bars.call.length - 1; i >= 0; i--) {
      const [x, y, w, h] = this.box(i);
      if (px >= x - 1 && px <= x + w + 1 && py >= y && py <= y + h) return i;
    }
    return -1;
  }

  private activate(i: number, speak = false): void {
    if (i === this.active) return;
    this.active = i;
    this.frame.canvas.style.cursor = i >= 0 ? "pointer" : "crosshair";
    this.frame.redraw();
    if (i < 0) return this.frame.hideTip();
    const b = this.bars;
    const [x, y, w] = this.box(i);
    const title = this.options.title(b.function[i]);
    const rows: [string, string][] = [
      ["from", this.time(b.start[i])], ["to", this.time(b.end[i])],
      [this.wall ? "takes" : "spans", this.time(b.end[i] - b.start[i])],
      ["function", this.options.lost(b.function[i])],
      ...(this.lanes.size > 1 ? [["thread", String(b.thread[i])] as [string, string]] : []),
    ];
    const notes = [...callFlags(b.flags[i]), b.merged[i] > 1 ? `${integer(b.merged[i])} calls too short to tell apart here: zoom in` : "click or Enter for its values"];
    this.frame.showTip(x + Math.min(w, 60), y + ROW, tipRows(title, rows, notes));
    if (speak) this.frame.say(`${title}, depth ${b.depth[i]}, ${rows.map((r) => r.join(" ")).join(", ")}. ${notes.join(", ")}`);
  }

  private zoom(from: number, to: number): void {
    from = Math.max(0, from);
    to = Math.min(this.last, to);
    if (to - from < 2) return;
    this.options.zoomed(from <= 0 && to >= this.last ? undefined : [Math.floor(from), Math.ceil(to)]);
  }

  private zoomBy(factor: number, center: number): void {
    const at = this.x.value(center);
    this.zoom(at - (at - this.span[0]) * factor, at + (this.span[1] - at) * factor);
  }

  private key(event: KeyboardEvent): void {
    const n = this.bars.call.length;
    const width = this.span[1] - this.span[0];
    const level = (by: number) => {
      const from = this.active < 0 ? 0 : this.active;
      const depth = this.bars.depth[from] + by;
      let best = -1;
      for (let i = 0; i < n; i++)
        if (this.bars.depth[i] === depth && this.bars.thread[i] === this.bars.thread[from] && (best < 0 || Math.abs(this.bars.start[i] - this.bars.start[from]) < Math.abs(this.bars.start[best] - this.bars.start[from]))) best = i;
      if (best >= 0) this.activate(best, true);
    };
    const actions: Record<string, () => void> = {
      ArrowRight: () => (event.shiftKey ? this.zoom(this.span[0] + width / 4, this.span[1] + width / 4) : n && this.activate((this.active + 1) % n, true)),
      ArrowLeft: () => (event.shiftKey ? this.zoom(this.span[0] - width / 4, this.span[1] - width / 4) : n && this.activate((this.active - 1 + n) % n, true)),
      ArrowDown: () => level(1),
      ArrowUp: () => level(-1),
      "+": () => this.zoomBy(0.6, this.frame.width / 2),
      "=": () => this.zoomBy(0.6, this.frame.width / 2),
      "-": () => this.zoomBy(1.6, this.frame.width / 2),
      "0": () => this.zoom(-Infinity, Infinity),
      Enter: () => this.active >= 0 && this.options.open(this.bars.call[this.active]),
    };
    const action = actions[event.key];
    if (!action || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    action();
  }

  private data(): Cell {
    const b = this.bars;
    return {
      columns: ["call row", "function", "thread", "depth", "start", "end", "merged", "flags"],
      rows: b.call.map((call, i) => [call, this.options.title(b.function[i]), b.thread[i], b.depth[i], b.start[i], b.end[i], b.merged[i], callFlags(b.flags[i]).join("; ")]),
    };
  }

  destroy(): void {
    this.frame.destroy();
  }
}
