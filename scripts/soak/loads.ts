/**
 * The loads of a soak. Each goes on until its signal aborts.
 *
 * @module
 */

import { connect, type DariError } from "../../mod.ts";
import { delay } from "../../lib/base/abort.ts";
import { parseAddress } from "../../lib/transport/scheme/parse.ts";
import { ACCOUNT } from "./server.ts";

/** What a load works with. */
export interface LoadParts {
  /** Where the server listens. */
  readonly address: string;
  /** Ends the load. */
  readonly signal: AbortSignal;
  /** Takes the duration of a plain call, in milliseconds. */
  readonly timed: (ms: number) => void;
  /** Takes what must not happen. */
  readonly failed: (what: string, error: unknown) => void;
}

const encoder = new TextEncoder();
const call = (id: number, method: string) => `{"jsonrpc":"2.0","id":${id},"method":"${method}"}\n`;

/** Does something so many times a second, without waiting for its end. */
async function repeat(
  perSecond: number,
  { signal, failed }: LoadParts,
  what: string,
  act: () => Promise<void>,
): Promise<void> {
  const running = new Set<Promise<void>>();
  for (const startMs = performance.now(), pauseMs = 1_000 / perSecond; !signal.aborted;) {
    // What hangs for long is too many at once, and shows as a failure.
    if (running.size > 20 * perSecond) failed(what, new Error(`${running.size} are under way`));
    const one: Promise<void> = act().catch((error) => {
      if (!signal.aborted) failed(what, error);
    }).finally(() => running.delete(one));
    running.add(one);
    const passedMs = performance.now() - startMs;
    await delay(pauseMs - passedMs % pauseMs, { signal }).catch(() => {});
  }
  await Promise.all(running);
}

/** One client's calls, timed: a quiet one whose answers say how the others are served. */
export async function timedCalls(parts: LoadParts): Promise<void> {
  await using client = await connect(parts.address);
  await repeat(100, parts, "a plain call", async () => {
    const startMs = performance.now();
    await client.call("plain", { a: 1, b: 2 });
    parts.timed(performance.now() - startMs);
  });
}

/** Calls, 64 in flight. */
export async function plainCalls({ address, signal, failed }: LoadParts): Promise<void> {
  await using client = await connect(address);
  while (!signal.aborted) {
    const calls = Array.from({ length: 64 }, () => client.call("plain", { a: 1, b: 2 }));
    await Promise.all(calls).catch((error) => failed("a call", error));
    await delay(10, { signal }).catch(() => {});
  }
}

/** Streams without end, left after some items: by `break`, by a signal, by the connection's end. */
export async function cancelledStreams(parts: LoadParts): Promise<void> {
  await using client = await connect(parts.address);
  let count = 0;
  await repeat(20, parts, "a stream", async () => {
    const way = count++ % 3;
    if (way === 2) {
      await using own = await connect(parts.address);
      for await (const tick of own.stream("ticks")) if (tick === 50) return;
    }
    const leaving = new AbortController();
    try {
      for await (const tick of client.stream("ticks", undefined, { signal: leaving.signal })) {
        if (tick !== 50) continue;
        if (way === 0) break;
        leaving.abort();
      }
    } catch (error) {
      if (!leaving.signal.aborted) throw error;
    }
  });
}

/** Connections that are closed after a call. */
export async function reconnects(parts: LoadParts): Promise<void> {
  await repeat(50, parts, "a new connection", async () => {
    await using client = await connect(parts.address);
    await client.call("plain", { a: 1, b: 2 });
  });
}

/** Sign-ins by SCRAM; one in four has a wrong password. */
export async function signIns(parts: LoadParts): Promise<void> {
  let count = 0;
  await repeat(10, parts, "a sign-in", async () => {
    const isWrong = count++ % 4 === 0;
    const login = isWrong ? { ...ACCOUNT, password: "a wrong one" } : ACCOUNT;
    await expect(isWrong ? "unauthenticated" : undefined, async () => {
      await using client = await connect(parts.address, { login });
      await client.call("plain", { a: 1, b: 2 });
    });
  });
}

/** Sessions that are revoked while their connection is open, which ends it. */
export async function revocations(parts: LoadParts): Promise<void> {
  await repeat(5, parts, "a revocation", async () => {
    await using client = await connect(parts.address, { login: ACCOUNT });
    // The answer and the end of the connection race; both are right.
    await client.call("revoke").catch((error: DariError) => {
      if (error.code !== "unavailable" && error.code !== "unauthenticated") throw error;
    });
  });
}

async function expect(code: string | undefined, act: () => Promise<void>): Promise<void> {
  const found = await act().then(() => undefined, (error) => error);
  if (found?.code !== code) throw found ?? new Error(`"${code}" was expected`);
}

/** Peers that break every rule: half a line, garbage, a reader that takes nothing, an early end. */
export async function hostilePeers(parts: LoadParts): Promise<void> {
  const { port } = parseAddress(parts.address) as { port: number };
  let count = 0;
  await repeat(10, parts, "a hostile peer", async () => {
    using peer = await Deno.connect({ hostname: "127.0.0.1", port });
    const waits = (ms: number) => delay(ms, parts).catch(() => {});
    // The server may cut such a peer at any moment.
    const send = (bytes: Uint8Array) => peer.write(bytes).catch(() => 0);
    switch (count++ % 4) {
      case 0:
        await send(encoder.encode(call(1, "plain").slice(0, 20)));
        return await waits(500);
      case 1:
        for (let n = 0; n < 8; n++) await send(crypto.getRandomValues(new Uint8Array(4_096)));
        return;
      case 2:
        for (let id = 0; id < 200; id++) await send(encoder.encode(call(id, "blob")));
        return await waits(3_000);
      default:
        await send(encoder.encode(call(1, "ticks")));
        await peer.closeWrite().catch(() => {});
        return await waits(500);
    }
  });
}
