/**
 * The form of a conformance case: data that any program can read and replay. The files in `cases/`
 * hold them; `docs/wire.md` names the sections.
 *
 * @module
 */

/** The parts of the wire that a peer may have. A peer that lacks one is skipped there. */
export type Level =
  | "core"
  | "streams"
  | "sign-in"
  | "values"
  | "bytes"
  | "drain"
  | "keys"
  | "queues"
  | "topics"
  | "jobs";

/** The levels, in the order in which they build on each other. */
export const LEVELS: readonly Level[] = [
  "core",
  "streams",
  "sign-in",
  "values",
  "bytes",
  "drain",
  "keys",
  "queues",
  "topics",
  "jobs",
];

/** One thing that the tester does, or that the peer has to do. */
export type Step =
  | {
    /**
     * A line that the tester sends; its LF is added. `${NAME}` stands for what was kept so, and
     * `${run}` for a text that no other run has.
     */
    readonly send: string;
  }
  | {
    /** Text that the tester sends as it stands. */
    readonly sendText: string;
  }
  | {
    /** Bytes that the tester sends, base64. */
    readonly sendBytes: string;
  }
  | {
    /** Text that is made of parts, each repeated: for lines that are long or deep. */
    readonly sendRepeated: readonly { readonly text: string; readonly times: number }[];
  }
  | {
    /** The next line of the peer has to fit this pattern. */
    readonly want: unknown;
    /** The name under which the id of the message is kept, for lines that are sent later. */
    readonly as?: string;
  }
  | {
    /** A client has to report this of its next instruction. */
    readonly wantReport: unknown;
    /** The types of the report; none without it. */
    readonly types?: unknown;
  }
  | {
    /**
     * The client says `rpc.hello` and knows these features, which the tester answers with; `null`
     * leaves it unanswered. A client that does not is skipped.
     */
    readonly wantHello: readonly string[] | null;
  }
  | {
    /** The next lines of the peer have to fit these patterns, in any order. */
    readonly wantAll: readonly unknown[];
  }
  | {
    /**
     * The peer has nothing more to say: the tester calls `rpc.ping`, and the next line has to be
     * its answer.
     */
    readonly wantNothing: true;
  }
  | {
    /** The peer ends the connection; lines before that are passed over where `afterLines` is set. */
    readonly wantEnd: true;
    readonly afterLines?: boolean;
  }
  | {
    /** The tester ends its sending half. */
    readonly endSending: true;
  };

/**
 * What a client under test is told to do. After each instruction it calls `report` with what it saw:
 * `{ result }`, `{ error: { code } }`, for a stream with its `items` beside that, `{ all: [...] }` for
 * several together, or `{ unsupported: true }`.
 */
export type Instruction =
  | {
    readonly call: string;
    readonly params?: unknown;
    /** The params are plain forms of values of these types. */
    readonly types?: Readonly<Record<string, string>>;
    /** The param that is sent as a stream: an array of its items. */
    readonly streamed?: string;
    /** The param that is sent as a file: its text. */
    readonly filed?: string;
    readonly timeoutMs?: number;
  }
  | { readonly notify: string; readonly params?: unknown }
  | {
    readonly stream: string;
    readonly params?: unknown;
    /** How many items may be on their way. */
    readonly credit?: number;
    /** The stream is left after this many items. */
    readonly take?: number;
  }
  | {
    /** A method whose result is a stream, which the client reads. */
    readonly read: string;
    readonly params?: unknown;
    readonly take?: number;
  }
  | {
    /** Calls and streams that are begun in this order before any of them has ended. */
    readonly together: readonly Instruction[];
  };

/** One case. */
export interface ConformanceCase {
  /** Its name, stable over releases: `core.ids.text`. */
  readonly id: string;
  /** The level that it belongs to. */
  readonly level: Level;
  /** The section of docs/wire.md that it tests. */
  readonly section: string;
  /** What a conforming peer does, as a sentence. */
  readonly title: string;
  /** Methods and features that it needs; where the peer has none of one, the case is skipped. */
  readonly needs?: readonly string[];
  /** What happens, in order, on a connection of its own. */
  readonly steps: readonly Step[];
}

/** A case for a client: the steps are what its server sees and sends. */
export interface ClientCase extends ConformanceCase {
  /** What the client is told to do, in order. */
  readonly instructions: readonly Instruction[];
}
