import { assert, assertEquals } from "@std/assert";
import { limits } from "../../../lib/base/limits.ts";
import { event, word } from "../../../lib/ipc/ring/records.ts";
import { attack, testAttack } from "../../support/segment_attack.ts";
import { seededRandom } from "../../support/sleep_words.ts";

/** Writes a record as the wire has it, whatever stands around it. */
function putRecord(ring: ArrayBuffer, at: number, kind: number, length: number, sequence = 0) {
  const words = new Int32Array(ring);
  words[128 + 2 * at] = (kind << 28) | length;
  words[129 + 2 * at] = sequence;
}

async function ring(socket: Deno.UnixConn, times: number): Promise<void> {
  const bells = new Uint8Array(times).fill(0x0a);
  for (let sent = 0; sent < times;) sent += await socket.write(bells.subarray(sent));
}

const BELL = new Uint8Array([0x0a]);

testAttack(
  "a peer that says it has sent less over the socket than it has is cut",
  async (attacked) => {
    await using hostile = await attack(attacked);
    await hostile.socket.write(new TextEncoder().encode("{}\n{}\n"));
    hostile.segment.moveOutbound(1);
    await hostile.socket.write(BELL);
    hostile.socket.close();
    const { error } = await hostile.outcome;
    assert(error === undefined || error.includes("broke the rules"), error);
  },
);

const records: Record<string, (ring: ArrayBuffer, words: Int32Array) => void> = {
  "a tail beyond the ring": (_, words) => words[word.tail] = limits.segmentRingBytes,
  "a tail before the head": (_, words) => words[word.tail] = -1,
  "a head that jumped": (_, words) => words[word.head] = 12_345,
  "a length beyond the ring": (ring, words) => {
    putRecord(ring, 0, 1, 2 ** 28 - 1);
    words[word.tail] = limits.segmentRingBytes / 8;
  },
  "a length beyond the data": (ring, words) => {
    putRecord(ring, 0, 1, 100);
    words[word.tail] = 2;
  },
  "a record across the end of the ring": (ring, words) => {
    const last = limits.segmentRingBytes / 8 - 1;
    putRecord(ring, last, 1, 64);
    words[word.head] = last;
    words[word.tail] = last + 9;
  },
  "skips without end": (ring, words) => {
    for (let at = 0; at < 100; at++) putRecord(ring, at, 15, 0);
    words[word.tail] = 100;
  },
};

for (const [name, write] of Object.entries(records)) {
  testAttack(`${name} ends the connection, and nothing else`, async (attacked) => {
    await using hostile = await attack(attacked);
    hostile.segment.moveOutbound(0);
    const words = new Int32Array(hostile.segment.outbound);
    write(hostile.segment.outbound, words);
    words[event.data] = 1;
    await hostile.socket.write(BELL);
    const { error } = await hostile.outcome;
    assert(error?.includes("damaged"), `${error}`);
  });
}

testAttack("a flood of doorbells without a message ends the connection", async (attacked) => {
  await using hostile = await attack(attacked);
  hostile.segment.moveOutbound(0);
  const flooded = ring(hostile.socket, limits.maxIdleDoorbells + 1).catch(() => {});
  const { error } = await hostile.outcome;
  assert(error?.includes("broke the rules"), `${error}`);
  hostile.victim.abort();
  await flooded;
});

testAttack("as many doorbells as are allowed do no harm", async (attacked) => {
  await using hostile = await attack(attacked);
  hostile.segment.moveOutbound(0);
  await ring(hostile.socket, limits.maxIdleDoorbells);
  hostile.socket.close();
  assertEquals(await hostile.outcome, { text: "", error: undefined });
});

testAttack(
  "random bytes everywhere in the memory harm nobody but their connection",
  async (attacked) => {
    const random = seededRandom(2_463_534_242);
    for (let round = 0; round < 60; round++) {
      await using hostile = await attack(attacked, random(2) === 0);
      const { segment, socket, victim } = hostile;
      segment.moveOutbound(0);
      const says = [
        () => segment.moveOutbound(random(2 ** random(32))),
        () => segment.returnOutbound(random(2 ** random(32))),
        () => segment.tellReaderSleeps(random(2) === 0),
      ];
      victim.takesBlobs = true;
      let isSending = false;
      const sent = () => void (isSending = false);
      for (let n = 0; n < 8; n++) {
        for (const ring of [segment.outbound, segment.inbound]) {
          const words = new Int32Array(ring);
          const near = [word.flags, word.tail, word.items, word.head, event.data, event.space];
          const at = near[random(near.length + 2)] ?? 128 + random(words.length - 128);
          words[at + random(2)] = random(3) === 0 ? random(64) : random(2 ** 32);
        }
        if (n > 2) says[random(says.length)]?.();
        await socket.write(BELL).catch(() => {});
        // A ring that seems to be full makes it wait, as a peer does that reads nothing.
        if (!isSending) {
          isSending = true;
          victim.send("a reply\n").then(sent, sent);
        }
      }
      socket.close();
      await hostile.outcome; // whatever came, it has ended
    }
  },
);
