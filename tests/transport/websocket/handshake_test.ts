import { assertEquals, assertRejects } from "@std/assert";
import { TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import type { ByteStream } from "../../../lib/transport/stream_connection.ts";
import { acceptOf, askForWebSocket } from "../../../lib/transport/websocket/handshake.ts";

const target = { host: "example.com", port: 443 };

/** A server that answers a request with text, which may depend on the key. */
function serverThat(answer: (accept: string) => string): ByteStream {
  let text = "";
  return {
    async read(into) {
      const bytes = new TextEncoder().encode(text);
      text = "";
      into.set(bytes.subarray(0, into.length));
      return await Promise.resolve(bytes.length === 0 ? null : Math.min(bytes.length, into.length));
    },
    async write(bytes) {
      const request = new TextDecoder().decode(bytes);
      text = answer(await acceptOf(/Sec-WebSocket-Key: (\S+)/.exec(request)![1]!));
      return bytes.length;
    },
    closeWrite: () => Promise.resolve(),
    close: () => {},
  };
}

function answerOf(accept: string, more = "Sec-WebSocket-Protocol: dari.1\r\n"): string {
  return `HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: ${accept}\r\n${more}\r\n`;
}

Deno.test("acceptOf() answers the key of RFC 6455, section 1.3", async () => {
  assertEquals(await acceptOf("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
});

Deno.test("askForWebSocket() gives what came behind the answer", async () => {
  const rest = await askForWebSocket(serverThat((accept) => `${answerOf(accept)}hello`), target);
  assertEquals(new TextDecoder().decode(rest), "hello");
});

Deno.test("askForWebSocket() refuses any other answer, and says which one came", async () => {
  const cases: [answer: (accept: string) => string, says: string][] = [
    [() => "", "it ended the connection"],
    [() => 'HTTP/1.1 403 Forbidden\r\n\r\n{"detail":"not you"}', "answered 403 Forbidden: not you"],
    [() => answerOf("wrong"), "does not answer the key"],
    [(accept) => answerOf(accept, ""), "does not speak the subprotocol dari.1"],
    [
      (accept) => answerOf(accept, `X: ${"x".repeat(limits.maxWebSocketAnswerBytes)}\r\n`),
      `more than ${limits.maxWebSocketAnswerBytes} bytes`,
    ],
  ];
  for (const [answer, says] of cases) {
    const ask = () => askForWebSocket(serverThat(answer), target);
    await assertRejects(ask, TransportError, says);
  }
});
