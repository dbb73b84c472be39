import * as pulumi from "@pulumi/pulumi";
import { z } from "zod";

import { stackFileMessage } from "./config-message";
import type { Environment } from "./environment";
import { parseEnvironment, type RawConfig } from "./parse";

/**
 * The environment that this stack's file describes.
 * @throws RunError that lists every problem of the stack file
 */
export function readEnvironment(): Environment {
  const parsed = parseEnvironment(rawConfig());
  if (parsed.problems !== undefined) {
    throw new pulumi.RunError(stackFileMessage(pulumi.getStack(), parsed.problems));
  }
  return parsed.environment;
}

function rawConfig(): RawConfig {
  const project = pulumi.getProject();
  const keys = Object.entries(pulumi.runtime.allConfig()).filter(([key]) => key.startsWith(`${project}:`));
  const nameOf = (key: string) => key.slice(project.length + 1);
  return {
    project,
    values: Object.fromEntries(keys.map(([key, value]) => [nameOf(key), value])),
    secrets: new Set(secretKeys().map(nameOf)),
  };
}

// The engine tells a program in this variable which settings hold secrets; the SDK reads it too, but keeps it to itself.
function secretKeys(): string[] {
  return z.array(z.string()).parse(JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS || "[]"));
}
