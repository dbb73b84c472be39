import { z } from "zod";

import type { Problem } from "../../components/plan/problem";
import { checkTenants, type TenantWish } from "../../components/plan/tenant-checks";
import { type Environment, environments, Target } from "./environment";
import { pool, tenant } from "./fields";
import { problemsOf } from "./messages";

/** The stack file's settings as the engine hands them over. */
export interface RawConfig {
  /** Name of the Pulumi project, which stands before each setting in the stack file. */
  project: string;
  /** Text or JSON of each setting, by its name without the project's. */
  values: Record<string, string>;
  /** Names of the settings that hold a secret anywhere inside; their values are never shown. */
  secrets: ReadonlySet<string>;
}

/** What came of reading a stack file: an environment, or everything that is wrong with it. */
export type Parsed = { environment: Environment; problems?: undefined } | { problems: Problem[] };

/** Reads and checks one environment. Every problem is found in one go, with its path in the stack file. */
export function parseEnvironment(raw: RawConfig): Parsed {
  const given = Object.fromEntries(
    Object.entries(raw.values)
      .filter(([, text]) => text !== "")
      .map(([name, text]) => [name, decode(text)]),
  );
  const target = z.object({ target: z.enum(Target) }).safeParse(given);
  if (!target.success) {
    return { problems: problemsOf(target.error, environments.local, given, raw) };
  }
  const schema = environments[target.data.target];
  const result = schema.safeParse(given);
  const problems = [
    ...(result.success ? [] : problemsOf(result.error, schema, given, raw)),
    ...repeated(given, "pools", raw.project),
    ...repeated(given, "tenants", raw.project),
    ...tenantsWithoutPool(given, schema.shape.pools, raw.project),
  ];
  return result.success && problems.length === 0 ? { environment: result.data as Environment } : { problems };
}

// The engine hands over lists and maps as JSON, and texts as they are.
function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function itemsOf(given: Record<string, unknown>, setting: string): unknown[] {
  const value = given[setting];
  return Array.isArray(value) ? (value as unknown[]) : [];
}

const named = z.object({ name: z.string() });

function repeated(given: Record<string, unknown>, setting: string, project: string): Problem[] {
  const names = itemsOf(given, setting).map((item) => named.safeParse(item).data?.name);
  return names.flatMap((name, index) => {
    const first = names.indexOf(name);
    return name !== undefined && first < index
      ? [
          {
            path: `${project}:${setting}[${index}].name`,
            message: `is "${name}", which ${project}:${setting}[${first}] has already. Give each a name of its own.`,
          },
        ]
      : [];
  });
}

const tenantWish = tenant.pick({ name: true, isolation: true });
const offer = z.object({ runtimes: pool.shape.runtimes });

// Looks at each pool and tenant that is sound in itself, so that one bad entry does not hide another's problem.
function tenantsWithoutPool(
  given: Record<string, unknown>,
  poolsSchema: z.ZodType,
  project: string,
): Problem[] {
  const pools =
    z.array(z.unknown()).safeParse(poolsSchema.safeParse(given.pools).data ?? given.pools).data ?? [];
  const offered = pools.flatMap((item) => offer.safeParse(item).data?.runtimes ?? []);
  const tenants = itemsOf(given, "tenants").flatMap((item, index): (TenantWish & { path: string })[] => {
    const wish = z.object({ ...tenantWish.shape }).safeParse(item).data;
    return wish === undefined ? [] : [{ ...wish, path: `${project}:tenants[${index}].isolation` }];
  });
  return checkTenants(tenants, offered);
}
