// What a mouse or a finger does to a chart: hovers, clicks, drags a span, resets, zooms.
// The charts say what it means.

export type Point = [number, number];

export interface PointerActions {
  hover(at: Point): void;
  leave(): void;
  click?(at: Point): void;
  /** A drag is under way or over: draw again. */
  dragging(): void;
  dragged(from: Point, to: Point): void;
  /** Double click: show all. */
  reset(): void;
  /** The wheel turned with the pointer at `at`; factor > 1: out. */
  wheel?(factor: number, at: Point): void;
}

const LEAST = 6; // pixels: less is a click

export class Pointer {
  /** The drag under way, for drawing. */
  drag: { from: Point; to: Point } | null = null;

  constructor(private readonly canvas: HTMLCanvasElement, actions: PointerActions, private readonly alongX = true) {
    canvas.classList.add("zoomable");
    canvas.addEventListener("pointermove", (event) => {
      const at = this.at(event);
      if (this.drag) {
        this.drag.to = at;
        actions.dragging();
      } else actions.hover(at);
    });
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      canvas.setPointerCapture(event.pointerId);
      this.drag = { from: this.at(event), to: this.at(event) };
    });
    canvas.addEventListener("pointerup", (event) => {
      const drag = this.drag;
      this.drag = null;
      actions.dragging();
      if (!drag) return;
      drag.to = this.at(event);
      if (this.isDrag(drag.from, drag.to)) actions.dragged(drag.from, drag.to);
      else actions.click?.(drag.to);
    });
    canvas.addEventListener("pointercancel", () => {
      this.drag = null;
      actions.dragging();
    });
    canvas.addEventListener("pointerleave", () => actions.leave());
    canvas.addEventListener("dblclick", () => actions.reset());
    if (actions.wheel)
      canvas.addEventListener("wheel", (event) => {
        if (!event.ctrlKey) return; // the page scrolls; with Ctrl the chart zooms
        event.preventDefault();
        actions.wheel?.(event.deltaY > 0 ? 1.25 : 0.8, this.at(event));
      }, { passive: false });
  }

  private isDrag(from: Point, to: Point): boolean {
    const [dx, dy] = [Math.abs(to[0] - from[0]), Math.abs(to[1] - from[1])];
    return dx > LEAST && (this.alongX || dy > LEAST);
  }

  private at(event: MouseEvent): Point {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}
