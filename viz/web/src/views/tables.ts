// Runs and divergences: tables straight from the result.
import { rowsOf, type Frame } from "../api";
import { functionTitle, type App, type View } from "../app";
import { h } from "../dom";
import { entriesOf } from "../environment";
import { date, duration, integer, runFlags } from "../format";
import { badge, describeError, heading, message, SortTable } from "./parts";

interface Run {
  index: number;
  run_id: string;
  seed: string;
  flags: number;
  created_ns: number;
  duration_ns: number;
  calls: number;
  matched: number;
  unmatched: number;
  host: string;
  program: string;
  trace: string;
}

export class RunsView implements View {
  readonly title = "Runs";
  readonly element: HTMLElement;
  private readonly abort = new AbortController();
  private readonly body = h("div", { class: "stack" });

  constructor(private readonly app: App) {
    this.element = h("div", { class: "view runs" }, heading("Runs", "Each run is one sample. What differs between them other than the seed is not rounding."), this.body);
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      const answer = await this.app.api.runs(this.abort.signal);
      const runs = rowsOf<Run>(answer);
      const table = new SortTable<Run>("Runs", [
        { key: "run", label: "Run", numeric: true, value: (r) => r.index, cell: (r) => String(parseInt(r.run_id, 16)) },
        { key: "seed", label: "Seed", value: (r) => r.seed, cell: (r) => h("code", {}, r.seed) },
        { key: "host", label: "Host", value: (r) => r.host },
        { key: "began", label: "Began (UTC)", value: (r) => r.created_ns, cell: (r) => h("span", { class: "nowrap" }, date(r.created_ns / 1e9).slice(0, 19)) },
        { key: "duration", label: "Duration", numeric: true, value: (r) => r.duration_ns, cell: (r) => duration(r.duration_ns) },
        { key: "calls", label: "Calls", numeric: true, value: (r) => r.calls, cell: (r) => integer(r.calls) },
        { key: "unmatched", label: "Unmatched", numeric: true, value: (r) => r.unmatched, cell: (r) => integer(r.unmatched) },
        { key: "trace", label: "Trace", value: (r) => r.trace, cell: (r) => h("code", {}, r.trace) },
        { key: "notes", label: "Notes", value: (r) => runFlags(r.flags).join(), cell: (r) => h("span", {}, ...runFlags(r.flags).map((w) => badge(w, w === "pivot" || w === "reference" ? "" : "warn"))) },
      ], { key: "run", down: false });
      table.show(runs);
      this.body.replaceChildren(h("section", { class: "card flush" }, table.element), this.environment(answer.info));
    } catch (error) {
      if (!this.abort.signal.aborted) this.body.replaceChildren(message(describeError(error)));
    }
  }

  /** What all runs share, and what differs. */
  private environment(info: string[]): HTMLElement {
    const entries = entriesOf(info, this.app.overview.reference_run);
    const list = h("dl", { class: "numbers" });
    const differing = entries.filter((e) => e.values.length > 1 && !e.isCount);
    for (const e of [...differing, ...entries.filter((x) => !differing.includes(x))])
      list.append(h("div", { class: differing.includes(e) ? "differs" : null }, h("dt", {}, e.key),
        h("dd", {}, differing.includes(e) ? badge(e.isNoise ? "noise that is not rounding" : "differs", "warn") : null, e.values.slice(0, 6).join(" | "))));
    return h("section", { class: "card" }, h("h2", {}, "Environment"),
      h("p", { class: "quiet" }, entries.length ? (differing.length ? `${differing.length} of ${entries.length} entries differ between runs.` : "The same in every run.") : "Not recorded."), list);
  }

  update(): void {}
  destroy(): void {
    this.abort.abort();
  }
}

interface Divergence {
  index: number;
  process: number;
  parent: number;
  time: number;
  site: number;
  function: number;
  n_runs: number;
  n_calls: number;
}

export class DivergenceView implements View {
  readonly title = "Divergence";
  readonly element: HTMLElement;
  private readonly abort = new AbortController();
  private readonly body = h("div", { class: "stack" });

  constructor(private readonly app: App) {
    this.element = h("div", { class: "view divergence" }, heading("Divergence", "Places where not all runs made the same calls: a branch was decided by a digit that is not significant. The first is the one to look at."), this.body);
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      const answer = await this.app.api.divergences(this.abort.signal);
      const rows = rowsOf<Divergence>(answer);
      if (!rows.length) {
        this.body.replaceChildren(h("section", { class: "card" }, h("p", { class: "quiet" }, "All runs made the same calls.")));
        return;
      }
      const place = (d: Divergence): Partial<Frame> => answer.places[d.index] ?? {};
      const n = this.app.overview.n_runs;
      const table = new SortTable<Divergence>("Divergences", [
        { key: "time", label: "Time", numeric: true, value: (d) => d.time, cell: (d) => integer(d.time) },
        { key: "function", label: "Function called", value: (d) => functionTitle(this.app.functions[d.function]), cell: (d) => h("a", { href: this.app.href("timeline", { f: d.function }) }, functionTitle(this.app.functions[d.function])) },
        { key: "place", label: "At", value: (d) => `${place(d).file}:${place(d).line}`, cell: (d) => h("span", {}, h("a", { href: this.app.href("source", { file: place(d).file, line: place(d).line }) }, `${place(d).file?.split("/").pop() ?? "?"}:${place(d).line ?? "?"}`), h("span", { class: "quiet" }, ` in ${place(d).name ?? "?"}`)) },
        { key: "runs", label: "Runs that go there", numeric: true, value: (d) => d.n_runs, cell: (d) => `${d.n_runs} of ${n}` },
        { key: "calls", label: "Calls", numeric: true, value: (d) => d.n_calls, cell: (d) => integer(d.n_calls) },
        { key: "process", label: "Process", value: (d) => this.app.overview.roles[d.process] ?? "" },
      ], { key: "time", down: false });
      table.show(rows);
      this.body.replaceChildren(h("section", { class: "card flush" }, table.element));
    } catch (error) {
      if (!this.abort.signal.aborted) this.body.replaceChildren(message(describeError(error)));
    }
  }

  update(): void {}
  destroy(): void {
    this.abort.abort();
  }
}
