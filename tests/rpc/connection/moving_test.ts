import { assertEquals, assertThrows } from "@std/assert";
import { DariError } from "../../../lib/base/errors.ts";
import { Moving } from "../../../lib/rpc/connection/moving.ts";
import type { MemoryOffer, MemorySharing } from "../../../lib/transport/connection.ts";

const OFFER: MemoryOffer = { pid: 1, fd: 2, ringBytes: 4_096, token: "00" };

class Sharing implements MemorySharing {
  isShared = false;
  returns = false;
  onWorthwhile: (() => void) | undefined;
  readonly done: string[] = [];

  constructor(readonly offers: boolean, readonly failure?: DariError) {}

  offer(): MemoryOffer {
    if (this.failure !== undefined) throw this.failure;
    this.done.push("offer");
    return OFFER;
  }

  join(offer: MemoryOffer): void {
    if (this.failure !== undefined) throw this.failure;
    this.done.push(`join ${offer.pid}`);
  }

  withdraw(): void {
    this.done.push("withdraw");
  }
}

/** Two ends that have agreed, where one of them hears of an offer by a call. */
function movingOf(
  sharing: MemorySharing | undefined,
  knows: boolean | readonly string[] = true,
  answer = Promise.resolve(),
) {
  const calls: [string, unknown][] = [];
  const moving = new Moving({
    agreement: {
      has: (feature) => knows === true ? feature === "memory" : knows && knows.includes(feature),
    },
    caller: {
      call: (method, params) => {
        calls.push([method, params]);
        return answer;
      },
    },
    connection: sharing === undefined ? {} : { sharing },
  });
  return { moving, calls };
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

Deno.test("the end that was accepted offers memory once moving pays", async () => {
  const sharing = new Sharing(true);
  const { moving, calls } = movingOf(sharing);
  moving.agreed();
  assertEquals(calls, []);
  sharing.onWorthwhile?.();
  await turn();
  assertEquals([calls, sharing.done], [[["rpc.memory", OFFER]], ["offer"]]);
});

Deno.test("nothing is offered without an agreement, by the other end, or over another transport", () => {
  const withoutAgreement = new Sharing(true);
  movingOf(withoutAgreement, false).moving.agreed();
  const connected = new Sharing(false);
  movingOf(connected).moving.agreed();
  assertEquals([withoutAgreement.onWorthwhile, connected.onWorthwhile], [undefined, undefined]);
  movingOf(undefined).moving.agreed();
});

Deno.test("what moved may go back to the socket where both ends know how", () => {
  for (const isAccepted of [true, false]) {
    for (const knows of [["memory", "memory-return"], ["memory"], ["memory-return"]]) {
      const sharing = new Sharing(isAccepted);
      movingOf(sharing, knows).moving.agreed();
      assertEquals(sharing.returns, knows.length === 2);
    }
  }
});

Deno.test("an offer that the other end refuses is withdrawn, and so is one that cannot be made", async () => {
  const refused = new Sharing(true);
  const { moving } = movingOf(refused, true, Promise.reject(new DariError("not_found", "no")));
  moving.agreed();
  refused.onWorthwhile?.();
  await turn();
  assertEquals(refused.done, ["offer", "withdraw"]);
  const full = new Sharing(true, new DariError("io", "no room"));
  const other = movingOf(full);
  other.moving.agreed();
  full.onWorthwhile?.();
  await turn();
  assertEquals([full.done, other.calls], [["withdraw"], []]);
});

Deno.test("an offer is taken where both ends have agreed, and why it is not is told", () => {
  const sharing = new Sharing(false);
  assertEquals(movingOf(sharing).moving.take(OFFER), true);
  assertEquals(sharing.done, ["join 1"]);
  const refuses = (use: () => unknown, code: string) =>
    assertEquals(assertThrows(use, DariError).code, code);
  refuses(() => movingOf(sharing, false).moving.take(OFFER), "failed_precondition");
  refuses(() => movingOf(undefined).moving.take(OFFER), "failed_precondition");
  const broken = new Sharing(false, new DariError("permission_denied", "another user's"));
  refuses(() => movingOf(broken).moving.take(OFFER), "permission_denied");
});
