/** A worker between two pipes: it passes lines, blobs, ends and deaths on, both ways. */

import { openPipe, type PipeDescriptor } from "../../lib/ipc/mod.ts";
import type { Connection } from "../../lib/transport/connection.ts";

const scope = globalThis as unknown as {
  onmessage: ((event: MessageEvent<[PipeDescriptor, PipeDescriptor]>) => void) | null;
};

scope.onmessage = ({ data }) => {
  const [near, far] = data.map((descriptor) => openPipe(descriptor).connection());
  if (near === undefined || far === undefined) throw new TypeError("two pipes are needed");
  near.takesBlobs = far.takesBlobs = true;
  // The ends check the length of lines, so this worker need not.
  near.maxLineBytes = far.maxLineBytes = Infinity;
  handOn(near, far);
  handOn(far, near);
};

async function handOn(from: Connection, to: Connection): Promise<void> {
  for (let piece; (piece = await from.receive().catch(() => null)) !== null;) {
    try {
      if (typeof piece === "string") await to.send(piece);
      else await to.send(`#${piece.length}\n`, piece);
    } catch {
      return; // nobody takes it any more; what comes the other way is still handed on
    }
  }
  await to.close();
}
