import { assertEquals, assertRejects } from "@std/assert";
import type { Step } from "../../lib/conformance/case.ts";
import { Dialogue, type PeerConnection, type Side } from "../../lib/conformance/dialogue.ts";
import { Misfit } from "../../lib/conformance/misfit.ts";

const encoder = new TextEncoder();

/** A peer that says what it is given, piece by piece, and keeps what it is told. */
function scripted(...pieces: string[]): PeerConnection & { told: string } {
  return {
    told: "",
    write(bytes) {
      this.told += new TextDecoder().decode(bytes);
      return Promise.resolve();
    },
    read: () => {
      const piece = pieces.shift();
      return Promise.resolve(piece === undefined ? null : encoder.encode(piece));
    },
    endSending: () => Promise.resolve(),
    close: () => {},
  };
}

async function play(peer: PeerConnection, steps: readonly Step[], side: Side = "server") {
  const dialogue = new Dialogue(peer, 1_000, side);
  for (const step of steps) await dialogue.play(step);
  return dialogue;
}

const hello = '{"id":1,"method":"rpc.hello","params":{"features":["bytes"]}}';
const typed = '{"id":1,"result":0,"types":{"":"bytes"}}\n';

Deno.test("a dialogue takes raw bytes in front of a message once it has said so", async () => {
  const peer = scripted("#", "3\na", "\nb", typed);
  await play(peer, [{ send: hello }, { want: { result: "YQpi" } }]);
});

Deno.test("a dialogue that has not said so takes them for a line that is no JSON", async () => {
  await assertRejects(
    () => play(scripted("#3\nabc", typed), [{ want: { result: "YWJj" } }]),
    Misfit,
    "a line of JSON",
  );
});

Deno.test("a dialogue says that bytes were cut", async () => {
  await assertRejects(
    () => play(scripted("#3\nab"), [{ send: hello }, { want: {} }]),
    Misfit,
    "3 bytes behind their length",
  );
});

Deno.test("a dialogue passes over a server's grants where the case does not wait for them", async () => {
  const grant = '{"method":"rpc.credit","params":{"stream":1,"count":5}}\n';
  await play(scripted(grant, '{"id":1,"result":2}\n'), [{ want: { id: 1, result: 2 } }]);
  await play(scripted(grant), [{ want: { method: "rpc.credit", params: { count: 5 } } }]);
});

Deno.test("a dialogue answers what a client says of its own accord", async () => {
  const peer = scripted(
    '{"id":1,"method":"rpc.hello"}\n{"id":"p","method":"rpc.ping"}\n',
    '{"id":null,"error":{"code":-32700}}\n{"id":5,"method":"add"}\n',
  );
  await play(peer, [
    { want: { method: "add" }, as: "call" },
    { send: '{"id":${call},"result":1}' },
  ], "client");
  assertEquals(peer.told.split("\n"), [
    '{"jsonrpc":"2.0","id":1,"error":{"code":-32601,"message":"There is no method \\"rpc.hello\\""}}',
    '{"jsonrpc":"2.0","id":"p","result":"pong"}',
    '{"id":5,"result":1}',
    "",
  ]);
});
