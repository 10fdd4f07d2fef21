import type { BellSocket } from "../../lib/ipc/segment/bell_socket.ts";
import { SharedStream } from "../../lib/ipc/segment/shared_stream.ts";
import type { Connection, MemorySharing } from "../../lib/transport/connection.ts";
import { connectUnix, listenUnix } from "../../lib/transport/unix.ts";
import { seededRandom, SleepWords } from "./sleep_words.ts";
import { tempDirectory } from "./temp.ts";

/** Two connected ends, as those of `transports.ts`. */
interface Pair extends AsyncDisposable {
  readonly near: Connection;
  readonly far: Connection;
}

/** What moves a connection. */
export function sharingOf(connection: Connection): MemorySharing {
  if (connection.sharing === undefined) throw new Error("This connection cannot move");
  return connection.sharing;
}

/**
 * Two ends of a Unix connection that can move into memory, and have not.
 *
 * @param socketOf What the near end uses instead of its socket.
 */
export async function movablePair(
  socketOf: (conn: Deno.UnixConn) => BellSocket = (conn) => conn,
): Promise<Pair> {
  await using stack = new AsyncDisposableStack();
  const directory = stack.use(await tempDirectory());
  const path = `${directory.path}/s`;
  const listener = await listenUnix(path, (conn) => new SharedStream(conn, true));
  const near = await connectUnix(
    path,
    undefined,
    (conn) => new SharedStream(socketOf(conn), false),
  );
  const accepted = await listener[Symbol.asyncIterator]().next();
  const far = accepted.value as Connection;
  const kept = stack.move();
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      near.abort();
      far.abort();
      listener.close();
      await kept.disposeAsync();
    },
  };
}

/** Moves both directions of a pair. Each end receives a blank line. */
export async function move({ near, far }: Pick<Pair, "near" | "far">): Promise<void> {
  sharingOf(near).join(sharingOf(far).offer());
  for (const [from, to] of [[near, far], [far, near]] as const) {
    const received = to.receive();
    await from.send("\n");
    await received;
  }
  if (!sharingOf(near).isShared || !sharingOf(far).isShared) throw new Error("It has not moved");
}

/** Two ends of a Unix connection that has moved into memory. */
export async function sharedPair(): Promise<Pair> {
  const pair = await movablePair();
  await move(pair);
  return pair;
}

/** Two ends that go to and fro between their socket and their memory, with about every other send. */
export async function restlessPair(): Promise<Pair> {
  const pair = await movablePair();
  const { near, far } = pair;
  sharingOf(near).returns = sharingOf(far).returns = true;
  const offer = sharingOf(far).offer();
  const words = new SleepWords(offer);
  sharingOf(near).join(offer);
  const random = seededRandom(88_172_645);
  for (const [end, ring] of [[near, 1], [far, 0]] as const) {
    const send = end.send.bind(end);
    end.send = (...args) => {
      words.set(ring, random(2) === 0);
      return send(...args);
    };
  }
  return {
    near,
    far,
    async [Symbol.asyncDispose]() {
      await pair[Symbol.asyncDispose]();
      words[Symbol.dispose]();
    },
  };
}
