// The timelines of the chosen functions.
import { num, type Frame, type FunctionRow, type Timeline } from "../api";
import { functionTitle, type App, type View } from "../app";
import { TimelineChart, type Level, type TimelineSeries } from "../chart/timeline";
import { against, claim, enough } from "../claim";
import { clear, h, segmented, select } from "../dom";
import { bits, integer, plural } from "../format";
import { seriesColor } from "../palette";
import { describeError, heading, message } from "./parts";

const METRICS = [
  ["sig_norm", "Digits", "Normwise significant digits of the value"],
  ["sig_min", "Least", "Digits of the worst element"],
  ["sig_median", "Median", "Digits of the median element"],
  ["contributing", "Contributing", "Digits that still contribute: the last ones more likely right than wrong"],
  ["mean", "Mean", "Mean of the elements"],
  ["std", "Std", "Spread over the runs"],
] as const;
const MORE = [["sig_p05", "5 % digits"], ["min", "Least value"], ["max", "Greatest value"], ["n_nan", "NaN count"], ["n_inf", "Inf count"], ["agreement", "Agreement"]] as const;
const UNITS: Record<string, string> = {
  sig_norm: "digits (bits)", sig_min: "digits (bits)", sig_p05: "digits (bits)", sig_median: "digits (bits)", contributing: "contributing digits (bits)",
  mean: "mean", std: "standard deviation", min: "least value", max: "greatest value", n_nan: "NaN count", n_inf: "Inf count", agreement: "share of runs that agree",
};

const MANY_BINS = 1800; // of all functions together
const COLORS = 8; // of the palette: more would not be told apart
const isDigits = (metric: string) => metric.startsWith("sig") || metric === "contributing";

export class TimelineView implements View {
  readonly title = "Timeline";
  readonly element: HTMLElement;
  private readonly chart: TimelineChart;
  private readonly chips = h("div", { class: "chips" });
  private readonly legend = h("ul", { class: "legend-list", "aria-label": "Call sites" });
  private readonly tools = h("div", { class: "bar-tools" });
  private readonly note = h("p", { class: "quiet", role: "status" });
  private readonly problem = h("div");
  private chosen: number[] = [];
  private metric = "sig_norm";
  private phase = "both";
  private log = false;
  private bySite = false;
  private sites: Promise<Frame[]> | null = null;
  private span: [number, number] | undefined;
  private asked = "";
  private request: AbortController | null = null;

  constructor(private readonly app: App) {
    this.chart = new TimelineChart({
      title: "Timeline",
      open: (mark) => this.app.go(`value/${mark.row}`),
      zoomed: (span) => this.go({ from: span ? Math.floor(span[0]) : undefined, to: span ? Math.ceil(span[1]) : undefined }),
    });
    this.element = h("div", { class: "view timeline" }, heading("Timeline"), this.tools,
      h("section", { class: "card" }, this.chips, this.legend, this.problem, this.chart.frame.element, this.note));
  }

  private state(): Record<string, string | number | undefined> {
    return {
      f: this.chosen.join(","), y: this.metric === "sig_norm" ? undefined : this.metric,
      phase: this.phase === "both" ? undefined : this.phase, log: this.log ? 1 : undefined, color: this.bySite ? "site" : undefined,
      from: this.span?.[0], to: this.span?.[1],
    };
  }

  private go(change: Record<string, string | number | undefined>, replace = true): void {
    this.app.go("timeline", { ...this.state(), ...change }, replace);
  }

  update(params: URLSearchParams): void {
    const asked = (params.get("f") ?? "").split(",").filter((t) => /^\d+$/.test(t)).map(Number);
    this.chosen = asked.filter((i) => i < this.app.functions.length);
    if (!this.chosen.length) {
      const worst = this.app.functions.find((f) => f.rank === 1) ?? this.app.functions[0];
      if (worst) return this.go({ f: worst.index });
    }
    const metric = params.get("y") ?? "sig_norm";
    this.metric = metric in UNITS ? metric : "sig_norm";
    this.phase = params.get("phase") ?? "both";
    this.log = params.get("log") === "1";
    this.bySite = params.get("color") === "site";
    const [from, to] = [params.get("from"), params.get("to")].map((t) => (t && /^\d+$/.test(t) ? Number(t) : NaN));
    this.span = from < to ? [from, to] : undefined;
    this.showTools();
    this.showChips();
    void this.load();
  }

  private showTools(): void {
    const state = `${this.metric} ${this.phase} ${this.log} ${this.bySite} ${this.span}`;
    if (this.tools.contains(document.activeElement) && this.tools.dataset.state === state) return;
    this.tools.dataset.state = state;
    const focused = (document.activeElement as HTMLElement | null)?.dataset.value;
    clear(this.tools);
    const more = MORE.some(([key]) => key === this.metric);
    this.tools.append(
      segmented("What is shown", METRICS.filter(([key]) => key !== "contributing" || this.app.overview.contributing_shift !== null), (more ? "" : this.metric) as "sig_norm", (y) => this.go({ y: y === "sig_norm" ? undefined : y })),
      select("More to show", [["", "More…"], ...MORE] as [string, string][], more ? this.metric : "", (y) => y && this.go({ y }), false),
      segmented("Phase", [["both", "▲▼ Both"], ["in", "▲ Inputs"], ["out", "▼ Outputs"]] as const, this.phase as "both", (p) => this.go({ phase: p === "both" ? undefined : p })),
      segmented("Axis", [["lin", "Linear"], ["log", "Log"]] as const, this.log ? "log" : "lin", (a) => this.go({ log: a === "log" ? 1 : undefined })),
      segmented("Colour", [["function", "By function"], ["site", "By call site", "Where in the program the function was called"]] as const, this.bySite ? "site" : "function", (c) => this.go({ color: c === "site" ? c : undefined })),
      this.span ? h("button", { type: "button", onclick: () => this.chart.reset() }, "Whole run") : "");
    if (focused) this.tools.querySelector<HTMLElement>(`[data-value="${CSS.escape(focused)}"]`)?.focus();
  }

  private showChips(): void {
    clear(this.chips);
    this.chosen.forEach((index, i) => {
      const f = this.app.functions[index];
      const dot = h("span", { class: "dot", "aria-hidden": "true" });
      dot.style.background = seriesColor(i);
      this.chips.append(h("span", { class: "chip", title: functionTitle(f) }, dot, h("span", { class: "chip-name" }, f.name), h("span", { class: "chip-note" }, f.module),
        this.chosen.length > 1 ? h("button", { type: "button", "aria-label": `Remove ${f.name}`, onclick: () => this.go({ f: this.chosen.filter((c) => c !== index).join(",") }, false) }, "×") : null));
    });
    this.chips.append(this.adder());
    this.chips.append(h("span", { class: "key", "aria-hidden": "true" }, "▲ input  ▼ output  ✕ raised  ★ runs differ  ◇ NaN  • undefined"));
  }

  private adder(): HTMLElement {
    const list = h("datalist", { id: "all-functions" });
    const label = (f: FunctionRow) => functionTitle(f);
    for (const f of this.app.functions.slice(0, 5000)) if (!this.chosen.includes(f.index)) list.append(h("option", { value: label(f) }));
    const input = h("input", {
      list: "all-functions", placeholder: "Add a function", "aria-label": "Add a function", class: "adder", autocomplete: "off",
      onchange: () => {
        const f = this.app.functions.find((g) => label(g) === input.value);
        if (f && !this.chosen.includes(f.index)) this.go({ f: [...this.chosen, f.index].join(",") }, false);
      },
    });
    return h("span", {}, input, list);
  }

  private async load(): Promise<void> {
    // Many functions share the pixels: no more marks than can be told apart, and drawn at once.
    const width = Math.round((this.chart.frame.element.clientWidth || 900) * 0.6);
    const bins = Math.max(60, Math.min(2000, width, Math.round(MANY_BINS / this.chosen.length)));
    const key = JSON.stringify([this.chosen, this.metric, this.phase, this.log, this.bySite, this.span]);
    if (key === this.asked) return;
    this.asked = key;
    this.request?.abort();
    const request = (this.request = new AbortController());
    try {
      const answer = await this.app.api.timeline(this.chosen, { metric: this.metric, bins, from: this.span?.[0], to: this.span?.[1], sites: this.bySite ? 1 : 0 }, request.signal);
      const places = this.bySite ? await (this.sites ??= this.app.api.sites()) : null;
      if (request.signal.aborted) return;
      clear(this.problem);
      this.show(answer, places && this.placesOf(answer, places));
    } catch (error) {
      if (request.signal.aborted) return;
      this.asked = "";
      this.problem.replaceChildren(message(describeError(error)));
    }
  }

  private levels(): Level[] {
    if (!isDigits(this.metric)) return [];
    const shown = this.app.overview.shown_digits;
    const levels: Level[] = [{ value: 53, label: "53 float64" }, { value: 24, label: "24 float32" }];
    if (shown.binary64 !== null) levels.push({ value: shown.binary64, below: true, label: `${bits(shown.binary64)} shown by ${plural(this.app.overview.n_runs, "run")}` });
    return levels;
  }

  /** The call sites of the marks: those of most marks get a colour and a line of the legend. */
  private placesOf(answer: Timeline, sites: Frame[]): Map<number, { label: string; color: number }> {
    const counts = new Map<number, number>();
    for (const s of answer.series) for (const site of s.points.site ?? []) counts.set(site, (counts.get(site) ?? 0) + 1);
    const order = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([site]) => site);
    return new Map(order.map((site, i) => {
      const frame = sites[site] as Frame | undefined;
      const label = frame ? `${frame.file.split("/").pop() || "(no file)"}:${frame.line} in ${frame.name}` : "(unknown place)";
      return [site, { label, color: i < COLORS ? i : -1 }];
    }));
  }

  private showLegend(places: Map<number, { label: string; color: number }> | null): void {
    clear(this.legend);
    this.legend.hidden = !places;
    const list = [...(places ?? new Map()).values()] as { label: string; color: number }[];
    for (const place of list.filter((p) => p.color >= 0)) {
      const dot = h("span", { class: "dot", "aria-hidden": "true" });
      dot.style.background = seriesColor(place.color);
      this.legend.append(h("li", {}, dot, place.label));
    }
    if (list.length > COLORS) this.legend.append(h("li", {}, `and ${list.length - COLORS} more, grey`));
  }

  private show(answer: Timeline, places: Map<number, { label: string; color: number }> | null): void {
    this.showLegend(places);
    const series: TimelineSeries[] = answer.series
      .filter((s) => this.phase === "both" || (s.phase === 1) === (this.phase === "out"))
      .map((s) => {
        const f = this.app.functions[s.function];
        const role = this.app.overview.roles.length > 1 ? ` (${this.app.overview.roles[s.process] ?? s.process})` : "";
        return {
          label: `${f.name} ${s.name}${role}`, detail: functionTitle(f), color: this.chosen.indexOf(s.function), phase: s.phase,
          reduced: s.reduced, total: s.n,
          marks: s.points.row.map((row, i) => ({
            row, call: s.points.call[i], time: s.points.time[i], value: num(s.points.value[i]), flags: s.points.flags[i], callFlags: s.points.call_flags[i],
            place: s.points.site && places?.get(s.points.site[i]),
          })),
        };
      });
    const total = answer.series.reduce((n, s) => n + s.n_inside, 0);
    const drawn = series.reduce((n, s) => n + s.marks.length, 0);
    const o = this.app.overview;
    const how = !isDigits(this.metric) || !o.has_digits ? ""
      : this.metric === "contributing" ? ` Digits by ${o.method} of ${plural(o.n_runs, "run")} that contribute with probability ${o.contributing_probability}, confidence ${o.confidence}, against ${against(o)}.`
      : ` Digits ${claim(o, o.n_runs)}${o.runs_needed > o.n_runs ? `; ${enough(o)}` : ""}.`;
    this.note.textContent = !answer.series.length
      ? "These functions have no values."
      : `${plural(total, "value")}${series.some((s) => s.reduced) ? `, ${integer(drawn)} drawn: of each stretch the first, last, least, greatest and the first that is flagged; zoom in for the rest` : ""}. Drag to zoom, double-click for all, click a mark for its value.${how}`;
    this.element.dataset.marks = String(drawn);
    this.chart.show(series, [answer.first_time, answer.last_time], this.span, {
      unit: UNITS[this.metric], log: this.log, digits: isDigits(this.metric), levels: this.levels(), bySite: places !== null,
    });
  }

  destroy(): void {
    this.request?.abort();
    this.chart.destroy();
  }
}
