import { assertEquals, assertThrows } from "@std/assert";
import { DariError, TransportError } from "../../../lib/base/errors.ts";
import { limits } from "../../../lib/base/limits.ts";
import { ownHello } from "../../../lib/protocol/hello.ts";
import { Agreement } from "../../../lib/rpc/peer/agreement.ts";

const future = {
  versions: ["dari/2", "dari/1"],
  features: ["values", "telepathy"],
  limits: { maxLineBytes: 1_000, maxCallsInFlight: 2, maxDreams: 3 },
  agent: "future/9",
  mood: "fine",
};

Deno.test("an agreement has what both sides know, and heeds the other's bounds", () => {
  const agreement = new Agreement();
  assertEquals([agreement.state, agreement.has("values")], ["plain", false]);
  assertEquals(agreement.maxLineBytes, limits.maxLineBytes);
  agreement.asked(future);
  assertEquals([agreement.state, agreement.has("values"), agreement.has("bytes")], [
    "agreed",
    true,
    false,
  ]);
  assertEquals([agreement.maxLineBytes, agreement.maxCallsInFlight], [1_000, 2]);
  assertEquals(agreement.agent, "future/9");
});

Deno.test("a second hello is refused, whether this side asked or the other", () => {
  const agreement = new Agreement();
  agreement.ask();
  agreement.answered(ownHello(1_024));
  const error = assertThrows(() => agreement.asked(future), DariError);
  assertEquals(error.code, "failed_precondition");
});

Deno.test("who asked hears once that the answer came, or that none will", () => {
  for (
    const [settle, state] of [
      [(agreement: Agreement) => agreement.answered(future), "agreed"],
      [(agreement: Agreement) => agreement.answered("nonsense"), "plain"],
      [(agreement: Agreement) => agreement.refused(), "plain"],
    ] as const
  ) {
    const agreement = new Agreement();
    let settled = 0;
    agreement.onSettled = () => settled++;
    agreement.ask();
    assertEquals(agreement.state, "asked");
    settle(agreement);
    assertEquals([agreement.state, settled], [state, 1]);
  }
});

Deno.test("a connection that ends before the answer says nothing of what the other side knows", () => {
  const agreement = new Agreement();
  agreement.ask();
  agreement.refused(new TransportError("unavailable", "The connection ended"));
  assertEquals(agreement.state, "asked");
  agreement.refused(new DariError("method_not_found", "There is no such method"));
  assertEquals(agreement.state, "plain");
});
