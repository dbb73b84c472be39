/** A program of the cluster that runs until the cluster stops. */
export interface Component {
  /** Also the name of its log, `<name>.log`. */
  readonly name: string;
  /** Absolute path of the program. */
  readonly command: string;
  readonly args: readonly string[];
  /** Added to the environment of whoever starts it. */
  readonly env?: Readonly<Record<string, string>>;
  /** Whether it does its work; asked until it says so. Without it, a started program counts as ready. */
  readonly ready?: () => Promise<boolean>;
}

/** `{ "secure-port": 6443, x: true }` as `--secure-port=6443 --x=true`. */
export function flags(values: Readonly<Record<string, string | number | boolean>>): string[] {
  return Object.entries(values).map(([name, value]) => `--${name}=${value}`);
}
