// Colours. Series: Okabe and Ito's set, which people with any colour vision tell apart
// (https://jfly.uni-koeln.de/color/), darkened or lightened for the background. Maps:
// cividis and viridis (Nuñez, Anderton, Renslow 2018; Smith, van der Walt 2015), even in
// lightness and safe too.

const LIGHT = ["#0072b2", "#c8500a", "#00855f", "#a8417f", "#b87a00", "#2a8fc7", "#6a4fb0", "#70591c"];
const DARK = ["#59b2ec", "#f0894c", "#3ecf9f", "#e39ac4", "#f0b93a", "#9ad4f5", "#b3a0f0", "#cdb46a"];

export type Rgb = [number, number, number];

export function isDark(): boolean {
  return document.documentElement.dataset.theme === "dark";
}

export function seriesColor(index: number): string {
  const set = isDark() ? DARK : LIGHT;
  return set[index % set.length];
}

const known = { theme: "", colors: new Map<string, string>() };

/** A colour of the style sheet; it is asked once for each theme, charts ask for every mark. */
export function themeColor(name: string): string {
  const theme = document.documentElement.dataset.theme ?? "";
  if (theme !== known.theme) {
    known.theme = theme;
    known.colors.clear();
  }
  let color = known.colors.get(name);
  if (!color) {
    color = getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
    known.colors.set(name, color);
  }
  return color;
}

const MAPS = {
  cividis: ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74", "#c3b369", "#e1cc55", "#fee838"],
  viridis: ["#440154", "#482878", "#3e4989", "#31688e", "#26828e", "#1f9e89", "#35b779", "#6ece58", "#b5de2b", "#fde725"],
  magma: ["#000004", "#180f3d", "#440f76", "#721f81", "#9e2f7f", "#cd4071", "#f1605d", "#fd9668", "#feca8d", "#fcfdbf"],
  "blue–orange": ["#1f4e9c", "#4278bd", "#75a3d5", "#abcbe6", "#dfe9ee", "#f3e5d3", "#f0c48e", "#e39a4c", "#c46d1d", "#8a4408"],
  grey: ["#111111", "#f4f4f4"],
} as const;

export type MapName = keyof typeof MAPS;
export const mapNames = Object.keys(MAPS) as MapName[];

function parse(hex: string): Rgb {
  return [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16)) as Rgb;
}

const tables = new Map<string, Uint8ClampedArray>();

/** 256 colours of a map, three bytes each. */
export function colorTable(name: MapName): Uint8ClampedArray {
  let table = tables.get(name);
  if (table) return table;
  table = new Uint8ClampedArray(256 * 3);
  const stops = MAPS[name].map(parse);
  for (let i = 0; i < 256; i++) {
    const at = (i / 255) * (stops.length - 1);
    const a = stops[Math.floor(at)];
    const b = stops[Math.min(Math.floor(at) + 1, stops.length - 1)];
    for (let c = 0; c < 3; c++) table[i * 3 + c] = a[c] + (b[c] - a[c]) * (at % 1);
  }
  tables.set(name, table);
  return table;
}

/** Few digits warm, many blue; always printed beside, never the only sign. */
export function digitsColor(digits: number, top = 53): string {
  const t = Math.max(0, Math.min(1, digits / top));
  const stops: Rgb[] = isDark()
    ? [[240, 104, 74], [240, 185, 58], [120, 160, 190], [78, 150, 220]]
    : [[194, 59, 20], [206, 140, 10], [110, 140, 165], [28, 90, 150]];
  const at = t * (stops.length - 1);
  const a = stops[Math.floor(at)];
  const b = stops[Math.min(Math.floor(at) + 1, stops.length - 1)];
  return `rgb(${a.map((v, i) => Math.round(v + (b[i] - v) * (at % 1))).join(",")})`;
}
