import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { z } from "zod";
import { serve } from "../../../lib/endpoint/serve.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { dari } from "../../support/dari_command.ts";
import { startServer } from "../../support/dari_server.ts";
import { startProgram } from "../../support/program.ts";
import { tempDirectory } from "../../support/temp.ts";

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
    [["ad", "a=1", ...place], /^dari: There is no method "ad"; did you mean add\?$/, 65],
    [
      ["process_data", "data=[]", "prefx=x", ...place],
      /prefx: is unknown; did you mean prefix=\?$/,
      65,
    ],
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
  assertEquals((await dari(["call", "add", "a=x", ...place])).err.split("\n"), [
    'dari: Invalid params for "add":',
    "  a: expected number",
    "  b: is missing",
  ]);
  const json = await dari(["call", "add", "a=x", "--json", ...place]);
  assertEquals(JSON.parse(json.out).error.data.issues, [
    { path: ["a"], message: "expected number" },
    { path: ["b"], message: "is missing" },
  ]);
  const { out, err, code } = await dari(["call", "none", "--json", ...place]);
  assertEquals([JSON.parse(out).error.code, err, code], ["method_not_found", "", 65]);
});

/**
 * A server of another language: it knows no `rpc.hello`, and answers a call with its params, as they
 * were written.
 */
async function answerWithParams(listener: Deno.TcpListener): Promise<string> {
  using connection = await listener.accept();
  const bytes = new Uint8Array(10_000);
  const answer = (id: unknown, rest: string) =>
    connection.write(new TextEncoder().encode(`{"jsonrpc":"2.0","id":${id},${rest}}\n`));
  let text = "";
  let echoed = "";
  for (let read; (read = await connection.read(bytes)) !== null;) { // until the client leaves
    const lines = (text + new TextDecoder().decode(bytes.subarray(0, read))).split("\n");
    text = lines.pop() ?? "";
    for (const line of lines) {
      const [, id, method, params = ""] =
        /"id":(\d+),"method":"([^"]+)",.*?"params":(.*)\}$/.exec(line) ?? [];
      if (method === "echo") await answer(id, `"result":${echoed = params}`);
      else await answer(id, '"error":{"code":-32601,"message":"There is no such method"}');
    }
  }
  return echoed;
}

Deno.test("dari call sends numbers as they were written, and prints them as they came", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using directory = await tempDirectory();
  const place = ["--to", `tcp://127.0.0.1:${listener.addr.port}`, "--data", directory.path];
  const big = "18446744073709551615";
  const cases: [words: string[], params: string][] = [
    [[`value=${big}`], `{"value":${big}}`],
    [["value=0.1000000000000000000001"], '{"value":0.1000000000000000000001}'],
    [["--params", `[{"id":${big},"more":[${big}]}]`], `[{"id":${big},"more":[${big}]}]`],
    [[`value="${big}"`], `{"value":"${big}"}`],
  ];
  for (const [words, params] of cases) {
    const [sent, { out, code }] = await Promise.all([
      answerWithParams(listener),
      dari(["call", "echo", ...words, "--json", ...place]),
    ]);
    assertEquals([sent, out, code], [params, params, 0]);
  }
});

Deno.test("dari call takes a number that is too large for JSON's readers for text", async () => {
  await using server = await startServer();
  for (const hash of ["12e34567", "-12e34567"]) {
    const { out } = await dari(["call", "echo", `value=${hash}`, "--data", server.data]);
    assertEquals(out, `"${hash}"`);
  }
});

const METHODS = `
const schema = (properties, required, validate) => ({
  "~standard": {
    version: 1,
    vendor: "test",
    validate,
    jsonSchema: { input: () => ({ type: "object", properties, required }) },
  },
});
export const find = {
  params: schema({ id: { type: "string" } }, ["id"], (value) =>
    typeof value.id === "string" ? { value } : { issues: [{ path: ["id"], message: "expected string" }] }),
  handler: ({ id }) => id,
};
export const list = {
  params: schema({ limit: { type: "number" } }, [], (value) =>
    typeof value === "object" ? { value } : { issues: [{ message: "expected object" }] }),
  handler: ({ limit = 10 }) => limit,
};
export const ticks = async function* () {
  for (let n = 1;; n++) {
    yield n;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};
`;

Deno.test("dari call says how to send text where a number was taken for one", async () => {
  await using modules = await tempDirectory();
  const path = `${modules.path}/methods.js`;
  await Deno.writeTextFile(path, METHODS);
  await using server = await startServer(path);
  const place = ["--data", server.data];
  const { err, code } = await dari(["call", "find", "id=123", ...place]);
  assertMatch(err, /id: expected string; to send text instead of JSON, write id='"123"'$/);
  assertEquals(code, 65);
  assertEquals((await dari(["call", "find", `id="123"`, ...place])).out, '"123"');
  assertEquals((await dari(["call", "find", "id=[1]", ...place])).err.includes("write"), false);
});

Deno.test("dari call needs no params where all of them are optional", async () => {
  await using modules = await tempDirectory();
  const path = `${modules.path}/methods.js`;
  await Deno.writeTextFile(path, METHODS);
  await using server = await startServer(path);
  assertEquals((await dari(["call", "list", "--data", server.data])).out, "10");
});

Deno.test("dari call ends when the reader of its output has gone", async () => {
  await using directory = await tempDirectory();
  const { path } = directory;
  await Deno.writeTextFile(`${path}/methods.js`, METHODS);
  const place = ["--data", `${path}/data`];
  await using server = startProgram(
    ["serve", `${path}/methods.js`, ...place, "--listen", "tls://127.0.0.1:0"],
  );
  await server.waitFor(/^ready$/m);
  const startedAt = performance.now();
  await using call = startProgram(["call", "ticks", "--timeout", "10m", ...place], {
    wrapper: ["sh", "-c", '{ "$0" "$@"; echo "exit $?" >&2; } | head -1'],
  });
  const { out, err } = await call.ended;
  assertEquals([out, err], ["1", "exit 0"]);
  assert(performance.now() - startedAt < 60_000);
});

Deno.test("dari call waits no longer than --timeout for a server that is silent", async () => {
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using directory = await tempDirectory();
  const to = `tls://127.0.0.1:${silent.addr.port}`;
  const words = ["call", "add", "--to", to, "--data", directory.path, "--timeout", "100ms"];
  const startedAt = performance.now();
  const { err, code } = await dari(words);
  assertEquals([err, code], ["dari: No connection within 100 ms", 69]);
  assert(performance.now() - startedAt < 5_000, "it waited for the default time");
});

Deno.test("dari call takes a --timeout that is longer than the runtime's timers", async () => {
  await using server = await startServer();
  const words = ["call", "add", "a=1", "b=2", "--data", server.data];
  for (const timeout of ["25d", "999999999d"]) {
    assertEquals((await dari([...words, "--timeout", timeout])).out, "3");
  }
});

Deno.test("what a server sends cannot move the cursor or forge a line", async () => {
  await using modules = await tempDirectory();
  const path = `${modules.path}/methods.js`;
  await Deno.writeTextFile(
    path,
    `const evil = "evil\\x1b[2J\\u202e\\nready";
     export const hostile = { summary: evil, handler: () => evil };
     export const broken = {
       params: { "~standard": { version: 1, vendor: "test", validate: () => ({ issues: [{ message: evil }] }) } },
       handler: () => 1,
     };`,
  );
  await using server = await startServer(path);
  const place = ["--data", server.data];
  assertEquals((await dari(["call", "hostile", ...place])).out, `"evil\\u001b[2J\\u202e\\nready"`);
  const { err } = await dari(["call", "broken", ...place]);
  assertStringIncludes(err, "evil\\u001b[2J\\u202e\\u000aready");
  const { out } = await dari(["discover", ...place]);
  assertStringIncludes(out, "hostile()  evil\\u001b[2J\\u202e\\u000aready");
});

/** A server whose methods declare an error and are deprecated. */
async function startShop() {
  const directory = await tempDirectory();
  const address = `unix:${directory.path}/shop.sock`;
  const buy = method({
    errors: { out_of_stock: z.object({ left: z.number() }) },
    handler(_: { count: number }, { errors }) {
      throw errors.out_of_stock({ left: 2 });
    },
  });
  const old = method({ deprecated: "call buy", handler: () => 1 });
  const server = await serve({ listen: address, methods: { buy, old } });
  return {
    run: (...words: string[]) => dari([...words, "--to", address, "--data", directory.path]),
    async [Symbol.asyncDispose]() {
      await server.close(0);
      await directory[Symbol.asyncDispose]();
    },
  };
}

Deno.test("dari call shows an error that the method declares with its details", async () => {
  await using shop = await startShop();
  assertEquals(await shop.run("call", "buy", "count=3"), {
    out: "",
    err: 'dari: The call failed: out_of_stock {"left":2}',
    code: 65,
  });
  const json = await shop.run("call", "buy", "count=3", "--json");
  assertEquals(JSON.parse(json.out).error, {
    code: "declared_error",
    message: "The call failed: out_of_stock",
    declared: "out_of_stock",
    details: { left: 2 },
  });
});

Deno.test("dari call says that a method is deprecated, and dari discover lists it", async () => {
  await using shop = await startShop();
  const called = await shop.run("call", "old");
  assertEquals(called, { out: "1", err: '"old" is deprecated: call buy', code: 0 });
  const { out } = await shop.run("discover");
  assertEquals(out.split("\n").map((line) => line.trim().replace(/ +/g, " ")), [
    "buy() (fails with out_of_stock)",
    "old() (deprecated: call buy)",
  ]);
});
