/**
 * Lifelines: how a thread learns that another thread has ended, in whatever way.
 *
 * A worker that is terminated sends nothing, and its message ports are not closed. But the runtime
 * releases the locks that it holds: each thread holds a Web Lock under a name of its own, and
 * whoever wants to know whether it lives asks for that lock.
 *
 * @see https://w3c.github.io/web-locks/
 *
 * @module
 */

/** The part of the Web Locks API used here; the runtime has it, its types do not. */
interface Locks {
  request(
    name: string,
    options: { signal?: AbortSignal },
    callback: () => unknown,
  ): Promise<unknown>;
}

const locks = (navigator as { locks?: Locks }).locks;

/**
 * Holds a lifeline until `signal` aborts or the thread ends.
 *
 * @param name The name, known to both threads and used once.
 * @param signal Ends the hold; without one, only the end of the thread does.
 * @param onHeld Called once the lock is held; other threads may watch the name from then on.
 */
export function holdLifeline(
  name: string,
  signal: AbortSignal | undefined,
  onHeld: () => void,
): void {
  if (signal?.aborted) return;
  const ended = Promise.withResolvers<void>();
  signal?.addEventListener("abort", () => ended.resolve(), { once: true });
  locks?.request(name, {}, () => {
    if (signal?.aborted) return;
    onHeld();
    return ended.promise;
  }).catch(() => {}); // a hold that ends with its thread has nobody to tell
}

/**
 * Waits until nobody holds a lifeline any more.
 *
 * @param name The name; its lock must have been held already, or the callback comes at once.
 * @param signal Ends the watch; the callback is not called afterwards.
 * @param onGone Called once the holder has ended or let go.
 */
export function watchLifeline(name: string, signal: AbortSignal, onGone: () => void): void {
  if (signal.aborted) return;
  locks?.request(name, { signal }, () => {
    if (!signal.aborted) onGone();
  }).catch(() => {}); // the signal ended the watch
}
