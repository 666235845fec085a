// A chart's place on the page: canvas, tool bar (PNG, SVG, CSV, table), tool tip, the
// line that screen readers hear, and redrawing when size or theme change.
import { clear, h } from "../dom";
import { saveButtons, type Cell } from "../export";
import { pictureButtons } from "./pictures";
import { CanvasSurface, type Surface } from "./surface";

export interface FrameOptions {
  /** What the chart is, for screen readers and file names. */
  title: string;
  height: number | (() => number);
  draw(surface: Surface): void;
  /** The numbers behind the chart, exactly. */
  data(): Cell;
}

const TABLE_ROWS = 500;

export class Frame {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  private readonly tip: HTMLElement;
  private readonly live: HTMLElement;
  private readonly tableBox: HTMLElement;
  private readonly observer: ResizeObserver;
  private queued = false;
  width = 0;
  height = 0;

  constructor(private readonly options: FrameOptions) {
    this.canvas = h("canvas", { tabindex: 0, role: "img", "aria-label": options.title });
    this.tip = h("div", { class: "tip", hidden: true });
    this.live = h("div", { class: "unseen", "aria-live": "polite" });
    this.tableBox = h("div", { class: "chart-table", hidden: true, tabindex: 0, role: "region", "aria-label": `Numbers of ${options.title}` });
    const table = h("button", { type: "button", class: "tool", "aria-expanded": "false", onclick: () => this.toggleTable(table) }, "Table");
    this.element = h("div", { class: "chart" },
      h("div", { class: "tools" },
        table,
        ...pictureButtons(options.title, () => [this.width, this.height], (surface) => options.draw(surface)),
        ...saveButtons(options.title, () => options.data())),
      h("div", { class: "plot" }, this.canvas, this.tip),
      this.live, this.tableBox);
    this.observer = new ResizeObserver(() => this.redraw());
    this.observer.observe(this.element);
    document.addEventListener("themechange", this.redraw);
  }

  destroy(): void {
    this.observer.disconnect();
    document.removeEventListener("themechange", this.redraw);
  }

  /** Draws at the next frame; many calls are one drawing. */
  readonly redraw = (): void => {
    if (this.queued) return;
    this.queued = true;
    requestAnimationFrame(() => {
      this.queued = false;
      this.drawNow();
    });
  };

  private drawNow(): void {
    this.width = Math.max(240, this.element.clientWidth);
    this.height = typeof this.options.height === "function" ? this.options.height() : this.options.height;
    this.canvas.style.width = `${this.width}px`;
    this.canvas.style.height = `${this.height}px`;
    this.options.draw(new CanvasSurface(this.canvas, this.width, this.height));
    if (!this.tableBox.hidden) this.fillTable();
  }

  private toggleTable(button: HTMLElement): void {
    this.tableBox.hidden = !this.tableBox.hidden;
    button.setAttribute("aria-expanded", String(!this.tableBox.hidden));
    if (!this.tableBox.hidden) this.fillTable();
  }

  private fillTable(): void {
    const { columns, rows } = this.options.data();
    clear(this.tableBox);
    const table = h("table", {}, h("caption", { class: "unseen" }, this.options.title));
    table.append(h("thead", {}, h("tr", {}, ...columns.map((c) => h("th", { scope: "col" }, c)))));
    const body = h("tbody");
    for (const row of rows.slice(0, TABLE_ROWS)) body.append(h("tr", {}, ...row.map((v) => h("td", {}, v))));
    table.append(body);
    this.tableBox.append(table);
    if (rows.length > TABLE_ROWS) this.tableBox.append(h("p", { class: "quiet" }, `The first ${TABLE_ROWS} of ${rows.length} rows; CSV has them all.`));
  }

  /** Shows `content` beside (x, y) of the canvas. */
  showTip(x: number, y: number, content: Node): void {
    this.tip.replaceChildren(content);
    this.tip.hidden = false;
    const box = this.tip.getBoundingClientRect();
    const left = x + 16 + box.width > this.width ? x - box.width - 12 : x + 16;
    const top = Math.min(Math.max(0, y - box.height / 2), Math.max(0, this.height - box.height));
    this.tip.style.left = `${Math.max(0, left)}px`;
    this.tip.style.top = `${top}px`;
  }

  hideTip(): void {
    this.tip.hidden = true;
  }

  /** Says `text` to a screen reader. */
  say(text: string): void {
    this.live.textContent = text;
  }
}

/** Rows "name value" for a tool tip. */
export function tipRows(title: string, rows: [string, string][], notes: string[] = []): Node {
  const box = h("div", {}, h("div", { class: "tip-title" }, title));
  const list = h("dl");
  for (const [name, value] of rows) list.append(h("dt", {}, name), h("dd", {}, value));
  box.append(list);
  for (const note of notes) box.append(h("div", { class: "tip-note" }, note));
  return box;
}
