/**
 * How long certificates are good.
 *
 * @module
 */

import { limits } from "../../base/limits.ts";
import type { MetricsRegistry } from "./registry.ts";

/** What is known of certificates. */
export interface KnownCertificates {
  /** The server's own, by what they are for: `server`, `authority`. */
  readonly own: Readonly<Record<string, { readonly notAfterMs: number }>>;
  /** Those that its authority issued and that are not revoked. */
  readonly issued: readonly { readonly notAfterMs: number }[];
}

/** What {@linkcode certificateMetrics} works with. */
export interface CertificateMetricsOptions {
  /** Looks at the certificates. */
  readonly look: () => Promise<KnownCertificates>;
  /** The time, in milliseconds since the epoch. */
  readonly now: () => number;
  /** How often they are looked at, in milliseconds. @default {60_000} */
  readonly periodMs?: number | undefined;
}

/** The groups of certificates by the days that they are good, and the most days of each. */
const GROUPS: readonly (readonly [label: string, days: number])[] = [
  ["expired", 0],
  ["7", 7],
  ["30", 30],
  ["90", 90],
  ["more", Infinity],
];

/**
 * Registers for how many days certificates are good.
 *
 * @param registry Where it is registered.
 * @param options Where the certificates are.
 * @returns Ends the looks at them.
 */
export async function certificateMetrics(
  registry: MetricsRegistry,
  { look, now, periodMs = limits.certificateLookMs }: CertificateMetricsOptions,
): Promise<Disposable> {
  let known: KnownCertificates = { own: {}, issued: [] };
  const lookAgain = async () => {
    known = await look().catch(() => known); // a file that is just replaced
  };
  await lookAgain();
  const timer = setInterval(() => void lookAgain(), periodMs);
  Deno.unrefTimer(timer);
  const leftMs = ({ notAfterMs }: { readonly notAfterMs: number }) => notAfterMs - now();
  registry.observe("gauge", {
    name: "dari.certificate.remaining",
    help: "How long a certificate of the server is good; below 0 it has expired.",
    unit: "s",
    labels: ["certificate"],
  }, () => Object.entries(known.own).map(([name, one]) => [[name], leftMs(one) / 1_000] as const));
  registry.observe("gauge", {
    name: "dari.certificates.issued",
    help:
      "Certificates that the authority issued and nobody revoked, by the most days they have left.",
    labels: ["days_left"],
  }, () => {
    const counts = new Map(GROUPS.map(([label]) => [label, 0]));
    for (const one of known.issued) {
      const days = leftMs(one) / limits.certificateDayMs;
      const [label] = GROUPS.find(([, most]) => days <= most)!;
      counts.set(label, counts.get(label)! + 1);
    }
    return counts.entries().map(([label, count]) => [[label], count] as const);
  });
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
