import { parseAddress } from "../../lib/transport/scheme/parse.ts";

const encoder = new TextEncoder();

/** A peer that sends any bytes and reads lines. */
export class RawPeer implements Disposable {
  readonly #conn: Deno.Conn;
  readonly #decoder = new TextDecoder();
  #text = "";

  /** @param conn The socket; the peer owns and closes it. */
  constructor(conn: Deno.Conn) {
    this.#conn = conn;
  }

  /** Connects to `tcp://`, to `unix:`, or to `tls://` with the authority that is given. */
  static async connect(address: string, ca?: string): Promise<RawPeer> {
    const parsed = parseAddress(address);
    if (parsed.kind === "unix") {
      return new RawPeer(await Deno.connect({ transport: "unix", path: parsed.path }));
    }
    if (parsed.kind === "nats") throw new TypeError("a raw peer has a socket");
    const { host: hostname, port } = parsed;
    const conn = await Deno.connect({ hostname, port });
    conn.setNoDelay(true);
    if (parsed.kind === "tcp" || ca === undefined) return new RawPeer(conn);
    return new RawPeer(await Deno.startTls(conn, { hostname, caCerts: [ca] }));
  }

  /** Sends text as it is. */
  send(text: string): Promise<void> {
    return this.sendBytes(encoder.encode(text));
  }

  /** Sends bytes as they are. */
  async sendBytes(bytes: Uint8Array): Promise<void> {
    for (let sent = 0; sent < bytes.length;) sent += await this.#conn.write(bytes.subarray(sent));
  }

  /** Sends a request and reads one line, parsed. */
  // deno-lint-ignore no-explicit-any
  async ask(message: unknown): Promise<any> {
    await this.send(`${typeof message === "string" ? message : JSON.stringify(message)}\n`);
    return JSON.parse(await this.line());
  }

  /** The next line, without its LF. Throws if the connection ends before the line does. */
  async line(): Promise<string> {
    const buffer = new Uint8Array(64 * 1024);
    while (true) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return line;
      }
      const length = await this.#conn.read(buffer);
      if (length === null) throw new Error(`The other side ended behind ${this.#text}`);
      this.#text += this.#decoder.decode(buffer.subarray(0, length), { stream: true });
    }
  }

  /** Everything up to the end of the connection; a reset counts as the end. */
  async rest(): Promise<string> {
    const buffer = new Uint8Array(64 * 1024);
    try {
      for (let length; (length = await this.#conn.read(buffer)) !== null;) {
        this.#text += this.#decoder.decode(buffer.subarray(0, length), { stream: true });
      }
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionReset)) throw error;
    }
    return this.#text;
  }

  /** Ends the writing side. */
  finish(): Promise<void> {
    return this.#conn.closeWrite();
  }

  /** Closes the socket. */
  [Symbol.dispose](): void {
    try {
      this.#conn.close();
    } catch {
      // Closed before.
    }
  }
}
