// Starts the page: reads the result once, then shows the view that the URL names.
import { Api, type FunctionRow, type Overview } from "./api";
import { parsePlace, placeHash, type App, type MakeView, type View } from "./app";
import { clear, h } from "./dom";
import { isDark } from "./palette";
import { CompareView } from "./views/compare";
import { FunctionsView } from "./views/functions";
import { GanttView } from "./views/gantt";
import { GraphView } from "./views/graph";
import { OverviewView } from "./views/overview";
import { describeError, message } from "./views/parts";
import { SourceView } from "./views/source";
import { DivergenceView, RunsView } from "./views/tables";
import { TimelineView } from "./views/timeline";
import { ValueView } from "./views/value";

const VIEWS: Record<string, MakeView> = {
  overview: (app) => new OverviewView(app),
  functions: (app) => new FunctionsView(app),
  timeline: (app) => new TimelineView(app),
  value: (app, argument) => new ValueView(app, argument),
  calls: (app) => new GanttView(app),
  graph: (app) => new GraphView(app),
  source: (app) => new SourceView(app),
  divergence: (app) => new DivergenceView(app),
  runs: (app) => new RunsView(app),
  compare: (app) => new CompareView(app),
};
const MENU = [
  ["overview", "Overview", "o"],
  ["functions", "Functions", "f"],
  ["timeline", "Timeline", "t"],
  ["calls", "Calls", "c"],
  ["graph", "Graph", "g"],
  ["source", "Source", "s"],
  ["divergence", "Divergence", "d"],
  ["runs", "Runs", "r"],
  ["compare", "Compare", "p"],
] as const;
const KEYS: [string, string][] = [
  ["o f t c g s d r p", "go to a view (underlined in the menu)"],
  ["/", "search functions"],
  ["← → ↑ ↓", "in a chart: next mark or cell, next series"],
  ["Enter", "in a chart: open the value"],
  ["+ − 0", "in a chart: zoom in, out, show all"],
  ["Shift ← →", "in a timeline: move along"],
  ["Alt ←", "back"],
  ["l", "light or dark"],
  ["?", "this sheet"],
];

const LOOK_MS = 5000; // between two looks at the list of results

class Page implements App {
  readonly api: Api;
  overview!: Overview;
  functions!: FunctionRow[];
  private others: string[] = [];
  private readonly box = h("select", { "aria-label": "Result", onchange: () => { location.hash = placeHash("overview", { r: this.box.value }); } });
  private readonly program = h("div");
  private readonly news = h("div", { class: "program-file", role: "status" });
  private timer = 0;
  private view: View | null = null;
  private viewKey = "";
  private readonly main = h("main", { id: "main", tabindex: -1 });
  private readonly links = new Map<string, HTMLElement>();
  private readonly help = this.makeHelp();

  constructor(private readonly root: HTMLElement, result: string) {
    this.api = new Api(result);
  }

  href(view: string, params: Record<string, string | number | undefined> = {}): string {
    return placeHash(view, { ...params, r: this.api.result || undefined });
  }

  go(view: string, params: Record<string, string | number | undefined> = {}, replace = false): void {
    const hash = this.href(view, params);
    if (hash === location.hash) return;
    if (replace) history.replaceState(null, "", hash);
    else history.pushState(null, "", hash);
    this.show();
  }

  async start(): Promise<void> {
    const [overview, functions, { results, watched }] = await Promise.all([this.api.overview(), this.api.functions(), this.api.results()]);
    this.overview = overview;
    this.functions = functions;
    this.others = results.map((r) => r.id);
    clear(this.root);
    this.root.append(this.makeSide(), this.main, this.help);
    document.addEventListener("keydown", this.key);
    if (watched) this.timer = window.setInterval(() => void this.look(), LOOK_MS);
    this.show();
  }

  stop(): void {
    clearInterval(this.timer);
    document.removeEventListener("keydown", this.key);
    this.view?.destroy();
  }

  private makeSide(): HTMLElement {
    const nav = h("nav", { "aria-label": "Views" });
    for (const [view, label, key] of MENU) {
      const at = label.toLowerCase().indexOf(key);
      const link = h("a", { href: this.href(view), "aria-keyshortcuts": key }, label.slice(0, at), h("span", { class: "initial" }, label[at]), label.slice(at + 1));
      this.links.set(view, link);
      nav.append(link);
    }
    const program = h("div", { class: "program", title: this.overview.path }, h("div", { class: "program-name" }, this.overview.program || "(program)"),
      this.program, this.news);
    this.program.replaceChildren(this.others.length > 1 ? this.chooser() : h("div", { class: "program-file" }, this.overview.id));
    return h("header", { class: "side" },
      h("a", { class: "skip", href: "#main", onclick: (event: Event) => { event.preventDefault(); this.main.focus(); } }, "Skip to content"),
      h("div", { class: "brand" }, h("img", { src: "/favicon.svg", alt: "", width: 26, height: 26 }), "pytracer"),
      program, nav, h("span", { class: "spacer" }),
      h("div", { class: "side-foot" },
        h("button", { type: "button", class: "quiet-button", onclick: () => toggleTheme() }, "Light / dark"),
        h("button", { type: "button", class: "quiet-button", onclick: () => this.toggleHelp() }, "Keys ", h("kbd", {}, "?"))));
  }

  /** Which of several results is looked at. */
  private chooser(): HTMLElement {
    const box = this.box;
    box.replaceChildren(...this.others.map((id) => h("option", { value: id, selected: id === this.overview.id }, id)));
    return box;
  }

  /** A result that has appeared in the folder joins the list, and is told. */
  private readonly look = async (): Promise<void> => {
    if (document.hidden) return;
    const { results } = await this.api.results().catch(() => ({ results: [] as { id: string }[] }));
    const fresh = results.map((r) => r.id).filter((id) => !this.others.includes(id));
    if (!fresh.length) return;
    this.others = results.map((r) => r.id);
    this.program.replaceChildren(this.chooser());
    this.news.textContent = `New: ${fresh.join(", ")}`;
  };

  private makeHelp(): HTMLDialogElement {
    const list = h("dl", { class: "keys" });
    for (const [key, text] of KEYS) list.append(h("dt", {}, ...key.split(" ").flatMap((k) => [h("kbd", {}, k), " "])), h("dd", {}, text));
    const dialog: HTMLDialogElement = h("dialog", { class: "help", "aria-label": "Keyboard" }, h("h2", {}, "Keyboard"), list,
      h("button", { type: "button", onclick: () => dialog.close() }, "Close"));
    return dialog;
  }

  private toggleHelp(): void {
    if (this.help.open) this.help.close();
    else this.help.showModal();
  }

  private readonly key = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName)) return;
    const place = MENU.find(([, , key]) => key === event.key);
    if (event.key === "?") this.toggleHelp();
    else if (this.help.open) return;
    else if (event.key === "l") toggleTheme();
    else if (event.key === "/") {
      this.go("functions");
      document.getElementById("search")?.focus();
    } else if (place) {
      this.go(place[0]);
      this.main.focus();
    } else return;
    event.preventDefault();
  };

  readonly show = (): void => {
    const place = parsePlace(location.hash);
    const make = VIEWS[place.view];
    for (const [view, link] of this.links) {
      if (view === place.view) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    const key = `${place.view}/${place.argument}`;
    if (!this.view || key !== this.viewKey) {
      this.view?.destroy();
      this.view = make ? make(this, place.argument) : null;
      this.viewKey = key;
      this.main.replaceChildren(this.view?.element ?? message(`There is no view called “${place.view}”.`));
      this.main.scrollTop = 0;
      document.title = `${this.view?.title ?? "pytracer"} – ${this.overview.program ?? this.overview.id} – pytracer`;
    }
    place.params.delete("r");
    this.view?.update(place.params);
  };
}

function setTheme(theme: string): void {
  document.documentElement.dataset.theme = theme;
  document.dispatchEvent(new Event("themechange"));
}

function toggleTheme(): void {
  const next = isDark() ? "light" : "dark";
  try {
    localStorage.setItem("pytracer-theme", next);
  } catch {
    // Private windows may have no storage: the choice lasts as long as the page.
  }
  setTheme(next);
}

function firstTheme(): string {
  try {
    const kept = localStorage.getItem("pytracer-theme");
    if (kept === "light" || kept === "dark") return kept;
  } catch {
    // as above
  }
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

async function run(): Promise<void> {
  setTheme(firstTheme());
  // The token is in the cookie now; it need not stay in the address bar.
  const url = new URL(location.href);
  if (url.searchParams.has("token")) {
    url.searchParams.delete("token");
    history.replaceState(null, "", url.pathname + url.search + url.hash);
  }
  const root = document.getElementById("app");
  if (!root) return;
  let page: Page | null = null;
  let result: string | null = null;
  const start = async () => {
    const asked = parsePlace(location.hash).params.get("r") ?? "";
    if (page && asked === result) return page.show();
    page?.stop();
    result = asked;
    page = new Page(root, asked);
    try {
      await page.start();
    } catch (error) {
      root.replaceChildren(h("div", { class: "starting" }, message(describeError(error))));
    }
  };
  window.addEventListener("popstate", () => void start());
  await start();
}

void run();
