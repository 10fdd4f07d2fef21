/**
 * Another process at the same shared memory.
 *
 * Arguments: the action, the memory's name, how many different messages it waits for.
 */

import { SharedMemory } from "../../lib/ipc/mod.ts";

/** A message that shows when it is torn: its length follows from its bytes, which are all the same. */
export function roundMessage(round: number): Uint8Array<ArrayBuffer> {
  const byte = round % 251;
  return new Uint8Array(1_000 + 16 * byte).fill(byte);
}

/** Reads until it has seen so many different messages. @returns How many messages were torn. */
export async function countTorn(memory: SharedMemory, different: number): Promise<number> {
  let torn = 0;
  let last = -1;
  for (let seen = 0; seen < different;) {
    const bytes = await memory.readBytes();
    const [first = 0] = bytes;
    if (bytes.length !== 1_000 + 16 * first || bytes.some((byte) => byte !== first)) torn++;
    if (first !== last) seen++;
    last = first;
  }
  return torn;
}

if (import.meta.main) {
  const [role, name = "", count] = Deno.args;
  using memory = SharedMemory.open(name);
  console.log("open");
  if (role === "read") console.log(await countTorn(memory, Number(count)));
  for (let round = 0; role === "write"; round++) memory.write(roundMessage(round));
  const large = new Uint8Array(memory.maxMessageBytes);
  while (role === "write large") memory.write(large);
}
