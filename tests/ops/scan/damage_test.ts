import { assert, assertEquals } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { parseCertificates } from "../../../lib/cert/mod.ts";
import { certificateJudge } from "../../../lib/endpoint/scan/certificate_judge.ts";
import { scan } from "../../../lib/ops/scan/scan.ts";
import type { Dial } from "../../../lib/ops/scan/wire/budget.ts";
import { dialPort, scannedAs } from "../../support/scanned.ts";
import { tlsAuthority, tlsPair } from "../../support/tls_certificates.ts";

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Changes a byte in some of what a server sends, and cuts some of its connections. */
function damaged(dial: Dial, next: () => number): Dial {
  return async (signal) => {
    const stream = await dial(signal);
    return {
      async read(into) {
        const count = await stream.read(into);
        if (count === null || next() < 0.5) return count;
        into[Math.floor(next() * count)]! ^= 1 << Math.floor(next() * 8);
        return next() < 0.1 ? null : count;
      },
      write: (bytes) => stream.write(bytes),
      closeWrite: () => stream.closeWrite(),
      close: () => stream.close(),
    };
  };
}

Deno.test("scan() ends in order whatever a server's bytes are, with a report or with its reason", async () => {
  const authority = await tlsAuthority("CN=test root");
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...await tlsPair(authority) });
  const serving = (async () => {
    for await (const conn of listener) {
      conn.handshake().catch(() => {}).then(() => conn.close());
    }
  })().catch(() => {});
  const { port } = listener.addr;
  const judge = certificateJudge({ authorities: parseCertificates(authority.pem) });
  let reports = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const dial = damaged(dialPort(port), numbersFrom(seed));
    try {
      const bounds = { connectionTimeoutMs: 200, timeoutMs: 5_000 };
      const times = { quietMs: 5, settleMs: 5 };
      const { versions } = await scan(scannedAs(dial), { judge, bounds, times });
      assertEquals(versions.length, 5);
      reports++;
    } catch (error) {
      assert(error instanceof TransportError, `seed ${seed}: ${error}`);
    }
  }
  listener.close();
  await serving;
  assert(reports > 10, `${reports}`);
});
