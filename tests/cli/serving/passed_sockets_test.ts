import { assertEquals, assertThrows } from "@std/assert";
import { checkPassedSockets } from "../../../lib/cli/serving/passed_sockets.ts";
import { DariError } from "../../../lib/base/errors.ts";

const OWN = { listen: ["tls://localhost:9090"], threads: 1, exec: undefined };
const PASSED = { ...OWN, listen: ["tls://localhost:9090?systemd=web"] };

Deno.test("checkPassedSockets() says when nothing listens on the sockets that systemd hands over", () => {
  const told = (typed: typeof OWN, count?: string) => {
    const lines: string[] = [];
    checkPassedSockets(typed, { env: () => count }, (line) => lines.push(line));
    return lines.length;
  };
  assertEquals([told(OWN), told(OWN, "0"), told(OWN, "2"), told(PASSED, "2")], [0, 0, 1, 0]);
});

Deno.test("checkPassedSockets() refuses threads and programs beside sockets of systemd", () => {
  for (
    const [more, message] of [
      [{ threads: 2 }, "leave --threads out"],
      [{ exec: "cat" }, "could accept their connections itself"],
    ] as const
  ) {
    const check = (typed: typeof OWN) =>
      checkPassedSockets({ ...typed, ...more }, { env: () => undefined }, () => {});
    assertEquals(assertThrows(() => check(PASSED), DariError, message).code, "usage");
    check(OWN);
  }
});
