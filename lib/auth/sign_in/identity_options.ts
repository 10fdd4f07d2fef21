/**
 * What identity over one store is opened with.
 *
 * @module
 */

import type { Clock } from "../../base/clock.ts";
import type { PeerCertificate, TransportName } from "../../transport/connection.ts";
import type { LockoutPolicy } from "../account/lockout.ts";
import type { CertificateRenewer } from "../credential/renewals.ts";
import type { ClusterSecrets, IssueCertificate } from "../credential/invitations.ts";
import type { SessionPolicy } from "../credential/sessions.ts";
import type { Policy } from "../policy/policy.ts";
import type { OpenBuckets } from "../policy/call_limiter.ts";
import type { RandomBytes } from "../proof/bytes.ts";
import type { PasswordPolicy } from "../proof/password_policy.ts";
import type { PeerCounts } from "./peers/peer_counts.ts";

/** What {@linkcode openIdentity} takes; every part has a safe default. */
export interface IdentityOptions {
  /** Who may call what. */
  readonly policy?: Policy;
  /** Which passwords may be chosen. */
  readonly passwords?: PasswordPolicy & {
    /** PBKDF2 iterations of new passwords. @default {600_000} */
    readonly iterations?: number;
  };
  /** When accounts are locked. */
  readonly lockout?: LockoutPolicy;
  /** How long sessions live. */
  readonly sessions?: SessionPolicy;
  /** Failed sign-ins that one peer may cause in five minutes. @default {50} */
  readonly maxFailuresPerPeer?: number;
  /** Where those are counted. @default {in this thread} */
  readonly peerCounts?: PeerCounts;
  /** Where the calls of limited callers are counted. @default {in this thread} */
  readonly openBuckets?: OpenBuckets;
  /** How many derivations of passwords run at once, and wait. @default {one a core, 64} */
  readonly derivations?: { readonly running?: number; readonly waiting?: number };
  /**
   * Transports whose other end is the owner of this process, who may call everything.
   *
   * @default {["unix", "memory", "pipe", "worker"]}
   */
  readonly localTransports?: readonly TransportName[];
  /** Says whether a client certificate was revoked; asked twice a second while one is in use. */
  readonly isCertificateRevoked?: (certificate: PeerCertificate) => boolean;
  /** Issues the certificates that invitations are for; absent, there are none. */
  readonly issueCertificate?: IssueCertificate;
  /** Reads what a machine gets that joins the cluster of this server; absent, none can join. */
  readonly clusterSecrets?: () => Promise<ClusterSecrets | undefined>;
  /** Renews certificates for who holds their keys; absent, there are none. */
  readonly renewer?: CertificateRenewer;
  /** Reads the keys of issuers that the policy names. @default {fetch} */
  readonly fetch?: typeof fetch;
  /** The time. @default {systemClock} */
  readonly clock?: Clock;
  /** Where random bytes come from. @default {systemRandom} */
  readonly random?: RandomBytes;
}
