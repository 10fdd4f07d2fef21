import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { deadline, delay } from "../../lib/base/abort.ts";
import { saveSession } from "../../lib/cli/workspace/saved_sessions.ts";
import { type CertDirectory, certDirectory } from "../support/cert_directory.ts";
import { dari, startDari } from "../support/dari_command.ts";
import { tempDirectory } from "../support/temp.ts";

/** `dari serve --client-ca` on a shop's authority, and calls of it. */
async function startServer(...words: string[]) {
  const shop = await certDirectory();
  await shop.run("issue worker.internal --client --out OUT/worker --data DATA");
  const ca = `${shop.data}/ca.crt`;
  const listen = ["--listen", "tls://127.0.0.1:0", "--client-ca", ca, "--data", shop.data];
  const server = startDari(["serve", "--log", "text", ...listen, ...words]);
  const out = await server.waitFor("  dari call add a=10 b=20 --to");
  const address = /listening on (tls:\S+)/.exec(out)?.[1] ?? "";
  return {
    shop,
    out,
    stop: () => server.stop(),
    call: (...words: string[]) =>
      dari(["call", "add", "a=10", "b=20", "--to", address, "--ca", ca, ...words]),
    async [Symbol.asyncDispose]() {
      await server.stop();
      await shop[Symbol.asyncDispose]();
    },
  };
}

const show = (shop: CertDirectory, name: string) => [
  ...["--cert", shop.path(`${name}.crt`)],
  ...["--key", shop.path(`${name}.key`)],
];

Deno.test("dari serve --client-ca answers clients with a certificate, and logs their subject and cipher", async () => {
  await using server = await startServer("--tls-min", "1.3");
  assertMatch(server.out, /^ {2}dari call add .* --cert FILE --key FILE$/m);
  const { out, err, code } = await server.call(...show(server.shop, "worker"));
  assertEquals([out, err, code], ["30", "", 0]);
  const log = (await server.stop()).err;
  assertMatch(
    log,
    /connection was opened .*protocol=TLSv1\.3 cipher=TLS_\w+ .*CN=worker\.internal/,
  );
});

Deno.test("dari serve --client-ca refuses all other clients, and logs why", async () => {
  await using server = await startServer();
  const { shop } = server;
  await shop.run("self-signed worker.internal --ecdsa --out OUT/foreign");
  await shop.run("issue server.internal --server --out OUT/server --data DATA");
  assertStringIncludes((await server.call()).err, "--cert FILE --key FILE"); // it showed none
  for (const words of [[], show(shop, "foreign"), show(shop, "server")]) {
    const { out, code } = await server.call(...words);
    assertEquals([out, code], ["", 69], words.join(" "));
  }
  const refusals = (await server.stop()).err.match(/connection was refused/g);
  assert(refusals !== null && refusals.length >= 3, `${refusals?.length}`);
});

Deno.test("dari cert revoke shuts out a worker of a server that runs", async () => {
  await using server = await startServer();
  const { shop } = server;
  assertEquals((await server.call(...show(shop, "worker"))).code, 0);
  await shop.run("revoke OUT/worker.crt --reason keyCompromise --data DATA");
  assertEquals((await server.call(...show(shop, "worker"))).code, 69);
  assertMatch((await server.stop()).err, /certificate [0-9a-f]{32} was revoked/);
});

Deno.test("dari serve --crl refuses what another authority has revoked, also once it runs", async () => {
  await using other = await certDirectory();
  for (const name of ["early", "late"]) {
    await other.run(`issue ${name}.internal --client --out OUT/${name} --data DATA`);
  }
  const ca = `${other.data}/ca.crt`;
  const list = other.path("list.crl");
  const publish = async (name: string) => {
    await other.run(`revoke OUT/${name}.crt --data DATA`);
    await other.run(`crl --out OUT/list.crl --data DATA`);
  };
  await publish("early");
  await using directory = await tempDirectory();
  const data = `${directory.path}/data`;
  const words = ["--listen", "tls://127.0.0.1:0", "--client-ca", ca, "--crl", list, "--data", data];
  const server = startDari(["serve", ...words]);
  try {
    const out = await server.waitFor("ready");
    const to = ["--to", /listening on (tls:\S+)/.exec(out)?.[1] ?? "", "--ca", `${data}/ca.crt`];
    const call = (name: string) => dari(["call", "add", "a=1", "b=2", ...to, ...show(other, name)]);
    assertEquals((await call("early")).code, 69);
    assertEquals((await call("late")).out, "3");
    await publish("late");
    const isRefused = async () => {
      while ((await call("late")).code === 0) await delay(100);
    };
    await deadline(isRefused(), 20_000);
  } finally {
    assertStringIncludes((await server.stop()).err, "is on the revocation list of");
  }
});

Deno.test("dari call --insecure takes any server, and says so each time", async () => {
  await using server = await startServer();
  for (let times = 0; times < 2; times++) {
    const { out, err, code } = await server.call(...show(server.shop, "worker"), "--insecure");
    assertEquals([out, code], ["30", 0]);
    assertStringIncludes(err, "is not checked: any program could answer there");
  }
});

Deno.test("dari serve refuses certificates and versions that cannot be, before it is ready", async () => {
  await using shop = await certDirectory();
  await shop.run("issue b.internal --out OUT/b --data DATA");
  const serve = ["serve", "--listen", "tls://127.0.0.1:0", "--data", shop.data];
  const leaf = `${shop.data}/leaf`;
  const cases = [
    [["--tls-min", "1.1"], 64, "--tls-min takes 1.2 or 1.3"],
    [["--cert", `${leaf}.crt`], 64, "belong together"],
    [["--cert", `${leaf}.crt`, "--key", shop.path("b.key")], 78, "not the certificate's"],
    [["--client-ca", shop.path("nowhere")], 74, "nowhere"],
    [["--client-ca", `${leaf}.key`], 65, "holds no certificate"],
  ] as const;
  for (const [words, exitCode, message] of cases) {
    const { out, err, code } = await dari([...serve, ...words]);
    assertEquals([code, out], [exitCode, ""], err);
    assertStringIncludes(err, message);
  }
});

Deno.test("a saved session does not win over a certificate that was named", async () => {
  await using server = await startServer();
  const { shop } = server;
  const [, address = ""] = /listening on (tls:\S+)/.exec(server.out) ?? [];
  await saveSession(shop.data, address, { token: "dses_of_nobody" });
  const place = ["--data", shop.data];
  const { out, err } = await server.call(...show(shop, "worker"), ...place);
  assertEquals([out, err], ["30", ""]);
});
