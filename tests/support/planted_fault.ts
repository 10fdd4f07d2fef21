/**
 * Faults that are planted between the tester and a server.
 *
 * @module
 */

/** What a fault does to the lines of one connection. */
export interface Fault {
  /** Changes a line on its way to the server; several lines or none are possible. */
  readonly toServer?: (line: string) => readonly string[];
  /** Changes a line on its way to the tester. */
  readonly toTester?: (line: string) => readonly string[];
  /** Whether the peer ends the connection behind a line of its own. */
  readonly endsAfter?: (line: string) => boolean;
}

/** Changes the first place of a line. */
export const change = (
  text: string,
  wanted: string | RegExp,
  by: string,
) => [text.replace(wanted, by)];

/** A fault, and a case of the kit that has to find it. */
export interface PlantedFault {
  /** The case's id. */
  readonly foundBy: string;
  /** Makes the fault for one connection, since some have a memory. */
  readonly make: () => Fault;
}

/** A fault with a memory of its own for each connection. */
export const fault = (foundBy: string, make: () => Fault): PlantedFault => ({ foundBy, make });
/** A server that answers something else. */
export const rewriteAnswers = (foundBy: string, wanted: string | RegExp, by: string) =>
  fault(foundBy, () => ({ toTester: (line) => change(line, wanted, by) }));
/** A server that understands something else. */
export const rewriteRequests = (foundBy: string, wanted: string | RegExp, by: string) =>
  fault(foundBy, () => ({ toServer: (line) => change(line, wanted, by) }));
/** The server does not get the lines that hold this text. */
export const drop = (foundBy: string, text: string) =>
  fault(foundBy, () => ({ toServer: (line) => line.includes(text) ? [] : [line] }));
