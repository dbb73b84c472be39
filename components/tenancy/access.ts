import type { TenantMember } from "./args";
import { TenantRole } from "./roles";

/** A subject of a RoleBinding. */
export interface Subject {
  kind: string;
  name: string;
  apiGroup: string;
}

/** The subjects of each role that has any. */
export function subjectsByRole(members: TenantMember[]): { role: TenantRole; subjects: Subject[] }[] {
  return Object.values(TenantRole)
    .map((role) => ({
      role,
      subjects: members.filter((member) => member.role === role).map(subjectOf),
    }))
    .filter((binding) => binding.subjects.length > 0);
}

function subjectOf(member: TenantMember): Subject {
  return {
    kind: member.user === undefined ? "Group" : "User",
    name: member.user ?? member.group ?? "",
    apiGroup: "rbac.authorization.k8s.io",
  };
}
