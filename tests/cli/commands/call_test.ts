import { assert, assertEquals, assertMatch } from "@std/assert";
import { deadline } from "../../../lib/base/abort.ts";
import { dari } from "../../support/dari_command.ts";
import { startServer } from "../../support/dari_server.ts";

Deno.test("dari call reaches the server by the data directory's socket, and over TLS", async () => {
  await using server = await startServer();
  const bySocket = ["--data", server.data];
  const byTls = ["--to", server.tls, "--ca", `${server.data}/ca.crt`];
  const cases: [words: string[], out: string][] = [
    [["add", "a=10", "b=20"], "30"],
    [["multiply", "x=5.5", "y=2.0"], "11"],
    [["process_data", "data=[1,2,3]", "prefix=item_", "--json"], '["item_1","item_2","item_3"]'],
    [["add", "--params", "[10, 20]"], "30"],
    [["echo", "value=not json"], '"not json"'],
    [["count", "to=3"], "1\n2\n3"],
    [["count", "to=3", "--json"], "[1,2,3]"],
    [["rpc.ping"], '"pong"'],
  ];
  for (const place of [bySocket, byTls]) {
    for (const [words, out] of cases) {
      assertEquals(await dari(["call", ...words, ...place]), { out, err: "", code: 0 });
    }
  }
  assertEquals(
    await dari(["call", "add", "--params", "-", ...bySocket], { input: '{"a":1,"b":2}' }),
    { out: "3", err: "", code: 0 },
  );
  assertEquals(
    (await dari(["call", "rpc.ping"], { env: { DARI_DATA: server.data } })).out,
    '"pong"',
  );
});

Deno.test("dari call ends with one line and the exit code of what went wrong", async () => {
  await using server = await startServer();
  const place = ["--data", server.data];
  const cases: [words: string[], message: RegExp, code: number][] = [
    [["subtract", ...place], /^dari: There is no method "subtract"$/, 65],
    [["add", "a=1", ...place], /^dari: Invalid params for "add": b: is missing$/, 65],
    [["add", "a=1", "b=x", ...place], /b: expected number/, 65],
    [[...place], /^dari: Missing METHOD; for instance: dari call add a=10 b=20$/, 64],
    [["add", "a", ...place], /NAME=VALUE/, 64],
    [["add", "--params", "{", ...place], /--params takes a JSON object or array/, 64],
    [["add", "--none", ...place], /There is no option --none/, 64],
    [["add", "--timeout", "soon", ...place], /--timeout takes a time such as .*, not "soon"$/, 64],
    [["add", "--to", "nowhere"], /--to: "nowhere" is not an address/, 64],
    [["add", "--to", server.tls], /--ca FILE/, 69],
    [["add", "--data", `${server.directory}/none`], /no server listens there/, 69],
    [["add", "--to", "tcp://192.0.2.1:1"], /--insecure/, 78],
    [["add", "--to", server.tls, "--ca", `${server.directory}/none`], /none/, 74],
  ];
  for (const [words, message, code] of cases) {
    const transcript = await dari(["call", ...words]);
    assertMatch(transcript.err, message);
    assertEquals([transcript.code, transcript.out], [code, ""], transcript.err);
    assert(!transcript.err.includes("\n"), "more than one line");
  }
  const { out, err, code } = await dari(["call", "none", "--json", ...place]);
  assertEquals([JSON.parse(out).error.code, err, code], ["method_not_found", "", 65]);
});

Deno.test("--timeout holds while connecting to a port that says nothing", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  const accepting = listener.accept();
  const address = `tls://127.0.0.1:${port}`;
  const run = dari(["call", "add", "--to", address, "--timeout", "50ms"]);
  const { code, err } = await deadline(run, 5_000);
  (await accepting).close();
  assertEquals([code, err], [69, "dari: No connection within 50 ms"]);
});
