import { assertEquals } from "@std/assert";
import { Wire } from "../../support/rpc_pair.ts";

// The examples of the specification, section 7, with the methods that they call.
const methods = {
  subtract: {
    positions: ["minuend", "subtrahend"],
    handler: ({ minuend, subtrahend }: { minuend: number; subtrahend: number }) =>
      minuend - subtrahend,
  },
  sum: (numbers: number[]) => numbers.reduce((a, b) => a + b, 0),
  get_data: () => ["hello", 5],
  update: () => {},
  notify_hello: () => {},
};

const error = (code: number, id: unknown = null) => ({ code, id });

/** A line, and what comes back: results whole, of errors code and id; nothing for notifications. */
const examples: Record<string, [line: string, replies: unknown[]]> = {
  "positional parameters": [
    '{"jsonrpc": "2.0", "method": "subtract", "params": [42, 23], "id": 1}',
    [{ jsonrpc: "2.0", result: 19, id: 1 }],
  ],
  "positional parameters the other way round": [
    '{"jsonrpc": "2.0", "method": "subtract", "params": [23, 42], "id": 2}',
    [{ jsonrpc: "2.0", result: -19, id: 2 }],
  ],
  "named parameters": [
    '{"jsonrpc": "2.0", "method": "subtract", "params": {"subtrahend": 23, "minuend": 42}, "id": 3}',
    [{ jsonrpc: "2.0", result: 19, id: 3 }],
  ],
  "named parameters in another order": [
    '{"jsonrpc": "2.0", "method": "subtract", "params": {"minuend": 42, "subtrahend": 23}, "id": 4}',
    [{ jsonrpc: "2.0", result: 19, id: 4 }],
  ],
  "a notification": ['{"jsonrpc": "2.0", "method": "update", "params": [1,2,3,4,5]}', []],
  "a notification of a method that does not exist": [
    '{"jsonrpc": "2.0", "method": "foobar"}',
    [],
  ],
  "a method that does not exist": [
    '{"jsonrpc": "2.0", "method": "foobar", "id": "1"}',
    [error(-32601, "1")],
  ],
  "invalid JSON": [
    '{"jsonrpc": "2.0", "method": "foobar, "params": "bar", "baz]',
    [error(-32700)],
  ],
  "an invalid request": [
    '{"jsonrpc": "2.0", "method": 1, "params": "bar"}',
    [error(-32600)],
  ],
  "a batch of invalid JSON": [
    '[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},{"jsonrpc": "2.0", "method"]',
    [error(-32700)],
  ],
  "an empty batch": ["[]", [error(-32600)]],
  "a batch of one invalid element": ["[1]", [[error(-32600)]]],
  "a batch of invalid elements": [
    "[1,2,3]",
    [[error(-32600), error(-32600), error(-32600)]],
  ],
  "a mixed batch": [
    `[{"jsonrpc": "2.0", "method": "sum", "params": [1,2,4], "id": "1"},
      {"jsonrpc": "2.0", "method": "notify_hello", "params": [7]},
      {"jsonrpc": "2.0", "method": "subtract", "params": [42,23], "id": "2"},
      {"foo": "boo"},
      {"jsonrpc": "2.0", "method": "foo.get", "params": {"name": "myself"}, "id": "5"},
      {"jsonrpc": "2.0", "method": "get_data", "id": "9"}]`,
    [[
      { jsonrpc: "2.0", result: 7, id: "1" },
      { jsonrpc: "2.0", result: 19, id: "2" },
      error(-32600),
      error(-32601, "5"),
      { jsonrpc: "2.0", result: ["hello", 5], id: "9" },
    ]],
  ],
  "a batch of notifications": [
    '[{"jsonrpc": "2.0", "method": "notify_sum", "params": [1,2,4]},{"jsonrpc": "2.0", "method": "notify_hello", "params": [7]}]',
    [],
  ],
};

/** An error's code and id: its words are ours to choose. */
function essenceOf(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.map(essenceOf);
  const { error, id } = reply as { error?: { code: number }; id: unknown };
  return error === undefined ? reply : { code: error.code, id };
}

for (const [sentence, [line, replies]] of Object.entries(examples)) {
  Deno.test(`JSON-RPC 2.0, section 7: ${sentence}`, async () => {
    await using wire = await Wire.open(methods);
    await wire.send(line.replaceAll("\n", " "));
    assertEquals((await wire.settled()).map(essenceOf), replies);
  });
}
