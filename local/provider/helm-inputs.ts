import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { hasUnknown, isUnknown, type Properties, type Value } from "./properties";

/** What keeps a release's inputs from being installed. */
export interface Failure {
  property: string;
  reason: string;
}

const unserved = ["postrender", "verify", "keyring", "devel", "lint", "valueYamlFiles"];
const isSet = (value: Value | undefined) =>
  value !== undefined &&
  value !== null &&
  value !== false &&
  value !== "" &&
  !(Array.isArray(value) && !value.length);

/** Inputs that the stand-in can't serve: charts from elsewhere than a local directory, and rare options. */
export function helmFailures(inputs: Properties): Failure[] {
  const found: Failure[] = [];
  const chart = inputs["chart"];
  if (typeof chart !== "string" || chart === "") {
    found.push({ property: "chart", reason: "a release needs a chart." });
  } else if (!isUnknown(chart) && !existsSync(join(chart, "Chart.yaml"))) {
    const reason =
      `"${chart}" is no directory with a Chart.yaml. The offline stand-in for the kubernetes provider installs ` +
      "charts from a local directory only: download the chart (helm pull --untar) and give its directory.";
    found.push({ property: "chart", reason });
  }
  const options = inputs["repositoryOpts"];
  if (
    typeof options === "object" &&
    options !== null &&
    !hasUnknown(options) &&
    Object.keys(options).length > 0
  ) {
    const reason = "the offline stand-in reaches no chart repository: give a local directory as `chart`.";
    found.push({ property: "repositoryOpts", reason });
  }
  for (const property of unserved.filter((name) => isSet(inputs[name]))) {
    found.push({
      property,
      reason: "the offline stand-in for the kubernetes provider doesn't serve this option.",
    });
  }
  return found;
}

/** Changes with any file of the chart. */
export function chartChecksum(chart: string): string {
  const hash = createHash("sha256");
  const files = readdirSync(chart, { recursive: true, encoding: "utf8" }).sort();
  for (const file of files) {
    const path = join(chart, file);
    if (statSync(path).isFile()) hash.update(file).update("\0").update(readFileSync(path)).update("\0");
  }
  return hash.digest("hex");
}

const flags: Record<string, string> = {
  atomic: "--atomic",
  cleanupOnFail: "--cleanup-on-fail",
  createNamespace: "--create-namespace",
  dependencyUpdate: "--dependency-update",
  disableOpenapiValidation: "--disable-openapi-validation",
  disableWebhooks: "--no-hooks",
  forceUpdate: "--force",
  renderSubchartNotes: "--render-subchart-notes",
  resetValues: "--reset-values",
  reuseValues: "--reuse-values",
  skipCrds: "--skip-crds",
  takeOwnership: "--take-ownership",
  waitForJobs: "--wait-for-jobs",
};

/**
 * Helm's options for installing or upgrading with these inputs. Helm waits until everything is ready unless
 * `skipAwait`, for `timeout` seconds (default 300).
 *
 * @param seconds the resource's `customTimeouts`, 0 for none
 */
export function helmOptions(command: "install" | "upgrade", inputs: Properties, seconds: number): string[] {
  const onlyUpgrade = new Set(["cleanupOnFail", "resetValues", "reuseValues", "forceUpdate"]);
  const chosen = Object.entries(flags)
    .filter(([name]) => inputs[name] === true && (command === "upgrade" || !onlyUpgrade.has(name)))
    .map(([, flag]) => flag);
  const { timeout, maxHistory, description } = inputs;
  const wait = inputs["skipAwait"] === true ? [] : ["--wait"];
  const patience = seconds || (typeof timeout === "number" && timeout > 0 ? timeout : 300);
  const history =
    command === "upgrade" && typeof maxHistory === "number" ? ["--history-max", String(maxHistory)] : [];
  const text = typeof description === "string" ? ["--description", description] : [];
  return [...chosen, ...wait, "--timeout", `${Math.ceil(patience)}s`, ...history, ...text, "--values", "-"];
}
