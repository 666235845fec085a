// All functions: search, filter, sort, choose several for one timeline.
import type { FunctionRow } from "../api";
import { functionPlace, functionTitle, type App, type View } from "../app";
import { h } from "../dom";
import { bits, functionFlags, integer, kindName, plural } from "../format";
import { badge, digitsCell, heading, SortTable } from "./parts";

export class FunctionsView implements View {
  readonly title = "Functions";
  readonly element: HTMLElement;
  private readonly chosen = new Set<number>();
  private readonly table: SortTable<FunctionRow>;
  private readonly count = h("span", { class: "quiet", role: "status" });
  private readonly open: HTMLButtonElement;
  private query = "";
  private module = "";

  constructor(private readonly app: App) {
    const search = h("input", {
      type: "search", id: "search", placeholder: "Search functions, modules, files", "aria-label": "Search functions",
      autocomplete: "off", spellcheck: "false",
      oninput: () => this.app.go("functions", this.state({ q: search.value }), true),
    });
    const modules = [...new Set(app.functions.map((f) => f.module.split(".")[0]))].sort();
    const choice = h("select", { id: "module", "aria-label": "Module", onchange: () => this.app.go("functions", this.state({ m: choice.value }), true) },
      h("option", { value: "" }, "All modules"), ...modules.map((m) => h("option", { value: m }, m || "(none)")));
    this.open = h("button", { type: "button", class: "primary", disabled: true, onclick: () => this.openTimeline() }, "Show timeline");
    this.table = new SortTable<FunctionRow>("Functions", [
      { key: "chosen", label: "✓", title: "Chosen for the timeline", value: (f) => (this.chosen.has(f.index) ? 0 : 1), cell: (f) => this.checkbox(f) },
      { key: "rank", label: "#", title: "Rank by digits lost", numeric: true, value: (f) => f.rank || null, cell: (f) => (f.rank ? String(f.rank) : "–") },
      { key: "name", label: "Function", value: (f) => f.name.toLowerCase(), cell: (f) => this.name(f) },
      { key: "calls", label: "Calls", numeric: true, value: (f) => f.n_calls, cell: (f) => integer(f.n_calls) },
      { key: "in", label: "Digits in", numeric: true, title: "Least digits over its inputs, median over calls, in bits", value: (f) => f.digits_in, cell: (f) => digitsCell(f.digits_in) },
      { key: "out", label: "Digits out", numeric: true, title: "Least digits over its outputs, median over calls, in bits", value: (f) => f.digits_out, cell: (f) => digitsCell(f.digits_out) },
      { key: "lost", label: "Lost", numeric: true, title: "Digits in less digits out, median over calls", value: (f) => f.lost, cell: (f) => bits(f.lost) },
      { key: "self", label: "Self-lost", numeric: true, title: "Lost by the function itself, without its callees", value: (f) => f.self_lost, cell: (f) => h("strong", {}, bits(f.self_lost)) },
      { key: "max", label: "Worst", numeric: true, title: "Self-lost of the worst call", value: (f) => f.self_lost_max, cell: (f) => bits(f.self_lost_max) },
      { key: "flags", label: "Notes", value: (f) => functionFlags(f.flags).join(), cell: (f) => this.notes(f) },
    ], { key: "rank", down: false }, {
      row: (f, tr) => tr.setAttribute("data-function", String(f.index)),
      sorted: (sort) => this.app.go("functions", this.state({ sort: sort.key, down: sort.down ? "1" : "0" }), true),
    });
    this.element = h("div", { class: "view functions" }, heading("Functions"),
      h("div", { class: "bar-tools" }, search, choice, this.count, h("span", { class: "spacer" }), this.open),
      h("section", { class: "card flush" }, this.table.element));
  }

  private state(change: Record<string, string>): Record<string, string> {
    return { q: this.query, m: this.module, sort: this.table.sort.key, down: this.table.sort.down ? "1" : "0", ...change };
  }

  private name(f: FunctionRow): HTMLElement {
    return h("span", { class: "function" },
      h("a", { href: this.app.href("timeline", { f: f.index }), title: functionTitle(f) }, f.name),
      h("span", { class: "function-module", title: f.file || null }, f.module, ` · ${functionPlace(f) || kindName(f.kind)}`));
  }

  private notes(f: FunctionRow): HTMLElement {
    const box = h("span");
    for (const word of functionFlags(f.flags)) box.append(badge(word, word === "source" ? "" : "warn"));
    return box;
  }

  private checkbox(f: FunctionRow): HTMLElement {
    const box = h("input", {
      type: "checkbox", "aria-label": `Choose ${functionTitle(f)}`, checked: this.chosen.has(f.index),
      onchange: () => {
        if (box.checked) this.chosen.add(f.index);
        else this.chosen.delete(f.index);
        this.showCount();
      },
    });
    return box;
  }

  private openTimeline(): void {
    this.app.go("timeline", { f: [...this.chosen].join(",") });
  }

  private showCount(): void {
    this.open.disabled = this.chosen.size === 0;
    this.open.textContent = this.chosen.size ? `Show timeline of ${this.chosen.size}` : "Show timeline";
  }

  update(params: URLSearchParams): void {
    this.query = params.get("q") ?? "";
    this.module = params.get("m") ?? "";
    const search = this.element.querySelector<HTMLInputElement>("#search");
    const choice = this.element.querySelector<HTMLSelectElement>("#module");
    if (search && search.value !== this.query) search.value = this.query;
    if (choice) choice.value = this.module;
    if (params.get("sort")) this.table.sort = { key: params.get("sort") as string, down: params.get("down") === "1" };
    const words = this.query.toLowerCase().split(/\s+/).filter(Boolean);
    const rows = this.app.functions.filter((f) => {
      const text = `${f.module}.${f.name} ${f.file} ${kindName(f.kind)}`.toLowerCase();
      return (!this.module || f.module.split(".")[0] === this.module) && words.every((w) => text.includes(w));
    });
    this.count.textContent = rows.length === this.app.functions.length ? plural(rows.length, "function") : `${rows.length} of ${this.app.functions.length}`;
    this.table.show(rows);
  }

  destroy(): void {}
}
