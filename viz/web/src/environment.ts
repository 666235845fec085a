// What a run says of its surroundings: lines key=value. Some of it, where it differs
// between runs, passes for rounding and is not.

const NOISE = ["cpu.model", "blas.library", "blas.kernel", "threads.omp", "threads.blas", "hash_seed", "numpy.version", "python.version", "fuzzy.layers", "fuzzy.mode", "fuzzy.precision.binary64", "fuzzy.precision.binary32"];
const OWN = /^(source\.|duration_ns$|exit_status$)/; // of each run by itself, or shown elsewhere

export interface Entry {
  key: string;
  /** Different values, in the order of the runs that first have them. */
  values: string[];
  /** Differences here are noise that is not rounding. */
  isNoise: boolean;
  /** Counts of a run by itself: that they differ means nothing. */
  isCount: boolean;
}

/** Of all runs; what is said of the stochastic arithmetic is not asked of the run under IEEE
 * arithmetic, `reference`. */
export function entriesOf(info: string[], reference: number | null): Entry[] {
  const runs = info.map((text) => new Map(text.split("\n").filter(Boolean).map((line) => {
    const cut = line.indexOf("=");
    return [line.slice(0, cut), line.slice(cut + 1)] as const;
  })));
  const samples = runs.filter((_, i) => i !== reference);
  const keys = [...new Set(runs.flatMap((run) => [...run.keys()]))].filter((key) => !OWN.test(key));
  return keys.sort().map((key) => ({ key, values: [...new Set((/^(fuzzy|coverage|event)\./.test(key) ? samples : runs).map((run) => run.get(key) ?? "(absent)"))], isNoise: NOISE.includes(key), isCount: /^(coverage|event)\./.test(key) }));
}

export function valueOf(entries: Entry[], key: string): string | undefined {
  return entries.find((e) => e.key === key)?.values.join(" | ");
}

/** A line whose sums lost leading bits, in the worst run. */
export interface Cancellation {
  function: string;
  file: string;
  line: number;
  results: number;
  bits: number;
}

const EVENT = "event.cancellation.";

/** Of "event.cancellation.<module>.<function> <file>:<line>", "12 results, most 45 bits". */
export function cancellationsOf(entries: Entry[]): Cancellation[] {
  const found: Cancellation[] = [];
  for (const e of entries.filter((x) => x.key.startsWith(EVENT))) {
    const [, name, file, line] = /^(\S+)(?: (.*):(\d+))?$/.exec(e.key.slice(EVENT.length)) ?? [];
    const counts = e.values.map((v) => /^(\d+) results, most ([\d.]+) bits$/.exec(v)).filter((m) => m !== null);
    if (!name || !counts.length) continue;
    found.push({
      function: name, file: file ?? "", line: Number(line ?? 0),
      results: Math.max(...counts.map((m) => Number(m[1]))), bits: Math.max(...counts.map((m) => Number(m[2]))),
    });
  }
  return found.sort((a, b) => b.bits - a.bits || b.results - a.results);
}
