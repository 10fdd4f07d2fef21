import { CallRunner, type Handler } from "../../lib/ipc/pool/call_runner.ts";
import { decodeReply, type ReplyFrame } from "../../lib/ipc/pool/wire/frame.ts";
import { MessageReader, MessageWriter } from "../../lib/ipc/ring/messages.ts";
import { Ring } from "../../lib/ipc/ring/ring.ts";

/** A worker's call runner in this thread, and the replies that it has written. */
export function startRunner(
  methods: Record<string, Handler>,
  maxMessageBytes: number = 1_000_000,
): { runner: CallRunner; replies(): ReplyFrame[] } {
  const ring = Ring.create();
  const results = new MessageWriter(ring, 2 * maxMessageBytes);
  const reader = new MessageReader(ring, 2 * maxMessageBytes);
  const options = { results, encoding: "json", maxMessageBytes } as const;
  return {
    runner: new CallRunner(new Map(Object.entries(methods)), options),
    replies() {
      const replies: ReplyFrame[] = [];
      for (let message = reader.tryRead(); message; message = reader.tryRead()) {
        replies.push(decodeReply(message.content));
      }
      return replies;
    },
  };
}
