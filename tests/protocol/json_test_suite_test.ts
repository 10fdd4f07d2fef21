import { assert, assertEquals } from "@std/assert";
import { decodeLine } from "../../lib/protocol/decode.ts";
import { serve } from "../../lib/endpoint/serve.ts";
import { RawPeer } from "../support/raw_peer.ts";
import { tempDirectory } from "../support/temp.ts";
import { testVectors } from "../support/vectors.ts";

interface Vector {
  readonly name: string;
  readonly b64: string;
}

const bounds = { maxDepth: 64, maxBatchLength: 1_000 };
const LF = 0x0a;
const CR = 0x0d;

/** The bytes as one line: a LF ends a line, and CR means the same to JSON, inside text and beside. */
function lineOf(vector: Vector): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromBase64(vector.b64).map((byte) => byte === LF ? CR : byte);
}

/** What the transport makes of a line: text, or U+FFFD alone where it is not UTF-8. */
function textOf(line: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(line);
  } catch {
    return "\uFFFD";
  }
}

testVectors<Vector[]>(
  "decodeLine() parses what JSONTestSuite calls JSON and nothing that it calls wrong",
  "json_test_suite.json",
  (vectors) => {
    assert(vectors.length > 300);
    for (const vector of vectors) {
      const text = textOf(lineOf(vector));
      const message = decodeLine(text, bounds);
      const isJson = !(message.kind === "invalid" && message.code === "parse_error");
      // As a result, so that it goes through dari's own form.
      const reply = decodeLine(`{"jsonrpc":"2.0","id":1,"result":${text}}`, bounds);
      if (vector.name.startsWith("y_")) {
        assert(isJson, vector.name);
        assertEquals(
          reply,
          { kind: "result", id: 1, result: JSON.parse(text), types: undefined },
          vector.name,
        );
      } else if (vector.name.startsWith("n_")) {
        assert(!isJson, vector.name);
        assertEquals(reply.kind, "invalid", vector.name);
      }
    }
  },
);

testVectors<Vector[]>(
  "a server answers every line of JSONTestSuite on one connection and goes on serving",
  "json_test_suite.json",
  async (vectors) => {
    const methods = { echo: { public: true, handler: (params: unknown) => params } };
    await using directory = await tempDirectory();
    // Over a Unix socket, where the owner may send lines of 100,000 brackets.
    const listen = `unix:${directory.path}/s`;
    await using _server = await serve({ listen, methods });
    using peer = await RawPeer.connect(listen);
    for (const vector of vectors) {
      const line = lineOf(vector);
      if (/^[ \t]*\r?$/.test(textOf(line))) continue; // A blank line is not answered.
      await peer.sendBytes(new Uint8Array([...line, LF]));
      const reply = JSON.parse(await peer.line());
      const codes = (Array.isArray(reply) ? reply : [reply]).map(({ error }) => error?.code);
      if (vector.name.startsWith("n_")) assertEquals(codes, [-32700], vector.name);
      if (vector.name.startsWith("y_")) {
        assert(codes.every((code) => code === -32600), `${vector.name}: ${codes}`);
      }
    }
    await peer.send('{"jsonrpc":"2.0","id":1,"method":"echo","params":["still here"]}\n');
    assertEquals(JSON.parse(await peer.line()).result, ["still here"]);
  },
);
