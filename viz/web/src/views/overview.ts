// What ran, how much of it can be trusted, and where to look first.
import type { Division, FloatDivision, FunctionRow } from "../api";
import { pictureButtons } from "../chart/pictures";
import { drawRanking, rankingData, rankingSize } from "../chart/ranking";
import { functionPlace, functionTitle, type App, type View } from "../app";
import { h } from "../dom";
import { against, consequence, enough } from "../claim";
import { cancellationsOf, entriesOf, valueOf, type Cancellation, type Entry } from "../environment";
import { saveButtons } from "../export";
import { bits, bytes, date, decimal, functionFlags, integer, kindName, plural } from "../format";
import { digitsColor } from "../palette";
import { badge, digitsCell, heading, SortTable } from "./parts";

const TOP = 12;

function card(title: string, number: string, unit: string, note: Node | string, kind = ""): HTMLElement {
  return h("section", { class: `card stat ${kind}` },
    h("h2", {}, title),
    h("div", { class: "stat-number" }, number, h("span", { class: "stat-unit" }, unit)),
    h("div", { class: "stat-note" }, note));
}

export class OverviewView implements View {
  readonly title = "Overview";
  readonly element: HTMLElement;
  private readonly noise = h("section", { class: "card", hidden: true });
  private readonly events = h("div", { class: "stack" });
  private readonly abort = new AbortController();

  constructor(private readonly app: App) {
    const o = app.overview;
    const level = Math.round(o.confidence * 100);
    const lead = `${plural(o.n_runs, "run")} of ${o.program ?? "the program"}` +
      (o.roles.length > 1 ? ` on ${o.roles.length} processes` : "") +
      `, aggregated ${date(o.created_s)}. ` +
      (o.has_digits
        ? `Digits: ${o.method === "cnh" ? "centred normality (CNH)" : "general"} method, probability ${o.probability}, confidence ${level} %, counted against ${against(o)}. ${consequence(o)}`
        : "One run only: there are means, but no digits.");
    this.element = h("div", { class: "view overview" }, heading("Overview", lead), this.cards(), this.ranking(), this.sourcesTable(), this.events, this.noise, this.facts());
    void this.showNoise();
    void this.showDivisions();
  }

  private link(f: FunctionRow): HTMLElement {
    return h("a", { href: this.app.href("timeline", { f: f.index }), title: functionTitle(f) }, f.name);
  }

  private cards(): HTMLElement {
    const fs = this.app.functions;
    const o = this.app.overview;
    const best = (pick: (f: FunctionRow) => number | null, sign: number) =>
      fs.filter((f) => pick(f) !== null).sort((a, b) => sign * ((pick(a) as number) - (pick(b) as number)))[0] as FunctionRow | undefined;
    const least = best((f) => f.digits_out, 1);
    const lost = best((f) => (f.flags & 1 ? null : f.self_lost), -1);
    const nan = fs.filter((f) => f.flags & 2);
    const none = (text: string) => h("span", {}, text);
    const list = (some: FunctionRow[]) => {
      const box = h("span");
      some.slice(0, 3).forEach((f, i) => box.append(i ? ", " : "", this.link(f)));
      if (some.length > 3) box.append(` and ${some.length - 3} more`);
      return box;
    };
    const grid = h("div", { class: "cards" });
    grid.append(
      card("Most digits lost", lost ? bits(lost.self_lost) : "–", lost ? "bits" : "", lost ? h("span", {}, "by ", this.link(lost), " itself, median over its calls") : none("no function loses digits"), lost && (lost.self_lost as number) > 8 ? "bad" : ""),
      card("Least digits", least ? bits(least.digits_out) : "–", least ? "bits" : "", least ? h("span", {}, `≈ ${decimal(least.digits_out as number)} decimal digits, in the outputs of `, this.link(least)) : none("no digits to show")),
      card("NaN or Inf", integer(nan.length), nan.length === 1 ? "function" : "functions", nan.length ? list(nan) : none("none appeared in any run"), nan.length ? "warn" : "good"),
      card("Divergences", integer(o.counts.divergences), o.counts.divergences === 1 ? "place" : "places", o.counts.divergences ? h("a", { href: this.app.href("divergence") }, "where runs took different ways") : none("all runs made the same calls"), o.counts.divergences ? "warn" : "good"),
      card("At best", bits(o.shown_digits.binary64), "bits", h("span", {}, `is what ${plural(o.n_runs, "run")} can show of 53 (float32: ${bits(o.shown_digits.binary32)} of 24)${enough(o) && `; ${enough(o)}`}`)));
    return grid;
  }

  private ranking(): HTMLElement {
    const ranked = this.app.functions.filter((f) => f.rank > 0).sort((a, b) => a.rank - b.rank);
    const top = ranked.slice(0, TOP);
    const most = Math.max(1, ...top.map((f) => f.self_lost_max ?? f.self_lost ?? 0));
    const list = h("ol", { class: "bars" });
    for (const f of top) {
      const value = f.self_lost ?? 0;
      const bar = h("span", { class: "bar" });
      bar.style.width = `${(value / most) * 100}%`;
      bar.style.background = digitsColor(f.digits_out ?? 53);
      const whisker = h("span", { class: "whisker", title: `at most ${bits(f.self_lost_max)} in one call` });
      whisker.style.left = `${(value / most) * 100}%`;
      whisker.style.width = `${(Math.max(0, (f.self_lost_max ?? value) - value) / most) * 100}%`;
      list.append(h("li", {},
        h("a", { class: "bar-row", href: this.app.href("timeline", { f: f.index }) },
          h("span", { class: "bar-name" },
            h("span", { class: "function-name" }, f.name),
            h("span", { class: "function-module" }, f.module || kindName(f.kind), functionPlace(f) ? ` · ${functionPlace(f)}` : "")),
          h("span", { class: "bar-area" }, bar, whisker),
          h("span", { class: "bar-value" }, bits(f.self_lost)),
          h("span", { class: "bar-out", title: "digits that its outputs have left" }, `${bits(f.digits_out)} left`))));
    }
    const legend = h("p", { class: "legend" },
      "Bits lost by the function itself (its callees' loss is theirs): median over its calls, the line reaches to the worst call. Colour: digits left in its outputs, ",
      h("span", { class: "ramp", "aria-hidden": "true" }), " from 0 to 53.");
    return h("section", { class: "card" },
      h("div", { class: "card-head" }, h("h2", {}, "Functions by digits they lose"), h("a", { href: this.app.href("functions") }, `All ${integer(this.app.functions.length)}`)),
      top.length ? h("div", { class: "tools" }, ...pictureButtons("Ranking", () => rankingSize(top), (surface) => drawRanking(surface, top)), ...saveButtons("Ranking", () => rankingData(top))) : null,
      top.length ? list : h("p", { class: "quiet" }, this.app.overview.has_digits ? "No function has both inputs and outputs that vary." : "Digits need at least two runs."),
      top.length ? legend : null);
  }

  private sourcesTable(): HTMLElement | null {
    const sources = this.app.functions.filter((f) => f.flags & 1);
    if (!sources.length) return null;
    const table = new SortTable<FunctionRow>("Sources of noise", [
      { key: "name", label: "Function", value: (f) => f.name, cell: (f) => h("span", { class: "function" }, this.link(f), h("span", { class: "function-module" }, f.module)) },
      { key: "calls", label: "Calls", numeric: true, value: (f) => f.n_calls, cell: (f) => integer(f.n_calls) },
      { key: "out", label: "Digits out", numeric: true, value: (f) => f.digits_out, cell: (f) => digitsCell(f.digits_out) },
      { key: "flags", label: "Notes", value: (f) => functionFlags(f.flags).join(), cell: (f) => { const box = h("span"); for (const word of functionFlags(f.flags)) if (word !== "source") box.append(badge(word, "warn")); return box; } },
    ], { key: "out", down: false });
    table.show(sources);
    return h("section", { class: "card" }, h("div", { class: "card-head" }, h("h2", {}, "Sources")),
      h("p", { class: "quiet" }, "Their outputs vary though no floating-point input does: noise begins here, nothing is lost here."), table.element);
  }

  private facts(): HTMLElement {
    const o = this.app.overview;
    const list = h("dl", { class: "facts" });
    const fact = (name: string, value: string) => list.append(h("div", {}, h("dt", {}, name), h("dd", {}, value)));
    fact("Functions", integer(o.counts.functions));
    fact("Calls", integer(o.counts.calls));
    fact("Values", integer(o.counts.values));
    fact("Elements", integer(o.counts.elements));
    fact("File", `${o.id} (${bytes(o.bytes)})`);
    fact("Written by", o.generator);
    fact("Alignment", o.alignment);
    fact("Error", `${o.reference_error}, ddof ${o.ddof}`);
    return h("section", { class: "card" }, h("div", { class: "card-head" }, h("h2", {}, "This result"), h("a", { href: this.app.href("runs") }, "Runs")), list);
  }

  /** What perturbed the runs, and what else differed between them. */
  private async showNoise(): Promise<void> {
    const { info } = await this.app.api.runs(this.abort.signal).catch(() => ({ info: [] as string[] }));
    const entries = entriesOf(info, this.app.overview.reference_run);
    if (!entries.length || this.abort.signal.aborted) return;
    const list = h("dl", { class: "facts" });
    const fact = (name: string, key: string) => {
      const value = valueOf(entries, key);
      if (value) list.append(h("div", {}, h("dt", {}, name), h("dd", {}, value)));
    };
    fact("Layers of stochastic arithmetic", "fuzzy.layers");
    fact("Mode", "fuzzy.mode");
    fact("Bits of float64", "fuzzy.precision.binary64");
    fact("Only within", "fuzzy.only");
    fact("Except within", "fuzzy.except");
    for (const e of entries.filter((x) => /^coverage\.[a-z]+$/.test(x.key)))
      list.append(h("div", {}, h("dt", {}, `Layer ${e.key.slice("coverage.".length)}`), h("dd", {}, e.values.slice(0, 2).join(" | ") + (e.values.length > 2 ? " | …" : ""))));
    const unreached = entries.filter((e) => e.key.startsWith("coverage.unreached."));
    if (unreached.length)
      list.append(h("div", {}, h("dt", {}, "Compiled code that no layer reaches"), h("dd", {}, unreached.map((e) => `${e.key.slice("coverage.unreached.".length)} (${e.values[0]})`).join(", "))));
    fact("Modules traced", "modules");
    fact("numpy", "numpy.version");
    fact("BLAS kernel", "blas.kernel");
    fact("Processor", "cpu.model");
    const odd = entries.filter((e) => e.isNoise && e.values.length > 1);
    this.noise.append(h("div", { class: "card-head" }, h("h2", {}, "Noise"), h("a", { href: this.app.href("runs") }, "Environment")));
    if (odd.length) this.noise.append(h("p", { class: "message warn" }, `Not all of it is rounding: ${odd.map((e) => e.key).join(", ")} ${odd.length === 1 ? "differs" : "differ"} between runs.`));
    this.noise.append(list);
    this.showCancellations(entries);
    this.noise.hidden = false;
  }

  private place(file: string | undefined, line: number | undefined): HTMLElement {
    return file ? h("a", { href: this.app.href("source", { file, line }) }, `${file.split("/").pop()}:${line}`) : h("span", {}, "–");
  }

  private showCancellations(entries: Entry[]): void {
    const found = cancellationsOf(entries);
    if (!found.length) return;
    const table = new SortTable<Cancellation>("Cancellations", [
      { key: "bits", label: "Most bits", numeric: true, value: (c) => c.bits },
      { key: "results", label: "Results", numeric: true, value: (c) => c.results, cell: (c) => integer(c.results) },
      { key: "function", label: "In", value: (c) => c.function },
      { key: "place", label: "Line", value: (c) => `${c.file}:${c.line}`, cell: (c) => this.place(c.file, c.line) },
    ], { key: "bits", down: true });
    table.show(found);
    this.events.append(h("section", { class: "card" }, h("div", { class: "card-head" }, h("h2", {}, "Cancellations")),
      h("p", { class: "quiet" }, "Sums whose leading bits cancel: the noise that their operands carry moves up by as many bits. Each line as the worst run had it."), table.element));
  }

  /** Where all that follows is noise. */
  private async showDivisions(): Promise<void> {
    const all = await this.app.api.divisions(this.abort.signal).catch(() => null);
    if (!all || this.abort.signal.aborted) return;
    if (all.floats.length) this.showFloatDivisions(all.floats);
    if (all.divisions.length) this.showNumpyDivisions(all.divisions);
  }

  private divisionsCard(title: string, table: HTMLElement): void {
    this.events.prepend(h("section", { class: "card" }, h("div", { class: "card-head" }, h("h2", {}, title)),
      h("p", { class: "quiet" }, "The runs do not agree on the leading digit of what is divided by: all that follows is noise."), table));
  }

  private showFloatDivisions(found: FloatDivision[]): void {
    const title = "Divisions of Python floats by values without a significant digit";
    const table = new SortTable<FloatDivision>(title, [
      { key: "function", label: "In", value: (d) => d.function },
      { key: "empty", label: "Such divisions", numeric: true, value: (d) => d.empty, cell: (d) => `${integer(d.empty)} of ${integer(d.looked)}` },
      { key: "first", label: "First", numeric: true, value: (d) => d.first, cell: (d) => d.first ? `division ${integer(d.first)}` : "in threads" },
      { key: "place", label: "Line", value: (d) => `${d.file}:${d.line}`, cell: (d) => this.place(d.file, d.line) },
    ], { key: "empty", down: true });
    table.show(found);
    this.divisionsCard(title, table.element);
  }

  private showNumpyDivisions(found: Division[]): void {
    const title = "Divisions by values without a significant digit";
    const table = new SortTable<Division>(title, [
      { key: "function", label: "Function", value: (d) => functionTitle(this.app.functions[d.function]), cell: (d) => this.link(this.app.functions[d.function]) },
      { key: "empty", label: "Such calls", numeric: true, value: (d) => d.empty, cell: (d) => `${integer(d.empty)} of ${integer(d.calls)}` },
      { key: "value", label: "First", value: (d) => d.value, cell: (d) => h("a", { href: this.app.href(`value/${d.value}`) }, "its divisor") },
      { key: "place", label: "Called from", value: (d) => `${d.file}:${d.line}`, cell: (d) => this.place(d.file, d.line) },
    ], { key: "empty", down: true });
    table.show(found);
    this.divisionsCard(title, table.element);
  }

  update(): void {}
  destroy(): void {
    this.abort.abort();
  }
}
