// The server's answers (viz/API.md), typed. Nothing else talks to the network.

export interface Overview {
  id: string;
  path: string;
  bytes: number;
  generator: string;
  created_s: number;
  n_runs: number;
  method: string;
  reference_error: string;
  probability: number;
  confidence: number;
  ddof: number;
  alignment: string;
  has_digits: boolean;
  /** Row of the run under IEEE arithmetic that digits are counted against; null: their mean. */
  reference_run: number | null;
  /** Runs that place the digits within ±1 bit; 0: not told. */
  runs_needed: number;
  shown_digits: { binary64: number | null; binary32: number | null };
  contributing_probability: number;
  contributing_shift: number | null;
  counts: Record<"functions" | "calls" | "values" | "elements" | "processes" | "divergences" | "sources", number>;
  last_time: number;
  program?: string;
  roles: string[];
}

export interface FunctionRow {
  index: number;
  key: string;
  module: string;
  name: string;
  file: string;
  line: number;
  kind: number;
  n_calls: number;
  n_partial: number;
  n_values: number;
  digits_in: number | null;
  digits_out: number | null;
  lost: number | null;
  self_lost: number | null;
  self_lost_max: number | null;
  rank: number;
  flags: number;
}

interface Table {
  n: number;
  n_shown: number;
  columns: Record<string, unknown[]>;
}

export interface Points {
  row: number[];
  call: number[];
  time: number[];
  value: (number | string | null)[];
  flags: number[];
  call_flags: number[];
  site?: number[];
}

export interface Series {
  function: number;
  name: string;
  phase: number;
  process: number;
  n: number;
  n_inside: number;
  reduced: boolean;
  points: Points;
}

export interface Timeline {
  metric: string;
  first_time: number;
  last_time: number;
  complete: boolean;
  series: Series[];
}

export interface Value {
  row: number;
  name: string;
  call: number;
  function: number;
  phase: number;
  kind: number;
  dtype: string;
  n_elements: number;
  n_stored: number;
  n_runs: number;
  sig_norm: number | null;
  sig_min: number | null;
  sig_p05: number | null;
  sig_median: number | null;
  mean: number | string | null;
  std: number | string | null;
  min: number | string | null;
  max: number | string | null;
  n_nan: number;
  n_inf: number;
  agreement: number | null;
  flags: number;
  label?: string;
  shape: number[];
  picture: { rows: number; columns: number; slices: number; parts: number; tiles: boolean; positions: boolean };
}

export interface Frame {
  file: string;
  line: number;
  name: string;
}

export interface Call {
  row: number;
  function: number;
  site: number;
  process: number;
  thread: number;
  parent: number;
  time: number;
  end_time: number;
  start_ns: number;
  end_ns: number;
  n_runs: number;
  flags: number;
  digits_in: number | null;
  digits_out: number | null;
  lost: number | null;
  self_lost: number | null;
  path: Frame[];
  n_values: number;
  values: {
    row: number;
    name: string;
    phase: number;
    kind: number;
    dtype: string;
    sig_norm: number | null;
    mean: number | string | null;
    std: number | string | null;
    flags: number;
    shape: number[];
  }[];
}

export interface Bars {
  call: number[];
  function: number[];
  thread: number[];
  depth: number[];
  start: number[];
  end: number[];
  flags: number[];
  merged: number[];
}

export interface Grid {
  rows: number;
  columns: number;
  low: Float64Array;
  high: Float64Array;
  reduced: boolean;
  /** From tiles: elements of one cell, and what all cells cover. */
  step?: [number, number];
  covers?: Region;
}

/** Rows and columns of a picture, half open. */
export interface Region {
  r0: number;
  r1: number;
  c0: number;
  c1: number;
}

/** A function that divides by values without a significant digit. */
export interface Division extends Partial<Frame> {
  function: number;
  calls: number;
  empty: number;
  value: number;
}

/** A division of Python's own floats. */
export interface FloatDivision {
  function: string;
  divisions: number;
  looked: number;
  empty: number;
  first: number;
  file: string;
  line: number;
}

export interface Divisions {
  divisions: Division[];
  floats: FloatDivision[];
}

export interface Norms {
  mean: { two: number; max: number; left_out: number };
  std: { two: number; max: number; left_out: number };
}

export type Field = "sig" | "mean" | "std";

/** Rows of a table of columns. */
export function rowsOf<T>(table: Table): T[] {
  const names = Object.keys(table.columns);
  return Array.from({ length: table.n_shown }, (_, i) => {
    const row: Record<string, unknown> = { index: i };
    for (const name of names) row[name] = table.columns[name][i];
    return row as T;
  });
}

export class ApiError extends Error {
  constructor(message: string, readonly code: number) {
    super(message);
  }
}

export class Api {
  /** `result`: the id of the result to ask about; empty: the server's first. */
  constructor(readonly result: string) {}

  private async fetch(path: string, query: Record<string, string | number>, signal?: AbortSignal): Promise<Response> {
    const params = new URLSearchParams();
    if (this.result) params.set("r", this.result);
    for (const [key, value] of Object.entries(query)) params.set(key, String(value));
    const text = params.toString();
    let response: Response;
    try {
      response = await fetch(`/api/v1/${path}${text ? `?${text}` : ""}`, { signal, credentials: "same-origin" });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") throw error;
      throw new ApiError("The server does not answer. Is pytracer-viz still running?", 0);
    }
    if (response.ok) return response;
    if (response.status === 401)
      throw new ApiError("The token is missing or old. Open the address that pytracer-viz printed.", 401);
    let message = `The server answered ${response.status}.`;
    try {
      message = ((await response.json()) as { error: { message: string } }).error.message;
    } catch {
      // Not JSON: the number says enough.
    }
    throw new ApiError(message, response.status);
  }

  private async json<T>(path: string, query: Record<string, string | number> = {}, signal?: AbortSignal): Promise<T> {
    return (await (await this.fetch(path, query, signal)).json()) as T;
  }

  results(): Promise<{ watched: boolean; results: { id: string; bytes?: number; modified_s?: number }[] }> {
    return this.json("results");
  }
  overview(): Promise<Overview> {
    return this.json("overview");
  }
  async functions(): Promise<FunctionRow[]> {
    return rowsOf<FunctionRow>(await this.json<Table>("functions"));
  }
  runs(signal?: AbortSignal): Promise<Table & { info: string[] }> {
    return this.json("runs", {}, signal);
  }
  edges(signal?: AbortSignal): Promise<Table> {
    return this.json("edges", {}, signal);
  }
  async sites(signal?: AbortSignal): Promise<Frame[]> {
    return rowsOf<Frame>(await this.json<Table>("sites", {}, signal));
  }
  norms(row: number, signal?: AbortSignal): Promise<Norms> {
    return this.json(`values/${row}/norms`, {}, signal);
  }
  divergences(signal?: AbortSignal): Promise<Table & { places: Partial<Frame>[] }> {
    return this.json("divergences", {}, signal);
  }
  divisions(signal?: AbortSignal): Promise<Divisions> {
    return this.json<Divisions>("divisions", {}, signal);
  }
  timeline(
    functions: number[],
    query: { metric: string; bins: number; from?: number; to?: number; sites?: number },
    signal?: AbortSignal,
  ): Promise<Timeline> {
    const { from, to, ...rest } = query;
    const span: Record<string, number> = from === undefined || to === undefined ? {} : { from, to };
    return this.json("timeline", { functions: functions.join(","), ...rest, ...span }, signal);
  }
  gantt(query: Record<string, string | number>, signal?: AbortSignal): Promise<{ last: number; n_calls: number; bars: Bars }> {
    return this.json("gantt", query, signal);
  }
  value(row: number, signal?: AbortSignal): Promise<Value> {
    return this.json(`values/${row}`, {}, signal);
  }
  call(row: number, signal?: AbortSignal): Promise<Call> {
    return this.json(`calls/${row}`, {}, signal);
  }
  sources(signal?: AbortSignal): Promise<{ path: string[]; bytes: number[] }> {
    return this.json("sources", {}, signal);
  }
  source(index: number, signal?: AbortSignal): Promise<{ path: string; text: string }> {
    return this.json(`sources/${index}`, {}, signal);
  }

  async grid(row: number, query: Record<string, string | number>, signal?: AbortSignal): Promise<Grid> {
    const response = await this.fetch(`values/${row}/grid`, query, signal);
    const [rows, columns, planes] = (response.headers.get("X-Pytracer-Grid") ?? "0,0,1").split(",").map(Number);
    const data = new Float64Array(await response.arrayBuffer());
    const n = rows * columns;
    const low = data.subarray(0, n);
    const numbers = (name: string) => response.headers.get(name)?.split(",").map(Number);
    const [r0, r1, c0, c1] = numbers("X-Pytracer-Region") ?? [];
    const step = numbers("X-Pytracer-Step") as [number, number] | undefined;
    return { rows, columns, low, high: planes === 2 ? data.subarray(n) : low, reduced: planes === 2, step, covers: step && { r0, r1, c0, c1 } };
  }

  /** Where the stored elements of a sampled value stand in the array, in C order. */
  async positions(row: number, signal?: AbortSignal): Promise<number[]> {
    const response = await this.fetch(`values/${row}/positions`, {}, signal);
    return Array.from(new BigUint64Array(await response.arrayBuffer()), Number);
  }

  /** Elements [first, first + count) of a value, as stored. */
  async elements(row: number, field: Field, first: number, count: number, signal?: AbortSignal): Promise<Float64Array> {
    const response = await this.fetch(`values/${row}/elements`, { field, first, count }, signal);
    return new Float64Array(await response.arrayBuffer());
  }
}

/** Numbers as the API writes them: null is NaN, infinities are texts. */
export function num(value: number | string | null | undefined): number {
  if (value === "Infinity") return Infinity;
  if (value === "-Infinity") return -Infinity;
  return typeof value === "number" ? value : NaN;
}
