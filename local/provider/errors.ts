import type { Properties } from "./properties";

/** A refusal by the API server: its `Status` answer. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    /** the HTTP status */
    readonly code: number,
    /** the machine-readable reason, such as NotFound, AlreadyExists, Forbidden, Invalid */
    readonly reason: string,
    message: string,
    /** `details` of the Status answer */
    readonly details: Properties = {},
  ) {
    super(message);
  }
}

/** The server knows no such kind: its CustomResourceDefinition isn't there (any more). */
export class NoSuchKind extends Error {
  override readonly name = "NoSuchKind";
}

/** No server answers, or it refuses our credentials. The message names the server and what to check. */
export class Unreachable extends Error {
  override readonly name = "Unreachable";
}

/** The engine asked us to stop. */
export class Cancelled extends Error {
  override readonly name = "Cancelled";

  constructor() {
    super("stopped: the operation was cancelled");
  }
}

/** The object is there, but isn't ready: `reasons` say why. The state keeps the object; the next `up` retries. */
export class NotReady extends Error {
  override readonly name = "NotReady";

  constructor(
    message: string,
    readonly reasons: string[],
    readonly live: Properties,
  ) {
    super(message);
  }
}

/** As {@link NotReady}, with what the engine checkpoints. */
export class InitFailed extends Error {
  override readonly name = "InitFailed";

  constructor(
    message: string,
    readonly id: string,
    readonly reasons: string[],
    readonly properties: Properties,
    readonly inputs: Properties | undefined,
  ) {
    super(message);
  }
}

export function isApiError(error: unknown, ...reasons: string[]): error is ApiError {
  return error instanceof ApiError && (reasons.length === 0 || reasons.includes(error.reason));
}

export function isMissing(error: unknown): boolean {
  return isApiError(error, "NotFound") || error instanceof NoSuchKind;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
