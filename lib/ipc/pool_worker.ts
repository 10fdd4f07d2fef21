/**
 * The worker of a {@linkcode WorkerPool}: takes one call after the other from the shared queue. A
 * compiled program has to include this file (`deno compile --include`).
 *
 * @module
 */

import { DariError } from "../base/errors.ts";
import { handlerOf, methodsIn } from "../base/module_methods.ts";
import { MessageWriter } from "./_messages.ts";
import { failureOf, type Order, type Reply, type Request, type Start } from "./_pool_protocol.ts";
import { type Place, PoolSlots } from "./_pool_slots.ts";
import { hold } from "./_presence.ts";
import { Queue } from "./queue.ts";
import { Ring } from "./ring.ts";
import { encodeValue } from "./_value.ts";

/** What a method of the pool's module is. */
type Handler = (params: unknown, context: { signal: AbortSignal }) => unknown;

/** The part of a worker's global scope used here; the library's types are those of the main thread. */
interface Scope {
  postMessage(message: unknown): void;
  onmessage: ((event: MessageEvent<Start | Order>) => void) | null;
  close(): void;
}

const scope = globalThis as unknown as Scope;
/** The call under way: how it is cancelled, and who waits for its long params. */
let current:
  | { place: Place; abort: AbortController; params?: (value: unknown) => void }
  | undefined;

scope.onmessage = ({ data }) => {
  if (data.type === "start") return void start(data);
  if (current?.place.slot !== data.place.slot) return;
  if (current.place.generation !== data.place.generation) return;
  if (data.type === "params") current.params?.(data.params);
  else current.abort.abort(new DariError("cancelled", "The call was cancelled"));
};

async function start(options: Start): Promise<void> {
  let methods: ReadonlyMap<string, Handler>;
  try {
    methods = handlersOf(await import(options.module));
  } catch (error) {
    return scope.postMessage({ type: "failed", failure: failureOf(error) });
  }
  const requests = Queue.open<Request>(options.requests);
  const slots = new PoolSlots(options.slots);
  const results = new MessageWriter(Ring.open(options.results), options.maxMessageBytes);
  const reply = async (message: Reply) => {
    const { kind, bytes } = encodeValue(message, options.encoding);
    await results.write(kind, bytes);
  };
  hold(options.name, new AbortController().signal, () => scope.postMessage({ type: "ready" }));
  for await (const request of requests) {
    if (!slots.claim(request, options.index)) continue;
    const { slot, generation } = request;
    const place = { slot, generation };
    try {
      const result = await run(methods, request, reply);
      await reply({ ...place, kind: "result", result });
    } catch (error) {
      await reply({ ...place, kind: "error", error: failureOf(error) });
    } finally {
      current = undefined;
    }
  }
  scope.close();
}

async function run(
  methods: ReadonlyMap<string, Handler>,
  request: Request,
  reply: (message: Reply) => Promise<void>,
): Promise<unknown> {
  const { slot, generation, method } = request;
  const place = { slot, generation };
  const abort = new AbortController();
  current = { place, abort };
  const handler = methods.get(method);
  if (handler === undefined) {
    throw new DariError("method_not_found", `The pool's module has no method "${method}"`);
  }
  let { params } = request;
  if (request.large) {
    const { promise, resolve } = Promise.withResolvers<unknown>();
    current.params = resolve;
    await reply({ ...place, kind: "ask" });
    params = await promise;
  }
  return await handler(params, { signal: abort.signal });
}

function handlersOf(module: Record<string, unknown>): ReadonlyMap<string, Handler> {
  return new Map(
    Object.entries(methodsIn(module)).map(([name, method]) => [name, handlerOf(method) as Handler]),
  );
}
