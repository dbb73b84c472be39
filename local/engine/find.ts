import { UserError } from "../user-error";
import { isBuilt, type Report } from "../builds";
import { buildEngine, ENGINE_PROGRAMS } from "./built";
import { downloaded, downloadEngine } from "./download";
import { engineOnPath } from "./on-path";

/** A Pulumi CLI, with a Node language host that it finds. */
export interface Engine {
  /** Where it comes from: the user's PATH, the official download, or a build from Go modules. */
  readonly source: EngineSource;
  /** Absolute path of the CLI. The language host lies beside it, or on PATH. */
  readonly pulumi: string;
}

/** What `BULKHEAD_ENGINE` can be. */
export const ENGINE_SOURCES = ["path", "download", "build"] as const;
export type EngineSource = (typeof ENGINE_SOURCES)[number];

/**
 * Finds a Pulumi engine: a CLI on PATH that is new enough, else the official download, else a build from
 * Go modules (about 3 minutes on 2 cores, once). A download or build that is there already is used before
 * another is tried, so that only the first call takes time.
 *
 * `BULKHEAD_ENGINE=path|download|build` takes that source and no other.
 *
 * @throws UserError when the source that `BULKHEAD_ENGINE` names has none, or the build fails
 */
export async function findEngine(report: Report, env: NodeJS.ProcessEnv = process.env): Promise<Engine> {
  const forced = forcedSource(env);
  const problems: string[] = [];
  const built = await isBuilt(ENGINE_PROGRAMS);
  if (forced !== "download" && forced !== "build") {
    const found = await engineOnPath(env);
    if ("pulumi" in found) {
      return { source: "path", pulumi: found.pulumi };
    }
    problems.push(found.problem);
  }
  if (forced === undefined || forced === "download") {
    const there = await downloaded();
    if (there) {
      return { source: "download", pulumi: there };
    }
    if (forced || !built) {
      const found = await downloadEngine(report);
      if ("pulumi" in found) {
        return { source: "download", pulumi: found.pulumi };
      }
      problems.push(found.problem);
    }
  }
  if (forced === undefined || forced === "build") {
    if (!built) {
      report(`building the Pulumi engine (${[...problems, "about 3 minutes"].join("; ")})`);
    }
    return { source: "build", pulumi: await buildEngine(report) };
  }
  throw new UserError(
    `BULKHEAD_ENGINE is "${forced}", and there is no such Pulumi engine: ${problems.join("; ")}.`,
    "Unset BULKHEAD_ENGINE to use any engine that can be had.",
  );
}

/** @throws UserError when `BULKHEAD_ENGINE` is no known source */
function forcedSource(env: NodeJS.ProcessEnv): EngineSource | undefined {
  const value = env["BULKHEAD_ENGINE"];
  const known = ENGINE_SOURCES.find((source) => source === value);
  if (value && !known) {
    throw new UserError(
      `BULKHEAD_ENGINE is "${value}".`,
      `Use one of ${ENGINE_SOURCES.join(", ")}, or unset it to use any engine that can be had.`,
    );
  }
  return known;
}
