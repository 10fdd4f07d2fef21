/**
 * Knowing that the other thread is gone, however it went.
 *
 * A worker that is terminated says nothing, and its ports are not closed. But the locks that it
 * holds are released: each side holds a Web Lock of its own and asks for the other's.
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
 * Holds a name until `signal` ends or the thread does.
 *
 * @param name The name, known to both sides.
 * @param signal Ends the hold.
 * @param held Called once the name is held; only from then on may others watch it.
 */
export function hold(name: string, signal: AbortSignal, held: () => void): void {
  const ended = Promise.withResolvers<void>();
  signal.addEventListener("abort", () => ended.resolve(), { once: true });
  locks?.request(name, {}, () => {
    if (signal.aborted) return;
    held();
    return ended.promise;
  }).catch(() => {});
}

/**
 * Waits until nobody holds a name any more.
 *
 * @param name The name, which has been held.
 * @param signal Ends the watch.
 * @param gone Called once its holder has ended or let go.
 */
export function watch(name: string, signal: AbortSignal, gone: () => void): void {
  locks?.request(name, { signal }, () => {
    if (!signal.aborted) gone();
  }).catch(() => {}); // the watch was ended
}
