/**
 * The mistakes that can be planted in a file: one small change of its code each.
 *
 * @module
 */

import { withoutTextAndComments } from "../check_limits.ts";

/** One mistake. */
export interface Mutation {
  /** The file, relative to the project's root. */
  readonly path: string;
  /** The line, from 1. */
  readonly line: number;
  /** What kind of mistake it is. */
  readonly kind: string;
  /** Where the changed text begins and ends. */
  readonly start: number;
  readonly end: number;
  /** What stands there instead. */
  readonly text: string;
}

/** A change of everything that a pattern finds. */
interface Swap {
  readonly kind: string;
  /** Its first group is replaced. */
  readonly pattern: RegExp;
  readonly by: (found: string) => string;
}

const OPPOSITES: Readonly<Record<string, string>> = {
  "===": "!==",
  "!==": "===",
  "&&": "||",
  "||": "&&",
  "<": "<=",
  "<=": "<",
  ">": ">=",
  ">=": ">",
  "+": "-",
  "-": "+",
  "+=": "-=",
  "-=": "+=",
  "++": "--",
  "--": "++",
  "min": "max",
  "max": "min",
  "true": "false",
  "false": "true",
};
const opposite = (found: string) => OPPOSITES[found] ?? found;
const nothing = () => "";

const swaps: readonly Swap[] = [
  { kind: "comparison", pattern: / (===|!==) /dg, by: opposite },
  { kind: "boundary", pattern: / (<=?|>=?) /dg, by: opposite },
  { kind: "logic", pattern: / (&&|\|\|) /dg, by: opposite },
  { kind: "arithmetic", pattern: / ([+-]=?) |(?<=\w)(\+\+|--)(?=\W)/dg, by: opposite },
  { kind: "off by one", pattern: /(?<=[ ([])(\d+)(?=[;,)\] ])/dg, by: (found) => `${+found + 1}` },
  { kind: "extreme", pattern: /Math\.(min|max)\(/dg, by: opposite },
  { kind: "removed await", pattern: /\b(await )(?!using|import)/dg, by: nothing },
  { kind: "removed not", pattern: /(?<=[( ])(!)(?=[\w(#])/dg, by: nothing },
  { kind: "truth", pattern: /\b(true|false)\b(?=[;,) ])/dg, by: opposite },
  {
    kind: "removed guard",
    pattern: /^ +(if \(.*\) (?:return|throw|continue|break)\b.*;)$/dgm,
    by: nothing,
  },
  {
    kind: "dropped statement",
    pattern: /(?<=[;{}] *\n(?: *\n)*) +((?:await |void )?(?:this|[a-z]\w*)[\w.#?![\]]*\(.*\);)$/dgm,
    by: nothing,
  },
  { kind: "dropped assignment", pattern: /^ +(this\.[\w.#]+ [-+?]*= .*;)$/dgm, by: nothing },
];

/** Lines that the runtime never sees, or that only name things. */
const NO_CODE = /^\s*(?:import|export type|export interface|readonly|type|interface) /;

/**
 * Lists every mistake that can be planted in a file.
 *
 * @param path The file, relative to the project's root.
 * @param text Its content.
 * @returns The mistakes, in the order of their kinds and places.
 */
export function mutationsOf(path: string, text: string): Mutation[] {
  const code = withoutTextAndComments(text);
  const lines = code.split("\n");
  const lineAt = (at: number) => code.slice(0, at).split("\n").length;
  const found: Mutation[] = [];
  const add = (kind: string, start: number, end: number, replacement: string) => {
    const line = lineAt(start);
    if (!NO_CODE.test(lines[line - 1] ?? "")) {
      found.push({ path, line, kind, start, end, text: replacement });
    }
  };
  for (const { kind, pattern, by } of swaps) {
    for (const match of code.matchAll(pattern)) {
      const group = match.indices?.slice(1).find((range) => range !== undefined);
      if (group !== undefined) add(kind, ...group, by(text.slice(...group)));
    }
  }
  for (const [start, end] of enclosed(code, /\bif \(/g)) {
    add("swapped branches", start, end, `!(${text.slice(start, end)})`);
  }
  for (const [start, end] of enclosed(code, /\bfinally \{/g)) {
    add("removed finally", start, end, "");
  }
  return found;
}

/** The text with a mistake in it. */
export function mutate(text: string, { start, end, text: replacement }: Mutation): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** What stands between the bracket at the end of each match and its partner. */
function enclosed(code: string, pattern: RegExp): [number, number][] {
  const ranges: [number, number][] = [];
  for (const match of code.matchAll(pattern)) {
    const start = match.index + match[0].length;
    const open = code[start - 1];
    const close = open === "(" ? ")" : "}";
    let depth = 1;
    for (let at = start; at < code.length; at++) {
      if (code[at] === open) depth++;
      else if (code[at] === close && --depth === 0) {
        ranges.push([start, at]);
        break;
      }
    }
  }
  return ranges;
}

/**
 * Chooses mistakes of every kind, the same ones for the same seed.
 *
 * @param all The mistakes to choose from.
 * @param count How many to choose at most.
 * @param seed Any whole number.
 * @returns The chosen ones.
 */
export function choose(all: readonly Mutation[], count: number, seed: number): Mutation[] {
  const random = randomFrom(seed);
  const kinds = Map.groupBy(shuffle(all, random), ({ kind }) => kind);
  const chosen: Mutation[] = [];
  const queues = [...kinds.entries()].toSorted(([a], [b]) => a < b ? -1 : 1).map(([, list]) =>
    list
  );
  while (chosen.length < count && queues.some((queue) => queue.length > 0)) {
    for (const queue of queues) {
      const next = queue.pop();
      if (next !== undefined && chosen.length < count) chosen.push(next);
    }
  }
  return chosen;
}

function shuffle<T>(items: readonly T[], random: () => number): T[] {
  const shuffled = [...items];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
  }
  return shuffled;
}

/** Numbers from 0 to 1 that follow from the seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
