// One value of one call: its numbers, its elements, where it came from.
import { num, type Call, type Field, type Grid, type Region, type Value } from "../api";
import { functionTitle, type App, type View } from "../app";
import { Heatmap } from "../chart/heatmap";
import { Histogram, LineChart } from "../chart/line";
import { bias, claim, consequence } from "../claim";
import { append, clear, h, segmented, select } from "../dom";
import { bits, callFlags, decimal, dtypeName, full, hexFloat, integer, precisionOf, shapeText, short, valueFlags } from "../format";
import { mapNames, type MapName } from "../palette";
import { elementsOf, gridOf, samplePlaces, sparsePlaces, type Places } from "../places";
import { badge, describeError, heading, message } from "./parts";

const UNITS: Record<Field, string> = { sig: "digits (bits)", mean: "mean", std: "standard deviation" };
const HISTOGRAM_CELLS = 250000;
const QUICK = 4e6; // elements that are read at once; of more, tiles are shown first
const SLOW = 5e8; // and beyond this, tiles alone until the picture is zoomed
const NORMED = 2 ** 22; // elements whose norms are computed without asking

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
  private places: Places | null = null;
  private picture = { rows: 0, columns: 0, slices: 0, parts: 0 };
  private turn = 0;
  private readonly note = h("p", { class: "quiet", role: "status" });

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
      this.places = (await samplePlaces(this.app.api, this.value, this.abort.signal)) ?? (await sparsePlaces(this.app.api, this.value, this.call, this.abort.signal));
      this.picture = this.places ? { rows: this.places.rows, columns: this.places.columns, slices: 1, parts: this.value.picture.parts } : this.value.picture;
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
    if (v.picture.parts) append(main, this.tools, this.note, this.stage);
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
    const o = this.app.overview;
    const how = h("p", { class: "quiet", title: consequence(o) }, `Digits ${claim(o, v.n_runs)}.`);
    const biased = bias(v.flags);
    if (v.picture.parts && v.n_elements > 1 && v.n_stored <= NORMED) void this.addNorms(list);
    return h("section", { class: "card" }, h("h2", {}, "Numbers"), v.sig_norm === null ? null : how, biased ? h("p", { class: "message warn" }, biased) : null, list);
  }

  private async addNorms(list: HTMLElement): Promise<void> {
    const norms = await this.app.api.norms(this.row, this.abort.signal).catch(() => null);
    if (!norms) return;
    const add = (name: string, value: number, hint: string) => list.append(h("div", { title: `${hint} ${hexFloat(value)}` }, h("dt", {}, name), h("dd", {}, full(value))));
    add("Norm of the mean", norms.mean.two, "Euclidean;");
    add("greatest size", norms.mean.max, "of an element of the mean;");
    add("Norm of the std", norms.std.two, "Euclidean;");
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
    const p = this.picture;
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
    const p = this.picture;
    const focused = (document.activeElement as HTMLElement | null)?.dataset.value;
    clear(this.tools);
    if (p.rows * p.columns > 1) append(this.tools, segmented("Field", [["sig", "Digits"], ["mean", "Mean"], ["std", "Std"]] as const, this.field(), (show) => this.go({ show })));
    if (p.parts > 1) append(this.tools, segmented("Part", [["0", "Real"], ["1", "Imaginary"]] as const, (this.params.get("part") ?? "0") as "0", (part) => this.go({ part: part === "0" ? undefined : part })));
    if (p.slices > 1) append(this.tools, this.slicer(v));
    if (p.rows * p.columns > 1)
      append(this.tools, segmented("Scale", [["lin", "Linear"], ["log", "Log"]] as const, this.params.get("log") === "1" ? "log" : "lin", (a) => this.go({ log: a === "log" ? "1" : undefined })));
    if (p.rows > 1) {
      append(this.tools, select("Colours", mapNames.map((m) => [m, m] as const), this.map(), (map) => this.go({ map }), false));
      append(this.tools, segmented("Range", ([["fit", "Fitted", "To what is seen"], ["type", "Full", "All that the type or the value can have"], ["~", "Fixed"]] as [string, string, string?][]).filter(([key]) => key !== "type" || this.field() !== "std"),
        this.params.get("range")?.includes("~") ? "~" : this.params.get("range") === "type" ? "type" : "fit", (range) => this.go({ range: range === "fit" ? undefined : range })));
      if (this.params.get("range")?.includes("~")) append(this.tools, this.rangeInputs());
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

  private region(): Region {
    const z = (this.params.get("z") ?? "").split(",").map(Number);
    const p = this.picture;
    const ok = z.length === 4 && z.every(Number.isInteger) && z[0] >= 0 && z[0] < z[1] && z[1] <= p.rows && z[2] >= 0 && z[2] < z[3] && z[3] <= p.columns;
    return ok ? { r0: z[0], r1: z[1], c0: z[2], c1: z[3] } : { r0: 0, r1: p.rows, c0: 0, c1: p.columns };
  }

  private part(v: Value): number {
    return this.params.get("part") === "1" && v.picture.parts > 1 ? 1 : 0;
  }

  /** Draws what is asked for; of large pictures the tiles first, which are there at once. */
  private async draw(v: Value): Promise<void> {
    const turn = ++this.turn;
    const field = this.field();
    const region = this.region();
    const cells = this.heatmap?.cells() ?? { h: 1, w: 2000 };
    const part = this.part(v);
    const query = { field, part, slice: this.slice(v), ...region, ...cells };
    const size = (region.r1 - region.r0) * (region.c1 - region.c0);
    try {
      if (this.places) {
        const values = await elementsOf(this.app.api, v, field, part, this.abort.signal);
        if (turn === this.turn) this.showGrid(v, gridOf(this.places, values, region, cells), values, this.places.what);
        return;
      }
      if (v.picture.tiles && size > QUICK) {
        const tiles = await this.app.api.grid(this.row, { ...query, tiles: 1 }, this.abort.signal);
        if (turn !== this.turn) return;
        this.showGrid(v, tiles, null, `Tiles of ${tiles.step?.join(" × ")} elements: the ${this.end() === "high" ? "greatest" : "least"} of each${size > SLOW ? "; zoom in for more" : ""}.`);
        if (size > SLOW) return;
      }
      const grid = await this.app.api.grid(this.row, query, this.abort.signal);
      if (turn !== this.turn) return;
      if (!this.heatmap && !this.line) await this.scalar(v, part);
      this.showGrid(v, grid, null, grid.reduced ? `${integer(size)} elements in ${integer(grid.rows * grid.columns)} cells: the ${this.end() === "high" ? "greatest" : "least"} of each; drag over a part to see more of it.` : "");
    } catch (error) {
      if (!this.abort.signal.aborted && turn === this.turn) this.stage.prepend(message(describeError(error)));
    }
  }

  private showGrid(v: Value, grid: Grid, all: Float64Array | null, note: string): void {
    const field = this.field();
    const unit = UNITS[field];
    const log = this.params.get("log") === "1";
    const levels = field === "sig" ? [{ value: precisionOf(v.dtype), label: "" }] : [];
    if (this.heatmap) {
      const fixed = this.fixedRange(v);
      this.heatmap.show(grid, this.region(), { map: this.map(), log, end: this.end(), range: fixed && log && fixed[0] <= 0 ? null : fixed, unit });
    } else this.line?.show(grid, this.picture.columns, { unit, log, levels });
    this.note.textContent = note;
    this.drawHistogram(all ?? (this.end() === "high" ? grid.high : grid.low), unit);
    this.element.dataset.shown = field;
  }

  /** The ends of the colours that were asked for; null: fitted to what is seen. */
  private fixedRange(v: Value): [number, number] | null {
    const range = this.params.get("range");
    if (range === "type") return this.field() === "sig" ? [0, precisionOf(v.dtype)] : this.field() === "mean" ? [num(v.min), num(v.max)] : null;
    const [low, high] = (range ?? "").split("~").map(Number);
    return range?.includes("~") && low < high ? [low, high] : null;
  }

  /** Two numbers between which the colours run. */
  private rangeInputs(): HTMLElement {
    const range = this.params.get("range") ?? "";
    const [low, high] = range.includes("~") ? range.split("~") : ["", ""];
    const box = h("span", { class: "field" }, h("span", {}, "from"));
    const inputs = [low, high].map((value, i) =>
      h("input", { type: "number", step: "any", value, class: "index", "aria-label": i ? "Greatest colour at" : "Least colour at", onchange: () => { if (inputs.every((x) => x.value)) this.go({ range: inputs.map((x) => x.value).join("~") }); } }));
    append(box, inputs[0], h("span", {}, "to"), inputs[1]);
    return box;
  }

  private drawHistogram(values: Float64Array, unit: string): void {
    if (!this.histogram) return;
    const bins = [10, 20, 40, 80, 160].find((n) => String(n) === this.params.get("bins")) ?? 40;
    const share = this.params.get("share") === "1";
    const focused = this.histogramTools.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.value : undefined;
    this.histogramTools.replaceChildren(
      select("Bins", ["10", "20", "40", "80", "160"].map((n) => [n, n] as const), String(bins), (n) => this.go({ bins: n === "40" ? undefined : n })),
      segmented("Height", [["count", "Count"], ["share", "Share"]] as const, share ? "share" : "count", (x) => this.go({ share: x === "share" ? "1" : undefined })));
    if (focused) this.histogramTools.querySelector<HTMLElement>(`[data-value="${CSS.escape(focused)}"]`)?.focus();
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
