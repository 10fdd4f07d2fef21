/**
 * How a case ends that does not pass.
 *
 * @module
 */

/** A step did not go as the case wants it; the message says what was wanted. */
export class Misfit extends Error {}

/** The peer says that it does not do what the case asks for. */
export class NotOffered extends Error {}
