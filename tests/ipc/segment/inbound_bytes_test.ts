import { assert, assertEquals } from "@std/assert";
import { socketTurn } from "../../../lib/base/turn.ts";
import { event, word } from "../../../lib/ipc/ring/records.ts";
import { RETURNED } from "../../../lib/ipc/segment/segment.ts";
import { attack, type Hostile, testAttack } from "../../support/segment_attack.ts";

/** The hostile end of a connection that may leave its memory. */
class Stranger {
  /** Bytes that it has written to the socket. */
  sent = 0;
  readonly #hostile: Hostile;
  #records = 0;
  #isOver = false;

  constructor(hostile: Hostile) {
    this.#hostile = hostile;
    void hostile.outcome.then(() => this.#isOver = true);
  }

  async send(text: string): Promise<void> {
    this.sent += await this.#hostile.socket.write(new TextEncoder().encode(text));
  }

  /** Resolves once the victim has read everything that was sent over the socket. */
  async isRead(): Promise<void> {
    while (this.#hostile.received() < this.sent && !this.#isOver) await socketTurn();
    await socketTurn();
    assertEquals(this.#isOver, false, "nothing was wrong so far");
  }

  move(sentBytes = this.sent): void {
    this.#hostile.segment.moveOutbound(sentBytes);
  }

  return(sentBytes = this.sent): void {
    this.#hostile.segment.returnOutbound(sentBytes);
  }

  /** Puts the mark into its ring with which it leaves, and wakes nobody. */
  mark(): void {
    const words = new Int32Array(this.#hostile.segment.outbound);
    words[128 + 2 * this.#records] = RETURNED << 28;
    words[129 + 2 * this.#records] = this.#records;
    words[event.data] = this.#records + 1;
    Atomics.store(words, word.tail, ++this.#records);
  }

  /** Moves and goes back to the socket as it should, and sends a line there. */
  async goBack(line: string): Promise<void> {
    this.move();
    await this.send("\n");
    await this.isRead();
    this.return();
    this.mark();
    await this.send(line);
    await this.isRead();
  }
}

const cheats: Record<string, (stranger: Stranger) => Promise<void>> = {
  "a return behind fewer bytes than have come": async (stranger) => {
    stranger.move();
    await stranger.send("\n\n\n");
    await stranger.isRead();
    stranger.return(1);
    stranger.mark();
    await stranger.send("{}\n");
  },
  "a mark without a return": async (stranger) => {
    stranger.move();
    stranger.mark();
    await stranger.send("\n");
  },
  "a return without its mark": async (stranger) => {
    stranger.move();
    stranger.return();
    await stranger.send("{}\n");
  },
  "a second mark without a second return": async (stranger) => {
    await stranger.goBack("{}\n");
    stranger.move();
    stranger.mark();
    await stranger.send("\n");
  },
  "a second move behind fewer bytes than have come": async (stranger) => {
    await stranger.goBack("{}\n");
    stranger.move(2);
    await stranger.send("\n");
  },
  "other bytes in the place of the doorbells of a second move": async (stranger) => {
    await stranger.goBack("{}\n");
    stranger.move();
    await stranger.send("x");
  },
};

for (const [name, cheat] of Object.entries(cheats)) {
  testAttack(`${name} ends the connection, and nothing else`, async (attacked) => {
    await using hostile = await attack(attacked, true);
    await cheat(new Stranger(hostile));
    const { error } = await hostile.outcome;
    assert(error?.includes("broke the rules"), `${error}`);
  });
}

testAttack("a return on which the ends have not agreed ends the connection", async (attacked) => {
  await using hostile = await attack(attacked, false);
  const stranger = new Stranger(hostile);
  stranger.move();
  stranger.return();
  stranger.mark();
  await stranger.send("\n");
  const { error } = await hostile.outcome;
  assert(error?.includes("broke the rules"), `${error}`);
});

testAttack(
  "a doorbell that is read while its sender leaves the memory is no fault",
  async (attacked) => {
    await using hostile = await attack(attacked, true);
    const stranger = new Stranger(hostile);
    stranger.move();
    await stranger.send("\n");
    await stranger.isRead();
    stranger.return(stranger.sent + 1);
    await stranger.send("\n");
    await stranger.isRead();
    stranger.mark();
    await stranger.send("{}\n");
    await stranger.isRead();
    hostile.socket.close();
    assertEquals(await hostile.outcome, { text: "{}\n", error: undefined });
  },
);

const announcements: Record<string, (stranger: Stranger) => void> = {
  "a move that was announced before": (stranger) => stranger.move(0),
  "a move to where it has returned": (stranger) => stranger.move(1),
  "a move behind bytes that never come": (stranger) => stranger.move(2 ** 40),
  "a move before the first byte": (stranger) => stranger.move(-7),
  "a return without a move": (stranger) => stranger.return(2 ** 40),
};

for (const [name, announce] of Object.entries(announcements)) {
  testAttack(`${name} changes nothing: the socket goes on`, async (attacked) => {
    await using hostile = await attack(attacked, true);
    const stranger = new Stranger(hostile);
    await stranger.goBack("{}\n");
    announce(stranger);
    await stranger.send("[]\n");
    await stranger.isRead();
    hostile.socket.close();
    assertEquals(await hostile.outcome, { text: "{}\n[]\n", error: undefined });
  });
}
