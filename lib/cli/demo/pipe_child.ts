/**
 * The child of the scene `pipe`, a thread of its own.
 *
 * @module
 */

import { openPipe, type PipeDescriptor } from "../../ipc/mod.ts";

async function run(descriptor: PipeDescriptor): Promise<void> {
  using parent = openPipe(descriptor);
  const [received, answer] = await parent.receive() as readonly string[];
  await parent.send(received);
  await parent.send(answer);
}

addEventListener("message", (event) => run((event as MessageEvent<PipeDescriptor>).data));
