import { DariError } from "../../lib/base/errors.ts";
import type { LogFold } from "../../lib/cluster/follow/follower.ts";
import { Participant } from "../../lib/cluster/follow/participant.ts";
import type { ParticipantOptions, TakenStep } from "../../lib/cluster/follow/participant_parts.ts";
import { readNewest } from "../../lib/cluster/follow/pieces.ts";
import { type LogFacts, LogState } from "../../lib/cluster/log/log_state.ts";
import type { OpenedMessage } from "../../lib/cluster/log/seal.ts";
import { TestClock } from "./clock.ts";
import { FakeTimers } from "./fake_timers.ts";
import { MemoryLogHub } from "./memory_log.ts";
import { sharedKey } from "./shared_store.ts";
import { passInTicks } from "./store_world.ts";

const decoder = new TextDecoder();

/** What became of a message; a batch is a text. */
interface TakenText extends TakenStep {
  readonly text?: string;
}

/** The least state: all texts of the log. The text "newer" is one that a newer dari wrote. */
class Texts implements LogFold<TakenText> {
  readonly log: LogState;
  readonly all: string[];

  constructor(facts?: LogFacts, all: string[] = []) {
    this.log = new LogState(facts);
    this.all = all;
  }

  get sequence(): number {
    return this.log.sequence;
  }

  take(message: OpenedMessage | undefined, sequence: number, atMs: number): TakenText {
    const taken = this.log.take(message, sequence, atMs);
    if (taken.kind !== "body") return taken;
    const text = decoder.decode(taken.body);
    if (text === "newer") return { kind: "newer" };
    this.all.push(text);
    return { kind: "written", text };
  }
}

/** Participants of one log; time passes where the test says so. */
export class ParticipantWorld implements AsyncDisposable {
  readonly hub = new MemoryLogHub();
  readonly clock = new TestClock();
  readonly #timers = new FakeTimers();
  readonly #all: Participant<Texts, TakenText>[] = [];

  constructor() {
    this.hub.now = () => this.clock.now();
  }

  /** Somebody who takes part, and what they heard. */
  make(options: Partial<ParticipantOptions> & { readonly isDue?: () => boolean } = {}) {
    const heard: string[] = [];
    const log = options.log ?? this.hub.open();
    const participant = new Participant<Texts, TakenText>({
      ...{ log, key: sharedKey, service: "dari", clock: this.clock, random: () => 0 },
      onFresh: (isFresh) => heard.push(isFresh ? "fresh" : "stale"),
      onLost: ({ code }) => heard.push(`lost: ${code}`),
      ...options,
    }, {
      kind: "store",
      state: new Texts(),
      read: async (opener) => await readNewest({ log, opener }, textsOf) ?? new Texts(),
      onTaken: ({ text }, _at, isOwn) => text && heard.push(isOwn ? `own ${text}` : text),
      onReset: () => heard.push("reset"),
      logOf: ({ log }) => log,
      isDue: (state, nowMs) => (options.isDue?.() ?? false) && !state.log.isCutting(nowMs),
      bytesOf: ({ all }) => all.join("\n").length,
      snapshot: ({ log, all }) => ({
        cut: log.facts().cut,
        lines: [JSON.stringify(log.facts()), ...all],
        [Symbol.dispose]() {},
      }),
    });
    this.#all.push(participant);
    return { participant, heard };
  }

  async start(options?: Parameters<ParticipantWorld["make"]>[0]) {
    const made = this.make(options);
    await made.participant.start();
    return made;
  }

  async pass(ms: number): Promise<void> {
    await passInTicks(ms, this.clock, this.#timers);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const each of this.#all) await each.close(new DariError("unavailable", "over"));
    this.#timers[Symbol.dispose]();
  }
}

async function textsOf(lines: AsyncGenerator<string, boolean>): Promise<Texts | undefined> {
  const found: string[] = [];
  for (;;) {
    const { done, value } = await lines.next();
    if (!done) found.push(value);
    else return value ? new Texts(JSON.parse(found[0]!), found.slice(1)) : undefined;
  }
}
