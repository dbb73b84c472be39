/**
 * A problem that the user can solve: what is wrong, and what to do about it.
 *
 * The commands print `message`, which holds both, without a stack trace, and exit with a non-zero code.
 * Everything else that is thrown is a fault of ours and keeps its stack.
 */
export class UserError extends Error {
  override readonly name = "UserError";

  /**
   * @param what what is wrong, as a sentence
   * @param remedy what to do, one or more lines
   * @param cause the error that led here, for debugging
   */
  constructor(
    readonly what: string,
    readonly remedy: string,
    cause?: unknown,
  ) {
    super(`${what}\n${remedy}`, { cause });
  }
}
