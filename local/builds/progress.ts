/**
 * Receives one line of progress, without a line end. Each line replaces the one before it: fit for
 * `task.output` of listr2, and for plain logs, where a line comes only every so often.
 */
export type Report = (line: string) => void;

/**
 * A report that passes on at most one line per interval, and drops the others.
 *
 * @param interval milliseconds; by default twice a second on a terminal, which overwrites the line, and
 *   every 15 seconds in a log, which keeps each
 */
export function paced(report: Report, interval = process.stderr.isTTY ? 500 : 15_000): Report {
  let next = 0;
  return (line) => {
    const now = Date.now();
    if (now >= next) {
      next = now + interval;
      report(line);
    }
  };
}

const number = new Intl.NumberFormat("en-US");

/** The progress line while Go fetches sources. */
export function fetchLine(title: string, fetched: number): string {
  return `fetching the sources of ${title}: ${number.format(fetched)} modules`;
}

/**
 * The progress line of a build.
 *
 * @param compiled packages that are done
 * @param total packages to compile; those that Go's build cache holds never show up as done
 */
export function buildLine(title: string, compiled: number, total: number): string {
  return compiled < total
    ? `building ${title}: ${number.format(compiled)} of ${number.format(total)} packages`
    : `building ${title}: linking`;
}
