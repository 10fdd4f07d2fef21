import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { dari } from "../../../support/dari_command.ts";
import { startServer } from "../../../support/dari_server.ts";
import { tempDirectory } from "../../../support/temp.ts";

Deno.test("dari invite adds an account that is not there, and prints one line to be pasted", async () => {
  await using server = await startServer();
  const first = await dari(["invite", "Alice", "--data", server.data]);
  assertMatch(
    first.out,
    /^added alice \(user\)\ninvitation to an API key of alice, good once until /,
  );
  const second = await dari(["invite", "alice", "--json", "--data", server.data]);
  const { name, kind, token, secret, fingerprint } = JSON.parse(second.out);
  assertEquals([name, kind], ["alice", "api key"]);
  assertEquals(token, `${server.tls}#${fingerprint}.${secret}`);
});

Deno.test("dari invite refuses a certificate that the authority may not issue, before anybody has the line", async () => {
  await using server = await startServer();
  const { code, err } = await dari(["invite", "a.example.com", "--client", "--data", server.data]);
  assertEquals(code, 77);
  assertStringIncludes(err, '"a.example.com" is not within');
});

Deno.test("dari invite needs a server that runs with TLS, and an address with TLS", async () => {
  await using directory = await tempDirectory();
  const { code, err } = await dari(["invite", "alice", "--data", `${directory.path}/data`]);
  assertEquals(code, 78);
  assertStringIncludes(err, "start it (dari serve)");
  await using server = await startServer();
  const at = await dari(["invite", "alice", "--at", "unix:/s", "--data", server.data]);
  assertStringIncludes(at.err, "An invitation is accepted over tls://");
  const named = await dari(["invite", "alice", "--at", "box:1", "--data", server.data, "--json"]);
  assertStringIncludes(JSON.parse(named.out).token, "tls://box:1#");
});
