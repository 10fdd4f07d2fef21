/**
 * Whether a worker keeps the program alive.
 *
 * The Web's workers always do. The runtime has a method of its own that changes it, without a name;
 * `unref` of `node:worker_threads` calls it, but those workers need `--allow-read`.
 *
 * @module
 */

const [setReference] = Object.getOwnPropertySymbols(Worker.prototype)
  .filter((symbol) => symbol.description === undefined || symbol.description === "");

/**
 * Makes a worker keep the program alive, or not. A worker begins as one that does; each call has to
 * change that. Where the runtime has no such method, the worker keeps the program alive.
 */
export function keepProgramAlive(worker: object, isKept: boolean): void {
  if (setReference === undefined || !(setReference in worker)) return;
  const method: unknown = Reflect.get(worker, setReference);
  if (typeof method === "function") method.call(worker, isKept);
}
