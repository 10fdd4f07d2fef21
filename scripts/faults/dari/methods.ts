/**
 * The methods of a server that fails. What ran is in the file `effects` of its directory, a line each;
 * SIGUSR2 makes it slow, and quick again.
 *
 * @module
 */

import { method } from "../../../mod.ts";
import { SLOW_MS } from "../effects.ts";

const effects = Deno.openSync("effects", { append: true, create: true });
const encoder = new TextEncoder();
let isSlow = false;
Deno.addSignalListener("SIGUSR2", () => void (isSlow = !isSlow));

function run(n: number): number | Promise<number> {
  effects.writeSync(encoder.encode(`${n}\n`));
  if (!isSlow) return n;
  return new Promise((resolve) => setTimeout(() => resolve(n), SLOW_MS));
}

/** A method that may run twice. */
export const put = method({ idempotent: true, handler: ({ n }: { n: number }) => run(n) });

/** A method that must not. */
export const add = ({ n }: { n: number }): number | Promise<number> => run(n);
