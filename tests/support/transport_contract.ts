import { assert, assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../lib/base/errors.ts";
import { parseOversizeLine } from "../../lib/base/text/oversize_line.ts";
import type { Connection } from "../../lib/transport/connection.ts";
import type { Pair } from "./transports.ts";

const MiB = 1024 * 1024;

/** Receives lines, and no blob. */
export async function receiveLines(connection: Connection): Promise<string> {
  const lines = await connection.receive();
  assert(typeof lines === "string", "lines were expected");
  return lines;
}

/** Reads until the other side ends. */
export async function receiveAll(connection: Connection): Promise<string> {
  let text = "";
  for (let lines; (lines = await connection.receive()) !== null;) text += lines;
  return text;
}

/** Waits for a few turns of the event loop. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve));
}

/** What every connection promises, on every transport. */
export const transportContract: Record<string, (pair: Pair) => Promise<void>> = {
  "lines arrive whole and in order, both ways": async ({ near, far }) => {
    const lines = Array.from({ length: 5_000 }, (_, n) => `${n} 다리 🌉\n`);
    const sendAll = async (connection: Connection) => {
      for (let at = 0; at < lines.length; at += 7) {
        await connection.send(lines.slice(at, at + 7).join(""));
      }
      await connection.send("end\n");
    };
    const receiveUntilEnd = async (connection: Connection) => {
      let text = "";
      while (!text.endsWith("end\n")) {
        const received = await receiveLines(connection);
        assert(received.endsWith("\n"), "half a line was received");
        text += received;
      }
      return text;
    };
    const [, , atFar, atNear] = await Promise.all([
      sendAll(near),
      sendAll(far),
      receiveUntilEnd(far),
      receiveUntilEnd(near),
    ]);
    assertEquals(atFar === `${lines.join("")}end\n`, true);
    assertEquals(atNear === atFar, true);
  },

  "a long line arrives as it was sent, ASCII or not": async ({ near, far }) => {
    far.maxLineBytes = 16 * MiB;
    for (const line of [`${"x".repeat(5 * MiB)}\n`, `${"다🌉".repeat(MiB / 2)}\n`]) {
      const [received] = await Promise.all([far.receive(), near.send(line)]);
      assertEquals(received === line, true);
    }
  },

  "a line of just the limit is taken, and one byte more is told and not kept": async (
    { near, far },
  ) => {
    far.maxLineBytes = 3_000;
    const sent = near.send(`${"다".repeat(1_000)}\n`);
    assertEquals((await far.receive())?.length, 1_001);
    await sent;
    const [received] = await Promise.all([
      receiveLines(far),
      near.send(`${"다".repeat(1_000)}x\n`),
    ]);
    const { bytes, maxBytes } = parseOversizeLine(received.trimEnd()) ?? {};
    assertEquals([bytes, maxBytes], [3_001, 3_000]);
    near.send(`${"다".repeat(4_000)}x\n`).catch(() => {}); // Nobody may take it any more.
    const error = await assertRejects(() => far.receive(), TransportError, "more than 12000 bytes");
    assertEquals([error.code, error.retryable], ["resource_exhausted", false]);
  },

  "a sender waits for a reader that does not read": async ({ near, far }) => {
    far.maxLineBytes = MiB;
    const line = `${"x".repeat(MiB - 1)}\n`;
    let sent = 0;
    const sending = (async () => {
      for (; sent < 24; sent++) await near.send(line);
      await near.close();
    })();
    await turns(40);
    assert(sent < 20, `${sent} MiB were taken from the sender`);
    assertEquals((await receiveAll(far)).length, 24 * MiB);
    await sending;
  },

  "close() delivers what was sent": async ({ near, far }) => {
    far.maxLineBytes = MiB;
    const line = `${"x".repeat(MiB - 1)}\n`;
    const sending = near.send(line).then(() => near.close());
    assertEquals((await receiveAll(far)).length, MiB);
    assertEquals(await far.receive(), null);
    await far.close();
    await sending;
  },

  "close() delivers although the other side sent what is not read": async ({ near, far }) => {
    await Promise.all([far.send("unread\n"), near.receive()]);
    const ignored = far.send("unread\n").catch(() => {});
    const sending = near.send("last words\n").then(() => near.close());
    assertEquals(await far.receive(), "last words\n");
    assertEquals(await far.receive(), null);
    await far.close();
    await Promise.all([sending, ignored]);
  },

  "close() ends a receive that waits, at both ends": async ({ near, far }) => {
    const atNear = near.receive();
    const atFar = far.receive();
    const closing = near.close();
    assertEquals(await atFar, null);
    await far.close();
    await closing;
    assertEquals(await atNear, null);
  },

  "close() and abort() may be called again": async ({ near, far }) => {
    await Promise.all([near.close(), near.close(), far.receive().then(() => far.close())]);
    near.abort();
    near.abort();
    await near.close();
  },

  "send() rejects on a closed connection": async ({ near, far }) => {
    await Promise.all([near.close(), far.receive().then(() => far.close())]);
    const error = await assertRejects(() => near.send("late\n"), TransportError);
    assertEquals(error.code, "unavailable");
  },

  "abort() ends a receive that waits with null": async ({ near }) => {
    const receiving = near.receive();
    near.abort();
    assertEquals(await receiving, null);
    assertEquals(await near.receive(), null);
  },

  "abort() rejects a send that waits": async ({ near }) => {
    // More than any socket buffers, while nobody reads.
    const sending = near.send(`${"x".repeat(32 * MiB)}\n`);
    const rejected = assertRejects(() => sending, TransportError);
    await turns(2);
    near.abort();
    assertEquals((await rejected).code, "unavailable");
  },

  "the other side's death ends a receive, and sends reject": async ({ near, far }) => {
    const receiving = near.receive().catch((error) => {
      assertEquals(error.code, "unavailable");
      return null;
    });
    far.abort();
    assertEquals(await receiving, null);
    const error = await assertRejects(async () => {
      // The first bytes may still enter a socket whose other end is gone.
      for (let tries = 0; tries < 100; tries++) {
        await near.send("anyone?\n");
        await turns(1);
      }
    }, TransportError);
    assertEquals(error.code, "unavailable");
  },

  "each end knows the kind of its peer": ({ near, far }) => {
    assertEquals(near.peer.transport, far.peer.transport);
    assert(near.peer.address.length > 0 && far.peer.address.length > 0);
    return Promise.resolve();
  },
};
