// What the digits claim, in words: every view that shows them says the same.
import type { Overview } from "./api";
import { plural } from "./format";

/** What digits are counted against. */
export function against(o: Overview): string {
  return o.reference_run === null ? "the mean of the runs" : "the run under IEEE arithmetic";
}

/** What follows from that. */
export function consequence(o: Overview): string {
  return o.reference_run === null
    ? "They tell how far the runs spread; what all runs have wrong alike is not seen."
    : "What all runs have wrong alike counts too. Values that this run has not are counted against their mean.";
}

/** "Digits by cnh of 10 runs, probability 0.95, confidence 0.95, against the mean of the runs." */
export function claim(o: Overview, runs: number): string {
  return `by ${o.method} of ${plural(runs, "run")}, probability ${o.probability}, confidence ${o.confidence}, against ${against(o)}`;
}

/** Whether more runs would tell more; empty where the result does not say. */
export function enough(o: Overview): string {
  if (!o.runs_needed || !o.has_digits) return "";
  return o.runs_needed > o.n_runs ? `${plural(o.runs_needed, "run")} would place the digits within ±1 bit` : `enough to place the digits within ±1 bit (${plural(o.runs_needed, "run")})`;
}

const BIASED = 2048; // flag of values

/** Said of a value whose runs agree with each other and not with the reference. */
export function bias(flags: number): string {
  return flags & BIASED
    ? "Biased: the mean of the runs is off the run under IEEE arithmetic by more than three times their spread. Rounding does not only scatter this value, it moves it; its digits count the distance."
    : "";
}
