/**
 * Messages of queues that a method of a module handles.
 *
 * @module
 */

import { abortable } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import { runWithin } from "../../base/context/ambient_call.ts";
import { DariError } from "../../base/errors.ts";
import { JobContext } from "../../messages/job/job_context.ts";
import type { TakenMessage } from "../../messages/mod.ts";
import { textOfThrown } from "../../messages/queue/thrown.ts";
import { type QueueCaller, queueOf } from "../../messages/wire/remote_queues.ts";
import type { Publishing } from "../../rpc/method/publishing.ts";
import type { RegisteredMethod } from "../../rpc/method/registry.ts";
import type { ValueType } from "../app/value_type.ts";

/** A queue, and the method that handles its messages: `letters=send_email`. */
export const queueAndMethod: ValueType<{ readonly queue: string; readonly method: string }> = {
  placeholder: "QUEUE=METHOD",
  expects: "a queue and a method, for instance letters=send_email",
  completes: "queue",
  parse(text) {
    const at = text.indexOf("=");
    const [queue, method] = [text.slice(0, at), text.slice(at + 1)];
    return at < 1 || method === "" ? undefined : { queue, method };
  },
};

/** What a {@linkcode QueueWorker} works with. */
export interface QueueWorkerParts {
  readonly client: QueueCaller;
  readonly queues: readonly { readonly queue: string; readonly method: RegisteredMethod }[];
  /** Publishes what handlers publish. */
  readonly publishing: Publishing;
  /** How many messages of a queue at once. */
  readonly concurrency: number | undefined;
  /** Hears of messages that could not be taken or handled. */
  readonly tell: (line: string) => void;
}

/** Handles the messages of queues until it is disposed. */
export class QueueWorker implements AsyncDisposable {
  readonly #stop = new AbortController();
  readonly #draining = new AbortController();
  readonly #loops: readonly Promise<void>[];
  readonly #publishing: Publishing;
  #running = 0;

  /** @param parts The queues, their methods, and the server. */
  constructor({ client, queues, publishing, concurrency, tell }: QueueWorkerParts) {
    this.#publishing = publishing;
    const [signal, draining] = [this.#stop.signal, this.#draining.signal];
    this.#loops = queues.map(({ queue, method }) =>
      queueOf(client, queue).work((message, lost) => this.#run(method, message, lost), {
        ...{ concurrency, signal, draining },
        onError: (error) => {
          const reason = textOfThrown(error);
          if (!signal.aborted) tell(`Queue ${queue}: ${reason}`);
        },
      })
    );
    for (const loop of this.#loops) loop.catch(() => this.drain());
  }

  /** How many messages are at work. */
  get running(): number {
    return this.#running;
  }

  /** Resolves once nothing runs any more. @throws What a take failed with for good. */
  async ended(): Promise<void> {
    await Promise.all(this.#loops);
  }

  /** Takes no more messages; those at work go on. */
  drain(): void {
    this.#draining.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new DariError("unavailable", "The worker stops"));
    await Promise.allSettled(this.#loops);
  }

  async #run(method: RegisteredMethod, message: TakenMessage<unknown>, signal: AbortSignal) {
    const context = new JobContext({
      ...{ job: message.number, method: method.name, by: message.putBy, signal },
      deadline: Date.now() + limits.jobTimeoutMs,
      scheduledAtMs: undefined,
      step: async (_name, work) => await work(),
      progress: () => Promise.resolve(),
      publish: (topic, value, options) => this.#publishing(message.putBy, topic, value, options),
      now: () => Date.now(),
    });
    this.#running++;
    try {
      // A handler that does not hear its signal must not hold up the end of the program.
      await abortable(handle(method, message.value, context), signal);
    } finally {
      this.#running--;
    }
  }
}

async function handle(method: RegisteredMethod, value: unknown, context: JobContext) {
  const params = await method.checkParams(value ?? undefined);
  return await (method.mayMakeCalls
    ? runWithin(context, method.handler, params)
    : method.handler(params, context));
}
