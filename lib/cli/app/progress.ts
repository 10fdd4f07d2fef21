/**
 * What a person reads while a command works for long.
 *
 * @module
 */

import { after } from "../../base/abort.ts";
import { limits } from "../../base/limits.ts";
import type { Io } from "./command.ts";

/**
 * Waits for work, and says what is being done once it has taken a second. Programs, which read no
 * terminal, are told nothing.
 *
 * @param io Where it is said.
 * @param doing What is being done: `making a key of RSA 4096 bits`.
 * @param work The work.
 * @returns What the work gave.
 */
export async function withProgress<T>(io: Io, doing: string, work: Promise<T>): Promise<T> {
  const tell = (): void => io.warn(`${doing} …`);
  const stop = io.isTerminal ? after(limits.progressAfterMs, tell) : () => {};
  try {
    return await work;
  } finally {
    stop();
  }
}
