import { limits } from "../../lib/base/limits.ts";
import type { CallTarget } from "../../lib/rpc/call/call_line.ts";
import { Agreement } from "../../lib/rpc/peer/agreement.ts";
import { PeerStreams } from "../../lib/rpc/peer/peer_streams.ts";
import type { ItemSink } from "../../lib/rpc/stream/item_pump.ts";

const nowhere: ItemSink = {
  isClosed: true,
  isFull: false,
  drained: () => Promise.resolve(),
  refusal: () => undefined,
  push: () => {},
};

/** What a connection has whose other side has not said hello. */
export function plainPeer() {
  const agreement = new Agreement();
  const streams = new PeerStreams({
    agreement,
    sink: nowhere,
    tell: () => {},
    toldOf: (error) => error,
  });
  return { agreement, streams, values: streams.values };
}

/** A connection that calls are sent over, to a peer that has not said hello. */
export function plainTarget(monotonic: () => number = () => 0): CallTarget {
  const { values } = plainPeer();
  return { values, maxLineBytes: limits.maxLineBytes, itemBytes: "uncounted", monotonic };
}
