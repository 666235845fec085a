// Two results side by side: which functions lost digits, which gained.
import { Api, type FunctionRow } from "../api";
import type { App, View } from "../app";
import { h, select } from "../dom";
import { bits, plural } from "../format";
import { badge, describeError, heading, message, SortTable } from "./parts";

interface Pair {
  module: string;
  name: string;
  a: FunctionRow | null;
  b: FunctionRow | null;
}

/** The same function in both: by name, since its line may have moved. */
const identity = (f: FunctionRow) => `${f.module}\n${f.name}\n${f.kind}`;

function difference(a: number | null | undefined, b: number | null | undefined): number | null {
  return a === null || a === undefined || b === null || b === undefined ? null : b - a;
}

function change(value: number | null, goodWhenMore: boolean): HTMLElement {
  if (value === null) return h("span", {}, "–");
  const sign = value > 0.05 ? "+" : value < -0.05 ? "−" : "±";
  const kind = Math.abs(value) < 1 ? "" : value > 0 === goodWhenMore ? "gain" : "loss";
  return h("strong", { class: kind || null }, `${sign}${Math.abs(value).toFixed(1)}`, kind ? (kind === "gain" ? " better" : " worse") : "");
}

export class CompareView implements View {
  readonly title = "Compare";
  readonly element: HTMLElement;
  private readonly tools = h("div", { class: "bar-tools" });
  private readonly body = h("div", { class: "stack" });
  private other = "";

  constructor(private readonly app: App) {
    this.element = h("div", { class: "view compare" },
      heading("Compare", "The result at hand (A) beside another (B), function by function: digits left in the outputs, and digits lost by the function itself."),
      this.tools, this.body);
  }

  update(params: URLSearchParams): void {
    void this.load(params.get("with") ?? "");
  }

  private async load(asked: string): Promise<void> {
    try {
      const own = this.app.overview.id;
      const { results } = await this.app.api.results();
      const others = results.map((r) => r.id).filter((id) => id !== own);
      if (!others.length) {
        this.body.replaceChildren(message("There is one result only. Start the viewer with --filename A --filename B, or with --directory.", "info"));
        return;
      }
      this.other = others.includes(asked) ? asked : others[0];
      this.tools.replaceChildren(h("span", {}, h("strong", {}, "A"), ` ${own}`), select("B", others.map((id) => [id, id] as const), this.other, (id) => this.app.go("compare", { with: id })));
      const api = new Api(this.other);
      const [overview, functions] = await Promise.all([api.overview(), api.functions()]);
      this.show(functions, overview.n_runs);
    } catch (error) {
      this.body.replaceChildren(message(describeError(error)));
    }
  }

  private show(functions: FunctionRow[], runs: number): void {
    const pairs = new Map<string, Pair>();
    for (const [side, list] of [["a", this.app.functions], ["b", functions]] as const)
      for (const f of list) {
        const pair = pairs.get(identity(f)) ?? { module: f.module, name: f.name, a: null, b: null };
        pair[side] ??= f;
        pairs.set(identity(f), pair);
      }
    const rows = [...pairs.values()];
    const table = new SortTable<Pair>("Functions in both results", [
      { key: "name", label: "Function", value: (p) => p.name.toLowerCase(), cell: (p) => this.name(p) },
      { key: "outa", label: "Out A", numeric: true, value: (p) => p.a?.digits_out ?? null, cell: (p) => bits(p.a?.digits_out) },
      { key: "outb", label: "Out B", numeric: true, value: (p) => p.b?.digits_out ?? null, cell: (p) => bits(p.b?.digits_out) },
      { key: "out", label: "B − A", numeric: true, title: "Digits left in the outputs: more is better", value: (p) => difference(p.a?.digits_out, p.b?.digits_out), cell: (p) => change(difference(p.a?.digits_out, p.b?.digits_out), true) },
      { key: "selfa", label: "Self-lost A", numeric: true, value: (p) => p.a?.self_lost ?? null, cell: (p) => bits(p.a?.self_lost) },
      { key: "selfb", label: "Self-lost B", numeric: true, value: (p) => p.b?.self_lost ?? null, cell: (p) => bits(p.b?.self_lost) },
      { key: "self", label: "B − A", numeric: true, title: "Digits lost by the function itself: less is better", value: (p) => difference(p.a?.self_lost, p.b?.self_lost), cell: (p) => change(difference(p.a?.self_lost, p.b?.self_lost), false) },
      { key: "only", label: "Notes", value: (p) => (p.a && p.b ? "" : p.a ? "only in A" : "only in B"), cell: (p) => h("span", {}, p.a && p.b ? null : badge(p.a ? "only in A" : "only in B", "warn")) },
    ], { key: "out", down: false });
    table.show(rows);
    const worse = rows.filter((p) => (difference(p.a?.digits_out, p.b?.digits_out) ?? 0) <= -1).length;
    const better = rows.filter((p) => (difference(p.a?.digits_out, p.b?.digits_out) ?? 0) >= 1).length;
    const alike = rows.filter((p) => p.a && p.b).length;
    const note = runs === this.app.overview.n_runs ? "" : ` A has ${plural(this.app.overview.n_runs, "run")}, B ${plural(runs, "run")}: few runs show fewer digits.`;
    this.body.replaceChildren(
      h("p", { class: "quiet", role: "status" }, `${plural(alike, "function")} in both: ${worse} with at least one bit less in B, ${better} with at least one more.${note}`),
      h("section", { class: "card flush" }, table.element));
    this.element.dataset.pairs = String(rows.length);
  }

  private name(p: Pair): HTMLElement {
    const link = p.a ? h("a", { href: this.app.href("timeline", { f: p.a.index }) }, p.name) : h("span", {}, p.name);
    return h("span", { class: "function" }, link, h("span", { class: "function-module" }, p.module));
  }

  destroy(): void {}
}
