import { DariError } from "../../../base/errors.ts";
import { limits } from "../../../base/limits.ts";
import type { NewMessage, PutReceipt } from "../../../messages/mod.ts";
import { type Command, defineCommand, type Io } from "../../app/command.ts";
import { flag, operand, option } from "../../app/option.ts";
import { report } from "../../app/report.ts";
import { duration, text, wholeNumber } from "../../app/value_type.ts";
import { messageValues } from "./message_values.ts";
import { queueOperand, queueOptions, rightsNote, withQueues } from "./queue_options.ts";

/** `dari queue put` */
export const command: Command = defineCommand({
  examples: [
    `dari queue put emails '{ "to": "alice@example.com" }'`,
    ["dari queue put emails - < message.json", "the message from standard input"],
    ["dari queue put orders --lines - < orders.jsonl", "each line is a message; none is empty"],
    `dari queue put orders --id order-1 --message-key customer-7 '{ "total": 30 }'`,
    [`dari queue put emails --delay 1h '{ "to": "bob@example.com" }'`, "not to be taken before"],
  ],
  operands: {
    queue: queueOperand,
    message: operand(text("JSON|-"), "the message; - reads standard input"),
  },
  options: {
    lines: flag("read several messages: JSON Lines"),
    id: option(text("ID"), "do not put it where a message with this ID is, or was not long ago"),
    "message-key": option(text("KEY"), "work on messages with this key one at a time, in order"),
    priority: option(wholeNumber(0), "from 0 to 9; the highest is taken first"),
    delay: option(duration, "do not let it be taken before"),
    ...queueOptions,
  },
  notes: [
    "The first message makes the queue. Once the command has ended, the message is on the server's " +
    "disk. Numbers have 53 bits, as in JavaScript: write longer ones as text.",
    `With --lines, every ${limits.maxMessageBatch} messages are put together: all of them, or none.`,
    rightsNote,
  ],
  async run({ operands: { queue, message }, options }, io) {
    const { lines, id, "message-key": key, priority, delay } = options;
    if (lines && id !== undefined) {
      throw new DariError("usage", "--id names one message; with --lines there are several");
    }
    const input = message === "-" ? await io.readInput() : message;
    const given = { id, key, priority, delayMs: delay };
    const messages = messageValues(input, lines).map((value): NewMessage => ({
      ...defined(given),
      value,
    }));
    const receipts = await withQueues(options, io, async (queues) => {
      const all: PutReceipt[] = [];
      for (let at = 0; at < messages.length; at += limits.maxMessageBatch) {
        const batch = messages.slice(at, at + limits.maxMessageBatch);
        all.push(...await queues.put(queue, batch));
      }
      return all;
    });
    tell(receipts, { queue, lines }, options, io);
    return 0;
  },
});

function tell(
  receipts: readonly PutReceipt[],
  { queue, lines }: { readonly queue: string; readonly lines: boolean },
  options: { readonly json: boolean },
  io: Io,
): void {
  const [receipt] = receipts;
  if (lines || receipt === undefined) {
    report(options, io, { queue, messages: receipts }, [
      `put ${receipts.length} ${receipts.length === 1 ? "message" : "messages"} into ${queue}`,
    ]);
    return;
  }
  const { number, isDuplicate } = receipt;
  report(options, io, { queue, ...receipt }, [
    isDuplicate
      ? `message ${number} of ${queue} has this ID: nothing was put`
      : `put message ${number} into ${queue}`,
  ]);
}

function defined<T extends object>(given: T): Partial<T> {
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<T>;
}
