import { assert, assertEquals } from "@std/assert";
import { oversizeLine } from "../../lib/base/text/oversize_line.ts";
import { decodeLine, decodeLineIn } from "../../lib/protocol/decode.ts";
import type { InvalidMessage, Message } from "../../lib/protocol/message.ts";

const bounds = { maxDepth: 64, maxBatchLength: 3 };
const decode = (line: string): Message => decodeLine(line, bounds);
const request = (id: unknown, method = "add") => ({
  kind: "request",
  id,
  method,
  types: undefined,
});

function refused(line: string): InvalidMessage {
  const message = decode(line);
  assert(message.kind === "invalid", `${line} was taken as ${message.kind}`);
  return message;
}

Deno.test("decodeLine() reads a request with all its members, in any order", () => {
  assertEquals(
    decode(
      '{"meta":{"timeoutMs":5},"params":[1],"auth":"t","method":"add","id":"a","jsonrpc":"2.0"}',
    ),
    { ...request("a"), params: [1], auth: "t", meta: { timeoutMs: 5 } } as Message,
  );
});

Deno.test("decodeLine() tells a request with the id null from a notification", () => {
  assertEquals(decode('{"jsonrpc":"2.0","id":null,"method":"a"}').kind, "request");
  assertEquals(decode('{"jsonrpc":"2.0","method":"a"}').kind, "notification");
});

Deno.test("decodeLine() refuses lines that only begin as dari writes them", () => {
  const head = '{"jsonrpc":"2.0","id":1,';
  for (const end of ["]", "x", " ", '"']) {
    assertEquals(refused(`${head}"method":"a","params":{}${end}`).code, "parse_error", end);
    assertEquals(refused(`${head}"result":7${end}`).code, "parse_error", end);
  }
  // A member of the same length in the place of the params.
  const other = decode(`${head}"method":"a","paramz":{"x":1}}`);
  assertEquals(
    other,
    { ...request(1, "a"), params: undefined, auth: undefined, meta: undefined } as Message,
  );
});

Deno.test("decodeLine() reads the longest name of a method that a line has room for", () => {
  const name = "a".repeat(16 * 1024 * 1024);
  for (const rest of ["", ',"params":{}']) {
    const message = decode(`{"jsonrpc":"2.0","id":1,"method":"${name}"${rest}}`);
    assert(message.kind === "request" && message.method === name);
  }
});

Deno.test("decodeLine() reads results and errors", () => {
  assertEquals(decode('{"jsonrpc":"2.0","id":7,"result":null}'), {
    kind: "result",
    id: 7,
    result: null,
    types: undefined,
  });
  assertEquals(decode('{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"no"}}'), {
    kind: "error",
    id: 7,
    error: { code: -1, message: "no" },
  });
});

Deno.test("decodeLine() hands on types as they came, and none that stand inside the value", () => {
  const types = { "/a": "date" };
  const line = (members: string) => decode(`{"jsonrpc":"2.0",${members}}`);
  const member = `"types":{"/a":"date"}`;
  for (
    const members of [
      `"id":1,"method":"m",${member},"params":{}`,
      `"method":"m","params":{},${member}`,
    ]
  ) {
    const message = line(members);
    assert(message.kind === "request" || message.kind === "notification");
    assertEquals(message.types, types);
  }
  assertEquals(line(`"id":1,${member},"result":{}`), { kind: "result", id: 1, result: {}, types });
  const error = { code: -1, message: "no" };
  assertEquals(line(`"id":1,${member},"error":${JSON.stringify({ ...error, types: 7 })}`), {
    kind: "error",
    id: 1,
    error: { ...error, types },
  });
  assertEquals(line(`"id":1,"error":${JSON.stringify({ ...error, types: 7 })}`), {
    kind: "error",
    id: 1,
    error,
  });
  const inside = line(`"id":1,"method":"m","params":{${member}}`);
  assertEquals(inside.kind === "request" && [inside.params, inside.types], [{ types }, undefined]);
});

Deno.test("decodeLine() fails the call whose reply is too long, also where types stand in front", () => {
  const line = `{"jsonrpc":"2.0","id":7,"types":{"":"bytes"},"result":"${"A".repeat(300)}`;
  const message = decode(oversizeLine({ bytes: 400, maxBytes: 200, head: line.slice(0, 256) }));
  assertEquals([message.kind, message.kind === "error" && message.id], ["error", 7]);
});

Deno.test("decodeLine() refuses text that is not JSON", () => {
  for (const line of ["", " ", "{", "\uFFFD", "nul", "{'a':1}", '{"a":1}}', "\uFEFF{}"]) {
    assertEquals(refused(line).code, "parse_error");
  }
});

Deno.test("decodeLine() refuses JSON that is not a message, and says which member is wrong", () => {
  const cases: Record<string, string> = {
    "1": "must be an object",
    "[]": "batch is empty",
    '{"id":1,"method":"a"}': "jsonrpc",
    '{"jsonrpc":2.0,"id":1,"method":"a"}': "jsonrpc",
    '{"jsonrpc":"2.0","id":1,"method":1}': "method",
    '{"jsonrpc":"2.0","id":1,"method":"a","params":null}': "params",
    '{"jsonrpc":"2.0","id":1,"method":"a","params":"x"}': "params",
    '{"jsonrpc":"2.0","id":1,"method":"a","auth":1}': "auth",
    '{"jsonrpc":"2.0","id":1,"method":"a","meta":[]}': "meta",
    '{"jsonrpc":"2.0","id":1,"method":"a","meta":{"timeoutMs":0}}': "meta",
    '{"jsonrpc":"2.0","id":1,"method":"a","meta":{"credit":"1"}}': "meta",
    '{"jsonrpc":"2.0","id":1,"method":"a","meta":{"traceparent":1}}': "meta",
    '{"jsonrpc":"2.0","id":{},"method":"a"}': "id must be",
    '{"jsonrpc":"2.0","id":[1],"method":"a"}': "id must be",
    '{"jsonrpc":"2.0","id":true,"method":"a"}': "id must be",
  };
  for (const [line, word] of Object.entries(cases)) {
    const { code, reason } = refused(line);
    assertEquals(code, "invalid_request");
    assert(reason.includes(word), `${line}: ${reason}`);
  }
});

Deno.test("decodeLine() keeps the id of a request that it refuses, if the id is readable", () => {
  assertEquals(refused('{"jsonrpc":"2.0","id":"x","method":"a","params":1}').id, "x");
  assertEquals(refused('{"jsonrpc":"2.0","id":1.5,"method":"a"}').id, null);
});

Deno.test("decodeLine() refuses a malformed reply without its id, and names the call of ours", () => {
  for (
    const [line, reason] of [
      ['{"jsonrpc":"2.0","id":5}', "a method, a result or an error"],
      ['{"jsonrpc":"2.0","id":5,"error":null}', "a method, a result or an error"],
      ['{"jsonrpc":"2.0","id":5,"result":1,"error":{"code":1,"message":""}}', "not both"],
      ['{"jsonrpc":"2.0","id":5,"error":{"code":1.5,"message":""}}', "a whole number as code"],
      ['{"jsonrpc":"2.0","id":5,"error":"no"}', "a whole number as code"],
      ['{"id":5,"result":1}', 'exactly "2.0"'],
    ] as const
  ) {
    const message = refused(line);
    assertEquals([message.id, message.replyTo], [null, 5], line);
    assert(message.reason.includes(reason), message.reason);
  }
  assertEquals(refused('{"jsonrpc":"2.0","id":"x"}').replyTo, undefined);
  assertEquals(refused('{"id":5,"method":"a"}').replyTo, undefined);
});

Deno.test("decodeLine() takes a null beside a result or an error as not there", () => {
  const result = decode('{"jsonrpc":"2.0","id":7,"result":1,"error":null}');
  assertEquals(result, { kind: "result", id: 7, result: 1, types: undefined });
  const none = decode('{"jsonrpc":"2.0","error":null,"result":null,"id":7}');
  assertEquals(none, { kind: "result", id: 7, result: null, types: undefined });
});

Deno.test("decodeLine() takes the last value of a duplicate key", () => {
  assertEquals(
    decode('{"jsonrpc":"2.0","id":1,"id":2,"method":"a","method":"b","params":[1],"params":[2]}'),
    { ...request(2, "b"), params: [2], auth: undefined, meta: undefined } as Message,
  );
});

Deno.test("decodeLine() reads __proto__ in params as an ordinary member", () => {
  for (const space of ["", " "]) {
    const message = decode(
      `${space}{"jsonrpc":"2.0","id":1,"method":"a","params":{"__proto__":{"admin":true}}}`,
    );
    assert(message.kind === "request");
    assertEquals((message.params as { admin?: boolean }).admin, undefined);
    assert(Object.hasOwn(message.params as object, "__proto__"));
  }
  assertEquals(
    refused('{"__proto__":{"jsonrpc":"2.0","method":"a"},"id":1}').code,
    "invalid_request",
  );
});

Deno.test("decodeLine() refuses nesting beyond the limit, in requests and in batches", () => {
  const nested = (levels: number) => "[".repeat(levels) + "]".repeat(levels);
  const line = (levels: number) =>
    `{"jsonrpc":"2.0","id":1,"method":"a","params":${nested(levels)}}`;
  assertEquals(decode(line(63)).kind, "request");
  assertEquals(refused(line(64)).code, "invalid_request");
  assertEquals(refused(`[${line(63)}]`).code, "invalid_request");
  assertEquals(refused(nested(100_000)).code, "invalid_request");
});

Deno.test("decodeLine() fails the call whose result nests too deep, instead of leaving it waiting", () => {
  const message = decode(`{"jsonrpc":"2.0","id":9,"result":${"[".repeat(64)}${"]".repeat(64)}}`);
  assert(message.kind === "error");
  assertEquals([message.id, message.error.code], [9, -32600]);
});

Deno.test("decodeLine() decodes each element of a batch by itself", () => {
  const message = decode(
    '[1,{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":1.5,"method":"a"}]',
  );
  assert(message.kind === "batch");
  assertEquals(message.messages.map(({ kind }) => kind), ["invalid", "request", "invalid"]);
});

Deno.test("decodeLine() refuses a batch over the limit as a whole", () => {
  assertEquals(refused("[1,2,3,4]").reason, "the batch has 4 elements, at most 3 are taken");
});

Deno.test("decodeLineIn() reads one line among others and nothing around it", () => {
  const line = '{"jsonrpc":"2.0","id":1,"method":"a"}';
  const lines = `{"jsonrpc":"2.0"\n${line}\n,"params":[]}`;
  const start = lines.indexOf("\n") + 1;
  assertEquals(decodeLineIn(lines, start, start + line.length, bounds), decode(line));
});

Deno.test("a line that was too long fails the call that it belongs to, where its beginning tells which", () => {
  const stand = (head: string) => decode(oversizeLine({ bytes: 300, maxBytes: 200, head }));
  const reason = "the line has 300 bytes, and this connection takes at most 200";
  const invalid = (id: unknown) => ({ kind: "invalid", id, code: "resource_exhausted", reason });
  const failed = (id: unknown) => ({
    kind: "error",
    id,
    error: {
      code: -32005,
      message: `The reply is too long: ${reason}`,
      data: { name: "resource_exhausted", retryable: false },
    },
  });
  assertEquals(
    stand('{"jsonrpc":"2.0","id":7,"method":"echo","params":["xxx') as unknown,
    invalid(7),
  );
  assertEquals(stand('{"jsonrpc":"2.0","id":7,"result":"xxx') as unknown, failed(7));
  assertEquals(stand('{"jsonrpc":"2.0","id":"a","error":{"xxx') as unknown, failed("a"));
  assertEquals(
    stand('{ "jsonrpc" : "2.0", "method": "m", "id": 3, "params": [') as unknown,
    invalid(3),
  );
  for (
    const head of ["[1,", '{"id":1', '{"jsonrpc":"2.0","id":1.5,"method":"m"', "", "\u{1F309}"]
  ) {
    assertEquals(stand(head) as unknown, invalid(null), head);
  }
});
