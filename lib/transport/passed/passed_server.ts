/**
 * A listening socket that another process has opened and handed over.
 *
 * @module
 */

import { createServer, type Server, type Socket } from "node:net"; // Deno.listen takes no descriptor
import { DariError } from "../../base/errors.ts";
import { reasonOf } from "../../base/file/reason.ts";
import { limits } from "../../base/limits.ts";
import { hostAndPort } from "../address.ts";
import { AcceptProbe } from "../tls/node/accept_probe.ts";
import type { AcceptOptions, TlsAcceptor } from "../tls/node/tls_acceptor.ts";
import type { PassedDescriptor } from "./passed_descriptors.ts";

/** Where an internet socket listens. */
export interface PassedAddress {
  /** An IP address. */
  readonly host: string;
  /** The port. */
  readonly port: number;
}

/**
 * Accepts from the socket. Connections that come before {@linkcode accept} wait in `#early`. `close`
 * closes this process's descriptor: the socket stays open in the process that opened it.
 */
export class PassedServer implements TlsAcceptor {
  /** Where it listens; `undefined` for a Unix socket, whose path the runtime does not tell. */
  readonly at: PassedAddress | undefined;
  /** The name under which it was handed over. */
  readonly name: string;
  readonly #server: Server;
  readonly #early: Socket[] = [];
  #onSocket: ((socket: Socket) => void) | undefined;
  #probe: AcceptProbe | undefined;

  /**
   * @param server Listens on the descriptor.
   * @param name The name under which it was handed over.
   */
  private constructor(server: Server, name: string) {
    this.#server = server;
    this.name = name;
    const found = server.address() as { address: string; port: number } | null;
    this.at = found === null ? undefined : { host: found.address, port: found.port };
    server.maxConnections = limits.listenBacklog; // of those that wait
    server.on("error", () => {}); // without a listener it would end the program
    server.on("connection", (socket) => {
      if (this.#onSocket !== undefined) return this.#onSocket(socket);
      socket.on("error", () => {}); // the client may leave while it waits
      this.#early.push(socket);
    });
  }

  /**
   * Takes a descriptor; it belongs to this process alone from then on.
   *
   * @param descriptor The descriptor.
   * @throws {DariError} `configuration` when it is no socket that can be listened on.
   */
  static async open({ fd, name }: PassedDescriptor): Promise<PassedServer> {
    const server = createServer({ allowHalfOpen: true });
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    try {
      server.listen({ fd, backlog: limits.listenBacklog }, resolve);
      await promise;
    } catch (cause) {
      throw new DariError(
        "configuration",
        `Descriptor ${fd}, which was handed over as ${JSON.stringify(name)}, is no stream socket ` +
          `that listens (${reasonOf(cause)}): the .socket unit needs ListenStream= and Accept=no`,
        { cause },
      );
    }
    server.off("error", reject);
    return new PassedServer(server, name);
  }

  /**
   * Gives what connects to one user, those that have come already first.
   *
   * @param options The user.
   */
  accept({ maxConnections, onSocket, onDropped, tell = () => {} }: AcceptOptions): void {
    this.#server.maxConnections = maxConnections;
    this.#probe = this.at && new AcceptProbe({ at: this.at, reopen: () => this.#wake(), tell });
    this.#server.on("drop", (dropped) => {
      this.#probe?.accepted();
      onDropped(hostAndPort(dropped?.remoteAddress ?? "", dropped?.remotePort ?? 0));
    });
    const take: typeof onSocket = (socket) => {
      this.#probe?.accepted();
      onSocket(socket);
    };
    this.#onSocket = take;
    for (const socket of this.#early.splice(0)) take(socket);
  }

  isOwn(address: string): boolean {
    return this.#probe?.isOwn(address) ?? false;
  }

  close(): void {
    this.#probe?.close();
    this.#server.close();
    for (const socket of this.#early.splice(0)) socket.destroy();
  }

  /** The descriptor cannot be opened again, but its handle begins to accept again by this. */
  #wake(): Promise<void> {
    const { _handle: handle } = this.#server as Server & {
      readonly _handle?: { listen(backlog: number): number } | null;
    };
    handle?.listen(limits.listenBacklog);
    return Promise.resolve();
  }
}
