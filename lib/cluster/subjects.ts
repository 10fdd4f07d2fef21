/**
 * The subjects of a service.
 *
 * @module
 */

/** The servers of a service share introductions: each client is taken by one of them. */
export const QUEUE = "q";

/** The part of every subject by which a NATS server's permissions name this program's. */
const ROOT = "dari";

/**
 * The subject on which any server of a service takes clients.
 *
 * @param service The service's name.
 */
export function openSubject(service: string): string {
  return `${ROOT}.${service}.open`;
}

/**
 * The subject on which one server takes clients.
 *
 * @param service The service's name.
 * @param instance The server's id.
 */
export function openSubjectOf(service: string, instance: string): string {
  return `${ROOT}.${service}.open.${instance}`;
}

/**
 * The subject beneath which the connections of one server hear.
 *
 * @param service The service's name.
 * @param instance The server's id.
 */
export function streamsSubject(service: string, instance: string): string {
  return `${ROOT}.${service}.io.${instance}`;
}

/** The verbs of ADR-32. */
export type Verb = "PING" | "INFO" | "STATS";

/**
 * The subjects on which every service, those of a name, and one of them answer (ADR-32).
 *
 * @param verb What is asked.
 * @param service The service's name.
 * @param instance The server's id.
 */
export function discoverySubjects(verb: Verb, service: string, instance: string): string[] {
  return [`$SRV.${verb}`, `$SRV.${verb}.${service}`, `$SRV.${verb}.${service}.${instance}`];
}

/**
 * What a server of a service listens to, beside what it shares with the others.
 *
 * @param service The service's name.
 */
export function offeringSubjects(service: string): string[] {
  const verbs: readonly Verb[] = ["PING", "INFO", "STATS"];
  return [
    openSubjectOf(service, "*"),
    `${streamsSubject(service, "*")}.*`,
    ...verbs.flatMap((verb) => discoverySubjects(verb, service, "*")),
  ];
}

/**
 * What a client of a service publishes on.
 *
 * @param service The service's name.
 */
export function usingSubjects(service: string): string[] {
  return [
    openSubject(service),
    openSubjectOf(service, "*"),
    `${streamsSubject(service, "*")}.*`,
    `$SRV.PING.${service}`,
  ];
}

/**
 * What a server publishes on that asks the others how they are.
 *
 * @param service The service's name.
 */
export function statsSubject(service: string): string {
  return `$SRV.STATS.${service}`;
}

/**
 * What the servers of a service share, each in a log of its own: the store; queues, jobs and topics; and
 * their audits, of which each has a subject of its own.
 */
export type LogKind = "store" | "messages" | "audit";

/** All of them. */
export const LOG_KINDS: readonly LogKind[] = ["store", "messages", "audit"];

/**
 * The name of the stream that a log of a service is in.
 *
 * @param service The service's name.
 * @param kind Which of its logs.
 */
export function logStream(service: string, kind: LogKind): string {
  return `dari_${service}_${kind}`;
}

/**
 * The subject beneath which a log of a service has its messages.
 *
 * @param service The service's name.
 * @param kind Which of its logs.
 */
export function logSubject(service: string, kind: LogKind): string {
  return `${ROOT}.${service}.${kind}`;
}

/**
 * What a server publishes on that shares what its service keeps.
 *
 * @param service The service's name.
 */
export function sharingSubjects(service: string): string[] {
  const subjects = LOG_KINDS.flatMap((kind) => {
    const stream = logStream(service, kind);
    return [
      `${logSubject(service, kind)}.>`,
      ...["CREATE", "INFO", "MSG.GET", "MSG.DELETE"].map((verb) =>
        `$JS.API.STREAM.${verb}.${stream}`
      ),
      `$JS.API.CONSUMER.CREATE.${stream}`,
      `$JS.API.CONSUMER.DELETE.${stream}.*`,
      `$JS.FC.${stream}.>`,
    ];
  });
  return ["$JS.API.INFO", ...subjects];
}

/**
 * The subject beneath which answers to a program arrive. A NATS server can see to it that no other
 * program listens there.
 *
 * @param name The name in the program's certificate.
 */
export function inboxOf(name: string): string {
  const part = name.replace(/[^A-Za-z0-9_-]/gu, (letter) => encodeAsHex(letter));
  return `_INBOX.${part}`;
}

/** As no subject may have it by itself: dots and spaces mean something there. */
function encodeAsHex(letter: string): string {
  return [...new TextEncoder().encode(letter)]
    .map((byte) => `=${byte.toString(16).padStart(2, "0")}`).join("");
}
