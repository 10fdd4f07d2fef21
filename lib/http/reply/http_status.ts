/**
 * The status of an HTTP response to a call that failed: a column of the error table that only the
 * gateway reads.
 *
 * @see {@link https://www.rfc-editor.org/rfc/rfc9110#section-15 | RFC 9110, section 15}
 * @module
 */

import type { ErrorCode } from "../../base/errors.ts";

/** Errors that are told as "Internal error" have the status of one. */
const INTERNAL = 500;

/** The statuses, chosen as gRPC's gateways choose them where both know the error. */
export const httpStatusOf: Readonly<Record<ErrorCode, number>> = {
  parse_error: 400,
  invalid_request: 400,
  method_not_found: 404,
  invalid_params: 400,
  internal: INTERNAL,

  unauthenticated: 401,
  permission_denied: 403,
  deadline_exceeded: 504,
  // "Client closed request": nginx's and gRPC's, since RFC 9110 has none for it.
  cancelled: 499,
  resource_exhausted: 429,
  unavailable: 503,
  already_exists: 409,
  not_found: 404,
  // Not 412, which is about the headers If-Match and its like.
  failed_precondition: 400,
  second_factor_required: 401,
  declared_error: 422,

  usage: INTERNAL,
  data: INTERNAL,
  io: INTERNAL,
  configuration: INTERNAL,
};
