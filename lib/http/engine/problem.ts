/**
 * Problem details: what an HTTP client reads where the request was no call, or the call failed.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9457 | RFC 9457}
 * @module
 */

/** The media type of problem details. */
export const PROBLEM = "application/problem+json";

/** What the statuses in use are called (RFC 9110 section 15). */
const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  406: "Not Acceptable",
  408: "Request Timeout",
  409: "Conflict",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  422: "Unprocessable Content",
  426: "Upgrade Required",
  429: "Too Many Requests",
  431: "Request Header Fields Too Large",
  499: "Client Closed Request",
  500: "Internal Server Error",
  503: "Service Unavailable",
  504: "Gateway Timeout",
};

/**
 * The title of a status.
 *
 * @param status The status.
 */
export function titleOf(status: number): string {
  return TITLES[status] ?? "Error";
}

/**
 * Writes problem details.
 *
 * @param status The status of the reply.
 * @param detail What is wrong and what to do.
 * @param more Members beside those of RFC 9457.
 * @returns The JSON text.
 */
export function problemText(status: number, detail: string, more: object = {}): string {
  return JSON.stringify({ title: titleOf(status), status, detail, ...more });
}
