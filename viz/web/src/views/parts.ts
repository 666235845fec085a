// Small pieces that several views use.
import { h } from "../dom";
import { saveButtons, type Cell } from "../export";
import { bits } from "../format";
import { digitsColor } from "../palette";

/** Digits as a number with a bar of its colour; the number is always there. */
export function digitsCell(value: number | null | undefined, top = 53): HTMLElement {
  const cell = h("span", { class: "digits" });
  if (value === null || value === undefined || Number.isNaN(value)) {
    cell.append("–");
    return cell;
  }
  const track = h("span", { class: "digits-track", "aria-hidden": "true" });
  const fill = h("span", { class: "digits-fill" });
  fill.style.width = `${Math.max(2, Math.min(100, (value / top) * 100))}%`;
  fill.style.background = digitsColor(value, top);
  track.append(fill);
  cell.append(h("span", { class: "digits-number" }, bits(value)), track);
  return cell;
}

export function badge(text: string, kind = ""): HTMLElement {
  return h("span", { class: `badge ${kind}` }, text);
}

export function message(text: string, kind = "error"): HTMLElement {
  return h("div", { class: `message ${kind}`, role: kind === "error" ? "alert" : "status" }, text);
}

export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function heading(title: string, lead?: string | Node): HTMLElement {
  return h("header", { class: "view-head" }, h("h1", { tabindex: -1 }, title), lead ? h("p", { class: "lead" }, lead) : null);
}

export interface Column<T> {
  key: string;
  label: string;
  title?: string;
  numeric?: boolean;
  value(row: T): number | string | null;
  cell?(row: T): Node | string;
}

/** A table that sorts by its heads. Rows that have no number sort last. */
export class SortTable<T> {
  readonly element: HTMLElement;
  private readonly box: HTMLElement;
  private readonly body = h("tbody");
  private readonly heads: HTMLElement[] = [];
  private rows: T[] = [];
  private shown = 0;

  constructor(
    caption: string,
    private readonly columns: Column<T>[],
    public sort: { key: string; down: boolean },
    private readonly options: { row?(row: T, tr: HTMLTableRowElement): void; sorted?(sort: { key: string; down: boolean }): void } = {},
  ) {
    const head = h("tr");
    for (const column of columns) {
      const cell = h("th", { scope: "col", class: column.numeric ? "number" : null, title: column.title ?? null },
        h("button", { type: "button", "data-key": column.key, onclick: () => this.sortBy(column.key) }, column.label));
      this.heads.push(cell);
      head.append(cell);
    }
    const table = h("table", { class: "sortable" }, h("caption", { class: "unseen" }, caption), h("thead", {}, head), this.body);
    this.box = h("div", { class: "table-box", tabindex: 0, role: "region", "aria-label": caption, onscroll: () => this.more() }, table);
    this.element = h("div", { class: "table-and-tools" }, h("div", { class: "tools" }, ...saveButtons(caption, () => this.data())), this.box);
  }

  /** What the columns sort by: numbers in full. */
  private data(): Cell {
    return { columns: this.columns.map((c) => c.label), rows: this.rows.map((row) => this.columns.map((c) => c.value(row) ?? "")) };
  }

  show(rows: T[]): void {
    const column = this.columns.find((c) => c.key === this.sort.key) ?? this.columns[0];
    const sign = this.sort.down ? -1 : 1;
    const last = (v: number | string | null) => v === null || (typeof v === "number" && Number.isNaN(v));
    this.rows = rows.map((row, i) => ({ row, i, v: column.value(row) }))
      .sort((a, b) => {
        if (last(a.v) || last(b.v)) return Number(last(a.v)) - Number(last(b.v)) || a.i - b.i;
        const order = typeof a.v === "string" ? a.v.localeCompare(String(b.v)) : (a.v as number) - (b.v as number);
        return sign * order || a.i - b.i;
      })
      .map((x) => x.row);
    this.heads.forEach((cell, i) =>
      cell.setAttribute("aria-sort", this.columns[i].key === this.sort.key ? (this.sort.down ? "descending" : "ascending") : "none"));
    this.body.replaceChildren();
    this.shown = 0;
    this.more();
  }

  /** Rows are made as they scroll into sight. */
  private more(): void {
    const box = this.box;
    while (this.shown < this.rows.length && (this.shown < 80 || box.scrollTop + box.clientHeight > box.scrollHeight - 400)) {
      const end = Math.min(this.rows.length, this.shown + 80);
      for (; this.shown < end; this.shown++) {
        const row = this.rows[this.shown];
        const tr = h("tr");
        for (const column of this.columns) {
          const content = column.cell ? column.cell(row) : String(column.value(row) ?? "–");
          tr.append(h("td", { class: column.numeric ? "number" : null }, content));
        }
        this.options.row?.(row, tr);
        this.body.append(tr);
      }
      if (box.clientHeight === 0) break;
    }
  }

  private sortBy(key: string): void {
    const column = this.columns.find((c) => c.key === key);
    this.sort = { key, down: this.sort.key === key ? !this.sort.down : Boolean(column?.numeric) };
    this.show(this.rows);
    this.options.sorted?.(this.sort);
  }
}
