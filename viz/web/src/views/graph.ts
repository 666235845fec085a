// Who calls whom, coloured by the digits that come out, with the number printed.
import { rowsOf } from "../api";
import { functionTitle, type App, type View } from "../app";
import { clear, download, downloadCanvas, h, s } from "../dom";
import { saveButtons, type Cell } from "../export";
import { bits, integer, plural } from "../format";
import { layOut } from "../graph_layout";
import { digitsColor, themeColor } from "../palette";
import { describeError, heading, message } from "./parts";

interface Edge {
  caller: number;
  callee: number;
  n_calls: number;
}

const MANY = 60;
const NODE = { w: 176, h: 44, dx: 236, dy: 58 };
const PROGRAM = -1;

export class GraphView implements View {
  readonly title = "Call graph";
  readonly element: HTMLElement;
  private readonly abort = new AbortController();
  private readonly stage = h("div", { class: "graph-stage", tabindex: 0, role: "region", "aria-label": "Call graph" });
  private readonly note = h("p", { class: "quiet", role: "status" });
  private readonly table = h("div", { class: "chart-table", hidden: true, tabindex: 0, role: "region", "aria-label": "Edges of the call graph" });
  private readonly tableButton = h("button", { type: "button", class: "tool", "aria-expanded": "false", onclick: () => this.toggleTable() }, "Table");
  private edges: Edge[] | null = null;
  private shown: Edge[] = [];
  private focus: number | null = null;

  constructor(private readonly app: App) {
    this.element = h("div", { class: "view graph" },
      heading("Call graph", "From callers to callees. The number in a node is the digits left in its outputs (lost by itself), median over calls."),
      h("div", { class: "bar-tools" },
        h("button", { type: "button", onclick: () => this.app.go("graph") }, "Everything"),
        h("span", { class: "spacer" }),
        this.tableButton,
        h("button", { type: "button", class: "tool", title: "Save the graph as a picture", onclick: () => void this.savePng() }, "PNG"),
        h("button", { type: "button", class: "tool", title: "Save the graph as vector graphics", onclick: () => this.save() }, "SVG"),
        ...saveButtons("Call graph", () => this.data())),
      h("section", { class: "card" }, this.stage, this.note, this.table));
    document.addEventListener("themechange", this.redraw);
    void this.load();
  }

  private async load(): Promise<void> {
    try {
      this.edges = rowsOf<Edge>(await this.app.api.edges(this.abort.signal));
      this.redraw();
    } catch (error) {
      if (!this.abort.signal.aborted) this.stage.replaceChildren(message(describeError(error)));
    }
  }

  update(params: URLSearchParams): void {
    const f = params.get("f");
    this.focus = f && /^\d+$/.test(f) ? Number(f) : null;
    this.redraw();
  }

  /** The nodes shown: all, or those near the one in focus, or the worst of too many. */
  private chosen(edges: Edge[]): Set<number> {
    const all = new Set(edges.flatMap((e) => [e.caller, e.callee]));
    if (this.focus !== null) {
      const near = new Set([this.focus]);
      for (const [here, there] of [["caller", "callee"], ["callee", "caller"]] as const) {
        let front = [this.focus];
        for (let hop = 0; hop < (here === "caller" ? 2 : 3); hop++) {
          front = edges.filter((e) => front.includes(e[here]) && !near.has(e[there])).map((e) => e[there]);
          front.forEach((n) => near.add(n));
        }
      }
      return near;
    }
    if (all.size <= MANY) return all;
    const worst = this.app.functions.filter((f) => f.rank > 0).sort((a, b) => a.rank - b.rank).slice(0, MANY / 2);
    const keep = new Set(worst.map((f) => f.index));
    for (const f of worst)
      for (let at = f.index, hop = 0; at !== PROGRAM && hop < 50 && keep.size < MANY; hop++) {
        const up = edges.filter((e) => e.callee === at && e.caller !== at).sort((a, b) => b.n_calls - a.n_calls)[0];
        if (!up) break;
        keep.add(up.caller);
        at = up.caller;
      }
    return keep;
  }

  private readonly redraw = (): void => {
    if (!this.edges) return;
    const edges = this.edges;
    const keep = this.chosen(edges);
    const shown = edges.filter((e) => keep.has(e.caller) && keep.has(e.callee));
    const nodes = [...keep];
    const placed = layOut(nodes, shown.map((e) => ({ from: e.caller, to: e.callee })));
    const rows = [...placed.row.values()];
    const top = Math.min(...rows, 0);
    const at = (n: number): [number, number] => [16 + (placed.layer.get(n) as number) * NODE.dx, 16 + ((placed.row.get(n) as number) - top) * NODE.dy];
    const width = 32 + (placed.layers.length - 1) * NODE.dx + NODE.w;
    const height = 32 + (Math.max(...rows, 0) - top) * NODE.dy + NODE.h;
    const svg = s("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": "Call graph", "font-family": "system-ui, sans-serif" });
    svg.append(s("rect", { width, height, fill: themeColor("card") }));
    for (const e of shown) svg.append(this.edge(e, at));
    for (const n of nodes) svg.append(this.node(n, at(n)));
    this.stage.replaceChildren(svg);
    const total = new Set(edges.flatMap((e) => [e.caller, e.callee])).size;
    this.note.textContent = `${plural(nodes.length, "function")}${nodes.length < total ? ` of ${integer(total)}: ${this.focus === null ? "the worst and their callers" : "those around the one in focus"}` : ""}, ${plural(shown.length, "edge")}. Click a function for its surroundings, its number for its timeline.`;
    this.shown = shown;
    this.fillTable();
  };

  private edge(e: Edge, at: (n: number) => [number, number]): SVGElement {
    const [x0, y0] = at(e.caller);
    const [x1, y1] = at(e.callee);
    const digits = e.callee >= 0 ? this.app.functions[e.callee]?.digits_out : null;
    const stroke = digits === null || digits === undefined ? themeColor("line-2") : digitsColor(digits);
    const wide = 1 + Math.min(5, Math.log10(Math.max(1, e.n_calls)));
    const label = `${this.name(e.caller)} calls ${this.name(e.callee)} ${plural(e.n_calls, "time")}`;
    const [a, b] = [x0 + NODE.w, y0 + NODE.h / 2];
    const [c, d] = [x1, y1 + NODE.h / 2];
    const path = e.caller === e.callee
      ? `M ${x0 + NODE.w - 30} ${y0} c 0 -16 26 -16 26 0`
      : c > a ? `M ${a} ${b} C ${a + 46} ${b} ${c - 46} ${d} ${c} ${d}` : `M ${x0} ${b} C ${x0 - 60} ${b + 40} ${x1 + NODE.w + 60} ${d + 40} ${x1 + NODE.w} ${d}`;
    return s("path", { d: path, fill: "none", stroke, "stroke-width": wide.toFixed(1), "stroke-opacity": 0.6 }, s("title", {}, label));
  }

  private name(n: number): string {
    return n === PROGRAM ? "the program" : functionTitle(this.app.functions[n]);
  }

  private node(n: number, [x, y]: [number, number]): SVGElement {
    const f = n === PROGRAM ? undefined : this.app.functions[n];
    const color = f?.digits_out === null || f?.digits_out === undefined ? themeColor("line-2") : digitsColor(f.digits_out);
    const cut = (text: string, most: number) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
    const box = s("g", {},
      s("rect", { x, y, width: NODE.w, height: NODE.h, rx: 8, fill: themeColor("card"), stroke: n === this.focus ? themeColor("accent") : themeColor("line-2"), "stroke-width": n === this.focus ? 2.5 : 1.2 }),
      s("rect", { x, y, width: 6, height: NODE.h, rx: 3, fill: color }),
      s("text", { x: x + 14, y: y + 18, "font-size": 12.5, "font-weight": 600, fill: themeColor("ink") }, cut(f ? f.name : this.app.overview.program ?? "program", 22)));
    const title = s("title", {}, this.name(n));
    if (!f) return s("g", {}, title, box);
    const focus = s("a", { href: this.app.href("graph", { f: n }), "aria-label": `${this.name(n)}, show its surroundings` }, title, box);
    const numbers = f.digits_out === null ? plural(f.n_calls, "call") : `${bits(f.digits_out)} left${f.self_lost === null ? "" : ` −${bits(f.self_lost)}`}`;
    const digits = s("a", { href: this.app.href("timeline", { f: n }), "aria-label": `${numbers}: timeline of ${this.name(n)}` },
      s("text", { x: x + 14, y: y + 35, "font-size": 11.5, fill: themeColor("ink-2"), "text-decoration": "underline" }, numbers));
    return s("g", { "data-function": n }, focus, digits);
  }

  private data(): Cell {
    const rows = this.shown.map((e) => {
      const f = this.app.functions[e.callee];
      return [this.name(e.caller), this.name(e.callee), e.n_calls, f?.digits_out ?? "", f?.self_lost ?? ""];
    });
    return { columns: ["Caller", "Callee", "Calls", "Digits left by the callee", "lost by itself"], rows };
  }

  private fillTable(): void {
    clear(this.table);
    const { columns, rows } = this.data();
    const body = h("tbody");
    for (const row of rows) body.append(h("tr", {}, ...row.map((v, i) => h("td", {}, i > 2 && typeof v === "number" ? bits(v) : v))));
    this.table.append(h("table", {}, h("caption", { class: "unseen" }, "Edges of the call graph"), h("thead", {}, h("tr", {}, ...columns.map((c) => h("th", { scope: "col" }, c)))), body));
  }

  private toggleTable(): void {
    this.table.hidden = !this.table.hidden;
    this.tableButton.setAttribute("aria-expanded", String(!this.table.hidden));
  }

  private async savePng(): Promise<void> {
    const svg = this.stage.querySelector("svg");
    if (!svg) return;
    const image = new Image();
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(new XMLSerializer().serializeToString(svg))}`;
    await image.decode();
    const canvas = document.createElement("canvas");
    // Twice as fine, as far as browsers take it.
    const scale = Math.min(2, 16000 / Math.max(image.width, image.height));
    canvas.width = image.width * scale;
    canvas.height = image.height * scale;
    canvas.getContext("2d")?.drawImage(image, 0, 0, canvas.width, canvas.height);
    downloadCanvas("Call-graph.png", canvas);
  }

  private save(): void {
    const svg = this.stage.querySelector("svg");
    if (svg) download("Call-graph.svg", new Blob([new XMLSerializer().serializeToString(svg)], { type: "image/svg+xml" }));
  }

  destroy(): void {
    this.abort.abort();
    document.removeEventListener("themechange", this.redraw);
  }
}
