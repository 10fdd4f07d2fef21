import { assertEquals, assertStringIncludes } from "@std/assert";
import { deadline, delay } from "../../../lib/base/abort.ts";
import type { AuditRecord } from "../../../lib/ops/audit/record.ts";
import { dari, dataDirectory, startDari } from "../../support/dari_command.ts";
import { hasOpenssl } from "../../support/openssl.ts";

/** A service that answers each connection's text in capitals, once its input has ended. */
function startService() {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (conn: Deno.Conn) => {
    let text = "";
    const memory = new Uint8Array(1_000);
    for (let n = await conn.read(memory); n !== null; n = await conn.read(memory)) {
      text += new TextDecoder().decode(memory.subarray(0, n));
      if (!text.endsWith("\n")) continue;
      await conn.write(new TextEncoder().encode(text.toUpperCase()));
      text = "";
    }
    conn.close();
  };
  (async () => {
    for await (const conn of listener) serve(conn).catch(() => {});
  })();
  return {
    address: `tcp://127.0.0.1:${listener.addr.port}`,
    [Symbol.dispose]: () => listener.close(),
  };
}

async function ask(port: number, question: string): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await conn.write(new TextEncoder().encode(question));
  const memory = new Uint8Array(1_000);
  const length = await conn.read(memory);
  return length === null ? "" : new TextDecoder().decode(memory.subarray(0, length));
}

const portOf = (out: string) => Number(/listening on \S+:(\d+)/.exec(out)?.[1]);

/** A proxy before a service, and the certificate of a client that may pass. */
async function startGuard(roles: readonly string[]) {
  const service = startService();
  const data = await dataDirectory();
  await data.dari(["cert", "init"]);
  const policy = `${data.path}/policy.json`;
  await Deno.writeTextFile(policy, JSON.stringify({ roles: { certificate: roles } }));
  const out = `${data.path}/alice`;
  await data.dari(["cert", "issue", "--client", "alice.internal", "--out", out]);
  const words = ["--listen", "tls://127.0.0.1:0", "--to", service.address, "--name", "caps"];
  const proxy = startDari(["proxy", ...words, "--data", data.path]);
  const printed = await proxy.waitFor("ready");
  return {
    printed,
    proxy,
    ca: `${data.path}/ca.crt`,
    pair: { cert: `${out}.crt`, key: `${out}.key` },
    data: data.path,
    async audited(kind: string): Promise<readonly AuditRecord[]> {
      const { out } = await data.dari(["audit", "query", "--kind", kind, "--json"]);
      return out.split("\n").filter(Boolean).map((line) => JSON.parse(line));
    },
    async [Symbol.asyncDispose]() {
      await proxy.stop();
      service[Symbol.dispose]();
      await data[Symbol.asyncDispose]();
    },
  };
}

Deno.test("dari proxy passes on to a service who has the right, and its other end serves programs without TLS", async () => {
  await using guard = await startGuard(["proxy:caps"]);
  assertStringIncludes(guard.printed, "those who have the right proxy:caps");
  // dari doctor sees it, and the audit has the policy that was there before it began.
  const { out } = await dari(["doctor", "--no-scan", "--json", "--data", guard.data]);
  const { proxies } = JSON.parse(out);
  assertEquals(proxies.map(({ name, pid }: { name: string; pid: number }) => [name, pid]), [
    ["caps", Deno.pid],
  ]);
  const [edited] = await guard.audited("policy.changed");
  assertEquals([edited?.by, edited?.data?.during], ["unknown", "no server ran"]);
  const to = `tls://127.0.0.1:${portOf(guard.printed)}`;
  const { ca, pair: { cert, key } } = guard;
  const outwards = startDari([
    ...["proxy", "--listen", "tcp://127.0.0.1:0", "--connect", to],
    ...["--cert", cert, "--key", key, "--ca", ca],
  ]);
  const port = portOf(await outwards.waitFor("ready"));
  assertEquals(await ask(port, "hello\n"), "HELLO\n");
  const { code } = await outwards.stop();
  assertEquals(code, 0);
  const { err } = await guard.proxy.stop();
  assertStringIncludes(err, "a connection was passed on service=caps");
  assertStringIncludes(err, "principal=certificate:alice.internal in=6 out=6");
});

Deno.test("a pattern with * gives no role but admin the right to pass", async () => {
  await using guard = await startGuard(["*"]);
  const { ca, pair: { cert, key } } = guard;
  const to = `tls://127.0.0.1:${portOf(guard.printed)}`;
  const outwards = startDari([
    ...["proxy", "--listen", "tcp://127.0.0.1:0", "--connect", to],
    ...["--cert", cert, "--key", key, "--ca", ca],
  ]);
  const port = portOf(await outwards.waitFor("ready"));
  assertEquals(await ask(port, "hello\n").catch(() => ""), "");
  // A policy that is taken up lets them pass.
  const policy = JSON.stringify({ roles: { certificate: ["proxy:caps"] } });
  await Deno.writeTextFile(`${guard.data}/policy.json`, policy);
  const passed = async () => {
    while (await ask(port, "hello\n").catch(() => "") !== "HELLO\n") await delay(50);
  };
  await deadline(passed(), 20_000);
  await outwards.stop();
  const { err } = await guard.proxy.stop();
  assertStringIncludes(err, "a connection was denied service=caps");
  assertStringIncludes(err, 'You may not call \\"proxy:caps\\"');

  const by = "certificate:alice.internal";
  const [denied] = await guard.audited("call.denied");
  assertEquals([denied?.by, denied?.about], [by, "proxy:caps"]);
  assertEquals((await guard.audited("sign-in.accepted")).every((each) => each.by === by), true);
  const changed = (await guard.audited("policy.changed")).at(-1);
  assertEquals([changed?.by, changed?.data?.roles], ["server", ["certificate"]]);
  assertEquals((await guard.audited("server.ended")).length, 1);
  const { out, code } = await dari(["audit", "verify", "--data", guard.data, "--json"]);
  const { signed, size } = JSON.parse(out);
  assertEquals([code, signed], [0, size]);
});

Deno.test(
  "openssl reaches a service through dari proxy with a certificate, and without one it does not",
  {
    ignore: !hasOpenssl,
  },
  async () => {
    await using guard = await startGuard(["proxy:caps"]);
    const { ca, pair: { cert, key } } = guard;
    const args = ["s_client", "-quiet", "-connect", `127.0.0.1:${portOf(guard.printed)}`];
    const talk = async (...credential: string[]) => {
      const command = new Deno.Command("openssl", {
        args: [...args, "-CAfile", ca, ...credential],
        stdin: "piped",
        stdout: "piped",
        stderr: "null",
        signal: AbortSignal.timeout(10_000),
      });
      await using child = command.spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode("hello\n")).catch(() => {});
      const { value } = await child.stdout.getReader().read();
      await writer.close().catch(() => {});
      return new TextDecoder().decode(value);
    };
    assertEquals(await talk("-cert", cert, "-key", key), "HELLO\n");
    assertEquals(await talk(), "");
  },
);

Deno.test("dari proxy says what is wrong with its options", async () => {
  await using data = await dataDirectory();
  const cases: [words: string[], message: string, code: number][] = [
    [["--listen", "tls://127.0.0.1:0"], "Give --to ADDRESS, the service to pass on to", 64],
    [
      ["--listen", "tls://127.0.0.1:0", "--to", "tcp://127.0.0.1:1", "--connect", "tls://x:1"],
      "Give --to ADDRESS",
      64,
    ],
    [["--listen", "tcp://127.0.0.1:0", "--to", "tcp://127.0.0.1:1"], "it is tls://HOST:PORT", 64],
    [["--listen", "tls://127.0.0.1:0", "--to", "tls://127.0.0.1:1"], "use tcp:// or unix:", 64],
    [
      ["--listen", "tls://127.0.0.1:0", "--to", "tcp://127.0.0.1:1", "--name", "../x"],
      "cannot be a service's name",
      64,
    ],
    [["--listen", "tcp://0.0.0.0:0", "--connect", "tls://x:1"], "Give the client certificate", 64],
    [["--listen", "tcp://127.0.0.1:0", "--connect", "unix:/x"], "it takes tls://HOST:PORT", 64],
  ];
  for (const [words, message, code] of cases) {
    const transcript = await data.dari(["proxy", ...words]);
    assertStringIncludes(transcript.err, message);
    assertEquals(transcript.code, code, words.join(" "));
  }
});
