// Values whose elements do not fill a rectangle: the data of a sparse matrix, and the
// sampled elements of a large array. Where each stands, and the picture they make.
import type { Api, Call, Field, Grid, Region, Value } from "./api";

export interface Places {
  /** Of the whole matrix or array. */
  rows: number;
  columns: number;
  /** Of element k; −1: outside (the unused corners of a matrix by diagonals). */
  row: Int32Array;
  column: Int32Array;
  /** In words, for the reader. */
  what: string;
}

const MOST = 1 << 22; // elements that a page takes at once
const PIECE = 1 << 20; // the server's limit of one answer

/** All elements of a value's field, one plane. */
export async function elementsOf(api: Api, v: Value, field: Field, part: number, signal: AbortSignal): Promise<Float64Array> {
  const n = v.n_stored / Math.max(1, v.picture.parts);
  const all = new Float64Array(n);
  for (let done = 0; done < n; done += PIECE)
    all.set(await api.elements(v.row, field, part * n + done, Math.min(PIECE, n - done), signal), done);
  return all;
}

class Siblings {
  constructor(private readonly api: Api, private readonly call: Call, private readonly of: Value, private readonly base: string, private readonly signal: AbortSignal) {}

  async text(): Promise<string> {
    const label = this.call.values.find((s) => s.phase === this.of.phase && s.name === this.base && s.kind === 2);
    return label ? ((await this.api.value(label.row, this.signal)).label ?? "") : "";
  }

  async numbers(name: string): Promise<Float64Array | null> {
    const found = this.call.values.find((s) => s.phase === this.of.phase && s.name === `${this.base}.${name}` && s.kind === 1);
    if (!found) return null;
    const value = await this.api.value(found.row, this.signal);
    return value.n_stored > 0 && value.n_stored <= MOST ? elementsOf(this.api, value, "mean", 0, this.signal) : null;
  }
}

/** The major index of each stored entry, from the pointers of a compressed format. */
function expand(pointers: Float64Array, n: number): Int32Array {
  const major = new Int32Array(n);
  for (let i = 0; i + 1 < pointers.length; i++) major.fill(i, pointers[i], pointers[i + 1]);
  return major;
}

/** Where the entries of scipy's sparse matrices stand; null: not one, or not in full. */
export async function sparsePlaces(api: Api, v: Value, call: Call, signal: AbortSignal): Promise<Places | null> {
  if (!v.name.endsWith(".data") || v.n_stored > MOST) return null;
  const siblings = new Siblings(api, call, v, v.name.slice(0, -5), signal);
  const kind = /^(csr|csc|coo|bsr|dia)_/.exec(await siblings.text())?.[1];
  const [rows, columns] = [(await siblings.numbers("shape.0"))?.[0], (await siblings.numbers("shape.1"))?.[0]];
  if (!kind || rows === undefined || columns === undefined) return null;
  const n = v.n_elements;
  const what = `sparse (${kind.toUpperCase()}), ${n.toLocaleString("en")} of ${(rows * columns).toLocaleString("en")} elements stored`;
  const place = (row: ArrayLike<number>, column: ArrayLike<number>): Places => ({ rows, columns, row: Int32Array.from(row), column: Int32Array.from(column), what });
  if (kind === "coo") {
    const row = (await siblings.numbers("row")) ?? (await siblings.numbers("coords.0"));
    const column = (await siblings.numbers("col")) ?? (await siblings.numbers("coords.1"));
    return row && column ? place(row, column) : null;
  }
  if (kind === "dia") {
    const offsets = await siblings.numbers("offsets");
    const width = v.shape[1];
    if (!offsets || v.shape.length !== 2) return null;
    const column = Int32Array.from({ length: n }, (_, k) => k % width);
    const row = column.map((j, k) => j - offsets[Math.floor(k / width)]);
    for (let k = 0; k < n; k++) if (row[k] < 0 || row[k] >= rows || column[k] >= columns) row[k] = column[k] = -1;
    return place(row, column);
  }
  const indices = await siblings.numbers("indices");
  const pointers = await siblings.numbers("indptr");
  if (!indices || !pointers) return null;
  const major = expand(pointers, indices.length);
  if (kind === "csr") return place(major, indices);
  if (kind === "csc") return place(indices, major);
  const [, down, across] = v.shape;
  const each = down * across;
  return place(
    Int32Array.from({ length: n }, (_, k) => major[Math.floor(k / each)] * down + Math.floor((k % each) / across)),
    Int32Array.from({ length: n }, (_, k) => indices[Math.floor(k / each)] * across + (k % across)));
}

/** Where the sampled elements of an array stand; leading dimensions below one another. */
export async function samplePlaces(api: Api, v: Value, signal: AbortSignal): Promise<Places | null> {
  if (!v.picture.positions || v.shape.length < 2) return null;
  const positions = await api.positions(v.row, signal);
  const columns = v.shape[v.shape.length - 1];
  return {
    rows: v.n_elements / columns,
    columns,
    row: Int32Array.from(positions, (p) => Math.floor(p / columns)),
    column: Int32Array.from(positions, (p) => p % columns),
    what: `a sample of ${positions.length.toLocaleString("en")} of ${v.n_elements.toLocaleString("en")} elements`,
  };
}

/** The picture of a region in at most so many cells; empty cells are NaN. */
export function gridOf(places: Places, values: Float64Array, region: Region, cells: { h: number; w: number }): Grid {
  const [height, width] = [region.r1 - region.r0, region.c1 - region.c0];
  const [rows, columns] = [Math.min(cells.h, height), Math.min(cells.w, width)];
  const low = new Float64Array(rows * columns).fill(NaN);
  const reduced = rows < height || columns < width;
  const high = reduced ? low.slice() : low;
  // Cell i of n covers [⌊i·size/n⌋, ⌊(i+1)·size/n⌋), as the server cuts.
  const cell = (at: number, size: number, n: number) => Math.floor(((at + 1) * n - 1) / size);
  for (let k = 0; k < values.length; k++) {
    const [r, c] = [places.row[k] - region.r0, places.column[k] - region.c0];
    if (places.row[k] < 0 || r < 0 || c < 0 || r >= height || c >= width) continue;
    const at = cell(r, height, rows) * columns + cell(c, width, columns);
    const v = values[k];
    if (!(v >= low[at])) low[at] = v;
    if (reduced && !(v <= high[at])) high[at] = v;
  }
  return { rows, columns, low, high, reduced };
}
