import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import { FastRequest } from "../../../lib/http/engine/fast_request.ts";
import { HttpFault } from "../../../lib/http/engine/http_fault.ts";

const info = {
  remoteAddr: { transport: "tcp", hostname: "::1", port: 5_000 },
  completed: Promise.resolve(),
} as const;

function requestOf(init: RequestInit = {}, path = "/rpc?a=b") {
  const refused: unknown[] = [];
  const request = new FastRequest(new Request(`https://localhost:9090${path}`, init), info, {
    responseOf: (answer) => answer instanceof Response ? answer : Response.json(answer?.status),
    refuse(_request, error) {
      refused.push(error);
      return new Response("refused");
    },
  });
  return { request, refused };
}

const text = (response: Response | undefined) => response?.text();
const ok = (body: string) => ({ status: 200, headers: {}, body });

Deno.test("FastRequest tells of a request what it is asked for", () => {
  const { request } = requestOf({ method: "POST", headers: { "X-One": "1" }, body: "{}" });
  assertEquals(
    [request.method, request.target, request.host, request.header("x-one"), request.header("x")],
    ["POST", "/rpc?a=b", "localhost:9090", "1", null],
  );
  assertEquals(request.peer.address, "[::1]:5000");
  assertEquals(request.peer, request.peer);
});

Deno.test("FastRequest takes one length, and no body that is longer than it may be", async () => {
  const bodied = (length: string, body = "12345") =>
    requestOf({ method: "POST", headers: { "Content-Length": length }, body }).request;
  assertEquals(bodied("5").length, 5);
  assertEquals((await bodied("5").bytes(5)).length, 5);
  assertThrows(() => bodied("5").bytes(4), HttpFault);
  for (const length of ["5, 6", "-1", "0x5", "5.0", ""]) {
    assertThrows(() => bodied(length).length, HttpFault, "it must be one number");
  }
  const chunks = () =>
    requestOf({ method: "POST", body: new Blob(["123", "45"]).stream() }).request;
  assertEquals(chunks().length, undefined);
  assertEquals((await chunks().bytes(5)).length, 5);
  await assertRejects(() => chunks().bytes(4), HttpFault);
});

Deno.test("FastRequest.answerBody() makes the reply of what is made, and refuses what fails", async () => {
  const made = requestOf({ method: "POST", body: "12" });
  assertEquals(made.request.answered, undefined);
  const answer = made.request.answerBody(2, (bytes) => ok(`${bytes.length}`));
  assert(answer === made.request.answered);
  assertEquals(await text(await made.request.answered), "200");
  const later = requestOf({ method: "POST", body: "12" });
  later.request.answerBody(2, () => Promise.resolve(ok("")));
  assertEquals(await text(await later.request.answered), "200");

  const fault = new Error("it failed");
  for (
    const make of [
      () => {
        throw fault;
      },
      () => Promise.reject(fault),
    ]
  ) {
    const { request, refused } = requestOf({ method: "POST", body: "12" });
    request.answerBody(2, make);
    assertEquals([await text(await request.answered), refused], ["refused", [fault]]);
  }
  const long = requestOf({ method: "POST", body: new Blob(["123"]).stream() });
  long.request.answerBody(2, () => ok(""));
  assertEquals(await text(await long.request.answered), "refused");
  assert(long.refused[0] instanceof HttpFault);
});
