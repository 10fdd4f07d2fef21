import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { deadline } from "../../lib/base/abort.ts";
import { DariError, RpcError, TransportError } from "../../lib/base/errors.ts";
import { awaitAnswer } from "../../lib/endpoint/connect_by.ts";
import { createDial } from "../../lib/endpoint/dial.ts";
import { clientCertificateOf } from "../../lib/endpoint/trust.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import type { OpenConnection } from "../../lib/rpc/link/link_options.ts";
import { listenUnix } from "../../lib/transport/unix.ts";
import { startListener, world } from "../support/mutual_tls.ts";
import { tempDirectory } from "../support/temp.ts";
import { tlsPair } from "../support/tls_certificates.ts";

Deno.test("clientCertificateOf() wants certificate and key together", () => {
  assertEquals(clientCertificateOf({ cert: "c", key: "k" }), { cert: "c", key: "k" });
  assertEquals(clientCertificateOf({}), undefined);
  assertThrows(() => clientCertificateOf({ cert: "c" }), TypeError, "together");
  assertThrows(() => clientCertificateOf({ key: "k" }), TypeError, "together");
});

Deno.test("createDial() connects to any scheme that can be connected to", async () => {
  await using directory = await tempDirectory();
  const listener = await listenUnix(`${directory.path}/s`);
  const dial = createDial({});
  const near = await dial(listener.address);
  assertEquals(near.peer.transport, "unix");
  near.abort();
  listener.close();
  await assertRejects(() => dial("nats://localhost:1"), TransportError, "nothing listens there");
  const pinned = createDial({ fingerprint: "0".repeat(64) });
  await assertRejects(() => pinned("nats://localhost:1"), DariError, "trust by ca");
  await assertRejects(() => dial("tcp://192.0.2.1:1"), DariError, "--insecure");
});

Deno.test("createDial() shows the client's certificate on each connection, to several servers", async () => {
  const { client: { cert, key, serial }, authority } = await world();
  using one = await startListener();
  using other = await startListener();
  const dial = createDial({ ca: [authority.pem], cert, key });
  for (const test of [one, other, one]) {
    const near = await dial(`tls://127.0.0.1:${test.port}`);
    assertEquals((await test.accept()).peer.certificate?.serial, serial);
    assertEquals(near.peer.channelBindings?.length, 1);
    near.abort();
  }
});

Deno.test("createDial() ends an attempt with its signal", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const address = `tls://127.0.0.1:${silent.addr.port}`;
  for (const options of [{}, { insecure: true, warn: () => {} }]) {
    const dialling = createDial(options)(address, AbortSignal.abort());
    assertEquals((await assertRejects(() => dialling, TransportError)).code, "unavailable");
  }
});

/** A connection in use whose calls end as a test says. */
const sessionThat = (call: () => Promise<unknown>) => ({ call }) as unknown as OpenConnection;

Deno.test("awaitAnswer() takes any answer for the server's consent", async () => {
  await awaitAnswer(sessionThat(() => Promise.resolve("pong")));
  const refusal = new RpcError("unauthenticated", "sign in first");
  await awaitAnswer(sessionThat(() => Promise.reject(refusal)));
});

Deno.test("awaitAnswer() says that the certificate was not accepted where the connection ends", async () => {
  const ended = () => Promise.reject(new TransportError("unavailable", "it ended"));
  await assertRejects(
    () => awaitAnswer(sessionThat(ended)),
    TransportError,
    "The server refused the client's certificate: it ended",
  );
});

/** Whether a program connects that trusts one authority, where the runtime trusts a second one too. */
async function connects(directory: string, port: number, options: string): Promise<boolean> {
  const module = new URL("../../mod.ts", import.meta.url).href;
  const program = `
    import { connect } from "${module}";
    const ca = await Deno.readTextFile("${directory}/given.crt");
    try {
      await using client = await connect("tls://localhost:${port}", { ca, ${options} });
      await client.call("rpc.ping");
      console.log("connected");
    } catch (error) {
      console.log(error.message);
    }`;
  await Deno.writeTextFile(`${directory}/program.ts`, program);
  const flags = ["--quiet", "--no-check", "--allow-net", "--allow-read", "--no-prompt"];
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const { stdout } = await deadline(
    new Deno.Command(Deno.execPath(), {
      args: ["run", ...flags, `--config=${config}`, `${directory}/program.ts`],
      env: { DENO_CERT: `${directory}/public.crt` },
    }).output(),
    30_000,
  );
  const out = new TextDecoder().decode(stdout);
  if (out.startsWith("connected")) return true;
  assertStringIncludes(out, "is refused");
  return false;
}

Deno.test("connect({ caOnly }) trusts the given authorities alone, and without it the public ones as well", async () => {
  await using directory = await tempDirectory();
  const { authority, foreign } = await world();
  const ours = await tlsPair(authority);
  const theirs = await tlsPair(foreign);
  await Deno.writeTextFile(`${directory.path}/given.crt`, authority.pem);
  await Deno.writeTextFile(`${directory.path}/public.crt`, foreign.pem);
  await using right = await serve({ listen: "tls://localhost:0", methods: {}, tls: ours });
  await using wrong = await serve({ listen: "tls://localhost:0", methods: {}, tls: theirs });
  const [rightPort, wrongPort] = [right, wrong].map(({ addresses: [address] }) =>
    Number(address?.split(":").at(-1))
  ) as [number, number];
  assertEquals(await connects(directory.path, rightPort, "caOnly: true"), true);
  assertEquals(await connects(directory.path, wrongPort, "caOnly: true"), false);
  assertEquals(await connects(directory.path, wrongPort, ""), true);
});

Deno.test("createDial() refuses caOnly without ca, which would trust nobody or everybody", () => {
  assertThrows(() => createDial({ caOnly: true }), TypeError, "Give ca together with caOnly");
});
