// Places for the nodes of a directed graph, in layers from left to right (Sugiyama,
// Tagawa, Toda, IEEE Trans. SMC 11(2), 1981): cycles are turned, layers are longest
// paths, crossings are reduced by barycentres.

export interface Link {
  from: number;
  to: number;
}

export interface Placed {
  layer: Map<number, number>;
  /** Row within the layer, fractional. */
  row: Map<number, number>;
  layers: number[][];
}

/** Links that lead back to a node on the way to them. */
function backLinks(nodes: number[], out: Map<number, number[]>): Set<string> {
  const back = new Set<string>();
  const state = new Map<number, 1 | 2>();
  for (const root of nodes) {
    if (state.has(root)) continue;
    const stack: [number, number][] = [[root, 0]];
    state.set(root, 1);
    while (stack.length) {
      const top = stack[stack.length - 1];
      const next = (out.get(top[0]) ?? [])[top[1]++];
      if (next === undefined) {
        state.set(top[0], 2);
        stack.pop();
      } else if (state.get(next) === 1) back.add(`${top[0]} ${next}`);
      else if (!state.has(next)) {
        state.set(next, 1);
        stack.push([next, 0]);
      }
    }
  }
  return back;
}

export function layOut(nodes: number[], links: Link[]): Placed {
  const out = new Map<number, number[]>(nodes.map((n) => [n, []]));
  for (const { from, to } of links) if (from !== to) out.get(from)?.push(to);
  const entered = new Set(links.filter((l) => l.from !== l.to).map((l) => l.to));
  const order = [...nodes].sort((a, b) => Number(entered.has(a)) - Number(entered.has(b)) || a - b);
  const back = backLinks(order, out);
  const forward = links.filter((l) => l.from !== l.to && !back.has(`${l.from} ${l.to}`));

  const layer = new Map<number, number>(nodes.map((n) => [n, 0]));
  for (let round = 0, moved = true; moved && round < nodes.length; round++) {
    moved = false;
    for (const { from, to } of forward) {
      const at = (layer.get(from) as number) + 1;
      if (at > (layer.get(to) as number)) {
        layer.set(to, at);
        moved = true;
      }
    }
  }
  const layers: number[][] = [];
  for (const n of order) (layers[layer.get(n) as number] ??= []).push(n);

  const near = new Map<number, { left: number[]; right: number[] }>(nodes.map((n) => [n, { left: [], right: [] }]));
  for (const { from, to } of forward) {
    near.get(from)?.right.push(to);
    near.get(to)?.left.push(from);
  }
  const row = new Map<number, number>();
  layers.forEach((l) => l.forEach((n, i) => row.set(n, i - (l.length - 1) / 2)));
  for (let sweep = 0; sweep < 16; sweep++) {
    const side = sweep % 2 ? "right" : "left";
    for (const l of sweep % 2 ? [...layers].reverse() : layers) {
      const wish = new Map(l.map((n) => {
        const others = near.get(n)?.[side] ?? [];
        const mean = others.reduce((sum, m) => sum + (row.get(m) as number), 0) / others.length;
        return [n, others.length ? mean : (row.get(n) as number)] as const;
      }));
      l.sort((a, b) => (wish.get(a) as number) - (wish.get(b) as number));
      spread(l, wish, row);
    }
  }
  return { layer, row, layers };
}

/** Rows at least 1 apart, in order, as near to their wishes as a sweep gets them. */
function spread(nodes: number[], wish: Map<number, number>, row: Map<number, number>): void {
  const places = nodes.map((n) => wish.get(n) as number);
  for (let i = 1; i < places.length; i++) places[i] = Math.max(places[i], places[i - 1] + 1);
  const shift = nodes.reduce((sum, n, i) => sum + (wish.get(n) as number) - places[i], 0) / nodes.length;
  nodes.forEach((n, i) => row.set(n, places[i] + shift));
}
