/**
 * What a transport gives to everything above it: connections that carry whole lines of text, and raw
 * bytes between them where both ends have agreed on that.
 *
 * @module
 */

/** The kinds of connection. */
export type TransportName =
  | "memory"
  | "pipe"
  | "worker"
  | "unix"
  | "tcp"
  | "tls"
  | "https"
  | "wss"
  | "nats";

/** A value that only the two ends of one TLS connection share (RFC 5056). */
export interface ChannelBinding {
  /** The kind of binding, as SCRAM names it (RFC 5929 section 4, RFC 9266). */
  readonly type: "tls-server-end-point" | "tls-exporter";
  /** Its bytes: for `tls-server-end-point` the hash of the server's certificate. */
  readonly data: Uint8Array;
}

/** The other end, as far as the transport knows it. */
export interface Peer {
  /** The kind of connection. */
  readonly transport: TransportName;
  /** The other side's address as text: `127.0.0.1:50412`, `/run/dari.sock`, `memory`. */
  readonly address: string;
  /** The verified certificate of the other end, where the transport can tell. */
  readonly certificate?: PeerCertificate;
  /** Whether what it sends has come through memory that both ends share; this changes once. */
  readonly sharesMemory?: boolean;
  /** The TLS version, for instance `TLSv1.3`, where the transport can tell. */
  readonly protocol?: string;
  /** The cipher suite, for instance `TLS_AES_256_GCM_SHA384`, where the transport can tell. */
  readonly cipher?: string;
  /** The values that a sign-in can be bound to, the best first, where the transport can tell. */
  readonly channelBindings?: readonly ChannelBinding[];
}

/** The facts of a verified peer certificate that identity and revocation need. */
export interface PeerCertificate {
  /** The name of its holder: the first URI of its SAN, else its first DNS name, else the CN. */
  readonly identity: string;
  /** The subject, for instance `CN=worker-1,O=Example`. */
  readonly subject: string;
  /** The serial number in lower-case hexadecimal without leading zeros. */
  readonly serial: string;
  /** SHA-256 of the certificate's DER, in lower-case hexadecimal. */
  readonly fingerprint: string;
  /** The last moment at which it is valid, in milliseconds since the epoch. */
  readonly notAfterMs: number;
}

/** Where the memory is that one end offers the other; both are processes of one user. */
export interface MemoryOffer {
  /** The process that made it. */
  readonly pid: number;
  /** Its descriptor in that process. */
  readonly fd: number;
  /** The room of each of its two rings, in bytes. */
  readonly ringBytes: number;
  /** What the memory holds, in hexadecimal digits, so that no other is taken for it. */
  readonly token: string;
}

/** How a connection moves from its socket into memory that both ends share. */
export interface MemorySharing {
  /** Whether this end makes the memory: the one that was accepted. */
  readonly offers: boolean;
  /** Whether what the other end sends has come through the memory. */
  readonly isShared: boolean;
  /** Whether what has moved may go back to the socket; set once both ends have agreed. */
  returns: boolean;
  /** Called once, when enough has come that moving pays; set once both ends have agreed. */
  onWorthwhile: (() => void) | undefined;
  /**
   * Makes the memory.
   *
   * @returns What the other end joins it by.
   * @throws {DariError} Where the system or this program has no room for it: the socket goes on.
   */
  offer(): MemoryOffer;
  /**
   * Opens the memory that the other end made, and moves.
   *
   * @param offer What came from the other end; nothing of it is believed.
   * @throws {DariError} Where it cannot be opened, or is not what it says: the socket goes on.
   */
  join(offer: MemoryOffer): void;
  /** Gives the memory back that the other end did not open. */
  withdraw(): void;
}

/**
 * A connection between two programs. It carries text in whole lines, each ended by LF, and does not
 * look into them.
 *
 * Where both ends have agreed on it, it carries blobs as well. A blob is announced by a line `#LENGTH`
 * (its length in bytes, decimal, without sign and leading zeros), and its bytes follow that line. It
 * belongs to the next line that is not blank.
 */
export interface Connection {
  /** The other end. */
  readonly peer: Peer;
  /**
   * The longest line that `receive` takes, in bytes of UTF-8 without its LF, together with the blobs
   * before it; may be raised.
   */
  maxLineBytes: number;
  /**
   * Whether the other side may send blobs; `false` at first, set to `true` once, before the other side
   * may send one. While it is `false`, `#LENGTH` is a line as any other. Absent means that this
   * transport carries lines alone.
   */
  takesBlobs?: boolean | undefined;
  /**
   * The most bytes that leave in one piece, where longer writes are cut into such pieces: a record of
   * TLS. A write that is a little longer costs both sides another piece.
   */
  readonly recordBytes?: number | undefined;
  /**
   * How many bytes the system has taken so far, where the transport can tell: it grows while a send
   * waits for a reader that is slow.
   */
  readonly sentBytes?: number | undefined;
  /**
   * How many bytes have come so far, where the transport can tell: it grows while a long line is on
   * its way.
   */
  readonly receivedBytes?: number | undefined;
  /**
   * Called when a `receive` goes on waiting although the beginning of a line or blob has come, where
   * the transport can tell; set once, by the owner of the connection.
   */
  onPartial?: (() => void) | undefined;
  /**
   * Whether the other side may still read after `receive` gave `null`, because the two directions end
   * by themselves. Absent means no.
   */
  readonly isHalfCloseable?: boolean;
  /** Moves the connection into memory that both ends share, where that is possible. */
  readonly sharing?: MemorySharing | undefined;
  /**
   * Waits for lines or for one blob, in the order in which they were sent. At most one call may be
   * waiting.
   *
   * @param take Takes what comes, lines or a blob, in the same turn, which spares a promise for each;
   * it gives whether it takes the next as well, and must not throw. Once it wants no more, the promise
   * resolves with an empty text. A connection may give pieces by its promise all the same, long ones
   * above all.
   * @returns One or more whole lines, each ended by LF, or the bytes of one blob in memory of their
   * own, or `null` once the other side has ended. The line `#LENGTH` of a blob is not among the lines.
   * A line that is not UTF-8 arrives as a line of U+FFFD alone, which no JSON text is, and a line over
   * the limit as what `oversizeLine` of `lib/base` makes of it.
   * @throws {TransportError} `resource_exhausted` on a line over several times the limit and on blobs
   * over the limit, `unavailable` when the connection broke.
   */
  receive(take?: (piece: string | Uint8Array) => boolean): Promise<string | Uint8Array | null>;
  /**
   * Sends lines, and a blob between lines. At most one call may be waiting.
   *
   * @param lines One or more whole lines, each ended by LF; before a blob the last one is `#LENGTH`.
   * @param bytes The blob, which the other side must have agreed to take; it must not change before
   * the promise settles.
   * @param linesBehind Whole lines behind the blob. They leave with its last bytes, which spares the
   * other side a wait.
   * @returns Once the connection can take more.
   * @throws {TransportError} `unavailable` when the connection is closed or broke.
   */
  send(lines: string, bytes?: Uint8Array, linesBehind?: string): Promise<void>;
  /** Ends the connection after what was sent has reached the other side, or after a short while. */
  close(): Promise<void>;
  /** Drops the connection now. A waiting `receive` gives `null`, a waiting `send` rejects. */
  abort(): void;
}

/** A source of connections, or of something else that is accepted. */
export interface Listener<T = Connection> extends AsyncIterable<T> {
  /** Where it listens, with the real port, for instance `tls://127.0.0.1:40123`. */
  readonly address: string;
  /** Stops accepting; open connections stay. */
  close(): void;
}
