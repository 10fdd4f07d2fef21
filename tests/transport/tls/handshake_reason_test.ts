import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { parseSubjectName } from "../../../lib/cert/x509/general_name.ts";
import { handshakeReason } from "../../../lib/transport/tls/handshake_reason.ts";
import { connectTls } from "../../../lib/transport/tls/tls_connect.ts";
import { type TlsAuthority, tlsAuthority, tlsPair } from "../../support/tls_certificates.ts";

const HOUR_MS = 60 * 60 * 1_000;

/** Why a client that trusts an authority refuses a server with this chain. */
async function refusal(root: TlsAuthority, cert: string, key: string): Promise<string> {
  using listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const accepting = (async () => {
    const conn = await listener.accept();
    await conn.handshake().catch(() => {});
    conn.close();
  })();
  const { port } = listener.addr;
  const error = await assertRejects(
    () => connectTls({ host: "localhost", ip: "127.0.0.1", port, ca: [root.pem] }),
    TransportError,
  );
  await accepting;
  return error.message.replace(`Cannot connect to tls://localhost:${port}: `, "");
}

Deno.test("a server's certificate is refused in words that say what is wrong with it", async (t) => {
  const root = await tlsAuthority("CN=root", { pathLength: 1 });
  const other = await tlsAuthority("CN=other");
  const between = await tlsAuthority("CN=between", { by: root });
  const below = await tlsAuthority("CN=below", { by: between });
  const narrow = await tlsAuthority("CN=narrow", {
    by: root,
    permitted: [parseSubjectName("example.internal")],
  });
  const leaf = await tlsAuthority("CN=leaf", { by: root, pathLength: null });
  const now = Date.now();
  const cases: readonly [name: string, by: readonly TlsAuthority[], object, words: string][] = [
    ["of another authority", [other], {}, "comes from an authority that is not trusted here"],
    ["for other names", [root], { names: ["a.internal"] }, "is for other names"],
    ["expired", [root], { notAfterMs: now - HOUR_MS }, "has expired"],
    ["not valid yet", [root], { notBeforeMs: now + HOUR_MS }, "compare the clocks"],
    ["for clients", [root], { purposes: ["client"] }, "is not for a server"],
    ["outside of name constraints", [narrow], {}, "may not certify"],
    ["too deep", [below, between], {}, "more authorities above its certificate"],
    ["signed with a leaf", [leaf], {}, "that of no authority"],
    ["an authority's", [root], { pathLength: 0 }, "is an authority's"],
  ];
  for (const [name, [by, ...above], options, words] of cases) {
    await t.step(name, async () => {
      const { cert, key } = await tlsPair(by!, options);
      const chain = [cert, ...[by!, ...above].filter((a) => a !== root).map(({ pem }) => pem)];
      const reason = await refusal(root, chain.join(""), key);
      assertEquals(reason.includes(words), true, reason);
    });
  }
});

Deno.test("handshakeReason() keeps the runtime's words where it does not know them", () => {
  assertEquals(handshakeReason(new Error("something new")), "something new");
});

Deno.test("handshakeReason() says of an extension that it is unknown", () => {
  const words = "invalid peer certificate: Other(OtherError(UnsupportedCriticalExtension))";
  assertEquals(
    handshakeReason(new Error(words)),
    "its certificate, or an authority above it, has a critical extension that is unknown here",
  );
});
