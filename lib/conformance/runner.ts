/**
 * Runs conformance cases against a peer.
 *
 * @module
 */

import { errorTable } from "../base/errors.ts";
import { limits } from "../base/limits.ts";
import type { ClientCase, ConformanceCase, Level } from "./case.ts";
import { cut, Dialogue, type PeerConnection } from "./dialogue.ts";
import { NotOffered } from "./misfit.ts";

/** What each run needs. */
interface AnyRunOptions {
  /** The levels to run; all without it. */
  readonly levels?: readonly Level[] | undefined;
  /** How long the peer may take for each line, in milliseconds. */
  readonly timeoutMs: number;
  /** Told of each case as it ends. */
  readonly report?: ((result: CaseResult) => void) | undefined;
}

/** What a run against a server needs. */
export interface RunOptions extends AnyRunOptions {
  /** Opens a connection to the server. */
  readonly open: () => Promise<PeerConnection>;
}

/** What a run against a client needs. */
export interface ClientRunOptions extends AnyRunOptions {
  /** Starts the client with its instructions, JSON text of an array, and gives its connection. */
  readonly start: (instructions: string) => Promise<PeerConnection>;
}

/** How one case ended. */
export interface CaseResult {
  /** The case. */
  readonly id: string;
  /** Its level. */
  readonly level: Level;
  /** The section of docs/wire.md. */
  readonly section: string;
  /** What a conforming peer does. */
  readonly title: string;
  /** How it ended. */
  readonly outcome: "passed" | "failed" | "skipped";
  /** What was sent, in order; long texts are cut. */
  readonly sent: readonly string[];
  /** What came, in order. */
  readonly came: readonly string[];
  /** What had to come, in order; long texts are cut. */
  readonly wanted: readonly string[];
  /** What did not go as it should, or what the peer does not offer where the case was skipped. */
  readonly reason?: string;
}

/**
 * Runs cases against a server, one after the other, each on a connection of its own.
 *
 * @param cases The cases.
 * @param options The server, and how long it may take.
 * @returns How each ended, in order.
 * @throws What `open` throws for the first connection: then there is no server to test.
 */
export async function runCases(
  cases: readonly ConformanceCase[],
  options: RunOptions,
): Promise<CaseResult[]> {
  const offered = await offeredBy(options);
  return await runEach(cases, options, async (one) => {
    const missing = (one.needs ?? []).find((need) => !offered.has(need));
    if (missing !== undefined) return skipped(one, missing);
    return await runCase(one, new Dialogue(await options.open(), options.timeoutMs));
  });
}

/**
 * Runs cases against a client, one after the other: each starts the client anew, and plays the server
 * that it speaks with.
 *
 * @param cases The cases.
 * @param options How the client is started, and how long it may take.
 * @returns How each ended, in order.
 * @throws What `start` throws.
 */
export async function runClientCases(
  cases: readonly ClientCase[],
  options: ClientRunOptions,
): Promise<CaseResult[]> {
  return await runEach(cases, options, async (one) => {
    const connection = await options.start(JSON.stringify(one.instructions));
    return await runCase(one, new Dialogue(connection, options.timeoutMs, "client"));
  });
}

async function runEach<C extends ConformanceCase>(
  cases: readonly C[],
  { levels, report }: AnyRunOptions,
  run: (one: C) => Promise<CaseResult>,
): Promise<CaseResult[]> {
  const results: CaseResult[] = [];
  for (const one of cases) {
    if (levels !== undefined && !levels.includes(one.level)) continue;
    const result = await run(one);
    results.push(result);
    report?.(result);
  }
  return results;
}

function headOf({ id, level, section, title }: ConformanceCase) {
  return { id, level, section, title };
}

function skipped(one: ConformanceCase, missing: string): CaseResult {
  const wanted = wantedBy(one);
  return { ...headOf(one), outcome: "skipped", sent: [], came: [], wanted, reason: missing };
}

async function runCase(one: ConformanceCase, dialogue: Dialogue): Promise<CaseResult> {
  const { sent, came } = dialogue;
  const wanted = wantedBy(one);
  try {
    for (const step of one.steps) await dialogue.play(step);
    return { ...headOf(one), outcome: "passed", sent, came, wanted };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const outcome = error instanceof NotOffered ? "skipped" : "failed";
    return { ...headOf(one), outcome, sent, came, wanted, reason };
  } finally {
    dialogue.close();
  }
}

/** What the steps of a case want to come, as text. */
function wantedBy({ steps }: ConformanceCase): string[] {
  return steps.flatMap((step) => {
    if ("want" in step) return [shown(step.want)];
    if ("wantAll" in step) return step.wantAll.map(shown);
    if ("wantReport" in step) return [`report ${shown(step.wantReport)}`];
    if ("wantHello" in step) return ["rpc.hello"];
    if ("wantNothing" in step) return ["nothing but the answer to rpc.ping"];
    return "wantEnd" in step ? ["the end of the connection"] : [];
  });
}

function shown(pattern: unknown): string {
  return cut(JSON.stringify(pattern));
}

/** What the peer offers: its methods by `rpc.discover`, and its features by `rpc.hello`. */
async function offeredBy({ open, timeoutMs }: RunOptions): Promise<Set<string>> {
  const dialogue = new Dialogue(await open(), timeoutMs);
  const offered = new Set<string>();
  const ask = async (method: string, params: unknown) => {
    await dialogue.send(
      `${JSON.stringify({ jsonrpc: "2.0", id: method, method, params })}\n`,
    );
    return JSON.parse(await dialogue.nextLine()) as Reply;
  };
  try {
    const document = (await ask("rpc.discover", {})).result as
      | { methods?: { name?: unknown }[]; "x-idempotency-keys"?: unknown }
      | undefined;
    for (const { name } of document?.methods ?? []) offered.add(`method ${name}`);
    if (document?.["x-idempotency-keys"] === true) offered.add("idempotency keys");
    // Skipped where this client may not use the queue, or the server has no queues.
    const taken = await ask("rpc.queue.take", { queue: "conformance" });
    if (taken.result !== undefined) offered.add("queues");
    // There is no such group; that is said to whoever may use this topic.
    const answer = { topic: "conformance", group: "conformance", lease: "1.00000000" };
    const refusal = (await ask("rpc.topic.ack", answer)).error?.code;
    if (refusal === errorTable.not_found.wire) offered.add("topics");
    const listed = await ask("rpc.job.list", { method: "conformance_job", limit: 1 });
    if (listed.result !== undefined && offered.has("method conformance_job")) offered.add("jobs");
    // Skipped where this client may not put the schedule; only trying shows it.
    const put = (await ask("rpc.job.schedule", {
      ...{ method: "conformance_job", name: "conformance", params: { value: 0 } },
      everyMs: limits.maxScheduleEveryMs,
    })).result as { schedule?: unknown } | undefined;
    if (put !== undefined) {
      await ask("rpc.job.unschedule", { schedule: put.schedule });
      offered.add("schedules");
    }
    const given = await ask("rpc.job.take", { method: "conformance_work", leaseMs: 1_000 });
    if (given.result !== undefined) offered.add("work");
    const { error } = await ask("rpc.logout", {});
    if (error?.code !== errorTable.method_not_found.wire) offered.add("sign-in");
    const hello = (await ask("rpc.hello", { versions: ["dari/1"], features: FEATURES })).result as
      | { features?: unknown[] }
      | undefined;
    if (hello !== undefined) offered.add("rpc.hello");
    for (const feature of hello?.features ?? []) offered.add(`feature ${feature}`);
  } catch {
    // It answers neither in time nor as it should: the cases of the core will say so.
  } finally {
    dialogue.close();
  }
  return offered;
}

/** The part of an answer that is read here. */
interface Reply {
  readonly result?: unknown;
  readonly error?: { readonly code?: unknown };
}

const FEATURES = ["values", "bytes", "streams", "drain"];
