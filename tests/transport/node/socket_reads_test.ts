import { assert, assertEquals } from "@std/assert";
import { EventEmitter } from "node:events"; // as the runtime's sockets are
import type { Socket } from "node:net";
import { NodeSocketConnection } from "../../../lib/transport/node/node_socket_connection.ts";
import { SocketReads } from "../../../lib/transport/node/socket_reads.ts";
import { SharedBudget } from "../../../lib/transport/shared_budget.ts";

/** Reads as a runtime does: into the memory that it was given. */
function read({ onread: { buffer, callback } }: SocketReads, text: string): boolean {
  assert(buffer instanceof Uint8Array);
  return callback(new TextEncoder().encodeInto(text, buffer).written, buffer);
}

function connected() {
  const reads = new SocketReads();
  const socket = Object.assign(new EventEmitter(), { end() {}, destroy() {}, writableLength: 0 });
  const peer = { transport: "tls", address: "a:1" } as const;
  const open = () =>
    new NodeSocketConnection(socket as unknown as Socket, peer, new SharedBudget(), reads);
  return { reads, open };
}

Deno.test("SocketReads keeps what comes before anybody takes it, and reads no more until then", () => {
  const reads = new SocketReads();
  assertEquals([read(reads, "a"), read(reads, "b")], [false, false]);
  const taken: string[] = [];
  reads.begin((chunk) => taken.push(new TextDecoder().decode(chunk)));
  assertEquals([read(reads, "c"), taken], [true, ["a", "b", "c"]]);
});

Deno.test("connections that read into the same memory keep what is theirs", async () => {
  const [left, right] = [connected(), connected()];
  read(left.reads, "early\nle");
  const here = left.open();
  const there = right.open();
  there.takesBlobs = true;
  read(right.reads, "not asked for\n");
  read(left.reads, "ft\nx");
  assertEquals([await here.receive(), await there.receive()], ["early\nleft\n", "not asked for\n"]);
  const received = there.receive();
  read(right.reads, "behind\n#2\nokmore\n");
  read(left.reads, "-------\n-------\n");
  assertEquals([await received, await here.receive()], ["behind\n", "x-------\n-------\n"]);
  assertEquals(await there.receive(), new TextEncoder().encode("ok"));
  assertEquals(await there.receive(), "more\n");
});
