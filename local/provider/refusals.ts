import { isApiError } from "./errors";
import { groupOf, kindOf, nameOf, namespaceOf } from "./objects";
import type { Properties } from "./properties";

const policyGroups = new Set(["admissionregistration.k8s.io"]);
const limits = new Set(["ResourceQuota", "LimitRange"]);

/**
 * Decides what a refusal means in a preview. Admission refuses a dry run as it refuses the real thing, but the
 * dry run sees the cluster as it is before the update: what it lacks may be what the same update brings.
 */
export class PreviewJudge {
  private readonly changing = new Set<string>();

  /** Takes note of an object that this preview creates or changes. */
  note(object: Properties): void {
    const { apiVersion, kind } = kindOf(object);
    if (kind === "Namespace") this.changing.add(nameOf(object));
    if (limits.has(kind)) this.changing.add(namespaceOf(object));
    if (policyGroups.has(groupOf(apiVersion))) this.changing.add("*");
  }

  /**
   * - `fail`: the update would be refused, so the preview is
   * - `warn`: perhaps not, because the same update changes the rules
   * - `pass`: the dry run can't tell (something that isn't there yet, or no right to a dry run)
   */
  judge(error: unknown, object: Properties): "fail" | "warn" | "pass" {
    if (!isApiError(error)) return "fail";
    const { message, reason } = error;
    if (reason === "NotFound" || reason === "AlreadyExists") return "pass";
    if (/^User ".*" cannot |: User ".*" cannot /.test(message)) return "pass";
    if (/does not support dry run|dryRun .* feature is disabled/.test(message)) return "pass";
    // A ServiceAccount, RuntimeClass or PriorityClass of the same update; a namespace on its way out or in.
    if (/not found|no PriorityClass with name|being terminated/.test(message)) return "pass";
    const admission = reason === "Forbidden" || /denied (the )?request/.test(message);
    const quota = /exceeded quota/.test(message);
    const loosened = this.changing.has("*") || this.changing.has(namespaceOf(object));
    return admission && (quota || loosened) ? "warn" : "fail";
  }
}
