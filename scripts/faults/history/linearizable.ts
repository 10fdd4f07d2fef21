/**
 * Whether a history is linearizable: whether its operations can be put in one order that the model
 * agrees with, each of them at some moment between its call and its answer.
 *
 * The search is that of Wing and Gong, with Lowe's memory of what was tried: which operations are in
 * the order already and the state behind them decide together what can follow.
 *
 * @see Lowe, "Testing for linearizability", Concurrency and Computation 29 (2017)
 * @module
 */

import type { Model, Operation } from "./operation.ts";

/** What was found. */
export type Judgement<Input, Output> =
  | { readonly kind: "linearizable" }
  | {
    readonly kind: "violation";
    /** The most operations that could be put in order. */
    readonly ordered: number;
    /** Those of which none could come next. */
    readonly stuck: readonly Operation<Input, Output>[];
  }
  /** The search was given up: it is not known. */
  | { readonly kind: "undecided" };

/** The most places that are looked at by default. */
const MOST_PLACES = 500_000;

/** A history, made ready for the search. */
interface Prepared<Input, Output> {
  /** What was answered, in the order of the calls. */
  readonly answered: readonly Operation<Input, Output>[];
  /**
   * What was not, by what was asked for, in the order of the calls. It may come about at any time later,
   * so that of several that ask for the same the earliest does for all.
   */
  readonly unanswered: readonly (readonly Operation<Input, Output>[])[];
}

/** Which operations are in the order. */
interface Order {
  /** Answered ones before this one are. */
  readonly next: number;
  /** Answered ones behind it that are too, ascending. */
  readonly ahead: readonly number[];
  /** How many are of each list of those that were not answered. */
  readonly unanswered: readonly number[];
}

/** How far a search has come. */
interface Place<State> extends Order {
  readonly state: State;
}

/** An operation that may come next, and the order behind it. */
interface Step<Input, Output> extends Order {
  readonly operation: Operation<Input, Output>;
}

/**
 * Judges a history.
 *
 * @param model How one client at a time would be answered.
 * @param history The operations, in any order.
 * @param mostPlaces When to give up.
 * @returns What was found.
 */
export function judgeHistory<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  mostPlaces: number = MOST_PLACES,
): Judgement<Input, Output> {
  const prepared = prepare(history);
  const unanswered = prepared.unanswered.map(() => 0);
  const first: Place<State> = { next: 0, ahead: [], unanswered, state: model.initial };
  const open = [first];
  const seen = new Set([textOf(first, model)]);
  let furthest = first;
  for (let place = open.pop(); place !== undefined; place = open.pop()) {
    if (place.next === prepared.answered.length) return { kind: "linearizable" };
    if (orderedIn(place) > orderedIn(furthest)) furthest = place;
    const steps = stepsFrom(place, prepared);
    const harmless = steps.find(({ operation }) => isHarmless(model, place.state, operation));
    for (const { operation, ...order } of harmless === undefined ? steps : [harmless]) {
      for (const state of model.step(place.state, operation.input, operation.output)) {
        const following = { ...order, state };
        const text = textOf(following, model);
        if (seen.has(text)) continue;
        if (seen.size >= mostPlaces) return { kind: "undecided" };
        seen.add(text);
        open.push(following);
      }
    }
  }
  const stuck = stepsFrom(furthest, prepared).map(({ operation }) => operation);
  return { kind: "violation", ordered: orderedIn(furthest), stuck: stuck.reverse() };
}

function prepare<Input, Output>(
  history: readonly Operation<Input, Output>[],
): Prepared<Input, Output> {
  const sorted = history.toSorted((one, other) => one.invokedAtMs - other.invokedAtMs);
  const unanswered = new Map<string, Operation<Input, Output>[]>();
  for (const operation of sorted) {
    if (operation.output !== undefined) continue;
    const input = JSON.stringify(operation.input);
    const same = unanswered.get(input);
    if (same === undefined) unanswered.set(input, [operation]);
    else same.push(operation);
  }
  const answered = sorted.filter(({ output }) => output !== undefined);
  return { answered, unanswered: [...unanswered.values()] };
}

/** How many answered operations are in an order. */
function orderedIn({ next, ahead }: Order): number {
  return next + ahead.length;
}

/**
 * What may come next: everything that was called before anything of the rest was answered. The last of
 * them is looked at first: the one that was answered first.
 */
function stepsFrom<Input, Output>(
  place: Order,
  { answered, unanswered }: Prepared<Input, Output>,
): Step<Input, Output>[] {
  const found: Step<Input, Output>[] = [];
  let firstEnd = Infinity;
  for (let at = place.next; at < answered.length; at++) {
    if (place.ahead.includes(at)) continue;
    const operation = answered[at]!;
    if (operation.invokedAtMs > firstEnd) break;
    firstEnd = Math.min(firstEnd, operation.returnedAtMs);
    found.push({ operation, ...place, ...taken(place, at) });
  }
  found.sort((one, other) => other.operation.returnedAtMs - one.operation.returnedAtMs);
  const late = unanswered.flatMap((same, list) => {
    const operation = same[place.unanswered[list]!];
    if (operation === undefined || operation.invokedAtMs > firstEnd) return [];
    const counts = place.unanswered.with(list, place.unanswered[list]! + 1);
    return [{ operation, ...place, unanswered: counts }];
  });
  return [...late, ...found];
}

/** Whether an operation can come next, and changes nothing in any state: then it may as well. */
function isHarmless<State, Input, Output>(
  model: Model<State, Input, Output>,
  state: State,
  { input, output }: Operation<Input, Output>,
): boolean {
  return output !== undefined && model.changesNothing(input, output) &&
    model.step(state, input, output).length > 0;
}

/** With one more answered operation in the order. */
function taken({ next, ahead }: Order, at: number): Pick<Order, "next" | "ahead"> {
  if (at !== next) return { next, ahead: [...ahead, at].sort((one, other) => one - other) };
  let behind = next + 1;
  let used = 0;
  for (; ahead[used] === behind; used++) behind++;
  return { next: behind, ahead: ahead.slice(used) };
}

function textOf<State>(
  { next, ahead, unanswered, state }: Place<State>,
  model: Pick<Model<State, never, never>, "text">,
): string {
  return `${next} ${ahead.join()} ${unanswered.join()} ${model.text(state)}`;
}
