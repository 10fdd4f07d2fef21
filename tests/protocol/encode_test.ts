import { assertEquals, assertThrows } from "@std/assert";
import { DariError, errorTable, RpcError } from "../../lib/base/errors.ts";
import { limits } from "../../lib/base/limits.ts";
import {
  encodeError,
  encodeItem,
  encodeNotificationOf,
  encodeParams,
  encodeRequest,
  encodeResult,
  encodeResultOf,
  encodeStopping,
} from "../../lib/protocol/encode.ts";

const cycle: Record<string, unknown> = {};
cycle.self = cycle;

const unwritable: Record<string, unknown> = {
  "a RegExp": /x/,
  "a RegExp inside": { rows: [/x/] },
  "a stream": new ReadableStream(),
  "a cycle": cycle,
  "a function": () => {},
  "a symbol": Symbol("s"),
  "what throws when written": {
    toJSON: () => {
      throw new Error("no");
    },
  },
};

for (const [what, value] of Object.entries(unwritable)) {
  Deno.test(`encodeResult() refuses ${what} instead of sending something else`, () => {
    const error = assertThrows(() => encodeResult(1, value), DariError);
    assertEquals(error.code, "internal");
  });
}

Deno.test("encodeParams() refuses what cannot travel, and names the method and the place", () => {
  const error = assertThrows(
    () => encodeParams("add", { a: /x/ }),
    DariError,
    `The params of "add" cannot be sent: params.a: a RegExp cannot travel`,
  );
  assertEquals(error.code, "invalid_params");
});

Deno.test("encodeResult() writes undefined as null, and finite numbers as JSON does", () => {
  assertEquals(encodeResult(1, undefined), '{"jsonrpc":"2.0","id":1,"result":null}');
  for (const number of [0, -1.5, 1e21, 5e-324, Number.MAX_SAFE_INTEGER]) {
    assertEquals(encodeResult("a", number), `{"jsonrpc":"2.0","id":"a","result":${number}}`);
  }
});

Deno.test("encodeResult() writes null and dates", () => {
  assertEquals(
    encodeResult(1, { none: null, when: new Date(0) }),
    '{"jsonrpc":"2.0","id":1,"result":{"none":null,"when":"1970-01-01T00:00:00.000Z"}}',
  );
});

Deno.test("encodeError() writes every public code with its number, name and advice", () => {
  for (const [code, row] of Object.entries(errorTable)) {
    if (code === "io") continue;
    const error = new DariError(code as keyof typeof errorTable, "said", { retryAfterMs: 5 });
    const sent = JSON.parse(encodeError(3, error)).error;
    assertEquals(
      sent,
      row.public
        ? {
          code: row.wire,
          message: "said",
          data: { name: code, retryable: row.retryable, retryAfterMs: 5 },
        }
        : { code: -32603, message: "Internal error", data: { name: "internal", retryable: false } },
    );
  }
});

Deno.test("encodeError() tells callers of a failing disk that it is not their fault, and no path", () => {
  const error = new DariError("io", 'Cannot write "/srv/secret"', { retryable: false });
  assertEquals(JSON.parse(encodeError(3, error)).error, {
    code: errorTable.unavailable.wire,
    message: "The server could not read or write its disk; try again later",
    data: { name: "unavailable", retryable: true, retryAfterMs: limits.diskRetryAfterMs },
  });
});

Deno.test("encodeStopping() says that the call was not run, which no handler's error does", () => {
  assertEquals(JSON.parse(encodeStopping("a")), {
    jsonrpc: "2.0",
    id: "a",
    error: {
      code: -32006,
      message: "The server is stopping; connect again",
      data: { name: "unavailable", retryable: true, stopping: true },
    },
  });
  const said = new DariError("unavailable", "The server is stopping; connect again");
  assertEquals(JSON.parse(encodeError("a", said)).error.data.stopping, undefined);
});

Deno.test("encodeError() reveals nothing of an error that is not dari's", () => {
  for (
    const thrown of [new Error("/etc/secret"), undefined, null, "secret", { message: "secret" }]
  ) {
    assertEquals(encodeError(null, thrown).includes("secret"), false);
  }
});

Deno.test("types stand in front of what they tell of, in every kind of message", () => {
  const types = '{"/a":"date"}';
  assertEquals(
    encodeRequest(1, "add", '{"a":null}', { auth: "t" }, types),
    `{"jsonrpc":"2.0","id":1,"method":"add","auth":"t","types":${types},"params":{"a":null}}`,
  );
  assertEquals(
    encodeNotificationOf("add", '{"a":null}', undefined, types),
    `{"jsonrpc":"2.0","method":"add","types":${types},"params":{"a":null}}`,
  );
  assertEquals(
    encodeResultOf(1, '{"a":null}', types),
    `{"jsonrpc":"2.0","id":1,"types":${types},"result":{"a":null}}`,
  );
  assertEquals(
    encodeItem(1, "null", '{"/value":"date"}'),
    '{"jsonrpc":"2.0","method":"rpc.item","types":{"/value":"date"},"params":{"id":1,"value":null}}',
  );
});

Deno.test("encodeError() writes the data's types where the other side knows values, and only there", () => {
  const error = new RpcError("not_found", "said", { data: { at: new Date(0), none: undefined } });
  const data = { at: "1970-01-01T00:00:00.000Z", name: "not_found", retryable: false };
  const sent = JSON.parse(encodeError(1, error, () => "0"));
  assertEquals(sent.types, { "/at": "date", "/none": "undefined" });
  assertEquals(sent.error, { code: -32008, message: "said", data });
  const plain = JSON.parse(encodeError(1, error));
  assertEquals([plain.types, plain.error], [undefined, sent.error]);
  const bytes = new RpcError("not_found", "said", { data: { blob: new Uint8Array(2_000) } });
  assertEquals(JSON.parse(encodeError(1, bytes, () => "0")).error.data.blob, 0);
});

Deno.test("encodeError() leaves data out that cannot travel, or whose holes cannot be filled", () => {
  const dataOf = (line: string) => JSON.parse(line).error.data;
  const left = { name: "not_found", retryable: false };
  const broken = new RpcError("not_found", "said", { data: { f: () => 1 } });
  assertEquals([dataOf(encodeError(1, broken)), dataOf(encodeError(1, broken, () => "0"))], [
    left,
    left,
  ]);
  const stream = new RpcError("not_found", "said", { data: { s: new ReadableStream() } });
  const failing = () => {
    throw new DariError("failed_precondition", "no streams");
  };
  assertEquals(dataOf(encodeError(1, stream, failing)), left);
});

Deno.test("a line holds no LF, whatever it carries", () => {
  const text = encodeRequest(1, "a\nb", '{"c\\n":"d\\n"}', { auth: "e\n" });
  assertEquals(text.includes("\n"), false);
});
