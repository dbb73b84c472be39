/** Something in the stack file that cannot be. All problems of a stack file are reported together. */
export interface Problem {
  /** Where, as written in the stack file, such as `bulkhead:tenants[1].quota.cpu`. */
  path: string;
  /** What was given, what is allowed and what to write instead. */
  message: string;
}
