// The marks of a timeline: what each stands for, and how it is drawn.
import { isDark, themeColor } from "../palette";
import type { Picture } from "./copies";
import type { Surface } from "./surface";

export type Shape = "input" | "output" | "none" | "nonfinite" | "differs" | "raised";

/** Those that must not be missed: they are drawn over all others. */
export const WARNINGS: ReadonlySet<Shape> = new Set<Shape>(["nonfinite", "differs", "raised"]);

const NONFINITE = 8 | 512; // flags of values: NaN or Inf in some runs, in all
const RAISED = 4; // of calls
const DIFFERS = 1 | 2 | 8;

export function shapeOf(phase: number, value: number, flags: number, callFlags: number): Shape {
  if (callFlags & RAISED) return "raised";
  if (callFlags & DIFFERS) return "differs";
  if (flags & NONFINITE) return "nonfinite";
  if (Number.isNaN(value)) return "none"; // nothing to show: a label, one sample
  return phase === 0 ? "input" : "output";
}

let theme = "";
const pictures = new Map<string, Picture>();

/** The same object for the same look, so that it is drawn once and then copied. */
export function markPicture(shape: Shape, size: number, color: string): Picture {
  const key = `${shape}${size}${color}`;
  let picture = pictures.get(key);
  if (!picture) pictures.set(key, (picture = { reach: size + 4, draw: (surface) => drawShape(surface, shape, 0, 0, size, color) }));
  return picture;
}

/** Pictures of another theme are let go of. */
export function beginMarks(): void {
  const now = themeColor("card");
  if (now === theme) return;
  theme = now;
  pictures.clear();
}

export function drawShape(surface: Surface, shape: Shape, x: number, y: number, size: number, color: string): void {
  const cross = size + 0.5;
  switch (shape) {
    case "raised":
      surface.line([x - cross, y - cross, x + cross, y + cross], color, 2.4);
      surface.line([x - cross, y + cross, x + cross, y - cross], color, 2.4);
      break;
    case "differs":
      surface.polygon(star(x, y, size + 2.5), color, themeColor("card"));
      break;
    case "none":
      surface.circle(x, y, 2, themeColor("ink-2"));
      break;
    case "nonfinite":
      surface.polygon([x, y - size, x + size, y, x, y + size, x - size, y], themeColor("card"), themeColor("bad"));
      break;
    case "input":
      surface.polygon([x, y - size, x + size, y + size * 0.75, x - size, y + size * 0.75], isDark() ? "#10161d" : "#ffffff", color);
      break;
    case "output":
      surface.polygon([x, y + size, x + size, y - size * 0.75, x - size, y - size * 0.75], color, undefined, 0.92);
  }
}

function star(x: number, y: number, r: number): number[] {
  const points: number[] = [];
  for (let i = 0; i < 10; i++) {
    const a = (Math.PI * i) / 5 - Math.PI / 2;
    const d = i % 2 ? r * 0.45 : r;
    points.push(x + d * Math.cos(a), y + d * Math.sin(a));
  }
  return points;
}
