// One value of one call: its numbers, its elements, where it came from.
import { num, type Call, type Field, type Grid, type Value } from "../api";
import { functionTitle, type App, type View } from "../app";
import { Heatmap, type Region } from "../chart/heatmap";
import { Histogram, LineChart } from "../chart/line";
import { append, clear, h, segmented, select } from "../dom";
import { bits, callFlags, decimal, dtypeName, full, hexFloat, integer, precisionOf, shapeText, short, valueFlags } from "../format";
import { mapNames, type MapName } from "../palette";
import { badge, describeError, heading, message } from "./parts";

const UNITS: Record<Field, string> = { sig: "digits (bits)", mean: "mean", std: "standard deviation" };
const HISTOGRAM_CELLS = 250000;

export class ValueView implements View {
  readonly title = "Value";
  readonly element: HTMLElement;
  private readonly row: number;
  private readonly head = h("div");
  private readonly body = h("div", { class: "value-body" });
  private readonly tools = h("div", { class: "bar-tools" });
  private readonly stage = h("div");
  private readonly histogramTools = h("div", { class: "bar-tools" });
  private readonly abort = new AbortController();
  private value: Value | null = null;
  private call: Call | null = null;
  private heatmap: Heatmap | null = null;
  private line: LineChart | null = null;
  private histogram: Histogram | null = null;
  private params = new URLSearchParams();
  private shown = "";

  constructor(private readonly app: App, argument: string) {
    this.row = /^\d+$/.test(argument) ? Number(argument) : -1;
    append(this.head, heading("Value"));
    this.element = h("div", { class: "view value" }, this.head, this.body);
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      this.value = await this.app.api.value(this.row, this.abort.signal);
      this.call = await this.app.api.call(this.value.call, this.abort.signal);
      this.build(this.value, this.call);
      this.update(this.params);
    } catch (error) {
      if (!this.abort.signal.aborted) this.body.replaceChildren(message(describeError(error)));
    }
  }

  private build(v: Value, call: Call): void {
    const f = this.app.functions[v.function];
    this.head.replaceChildren(h("header", { class: "view-head" },
      h("h1", { tabindex: -1 }, v.phase ? "▼ " : "▲ ", v.name, h("span", { class: "of" }, v.phase ? " output of " : " input of "), h("a", { href: this.app.href("timeline", { f: v.function }) }, functionTitle(f))),
      h("p", { class: "lead" }, this.describe(v, call))));
    clear(this.body);
    const aside = h("aside", { class: "value-side" }, this.numbers(v), this.context(call), this.siblings(call));
    const main = h("section", { class: "card value-main" });
    if (v.picture.parts) append(main, this.tools, this.stage);
    else append(main, h("p", { class: "quiet" }, v.kind === 2 ? "A label: what the pivot run had is shown beside." : "The elements of this value are not stored; its numbers are beside."));
    append(this.body, main, aside);
    if (v.picture.parts) this.stageFor(v);
  }

  private describe(v: Value, call: Call): HTMLElement {
    const box = h("span", {}, v.kind === 2 ? "label" : `${dtypeName(v.dtype)}, ${shapeText(v.shape)}`, `, call at time ${integer(call.time)}, seen by ${v.n_runs} of ${this.app.overview.n_runs} runs `);
    for (const word of [...valueFlags(v.flags), ...callFlags(call.flags)]) box.append(badge(word, word === "did not vary" ? "" : "warn"));
    return box;
  }

  private numbers(v: Value): HTMLElement {
    const list = h("dl", { class: "numbers" });
    const add = (name: string, value: string, hint = "") => list.append(h("div", { title: hint || null }, h("dt", {}, name), h("dd", {}, value)));
    if (v.label !== undefined) add("Label", v.label);
    if (v.kind === 1) {
      add("Digits", v.sig_norm === null ? "–" : `${full(v.sig_norm)} bits`, v.sig_norm === null ? "" : `${decimal(v.sig_norm)} decimal digits, normwise`);
      if (v.n_elements > 1) {
        add("worst element", bits(v.sig_min));
        add("5 % are below", bits(v.sig_p05));
        add("median element", bits(v.sig_median));
      }
      for (const [name, value] of [["Mean", v.mean], ["Std", v.std], ["Least", v.min], ["Greatest", v.max]] as const) add(name, full(num(value)), hexFloat(num(value)));
      if (v.n_nan) add("NaN", integer(v.n_nan));
      if (v.n_inf) add("Inf", integer(v.n_inf));
    }
    if (v.agreement !== null) add("Runs that agree", `${(v.agreement * 100).toFixed(0)} %`);
    return h("section", { class: "card" }, h("h2", {}, "Numbers"), list);
  }

  private context(call: Call): HTMLElement {
    const list = h("ol", { class: "path" });
    for (const frame of call.path)
      list.append(h("li", {}, h("a", { href: this.app.href("source", { file: frame.file, line: frame.line }) }, `${frame.file.split("/").pop() || "(no file)"}:${frame.line}`), h("span", { class: "quiet" }, ` in ${frame.name}`)));
    return h("section", { class: "card" }, h("h2", {}, "Call path"), call.path.length ? list : h("p", { class: "quiet" }, "not recorded"));
  }

  private siblings(call: Call): HTMLElement {
    const list = h("ul", { class: "siblings" });
    for (const v of call.values)
      list.append(h("li", {}, h("a", { href: this.app.href(`value/${v.row}`), "aria-current": v.row === this.row ? "true" : null },
        h("span", {}, v.phase ? "▼ " : "▲ ", v.name), h("span", { class: "quiet" }, v.kind === 1 ? shapeText(v.shape) : "label"), h("span", { class: "number" }, bits(v.sig_norm)))));
    const lost = call.self_lost === null ? "" : ` This call lost ${bits(call.lost)} bits, ${bits(call.self_lost)} of them itself.`;
    return h("section", { class: "card" }, h("h2", {}, "In this call"), h("p", { class: "quiet" }, `${integer(call.n_values)} values.${lost}`), list);
  }

  private stageFor(v: Value): void {
    const p = v.picture;
    const name = `${functionTitle(this.app.functions[v.function])} ${v.name}`;
    if (p.rows > 1) {
      this.heatmap = new Heatmap({
        title: `Elements of ${name}`,
        region: () => ({ r0: 0, r1: p.rows, c0: 0, c1: p.columns }),
        zoomed: (r) => this.go({ z: r ? [r.r0, r.r1, r.c0, r.c1].join(",") : undefined }),
      }, { map: "cividis", log: false, end: "low", range: null, unit: "" });
      append(this.stage, this.heatmap.frame.element);
    } else if (p.columns > 1) {
      this.line = new LineChart(`Elements of ${name}`);
      append(this.stage, this.line.frame.element);
    }
    if (p.rows * p.columns > 1) {
      this.histogram = new Histogram(`Histogram of ${name}`);
      append(this.stage, h("div", { class: "sub-head" }, h("h2", {}, "Histogram"), this.histogramTools), this.histogram.frame.element);
    }
  }

  private state(): Record<string, string | undefined> {
    return Object.fromEntries(this.params);
  }

  private go(change: Record<string, string | undefined>): void {
    this.app.go(`value/${this.row}`, { ...this.state(), ...change }, true);
  }

  update(params: URLSearchParams): void {
    this.params = params;
    if (this.value?.picture.parts && params.toString() !== this.shown) {
      this.shown = params.toString();
      this.showTools(this.value);
      void this.draw(this.value);
    } else if (this.value?.picture.parts && !this.tools.hasChildNodes()) {
      this.showTools(this.value);
      void this.draw(this.value);
    }
  }

  private field(): Field {
    const f = this.params.get("show");
    return f === "mean" || f === "std" || f === "sig" ? f : this.app.overview.has_digits ? "sig" : "mean";
  }

  private map(): MapName {
    const name = this.params.get("map") as MapName;
    return mapNames.includes(name) ? name : this.field() === "mean" ? "viridis" : "cividis";
  }

  private end(): "low" | "high" {
    const end = this.params.get("end");
    return end === "low" || end === "high" ? end : this.field() === "std" ? "high" : "low";
  }

  private showTools(v: Value): void {
    const p = v.picture;
    const focused = (document.activeElement as HTMLElement | null)?.dataset.value;
    clear(this.tools);
    if (p.rows * p.columns > 1) append(this.tools, segmented("Field", [["sig", "Digits"], ["mean", "Mean"], ["std", "Std"]] as const, this.field(), (show) => this.go({ show })));
    if (p.parts > 1) append(this.tools, segmented("Part", [["0", "Real"], ["1", "Imaginary"]] as const, (this.params.get("part") ?? "0") as "0", (part) => this.go({ part: part === "0" ? undefined : part })));
    if (p.slices > 1) append(this.tools, this.slicer(v));
    if (p.rows * p.columns > 1)
      append(this.tools, segmented("Scale", [["lin", "Linear"], ["log", "Log"]] as const, this.params.get("log") === "1" ? "log" : "lin", (a) => this.go({ log: a === "log" ? "1" : undefined })));
    if (p.rows > 1) {
      append(this.tools, select("Colours", mapNames.map((m) => [m, m] as const), this.map(), (map) => this.go({ map }), false));
      append(this.tools, segmented("Range", [["fit", "Fitted"], ["type", "Full"]] as const, this.params.get("range") === "type" ? "type" : "fit", (range) => this.go({ range: range === "type" ? range : undefined })));
      if (p.rows * p.columns > 400000) append(this.tools, segmented("Of many in one cell", [["low", "Least"], ["high", "Greatest"]] as const, this.end(), (end) => this.go({ end })));
      if (this.params.get("z")) append(this.tools, h("button", { type: "button", onclick: () => this.go({ z: undefined }) }, "Whole array"));
    }
    if (focused) this.tools.querySelector<HTMLElement>(`[data-value="${CSS.escape(focused)}"]`)?.focus();
  }

  /** One number for each leading dimension. */
  private slicer(v: Value): HTMLElement {
    const dims = v.shape.slice(0, -2);
    let rest = this.slice(v);
    const at = dims.map((_, i) => {
      const below = dims.slice(i + 1).reduce((a, b) => a * b, 1);
      const k = Math.floor(rest / below);
      rest %= below;
      return k;
    });
    const box = h("span", { class: "field" }, h("span", {}, "Slice"));
    dims.forEach((size, i) => {
      const input = h("input", {
        type: "number", min: 0, max: size - 1, value: at[i], "aria-label": `Index in dimension ${i}`, class: "index",
        onchange: () => {
          at[i] = Math.max(0, Math.min(size - 1, Math.round(Number(input.value)) || 0));
          this.go({ slice: String(at.reduce((sum, k, d) => sum * dims[d] + k, 0)) });
        },
      });
      append(box, input, h("span", { class: "quiet" }, `of ${size}`));
    });
    return box;
  }

  private slice(v: Value): number {
    const n = Number(this.params.get("slice") ?? 0);
    return Number.isInteger(n) && n >= 0 && n < v.picture.slices ? n : 0;
  }

  private region(v: Value): Region {
    const z = (this.params.get("z") ?? "").split(",").map(Number);
    const p = v.picture;
    const ok = z.length === 4 && z.every(Number.isInteger) && z[0] >= 0 && z[0] < z[1] && z[1] <= p.rows && z[2] >= 0 && z[2] < z[3] && z[3] <= p.columns;
    return ok ? { r0: z[0], r1: z[1], c0: z[2], c1: z[3] } : { r0: 0, r1: p.rows, c0: 0, c1: p.columns };
  }

  private async draw(v: Value): Promise<void> {
    const field = this.field();
    const region = this.region(v);
    const cells = this.heatmap?.cells() ?? { h: 1, w: 2000 };
    const part = this.params.get("part") === "1" && v.picture.parts > 1 ? 1 : 0;
    try {
      const grid = await this.app.api.grid(this.row, { field, part, slice: this.slice(v), ...region, ...cells }, this.abort.signal);
      const unit = UNITS[field];
      const log = this.params.get("log") === "1";
      const levels = field === "sig" ? [{ value: precisionOf(v.dtype), label: "" }] : [];
      if (this.heatmap) {
        const fixed: [number, number] | null = this.params.get("range") === "type" ? (field === "sig" ? [0, precisionOf(v.dtype)] : [num(v.min), num(v.max)]) : null;
        this.heatmap.show(grid, region, { map: this.map(), log, end: this.end(), range: fixed && log && fixed[0] <= 0 ? null : fixed, unit });
      } else if (this.line) this.line.show(grid, v.picture.columns, { unit, log, levels });
      else await this.scalar(v, part);
      this.drawHistogram(grid, unit);
      this.element.dataset.shown = field;
    } catch (error) {
      if (!this.abort.signal.aborted) this.stage.prepend(message(describeError(error)));
    }
  }

  private drawHistogram(grid: Grid, unit: string): void {
    if (!this.histogram) return;
    const bins = [10, 20, 40, 80, 160].find((n) => String(n) === this.params.get("bins")) ?? 40;
    const share = this.params.get("share") === "1";
    const focused = this.histogramTools.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.value : undefined;
    this.histogramTools.replaceChildren(
      select("Bins", ["10", "20", "40", "80", "160"].map((n) => [n, n] as const), String(bins), (n) => this.go({ bins: n === "40" ? undefined : n })),
      segmented("Height", [["count", "Count"], ["share", "Share"]] as const, share ? "share" : "count", (x) => this.go({ share: x === "share" ? "1" : undefined })));
    if (focused) this.histogramTools.querySelector<HTMLElement>(`[data-value="${CSS.escape(focused)}"]`)?.focus();
    const values = this.end() === "high" ? grid.high : grid.low;
    this.histogram.show(values.length > HISTOGRAM_CELLS ? values.filter((_, i) => i % Math.ceil(values.length / HISTOGRAM_CELLS) === 0) : values, bins, share, unit);
  }

  private async scalar(v: Value, part: number): Promise<void> {
    const box = h("div", { class: "scalar" });
    for (const field of ["mean", "std", "sig"] as const) {
      const grid = await this.app.api.grid(v.row, { field, part }, this.abort.signal);
      const value = grid.low[0];
      box.append(h("div", { class: "scalar-item" }, h("div", { class: "scalar-name" }, UNITS[field]),
        h("div", { class: "scalar-value", title: full(value) }, field === "sig" ? bits(value) : short(value)),
        h("div", { class: "scalar-full" }, full(value)), h("div", { class: "scalar-full" }, hexFloat(value))));
    }
    this.stage.replaceChildren(box);
  }

  destroy(): void {
    this.abort.abort();
    this.heatmap?.destroy();
    this.line?.destroy();
    this.histogram?.destroy();
  }
}
