// A source file, from the result itself, with the lines that calls came from.
import type { FunctionRow } from "../api";
import { functionTitle, type App, type View } from "../app";
import { clear, h } from "../dom";
import { cancellationsOf, entriesOf } from "../environment";
import { bits, plural } from "../format";
import { digitsColor } from "../palette";
import { describeError, heading, message } from "./parts";

export class SourceView implements View {
  readonly title = "Source";
  readonly element: HTMLElement;
  private readonly abort = new AbortController();
  private readonly files = h("select", { "aria-label": "File", onchange: () => this.app.go("source", { file: this.files.value }) });
  private readonly code = h("div", { class: "code", tabindex: 0, role: "region", "aria-label": "Source text" });
  private shown = "";

  constructor(private readonly app: App) {
    this.element = h("div", { class: "view source" }, heading("Source"), h("div", { class: "bar-tools" }, h("label", { class: "field" }, h("span", {}, "File"), this.files)),
      h("section", { class: "card flush" }, this.code));
  }

  update(params: URLSearchParams): void {
    void this.load(params.get("file") ?? "", Number(params.get("line")) || 0);
  }

  private async load(file: string, line: number): Promise<void> {
    try {
      const { path } = await this.app.api.sources(this.abort.signal);
      this.files.replaceChildren(...path.map((p) => h("option", { value: p }, p)));
      let index = path.indexOf(file);
      if (index < 0 && file) index = path.findIndex((p) => p.endsWith(`/${file.split("/").pop()}`) || p === file.split("/").pop());
      if (index < 0 && !file && path.length) index = 0;
      if (index < 0) {
        this.code.replaceChildren(message(file ? `The text of ${file} is not in this result.` : "This result holds no source text.", "info"));
        return;
      }
      this.files.value = path[index];
      if (this.shown !== path[index]) {
        const { text } = await this.app.api.source(index, this.abort.signal);
        const { info } = await this.app.api.runs(this.abort.signal).catch(() => ({ info: [] as string[] }));
        this.show(path[index], text, info);
      }
      this.mark(line);
    } catch (error) {
      if (!this.abort.signal.aborted) this.code.replaceChildren(message(describeError(error)));
    }
  }

  private show(path: string, text: string, info: string[]): void {
    this.shown = path;
    const here = new Map<number, FunctionRow>();
    for (const f of this.app.functions) if (f.file === path || f.file.endsWith(`/${path}`)) here.set(f.line, f);
    const cancels = new Map(cancellationsOf(entriesOf(info, this.app.overview.reference_run)).filter((c) => c.file === path || c.file.endsWith(`/${path}`)).map((c) => [c.line, c]));
    clear(this.code);
    const list = h("ol", { class: "lines" });
    text.split("\n").forEach((content, i) => {
      const f = here.get(i + 1);
      const item = h("li", { id: `L${i + 1}`, "data-line": i + 1 }, h("code", {}, content || " "));
      if (f) {
        const note = h("a", { class: "line-note", href: this.app.href("timeline", { f: f.index }), title: functionTitle(f) },
          f.self_lost === null ? "timeline" : `lost ${bits(f.self_lost)}, ${bits(f.digits_out)} left`);
        note.style.borderColor = digitsColor(f.digits_out ?? 53);
        item.append(note);
      }
      const c = cancels.get(i + 1);
      if (c) item.append(h("span", { class: "line-note cancels" }, `cancels up to ${c.bits} bits, ${plural(c.results, "result")}`));
      list.append(item);
    });
    this.code.append(list);
  }

  private mark(line: number): void {
    for (const old of this.code.querySelectorAll(".marked")) {
      old.classList.remove("marked");
      old.removeAttribute("aria-current");
    }
    const item = this.code.querySelector(`#L${line}`);
    item?.classList.add("marked");
    item?.setAttribute("aria-current", "true");
    item?.scrollIntoView({ block: "center" });
  }

  destroy(): void {
    this.abort.abort();
  }
}
