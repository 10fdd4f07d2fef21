/**
 * Shared memory between two processes: 1 MiB there, 1 MiB back, each written, noticed by its version
 * and read.
 *
 * @module
 */

import { SharedMemory } from "../../../lib/ipc/mod.ts";
import { carryRounds, type Span } from "./round.ts";

const MESSAGE_BYTES = 1 << 20;
const ROOM_BYTES = 64;

/** This process writes first. */
export async function sharedMemory(): Promise<void> {
  const name = `dari_bench_${crypto.randomUUID()}`;
  using there = SharedMemory.create(`${name}_there`, MESSAGE_BYTES + ROOM_BYTES);
  using back = SharedMemory.create(`${name}_back`, MESSAGE_BYTES + ROOM_BYTES);
  const other = new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-ffi", import.meta.url, name],
    stdout: "piped",
  }).spawn();
  for await (const _ready of other.stdout) break;
  there.unlink();
  back.unlink();
  const data = new Uint8Array(MESSAGE_BYTES);
  const into = new Uint8Array(MESSAGE_BYTES);
  let seen = back.version;
  await carryRounds(async (span: Span) => {
    do {
      data[0]!++;
      there.write(data);
      seen = await back.changed(seen);
      const answer = await back.readBytes({ into });
      if (answer[0] !== data[0]) throw new Error("the other process answered something else");
    } while (span.note(2));
  }, [other.pid]);
}

/** The other process answers with what it has read. */
async function answer(name: string): Promise<void> {
  using there = SharedMemory.open(`${name}_there`);
  using back = SharedMemory.open(`${name}_back`);
  const into = new Uint8Array(MESSAGE_BYTES);
  console.log("ready");
  for (let seen = 0;;) {
    seen = await there.changed(seen);
    back.write(await there.readBytes({ into }));
  }
}

if (import.meta.main) await answer(Deno.args[0] ?? "");
