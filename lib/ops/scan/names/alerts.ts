/**
 * Alerts (RFC 8446 section 6.2).
 *
 * @module
 */

const alerts = new Map<number, string>([
  [0, "close_notify"],
  [10, "unexpected_message"],
  [20, "bad_record_mac"],
  [21, "decryption_failed"],
  [22, "record_overflow"],
  [40, "handshake_failure"],
  [41, "no_certificate"],
  [42, "bad_certificate"],
  [43, "unsupported_certificate"],
  [44, "certificate_revoked"],
  [45, "certificate_expired"],
  [46, "certificate_unknown"],
  [47, "illegal_parameter"],
  [48, "unknown_ca"],
  [49, "access_denied"],
  [50, "decode_error"],
  [51, "decrypt_error"],
  [70, "protocol_version"],
  [71, "insufficient_security"],
  [80, "internal_error"],
  [86, "inappropriate_fallback"],
  [109, "missing_extension"],
  [110, "unsupported_extension"],
  [112, "unrecognized_name"],
  [116, "certificate_required"],
  [120, "no_application_protocol"],
]);

/** The alert that refuses a version that was lowered on the way (RFC 7507 section 3). */
export const INAPPROPRIATE_FALLBACK = 86;

/** An alert's name, or its number where it has none. */
export function nameOfAlert(alert: number): string {
  return alerts.get(alert) ?? `alert ${alert}`;
}
