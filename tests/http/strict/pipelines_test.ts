import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { method } from "../../../lib/rpc/method/method.ts";
import { startHttps } from "../../support/https_server.ts";

const REQUEST = "POST /rpc/wait HTTP/1.1\r\nHost: localhost\r\n\r\n";
const LAST = "POST /rpc/wait HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";

/** A method that answers once it was called so often. */
function waiting(expected: number) {
  let calls = 0;
  const all = Promise.withResolvers<void>();
  const wait = method({
    public: true,
    handler: async () => {
      if (++calls === expected) all.resolve();
      await all.promise;
      return calls;
    },
  });
  return { methods: { wait }, calls: () => calls };
}

Deno.test("as many requests as maxPipelinedRequests wait behind one of their connection", async () => {
  const count = 1 + limits.maxPipelinedRequests;
  const { methods, calls } = waiting(count);
  await using gateway = await startHttps(methods, { engine: "strict" });
  const replies = await gateway.raw(REQUEST.repeat(count - 1) + LAST, /^(?!)/);
  assertEquals(replies.match(/HTTP\/1\.1 200 OK\r/g)?.length, count);
  assertEquals(calls(), count);
});

Deno.test("a connection with one more than maxPipelinedRequests is cut, and others are served", async () => {
  const count = 2 + limits.maxPipelinedRequests;
  const { methods } = waiting(count);
  const refused: string[] = [];
  await using gateway = await startHttps(methods, { engine: "strict" }, {
    onRefused: (_address, reason) => refused.push(reason),
  });
  assertEquals(await gateway.raw(REQUEST.repeat(count), /^(?!)/), "");
  assertEquals(refused, [`more than ${limits.maxPipelinedRequests} requests wait for others`]);
  const reply = await gateway.fetch("/healthz");
  assertEquals(await reply.text(), "ok\n");
});
