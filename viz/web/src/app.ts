// What all views share: the open result, and the URL as the one place of state.
import type { Api, FunctionRow, Overview } from "./api";

export interface App {
  readonly api: Api;
  readonly overview: Overview;
  readonly functions: FunctionRow[];
  /** Goes to a view; `replace` leaves no step for the back button. */
  go(view: string, params?: Record<string, string | number | undefined>, replace?: boolean): void;
  /** The address of a view, for links. */
  href(view: string, params?: Record<string, string | number | undefined>): string;
}

/** A view on the page. It stays through changes of its own parameters (`update`). */
export interface View {
  readonly title: string;
  readonly element: HTMLElement;
  update(params: URLSearchParams): void;
  destroy(): void;
}

export type MakeView = (app: App, argument: string) => View;

export interface Place {
  view: string;
  argument: string;
  params: URLSearchParams;
}

/** "#/value/17?f=sig" as its parts. */
export function parsePlace(hash: string): Place {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const [view = "", argument = ""] = path.split("/");
  return { view: view || "overview", argument: decodeURIComponent(argument), params: new URLSearchParams(query) };
}

export function placeHash(view: string, params: Record<string, string | number | undefined> = {}): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(params)) if (value !== undefined && value !== "") query.set(key, String(value));
  const text = query.toString().replace(/%2C/g, ",");
  return `#/${view}${text ? `?${text}` : ""}`;
}

export function functionTitle(f: FunctionRow | undefined): string {
  return f ? (f.module ? `${f.module}.${f.name}` : f.name) : "(unknown function)";
}

/** Where a function is defined, as people write it. */
export function functionPlace(f: FunctionRow): string {
  return f.file ? `${f.file.split("/").slice(-2).join("/")}:${f.line}` : "";
}
