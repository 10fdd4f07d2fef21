/**
 * Opening a stream: its reader gets it at once, and its call is sent once the link is connected.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import { limits } from "../../base/limits.ts";
import type { StreamOptions } from "../call/caller.ts";
import { ItemStream } from "../call/item_stream.ts";
import { connectWithin, tooLate } from "./call_waits.ts";
import type { Link } from "./link.ts";

/** A call that streams. */
export interface StreamCall {
  readonly method: string;
  readonly params: unknown;
  readonly options: StreamOptions;
}

/**
 * Opens a stream on a link. Its deadline and signal hold while the link connects; a reader that
 * leaves before that has sent nothing.
 *
 * @param link Where the call is sent.
 * @param call What is called.
 * @param clock The clock of the deadline.
 * @returns The stream. What fails, fails its `next`.
 */
export function openStream(
  link: Link,
  call: StreamCall,
  clock: Pick<Clock, "monotonic">,
): ItemStream<unknown> {
  const { method, params, options } = call;
  const stream = new ItemStream<unknown>(options.credit ?? limits.streamCredit);
  const { caller } = link;
  if (caller !== undefined) caller.startStream(stream, method, params, options);
  else startOnceConnected(stream, link, call, clock);
  return stream;
}

/** Never rejects: the stream does. */
async function startOnceConnected(
  stream: ItemStream<unknown>,
  link: Link,
  { method, params, options }: StreamCall,
  clock: Pick<Clock, "monotonic">,
): Promise<void> {
  const { timeoutMs = Infinity, signal } = options;
  const deadlineAt = clock.monotonic() + timeoutMs;
  const left = Promise.withResolvers<undefined>();
  stream.attach({ grant: () => {}, cancel: () => left.resolve(undefined) });
  try {
    const caller = await connectWithin(
      () => Promise.race([link.connect(), left.promise]),
      { method, signal, timeoutMs },
    );
    if (caller === undefined || stream.isEnded) return;
    const leftMs = deadlineAt - clock.monotonic();
    if (leftMs <= 0) throw tooLate(method);
    const hasDeadline = options.timeoutMs !== undefined;
    const rest = hasDeadline ? { ...options, timeoutMs: leftMs } : options;
    caller.startStream(stream, method, params, rest);
  } catch (error) {
    stream.fail(error);
  }
}
