/**
 * How a connection to a scanned server can end without an answer.
 *
 * @module
 */

/**
 * The kind of a fault: the server cannot be reached, closes, does not answer in time, does not speak
 * TLS, breaks the format of TLS, sends more than is read, or the scan has used up its own bounds.
 */
export type FaultKind =
  | "unreachable"
  | "closed"
  | "timeout"
  | "not_tls"
  | "malformed"
  | "too_much"
  | "spent";

/** A connection that ended without an answer. */
export class ScanFault extends Error {
  /** How it ended. */
  readonly kind: FaultKind;

  /**
   * @param kind How it ended.
   * @param message What happened, for a person; text of the server in it is escaped.
   * @param options The cause.
   */
  constructor(kind: FaultKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ScanFault";
    this.kind = kind;
  }
}

/** A fatal alert of the server, which is an answer as well. */
export class AlertFault extends Error {
  /** The alert's description (RFC 8446 section 6). */
  readonly alert: number;

  /** @param alert The alert's description. */
  constructor(alert: number) {
    super(`alert ${alert}`);
    this.name = "AlertFault";
    this.alert = alert;
  }
}
