import { assert, assertEquals, assertRejects } from "@std/assert";
import {
  acceptRecords,
  type Handover,
  openRecords,
} from "../../../../lib/transport/tls/records/handover.ts";
import { RecordCipher, SECRET_BYTES } from "../../../../lib/transport/tls/records/record_cipher.ts";
import { loadSodium } from "../../../../lib/transport/tls/records/sodium.ts";
import { soon } from "../../../support/mutual_tls.ts";
import { readAll, secret, writeAll } from "../../../support/record_pair.ts";
import { type TlsEnd, tlsEnds } from "../../../support/tls_sockets.ts";

const ENDED = "the other side ended the connection before it handed a key over";

function handover({ socket, beneath }: TlsEnd, options: Partial<Handover> = {}): Handover {
  const peer = { transport: "memory", address: "test" } as const;
  return { socket, beneath, peer, timeoutMs: 5_000, ...options };
}

/** The first bytes that come inside TLS. */
function firstBytes({ socket }: TlsEnd): Promise<Uint8Array> {
  return soon(
    new Promise((resolve) => {
      socket.once("data", (bytes: Uint8Array) => resolve(bytes.slice()));
    }),
  );
}

/** Has both ends hand their keys over; the client's record is not sent yet. */
async function exchanged({ client, server }: { client: TlsEnd; server: TlsEnd }) {
  const accepting = acceptRecords(handover(server));
  accepting.catch(() => {}); // each test looks at it later
  const told = secret();
  client.socket.write(told.slice());
  await firstBytes(client);
  return { accepting, told };
}

Deno.test("both ends leave TLS for records, and nothing of TLS is between or behind them", async () => {
  let sent = new Uint8Array();
  using ends = await tlsEnds({
    tap: (bytes) => {
      sent = Uint8Array.of(...sent, ...bytes);
      return [bytes];
    },
  });
  const opening = openRecords(handover(ends.client));
  const far = await acceptRecords(handover(ends.server));
  const near = await opening;
  assertEquals([near.peer.protocol, near.peer.cipher], [
    "TLSv1.3",
    "TLS_CHACHA20_POLY1305_SHA256",
  ]);
  await writeAll(near, new TextEncoder().encode("question"));
  await near.closeWrite();
  assertEquals(await readAll(far), [...new TextEncoder().encode("question")]);
  await writeAll(far, new TextEncoder().encode("answer"));
  await far.closeWrite();
  assertEquals(await readAll(near), [...new TextEncoder().encode("answer")]);
  assert(ends.client.socket.destroyed && ends.server.socket.destroyed);
  assertEquals([ends.client.end.isClosed, ends.server.end.isClosed], [false, false]);
  // The last three records are ours: the empty one, the question, and close_notify.
  const lengths: number[] = [];
  for (let at = 0; at < sent.length; at += 5 + lengths.at(-1)!) {
    lengths.push(sent[at + 3]! << 8 | sent[at + 4]!);
  }
  assertEquals(lengths.slice(-4), [SECRET_BYTES + 17, 17, 8 + 17, 2 + 17]);
  near.close();
  far.close();
  assertEquals([ends.client.end.isClosed, ends.server.end.isClosed], [true, true]);
});

Deno.test("the server says nothing in records before the client has shown the keys", async () => {
  using ends = await tlsEnds();
  const accepting = acceptRecords(handover(ends.server));
  const theirs = secret();
  ends.client.socket.write(theirs.slice());
  const own = await firstBytes(ends.client);
  assertEquals(own.length, SECRET_BYTES);
  const stream = ends.client.beneath.takeBack();
  const sodium = await loadSodium();
  const record = new Uint8Array(22);
  new RecordCipher(sodium, theirs).seal(23, new Uint8Array(), record);
  await stream.write(record);
  const far = await soon(accepting);
  await far.write(Uint8Array.of(7));
  const memory = new Uint8Array(100);
  const length = (await soon(stream.read(memory)))!;
  const opened = new RecordCipher(sodium, own)
    .open(memory.subarray(0, 5), memory.subarray(5, length));
  assertEquals([...opened ?? []], [7, 23]);
});

Deno.test("a key that is longer, shorter, or this side's own is refused, and the connection ends", async () => {
  const long = new Uint8Array(SECRET_BYTES + 1);
  for (const side of ["client", "server"] as const) {
    const refusal = async (bytes: (theirs: Uint8Array) => Uint8Array, ends = false) => {
      using pair = await tlsEnds();
      const [own, other] = side === "client"
        ? [pair.client, pair.server]
        : [pair.server, pair.client];
      const change = side === "client" ? openRecords : acceptRecords;
      const changing = change(handover(own));
      changing.catch(() => {});
      // A server hears the client's key first, and repeats it.
      const theirs = side === "client" ? await firstBytes(other) : new Uint8Array(SECRET_BYTES);
      if (ends) other.socket.end(bytes(theirs));
      else other.socket.write(bytes(theirs));
      const error = await assertRejects(() => soon(changing), Error);
      assert(own.end.isClosed, "it is closed");
      return error.message;
    };
    const tooLong = `the other side sent more than a key of ${SECRET_BYTES} bytes`;
    assertEquals(await refusal(() => long), tooLong);
    const short = await refusal(() => new Uint8Array(SECRET_BYTES - 1), true);
    assert(short.startsWith(ENDED), short);
    if (side === "client") {
      assertEquals(await refusal((theirs) => theirs), "the other side repeated this side's key");
    }
  }
});

Deno.test("a server refuses a client that has its key from elsewhere, or says something first", async () => {
  const sodium = await loadSodium();
  for (
    const [key, content, reason] of [
      [secret(), "", "a record was forged"],
      [undefined, "x", "the first record was not the empty one"],
    ] as const
  ) {
    using ends = await tlsEnds();
    const { accepting, told } = await exchanged(ends);
    const stream = ends.client.beneath.takeBack();
    const record = new Uint8Array(22 + content.length);
    new RecordCipher(sodium, key ?? told).seal(23, new TextEncoder().encode(content), record);
    await stream.write(record);
    await assertRejects(() => soon(accepting), Error, reason);
    assert(ends.server.end.isClosed);
  }
});

Deno.test("TLS goes on to be refused once a key was handed over: a second key is no record", async () => {
  using ends = await tlsEnds();
  const { accepting } = await exchanged(ends);
  ends.client.socket.write(secret());
  await assertRejects(() => soon(accepting), Error, "a record was forged");
});

Deno.test("whoever hands no key over in time, goes, or is given up, has no connection", async () => {
  for (const change of [openRecords, acceptRecords]) {
    const side = change === openRecords ? "client" : "server";
    const late = await tlsEnds();
    const waiting = change(handover(late[side], { timeoutMs: 1 }));
    await assertRejects(() => soon(waiting), Error, "no key was handed over in 1 ms");
    assert(late[side].end.isClosed);
    late[Symbol.dispose]();
    using gone = await tlsEnds();
    const alone = change(handover(gone[side]));
    gone[side === "client" ? "server" : "client"].end.close();
    await assertRejects(() => soon(alone), Error);
    assert(gone[side].end.isClosed);
  }
  using ends = await tlsEnds();
  const controller = new AbortController();
  const opening = openRecords(handover(ends.client, { signal: controller.signal }));
  controller.abort(new Error("given up"));
  await assertRejects(() => soon(opening), Error, "given up");
  assert(ends.client.end.isClosed);
});

Deno.test("a server's connection that ends while it waits for the client's record is given up", async () => {
  using ends = await tlsEnds();
  const { accepting } = await exchanged(ends);
  ends.server.beneath.destroy(); // as a server does that closes
  await assertRejects(() => soon(accepting), Error, ENDED);
  assert(ends.server.end.isClosed);
});

Deno.test("keys are not handed over by TLS 1.2", async () => {
  using ends = await tlsEnds({ maxVersion: "TLSv1.2" });
  const opening = openRecords(handover(ends.client));
  await assertRejects(() => soon(opening), Error, "it does not speak TLSv1.3");
});
