import { assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { Crowd } from "../../../lib/ipc/segment/crowd.ts";

const { maxLookoutConnections, readsOfCrowd } = limits;

/** So many connections read by turns, so often in all. */
function readByTurns(crowd: Crowd, connections: number, reads: number): void {
  const last = new Array<number>(connections).fill(0);
  for (let n = 0; n < reads; n++) {
    const at = n % connections;
    last[at] = crowd.read(last[at]!);
  }
}

Deno.test("connections that read by turns are a crowd where they are more than a few", () => {
  for (const [connections, isCrowd] of [[1, false], [2, false], [32, true]] as const) {
    const crowd = new Crowd();
    readByTurns(crowd, connections, 4 * readsOfCrowd);
    assertEquals(crowd.isThere, isCrowd, `${connections}`);
  }
  for (const more of [0, 1]) {
    const crowd = new Crowd();
    readByTurns(crowd, maxLookoutConnections + more, 4 * readsOfCrowd);
    assertEquals(crowd.isThere, more === 1, `${maxLookoutConnections + more}`);
  }
});

Deno.test("a crowd comes with many reads, and goes with as many", () => {
  const crowd = new Crowd();
  readByTurns(crowd, 32, readsOfCrowd);
  assertEquals(crowd.isThere, false);
  readByTurns(crowd, 32, readsOfCrowd);
  assertEquals(crowd.isThere, true);
  readByTurns(crowd, 1, readsOfCrowd / 2);
  assertEquals(crowd.isThere, true);
  readByTurns(crowd, 1, readsOfCrowd);
  assertEquals(crowd.isThere, false);
});

Deno.test("connections that read now and then beside a busy one are no crowd", () => {
  const crowd = new Crowd();
  let busy = 0;
  for (let n = 0; n < 4 * readsOfCrowd; n++) {
    crowd.read(0);
    for (let reads = 0; reads < 3; reads++) busy = crowd.read(busy);
  }
  assertEquals(crowd.isThere, false);
});
