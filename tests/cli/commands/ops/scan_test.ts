import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { certWorkshop } from "../../../support/cert_workshop.ts";
import { dari, failed } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";
import { sarifFaults } from "../../../support/sarif.ts";

Deno.test("dari scan finds nothing wrong with dari serve, and says what it connected to", async () => {
  await using server = await startServer();
  const port = new URL(server.tls.replace("tls:", "https:")).port;
  const ca = ["--ca", `${server.data}/ca.crt`];
  const { out, err, code } = await dari(["scan", `localhost:${port}`, ...ca]);
  assertEquals([err, code], ["", 0], out);
  assertStringIncludes(out, `scanning localhost:${port} at 127.0.0.1:${port}`);
  assertStringIncludes(out, "TLSv1.1     not offered");
  assertStringIncludes(out, "TLSv1.3     offered, 3 suites");
  assertStringIncludes(out, "nothing found");
  const json = JSON.parse((await dari(["scan", `localhost:${port}`, ...ca, "--json"])).out);
  assertEquals(json.certificates[0].names, ["localhost", "127.0.0.1", "::1"]);
  assertEquals(json.negotiated[1].protocol, "dari/1");
});

Deno.test("dari scan exits with 65 from --fail-on up, and prints SARIF", async () => {
  await using server = await startServer();
  const port = new URL(server.tls.replace("tls:", "https:")).port;
  const words = ["scan", `localhost:${port}`, "--name", "other.internal"];
  const ca = ["--ca", `${server.data}/ca.crt`];
  const found = await dari([...words, ...ca, "--sarif"]);
  assertEquals(found.code, 65);
  assertEquals(sarifFaults(JSON.parse(found.out)), []);
  assertStringIncludes(found.out, "certificate-name");
  assertEquals((await dari([...words, ...ca, "--fail-on", "critical"])).code, 0);
  // No authority of the system has signed it.
  const untrusted = await dari(["scan", `localhost:${port}`, "--json"]);
  assert(untrusted.out.includes("certificate-untrusted"));
});

Deno.test("dari scan shows its certificate where the server enforces one, and resumes nothing there", async () => {
  await using workshop = await certWorkshop();
  await using server = await startServer("--client-ca", `${workshop.data}/ca.crt`);
  const port = new URL(server.tls.replace("tls:", "https:")).port;
  const prefix = workshop.path("me");
  const issued = await workshop.run("issue", "me.internal", "--client", "--out", prefix);
  assertEquals(issued.code, 0, issued.err);
  const ca = ["--ca", `${server.data}/ca.crt`];
  const pair = ["--cert", `${prefix}.crt`, "--key", `${prefix}.key`];
  const { out, err } = await dari(["scan", `localhost:${port}`, ...ca, ...pair, "--json"]);
  assertEquals(err, "");
  for (const one of JSON.parse(out).clientCertificates) {
    assertEquals([one.isAsked, one.isEnforced, one.isShownTaken], [true, true, true], one.version);
    assertEquals(one.resumption.certificate, "refused", one.version);
  }
});

Deno.test("dari scan says what is wrong with what was typed, and with a server that is not there", async () => {
  const unix = await dari(["scan", "unix:/tmp/dari.sock"]);
  assertEquals(unix, failed(64, 'HOST:PORT takes a host and a port, not "unix:/tmp/dari.sock"'));
  const half = await dari(["scan", "localhost:1", "--cert", "a.crt"]);
  assertEquals(half, failed(64, "--cert and --key belong together"));
  const both = await dari(["scan", "localhost:1", "--json", "--sarif"]);
  assertEquals(both.code, 64);
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  listener.close();
  const absent = await dari(["scan", `127.0.0.1:${port}`]);
  assertEquals(absent.code, 69);
  assertStringIncludes(absent.err, `Cannot scan 127.0.0.1:${port}: `);
});
