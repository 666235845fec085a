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

export function entriesOf(info: string[]): Entry[] {
  const runs = info.map((text) => new Map(text.split("\n").filter(Boolean).map((line) => {
    const cut = line.indexOf("=");
    return [line.slice(0, cut), line.slice(cut + 1)] as const;
  })));
  const keys = [...new Set(runs.flatMap((run) => [...run.keys()]))].filter((key) => !OWN.test(key));
  return keys.sort().map((key) => ({ key, values: [...new Set(runs.map((run) => run.get(key) ?? "(absent)"))], isNoise: NOISE.includes(key), isCount: key.startsWith("coverage.") }));
}

export function valueOf(entries: Entry[], key: string): string | undefined {
  return entries.find((e) => e.key === key)?.values.join(" | ");
}
