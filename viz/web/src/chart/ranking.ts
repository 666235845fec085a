// The overview's ranking as a picture to keep; on the page it is a list of links.
import type { FunctionRow } from "../api";
import type { Cell } from "../export";
import { bits } from "../format";
import { digitsColor, themeColor } from "../palette";
import type { Surface } from "./surface";

const ROW = 30;
const WIDTH = 900;
const BARS = [300, 700] as const; // from and to, in pixels

export function rankingSize(rows: FunctionRow[]): [number, number] {
  return [WIDTH, 40 + rows.length * ROW];
}

export function drawRanking(surface: Surface, rows: FunctionRow[]): void {
  const most = Math.max(1, ...rows.map((f) => f.self_lost_max ?? f.self_lost ?? 0));
  const [from, to] = BARS;
  const end = (value: number) => from + (value / most) * (to - from);
  const ink = themeColor("ink");
  const quiet = themeColor("ink-2");
  surface.text(16, 20, "Bits lost by the function itself: median over its calls, and the worst call", { fill: quiet, size: 12, baseline: "middle" });
  rows.forEach((f, i) => {
    const y = 40 + i * ROW + ROW / 2;
    const value = f.self_lost ?? 0;
    surface.clip(0, y - ROW / 2, from - 10, ROW, () => {
      surface.text(16, y - 6, f.name, { fill: ink, size: 12.5, baseline: "middle" });
      surface.text(16, y + 7, f.module, { fill: quiet, size: 10.5, baseline: "middle" });
    });
    surface.rect(from, y - 8, Math.max(1, end(value) - from), 16, digitsColor(f.digits_out ?? 53));
    surface.line([end(value), y, end(f.self_lost_max ?? value), y], quiet, 1.5);
    surface.text(to + 70, y, bits(f.self_lost), { fill: ink, size: 12.5, align: "right", baseline: "middle" });
    surface.text(WIDTH - 16, y, `${bits(f.digits_out)} left`, { fill: quiet, size: 12, align: "right", baseline: "middle" });
  });
}

export function rankingData(rows: FunctionRow[]): Cell {
  return {
    columns: ["rank", "module", "function", "self-lost", "most in one call", "digits out"],
    rows: rows.map((f) => [f.rank, f.module, f.name, f.self_lost ?? "", f.self_lost_max ?? "", f.digits_out ?? ""]),
  };
}
