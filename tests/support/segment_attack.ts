import { SharedStream } from "../../lib/ipc/segment/shared_stream.ts";
import { Segment } from "../../lib/ipc/segment/segment.ts";
import type { BellSocket } from "../../lib/ipc/segment/bell_socket.ts";
import type { Connection } from "../../lib/transport/connection.ts";
import { connectUnix, listenUnix } from "../../lib/transport/unix.ts";
import { isLinux } from "./segments.ts";
import { sharingOf } from "./shared_pair.ts";
import { tempDirectory } from "./temp.ts";

/** A peer that has the memory and the socket, and keeps to no rule. */
interface Parties {
  /** How many bytes the victim has read from its socket. */
  received(): number;
  readonly socket: Deno.UnixConn;
  readonly segment: Segment;
  /** The end that it attacks. */
  readonly victim: Connection;
}

/** An attack that is under way. */
export interface Hostile extends Parties, AsyncDisposable {
  /** Gives what the victim receives until it has ended, or why it broke. */
  readonly outcome: Promise<{ readonly text: string; readonly error: string | undefined }>;
}

/** Which end of the connection is attacked: the one that makes the memory, or the one that joins it. */
export type Attacked = "server" | "client";

const ends: readonly Attacked[] = ["server", "client"];

/**
 * Begins an attack.
 *
 * @param returns Whether both ends have agreed that what moved may go back to the socket.
 */
export async function attack(attacked: Attacked, returns = false): Promise<Hostile> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await tempDirectory());
  const { victim, socket, segment, received } = await attacks[attacked](
    `${directory.path}/s`,
    returns,
  );
  stack.defer(() => {
    victim.abort();
    segment.release();
    try {
      socket.close();
    } catch {
      // The test has closed it.
    }
  });
  const kept = stack.move();
  return {
    socket,
    segment,
    victim,
    received,
    outcome: listen(victim),
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
}

const attacks: Record<Attacked, (path: string, returns: boolean) => Promise<Parties>> = {
  async server(path, returns) {
    const { streamOf, received } = counted(true);
    const listener = await listenUnix(path, streamOf);
    const socket = await Deno.connect({ transport: "unix", path });
    const { value } = await listener[Symbol.asyncIterator]().next();
    listener.close();
    const victim = value as Connection;
    sharingOf(victim).returns = returns;
    return { victim, socket, segment: Segment.open(sharingOf(victim).offer()), received };
  },
  async client(path, returns) {
    using listener = Deno.listen({ transport: "unix", path });
    const accepting = listener.accept();
    const { streamOf, received } = counted(false);
    const victim = await connectUnix(path, undefined, streamOf);
    sharingOf(victim).returns = returns;
    const segment = Segment.create();
    sharingOf(victim).join(segment.offer);
    return { victim, socket: await accepting, segment, received };
  },
};

/** What carries the victim's bytes, over a socket that counts what it reads. */
function counted(offers: boolean) {
  let received = 0;
  const socketOf = (conn: Deno.UnixConn): BellSocket => ({
    async read(into) {
      const length = await conn.read(into);
      received += length ?? 0;
      return length;
    },
    write: (bytes) => conn.write(bytes),
    closeWrite: () => conn.closeWrite(),
    close: () => conn.close(),
  });
  return {
    streamOf: (conn: Deno.UnixConn) => new SharedStream(socketOf(conn), offers),
    received: () => received,
  };
}

async function listen(victim: Connection) {
  let text = "";
  try {
    for (let piece; (piece = await victim.receive()) !== null;) {
      if (text.length < 10_000) text += typeof piece === "string" ? piece : "?";
    }
    return { text, error: undefined };
  } catch (error) {
    return { text, error: error instanceof Error ? error.message : String(error) };
  }
}

/** Tests both ends. */
export function testAttack(name: string, fn: (attacked: Attacked) => Promise<void>): void {
  for (const attacked of ends) {
    Deno.test({ name: `${name} (${attacked})`, ignore: !isLinux, fn: () => fn(attacked) });
  }
}
