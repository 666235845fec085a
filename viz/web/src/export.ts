// Numbers as files: what stands behind a chart or in a table.
import { download, h } from "./dom";

export interface Cell {
  columns: string[];
  rows: (string | number)[][];
}

export function fileName(title: string, extension: string): string {
  return `${title.replace(/[^\w.-]+/g, "-").slice(0, 80)}.${extension}`;
}

function saveCsv(title: string, { columns, rows }: Cell): void {
  const cell = (value: string | number) => (/[",\n\r]/.test(String(value)) ? `"${String(value).replace(/"/g, '""')}"` : String(value));
  const text = [columns, ...rows].map((row) => row.map(cell).join(",")).join("\r\n");
  download(fileName(title, "csv"), new Blob([text + "\r\n"], { type: "text/csv" }));
}

function saveJson(title: string, data: Cell): void {
  download(fileName(title, "json"), new Blob([JSON.stringify(data)], { type: "application/json" }));
}

/** Two buttons that save the numbers. */
export function saveButtons(title: string, data: () => Cell): HTMLElement[] {
  return [
    h("button", { type: "button", class: "tool", title: "Save the numbers", onclick: () => saveCsv(title, data()) }, "CSV"),
    h("button", { type: "button", class: "tool", title: "Save the numbers", onclick: () => saveJson(title, data()) }, "JSON"),
  ];
}
