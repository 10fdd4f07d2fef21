/**
 * Reading what a stream has of a subject.
 *
 * @module
 */

import { DariError } from "../../base/errors.ts";
import { Delivery, type DeliveryOptions } from "./delivery.ts";
import type { LogMessage } from "./log.ts";

/**
 * Reads messages of a stream, in their order, to the last one that is there.
 *
 * @param options Which.
 * @throws {DariError} `unavailable` when the stream cannot be read.
 */
export async function* readSubject(
  options: Omit<DeliveryOptions, "onMessage" | "onWhole" | "onSilent">,
): AsyncGenerator<LogMessage> {
  const waiting: LogMessage[] = [];
  /** Resolves once what has come was read; the stream waits for it. */
  let drained = Promise.withResolvers<void>();
  let isWhole = false;
  let failure: DariError | undefined;
  let wake = () => {};
  using _delivery = new Delivery({
    ...options,
    onMessage(message) {
      waiting.push(message);
      wake();
      return drained.promise;
    },
    onWhole() {
      isWhole = true;
      wake();
    },
    onSilent() {
      if (waiting.length > 0) return; // it is this side that takes its time
      failure = new DariError("unavailable", "What the cluster keeps cannot be read; try again");
      wake();
    },
  });
  while (true) {
    const message = waiting.shift();
    if (message !== undefined) yield message;
    else if (isWhole) return;
    else if (failure !== undefined) throw failure;
    else {
      drained.resolve();
      drained = Promise.withResolvers();
      await new Promise<void>((resolve) => wake = resolve);
    }
  }
}
