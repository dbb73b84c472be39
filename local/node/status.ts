import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ComponentStatus } from "./processes";

/** What the node says of itself while it runs. */
export interface NodeReport {
  /** What it does at the moment, or did last. */
  readonly step: string;
  /** Whether it is up: it takes pods, and names resolve. */
  readonly ready: boolean;
  /** Why it gave up. */
  readonly failure?: string;
  readonly components: readonly ComponentStatus[];
}

export function reportFile(dir: string): string {
  return join(dir, "status.json");
}

/** @returns undefined as long as the node has not said anything */
export function readReport(dir: string): NodeReport | undefined {
  try {
    return JSON.parse(readFileSync(reportFile(dir), "utf8")) as NodeReport;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return undefined;
    }
    throw error;
  }
}

/** Replaces the report in one step, so that a reader never sees half of it. */
export function writeReport(dir: string, report: NodeReport): void {
  const file = reportFile(dir);
  writeFileSync(`${file}.partial`, JSON.stringify(report));
  renameSync(`${file}.partial`, file);
}
