/**
 * How parts of the program say what its owner should know.
 *
 * @module
 */

/**
 * Takes a line for the log.
 *
 * @param line What happened, in one sentence.
 * @param level How serious it is.
 */
export type WriteLog = (line: string, level: "info" | "warn") => void;
