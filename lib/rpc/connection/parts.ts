/**
 * The parts of a connection that carries calls, and how they are joined.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import { FEATURES, FEATURES_WITH_MEMORY, ownHelloText } from "../../protocol/hello.ts";
import type { Connection } from "../../transport/connection.ts";
import { Caller } from "../call/caller.ts";
import { TurnClock } from "../call/turn_clock.ts";
import { Outbox } from "../outbox/outbox.ts";
import { failureOf } from "../dispatch/call_failure.ts";
import type { CallHost } from "../dispatch/call_host.ts";
import { Dispatcher } from "../dispatch/dispatcher.ts";
import { type SignInHost, SignIns } from "../dispatch/sign_in.ts";
import { hearsCalls } from "../observer_guard.ts";
import { Agreement } from "../peer/agreement.ts";
import { PeerStreams } from "../peer/peer_streams.ts";
import { Draining } from "./draining.ts";
import { Intake } from "./intake.ts";
import { LifeSigns } from "./life_signs.ts";
import { MessageRouter } from "./message_router.ts";
import { Moving } from "./moving.ts";
import { ParkedRequests } from "./parked_requests.ts";
import type { RpcConnectionOptions } from "./rpc_connection_options.ts";
import { WatchedConnection } from "./watched_connection.ts";

/** The parts of one connection, which ends them. */
export interface ConnectionParts {
  /** Sends messages. */
  readonly outbox: Outbox;
  /** Calls the other side. */
  readonly caller: Caller;
  /** Serves calls. */
  readonly dispatcher: Dispatcher;
  /** Serves requests to sign in and out. */
  readonly signIns: SignIns;
  /** The streams inside values. */
  readonly streams: PeerStreams;
  /** Takes each message to its part. */
  readonly router: MessageRouter;
  /** Requests that wait while the outbox is full; empty otherwise. */
  readonly parked: ParkedRequests;
  /** Takes lines in. */
  readonly intake: Intake;
  /** Notices when the other side falls silent. */
  readonly lifeSigns: LifeSigns;
  /** Says that this side goes away, and hears that the other one does. */
  readonly draining: Draining;
}

/**
 * Makes the parts of a connection.
 *
 * @param host The connection as handlers and sign-ins see it.
 * @param connection What carries the lines.
 * @param options Methods, gate, clock and bounds.
 * @param onLost Called when sending failed, the other side was silent for too long, or it sent what
 * cannot be taken.
 * @returns The parts.
 */
export function makeParts(
  host: CallHost & SignInHost,
  connection: Connection,
  options: RpcConnectionOptions,
  onLost: (error: unknown) => void,
): ConnectionParts {
  const outbox = new Outbox(connection, limits.maxUnsentBytes, onLost, options);
  outbox.isStranger = true;
  const agreement = new Agreement(connection.sharing ? FEATURES_WITH_MEMORY : FEATURES);
  const streams = new PeerStreams({
    agreement,
    sink: outbox,
    tell: (notification) => outbox.pushRequest(notification),
    toldOf: (error) => failureOf("a stream", error).told,
  });
  const monotonic = () => host.monotonic();
  const caller = new Caller(outbox, connection.peer, agreement, streams.values, options.clock);
  const { waiting } = caller;
  const dispatcher = new Dispatcher(host, outbox, options);
  const signIns = new SignIns(host, options);
  const flush = () => outbox.flush();
  const hello = (params: unknown) => {
    agreement.asked(params);
    connection.takesBlobs = agreement.has("bytes");
    // The answer leaves with the reply of a call that cannot take long, and else before it is served.
    dispatcher.beforeCode = flush;
    return ownHelloText(options.maxCallsInFlight, agreement.own);
  };
  const moved = connection.sharing && ((params: unknown) => JSON.stringify(moving.take(params)));
  const drained = (params: unknown) => draining.hear(params);
  const targets = { waiting, dispatcher, signIns, streams, replies: outbox, hello, drained, moved };
  const router = new MessageRouter(targets);
  const draining = new Draining({ agreement, caller, router });
  const moving = new Moving({ agreement, caller, connection });
  const parked = new ParkedRequests(outbox, router, dispatcher);
  const countsAlways = hearsCalls(options.observer);
  const countsBytes = () => countsAlways || waiting.streams > 0 || streams.incoming > 0;
  const intake = new Intake({
    outbox,
    router,
    dispatcher,
    parked,
    waiting,
    turns: options.turns,
    countsBytes,
    failed: onLost,
    monotonic,
    turn: TurnClock.of(options.clock),
  });
  const watched = new WatchedConnection({ outbox, caller, intake, connection, onLost });
  const lifeSigns = new LifeSigns(watched, options.lifeSigns ?? NO_LIFE_SIGNS);
  const agreed = () => {
    lifeSigns.begin();
    moving.agreed();
  };
  agreement.onAgreed = agreed;
  return {
    outbox,
    caller,
    dispatcher,
    signIns,
    streams,
    router,
    parked,
    intake,
    lifeSigns,
    draining,
  };
}

const NO_LIFE_SIGNS = Object.freeze({ lifeSignMs: Infinity, silentPeerMs: Infinity });
