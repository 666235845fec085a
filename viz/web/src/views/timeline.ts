// The timelines of the chosen functions.
import { num, type FunctionRow, type Timeline } from "../api";
import { functionTitle, type App, type View } from "../app";
import { TimelineChart, type Level, type TimelineSeries } from "../chart/timeline";
import { clear, h, segmented, select } from "../dom";
import { bits, integer, plural } from "../format";
import { seriesColor } from "../palette";
import { describeError, heading, message } from "./parts";

const METRICS = [
  ["sig_norm", "Digits", "Normwise significant digits of the value"],
  ["sig_min", "Least", "Digits of the worst element"],
  ["sig_median", "Median", "Digits of the median element"],
  ["mean", "Mean", "Mean of the elements"],
  ["std", "Std", "Spread over the runs"],
] as const;
const MORE = [["sig_p05", "5 % digits"], ["min", "Least value"], ["max", "Greatest value"], ["n_nan", "NaN count"], ["n_inf", "Inf count"], ["agreement", "Agreement"]] as const;
const UNITS: Record<string, string> = {
  sig_norm: "digits (bits)", sig_min: "digits (bits)", sig_p05: "digits (bits)", sig_median: "digits (bits)",
  mean: "mean", std: "standard deviation", min: "least value", max: "greatest value", n_nan: "NaN count", n_inf: "Inf count", agreement: "share of runs that agree",
};

export class TimelineView implements View {
  readonly title = "Timeline";
  readonly element: HTMLElement;
  private readonly chart: TimelineChart;
  private readonly chips = h("div", { class: "chips" });
  private readonly tools = h("div", { class: "bar-tools" });
  private readonly note = h("p", { class: "quiet", role: "status" });
  private readonly problem = h("div");
  private chosen: number[] = [];
  private metric = "sig_norm";
  private phase = "both";
  private log = false;
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
      h("section", { class: "card" }, this.chips, this.problem, this.chart.frame.element, this.note));
  }

  private state(): Record<string, string | number | undefined> {
    return {
      f: this.chosen.join(","), y: this.metric === "sig_norm" ? undefined : this.metric,
      phase: this.phase === "both" ? undefined : this.phase, log: this.log ? 1 : undefined,
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
    const [from, to] = [params.get("from"), params.get("to")].map((t) => (t && /^\d+$/.test(t) ? Number(t) : NaN));
    this.span = from < to ? [from, to] : undefined;
    this.showTools();
    this.showChips();
    void this.load();
  }

  private showTools(): void {
    const state = `${this.metric} ${this.phase} ${this.log} ${this.span}`;
    if (this.tools.contains(document.activeElement) && this.tools.dataset.state === state) return;
    this.tools.dataset.state = state;
    const focused = (document.activeElement as HTMLElement | null)?.dataset.value;
    clear(this.tools);
    const more = MORE.some(([key]) => key === this.metric);
    this.tools.append(
      segmented("What is shown", METRICS, (more ? "" : this.metric) as "sig_norm", (y) => this.go({ y: y === "sig_norm" ? undefined : y })),
      select("More to show", [["", "More…"], ...MORE] as [string, string][], more ? this.metric : "", (y) => y && this.go({ y }), false),
      segmented("Phase", [["both", "▲▼ Both"], ["in", "▲ Inputs"], ["out", "▼ Outputs"]] as const, this.phase as "both", (p) => this.go({ phase: p === "both" ? undefined : p })),
      segmented("Axis", [["lin", "Linear"], ["log", "Log"]] as const, this.log ? "log" : "lin", (a) => this.go({ log: a === "log" ? 1 : undefined })),
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
    const bins = Math.max(200, Math.min(2000, Math.round((this.chart.frame.element.clientWidth || 900) * 0.6)));
    const key = JSON.stringify([this.chosen, this.metric, this.phase, this.log, this.span]);
    if (key === this.asked) return;
    this.asked = key;
    this.request?.abort();
    const request = (this.request = new AbortController());
    try {
      const answer = await this.app.api.timeline(this.chosen, { metric: this.metric, bins, from: this.span?.[0], to: this.span?.[1] }, request.signal);
      clear(this.problem);
      this.show(answer);
    } catch (error) {
      if (request.signal.aborted) return;
      this.asked = "";
      this.problem.replaceChildren(message(describeError(error)));
    }
  }

  private levels(): Level[] {
    if (!this.metric.startsWith("sig")) return [];
    const shown = this.app.overview.shown_digits;
    const levels: Level[] = [{ value: 53, label: "53 float64" }, { value: 24, label: "24 float32" }];
    if (shown.binary64 !== null) levels.push({ value: shown.binary64, below: true, label: `${bits(shown.binary64)} shown by ${plural(this.app.overview.n_runs, "run")}` });
    return levels;
  }

  private show(answer: Timeline): void {
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
          })),
        };
      });
    const total = answer.series.reduce((n, s) => n + s.n_inside, 0);
    const drawn = series.reduce((n, s) => n + s.marks.length, 0);
    this.note.textContent = !answer.series.length
      ? "These functions have no values."
      : `${plural(total, "value")}${series.some((s) => s.reduced) ? `, ${integer(drawn)} drawn: of each stretch the first, last, least, greatest and the first that is flagged; zoom in for the rest` : ""}. Drag to zoom, double-click for all, click a mark for its value.`;
    this.element.dataset.marks = String(drawn);
    this.chart.show(series, [answer.first_time, answer.last_time], this.span, {
      unit: UNITS[this.metric], log: this.log, digits: this.metric.startsWith("sig"), levels: this.levels(),
    });
  }

  destroy(): void {
    this.request?.abort();
    this.chart.destroy();
  }
}
