/**
 * Queues as methods of the wire: `rpc.queue.put` and the others.
 *
 * @module
 */

import type { Gate } from "../../auth/sign_in/gate.ts";
import type { Extension, ExtensionMethod } from "../../rpc/builtin/extension.ts";
import { callerName } from "../../rpc/method/caller_name.ts";
import type { Context } from "../../rpc/method/context.ts";
import {
  checkQueueName,
  isAdministrativeRight,
  type QueueRight,
  queueRight,
} from "../queue/names.ts";
import type { NackOptions, NewMessage, QueueOperations, TakeOptions } from "../queue/operations.ts";
import { membersOf } from "../queue/params.ts";
import type { QueueSettings } from "../queue/settings.ts";
import { mayAdminister } from "./may.ts";
import { oneOrSeveral } from "./one_or_several.ts";
import type { QueueSource } from "./queue_source.ts";
import { waitWithin } from "./wire_wait.ts";

/** Params of a method: a queue, and more. */
interface Given {
  readonly queue: string;
  readonly [name: string]: unknown;
}

/**
 * Makes the methods of queues.
 *
 * @param source The queues.
 * @returns What a server is extended by.
 */
export function queueExtension(source: QueueSource): Extension {
  const about = aboutQueue(source);
  return {
    methods: (gate) => ({
      "rpc.queue.put": about(
        "put",
        "Put messages into a queue",
        PUT,
        (queues, given) => put(queues, given),
      ),
      "rpc.queue.take": about(
        "take",
        "Take messages from a queue, once there are some",
        ["max", "leaseMs", "waitMs"],
        take,
      ),
      "rpc.queue.ack": about("take", "Say that a message is done", ["lease"], ack),
      "rpc.queue.nack": about(
        "take",
        "Give a message back, to be tried again",
        ["lease", "delayMs", "reason", "dead"],
        (queues, { queue, lease, ...options }) =>
          queues.nack(queue, lease as string, options as NackOptions),
      ),
      "rpc.queue.extend": about(
        "take",
        "Let the lease of a message begin anew",
        ["lease", "leaseMs"],
        (queues, { queue, lease, leaseMs }) =>
          queues.extend(queue, lease as string, leaseMs as number | undefined),
      ),
      "rpc.queue.show": about(
        "show",
        "Look at a queue",
        [],
        (queues, { queue }) => queues.show(queue),
        true,
      ),
      "rpc.queue.dead": about(
        "show",
        "List dead letters",
        ["after", "limit"],
        async (queues, { queue, ...page }) => ({ messages: await queues.dead(queue, page) }),
        true,
      ),
      "rpc.queue.configure": about(
        "manage",
        "Change settings of a queue",
        ["settings"],
        (queues, { queue, settings }) =>
          queues.configure(queue, settings as Partial<QueueSettings>),
        true,
      ),
      "rpc.queue.pause": about(
        "manage",
        "Let nothing be taken any more",
        [],
        (queues, { queue }) => queues.pause(queue),
        true,
      ),
      "rpc.queue.resume": about(
        "manage",
        "Let messages be taken again",
        [],
        (queues, { queue }) => queues.resume(queue),
        true,
      ),
      "rpc.queue.purge": about("manage", "Remove messages that wait", ["dead"], (
        queues,
        { queue, ...options },
      ) => queues.purge(queue, options), true),
      "rpc.queue.retry": about("manage", "Put dead letters back", ["numbers"], (
        queues,
        { queue, numbers },
      ) => queues.retry(queue, numbers as readonly number[] | undefined)),
      "rpc.queue.list": {
        summary: "Look at the queues that the caller may look at",
        idempotent: true,
        right: () => ({ name: "rpc.queue.list", isAdmin: false }),
        handler: (_params, { principal }) => list(source, gate, principal),
      },
    }),
  };
}

const PUT = ["messages", "value", "id", "key", "priority", "delayMs"];

type Work = (queues: QueueOperations, given: Given, context: Context) => unknown;

/** Makes methods whose right is one on the queue that their params name. */
function aboutQueue(source: QueueSource) {
  return (
    right: QueueRight,
    summary: string,
    params: readonly string[],
    work: Work,
    idempotent = false,
  ): ExtensionMethod => ({
    summary,
    idempotent,
    right: (given) => rightOn(given, right),
    handler(given, context) {
      const known = membersOf<Given>(given, ["queue", ...params], "The call");
      return work(source.as(callerName(context.principal)), known, context);
    },
  });
}

function rightOn(given: unknown, right: QueueRight) {
  const queue = checkQueueName((given as { queue?: unknown } | null | undefined)?.queue);
  return { name: queueRight(queue, right), isAdmin: isAdministrativeRight(right) };
}

function put(queues: QueueOperations, given: Given): Promise<unknown> {
  const { queue, messages, ...message } = given;
  return oneOrSeveral<NewMessage, unknown>(
    messages,
    message,
    (taken) => queues.put(queue, taken),
  );
}

/** The wait ends before the call does, so that its caller hears that nothing came. */
async function take(
  queues: QueueOperations,
  { queue, ...options }: Given,
  { signal, deadline }: Context,
): Promise<unknown> {
  const waitMs = waitWithin((options as TakeOptions).waitMs, { deadline });
  return { messages: await queues.take(queue, { ...options, waitMs, signal }) };
}

async function ack(queues: QueueOperations, { queue, lease }: Given): Promise<unknown> {
  await queues.ack(queue, lease as string);
  return {};
}

async function list(
  source: QueueSource,
  gate: Pick<Gate, "authorize">,
  principal: Context["principal"],
): Promise<unknown> {
  const all = await source.as(callerName(principal)).list();
  const queues = all.filter(({ name }) => mayAdminister(gate, principal, queueRight(name, "show")));
  return { queues };
}
