import { assertEquals, assertMatch, assertNotEquals, assertRejects } from "@std/assert";
import { encodeHex } from "@std/encoding/hex";
import { deadline, delay } from "../../../lib/base/abort.ts";
import { connect } from "../../../lib/endpoint/connect.ts";
import { fetchServerCertificate } from "../../../lib/transport/tls/node/fetch_server_certificate.ts";
import { certDirectory } from "../../support/cert_directory.ts";
import { startDari } from "../../support/dari_command.ts";

/** Enough connections to reach both threads, but for one time in a million. */
const DIALS = 20;

Deno.test("a client certificate that is revoked is cut from every thread, and accepted by none", async () => {
  await using shop = await certDirectory();
  await shop.run("issue worker.internal --client --out OUT/worker --data DATA");
  const caFile = `${shop.data}/ca.crt`;
  const words = ["--threads", "2", "--client-ca", caFile, "--data", shop.data];
  await using server = startDari(["serve", "--listen", "tls://127.0.0.1:0", ...words]);
  const [, address = ""] = /listening on (tls:\S+)/.exec(await server.waitFor("ready")) ?? [];
  const [ca, cert, key] = await Promise.all(
    [caFile, shop.path("worker.crt"), shop.path("worker.key")].map((file) =>
      Deno.readTextFile(file)
    ),
  );
  const dial = () => connect(address, { ca, cert, key });
  const clients = await Promise.all(Array.from({ length: DIALS }, dial));
  const add = { a: 1, b: 2 };
  for (const client of clients) assertEquals(await client.call("add", add), 3);
  await shop.run("revoke OUT/worker.crt --reason keyCompromise --data DATA");
  const untilCut = async () => {
    for (const client of clients) {
      while (await client.call("add", add).then(() => true, () => false)) await delay(10);
    }
  };
  await deadline(untilCut(), 20_000);
  for (let n = 0; n < DIALS; n++) {
    await assertRejects(async () => {
      await using client = await dial();
      await client.call("add", add);
    });
  }
  for (const client of clients) await client.close();
  assertMatch((await server.stop()).err, /certificate [0-9a-f]{32} was revoked/);
});

Deno.test("a certificate that is replaced is taken up by every thread, and told once", async () => {
  await using shop = await certDirectory();
  await shop.run("issue 127.0.0.1 --server --out OUT/old --data DATA");
  await shop.run("issue 127.0.0.1 --server --out OUT/new --data DATA");
  const [cert, key] = [shop.path("own.crt"), shop.path("own.key")];
  const install = async (name: string) => {
    await Deno.copyFile(shop.path(`${name}.key`), key);
    await Deno.copyFile(shop.path(`${name}.crt`), cert);
  };
  await install("old");
  const words = ["--threads", "2", "--cert", cert, "--key", key, "--data", shop.data];
  await using server = startDari(["serve", "--listen", "tls://127.0.0.1:0", ...words]);
  const [, port] = /listening on tls:\S+:(\d+)/.exec(await server.waitFor("ready")) ?? [];
  const shown = async () => {
    const seen = new Set<string>();
    for (let n = 0; n < DIALS; n++) {
      // For a moment a thread that takes a certificate up refuses connections.
      const der = await fetchServerCertificate("127.0.0.1", Number(port)).catch(() => undefined);
      if (der !== undefined) seen.add(encodeHex(der));
    }
    return [...seen];
  };
  const [before, ...others] = await shown();
  assertEquals(others, []);
  await install("new");
  const untilReplaced = async () => {
    for (;;) {
      const seen = await shown();
      if (!seen.includes(before ?? "")) return seen;
    }
  };
  const after = await deadline(untilReplaced(), 20_000);
  assertEquals(after.length, 1);
  assertNotEquals(after[0], before);
  const { err } = await server.stop();
  assertEquals(err.match(/taken up a new certificate/g)?.length, 1, err);
});
