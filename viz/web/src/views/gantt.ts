// Calls over time: what ran inside what.
import { functionTitle, type App, type View } from "../app";
import { GanttChart } from "../chart/gantt";
import { clear, h, segmented, select } from "../dom";
import { bits, integer, plural } from "../format";
import { describeError, heading, message } from "./parts";

export class GanttView implements View {
  readonly title = "Calls";
  readonly element: HTMLElement;
  private readonly chart: GanttChart;
  private readonly tools = h("div", { class: "bar-tools" });
  private readonly note = h("p", { class: "quiet", role: "status" });
  private readonly problem = h("div");
  private params = new URLSearchParams();
  private request: AbortController | null = null;

  constructor(private readonly app: App) {
    const f = (i: number) => app.functions[i];
    this.chart = new GanttChart({
      name: (i) => f(i)?.name ?? "?",
      title: (i) => functionTitle(f(i)),
      digits: (i) => f(i)?.digits_out ?? null,
      lost: (i) => `${bits(f(i)?.digits_out)} digits left, ${bits(f(i)?.self_lost)} lost itself`,
      open: (call) => void this.open(call),
      zoomed: (span) => this.go({ from: span ? String(span[0]) : undefined, to: span ? String(span[1]) : undefined }),
    });
    this.element = h("div", { class: "view gantt" },
      heading("Calls over time", "Calls that hold other calls stand above them. Colour and number: digits left in the function's outputs; underlined in red: raised, or runs differ."),
      this.tools, h("section", { class: "card" }, this.problem, this.chart.frame.element, this.note));
  }

  private go(change: Record<string, string | undefined>): void {
    this.app.go("calls", { ...Object.fromEntries(this.params), ...change }, true);
  }

  private async open(call: number): Promise<void> {
    try {
      const { values } = await this.app.api.call(call);
      const value = values.find((v) => v.phase === 1 && v.kind === 1) ?? values[0];
      if (value) this.app.go(`value/${value.row}`);
      else this.note.textContent = "This call has no values.";
    } catch (error) {
      this.problem.replaceChildren(message(describeError(error)));
    }
  }

  update(params: URLSearchParams): void {
    this.params = params;
    const focused = this.tools.contains(document.activeElement) ? (document.activeElement as HTMLElement).dataset.value : undefined;
    clear(this.tools);
    const roles = this.app.overview.roles;
    const clock = params.get("clock") === "wall" ? "wall" : "logical";
    if (roles.length > 1) this.tools.append(select("Process", roles.map((r, i) => [String(i), r] as const), params.get("process") ?? "0", (process) => this.go({ process, from: undefined, to: undefined })));
    this.tools.append(segmented("Clock", [["logical", "Logical time"], ["wall", "Wall clock"]] as const, clock, (c) => this.go({ clock: c === "wall" ? c : undefined, from: undefined, to: undefined })));
    if (params.get("from")) this.tools.append(h("button", { type: "button", onclick: () => this.go({ from: undefined, to: undefined }) }, "Whole run"));
    if (focused) this.tools.querySelector<HTMLElement>(`[data-value="${CSS.escape(focused)}"]`)?.focus();
    void this.load(clock);
  }

  private async load(clock: "logical" | "wall"): Promise<void> {
    this.request?.abort();
    const request = (this.request = new AbortController());
    const [from, to] = ["from", "to"].map((k) => (/^\d+$/.test(this.params.get(k) ?? "") ? Number(this.params.get(k)) : NaN));
    const span: [number, number] | undefined = from < to ? [from, to] : undefined;
    const process = Number(this.params.get("process") ?? 0) || 0;
    try {
      const answer = await this.app.api.gantt({ process, clock, bins: 900, ...(span ? { from, to } : {}) }, request.signal);
      clear(this.problem);
      this.chart.show(answer.bars, answer.last, span, clock === "wall");
      this.element.dataset.bars = String(answer.bars.call.length);
      this.note.textContent = `${plural(answer.n_calls, "call")}, ${integer(answer.bars.call.length)} bars drawn. Drag to zoom, double-click for all, click a bar for its values.`;
    } catch (error) {
      if (!request.signal.aborted) this.problem.replaceChildren(message(describeError(error)));
    }
  }

  destroy(): void {
    this.request?.abort();
    this.chart.destroy();
  }
}
