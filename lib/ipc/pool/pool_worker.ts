/**
 * The program of a worker of {@linkcode WorkerPool}: loads the pool's module and runs its calls. A
 * compiled program has to include this file (`deno compile --include`), and finds it by its name
 * alone, beside every other worker.
 *
 * @module
 */

import { handlerOf, methodsIn } from "../../base/module_methods.ts";
import { MessageWriter } from "../ring/messages.ts";
import { Ring } from "../ring/ring.ts";
import { holdLifeline } from "../wait/lifeline.ts";
import { CallLoop } from "./call_loop.ts";
import { CallRunner, type Handler } from "./call_runner.ts";
import { failureOf } from "./wire/failure.ts";
import { MAX_HEADER_BYTES } from "./wire/frame.ts";
import type { Loaded, Order, Start } from "./wire/protocol.ts";

/**
 * The part of a worker's global scope used here; the library's types are those of the main thread.
 */
interface Scope {
  postMessage(message: Loaded): void;
  onmessage: ((event: MessageEvent<Start | Order>) => void) | null;
  close(): void;
}

const scope = globalThis as unknown as Scope;
/** Made once the module is loaded; lives as long as the worker. */
let runner: CallRunner | undefined;

scope.onmessage = ({ data }) => {
  if (data.type === "start") void start(data);
  else runner?.handleOrder(data);
};

async function start(options: Start): Promise<void> {
  const { encoding, maxMessageBytes } = options;
  try {
    const methods = handlersOf(await import(options.module));
    const ring = Ring.open(options.results);
    const results = new MessageWriter(ring, maxMessageBytes + MAX_HEADER_BYTES);
    runner = new CallRunner(methods, { results, encoding, maxMessageBytes });
  } catch (error) {
    return scope.postMessage({ type: "failed", failure: failureOf(error) });
  }
  // Ready only once the lifeline is held: the pool watches it from then on.
  holdLifeline(options.name, undefined, () => scope.postMessage({ type: "ready" }));
  await new CallLoop(options, runner).run();
  scope.close();
}

function handlersOf(module: Record<string, unknown>): ReadonlyMap<string, Handler> {
  return new Map(
    Object.entries(methodsIn(module)).map(([name, method]) => [name, handlerOf(method) as Handler]),
  );
}
