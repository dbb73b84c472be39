import * as pulumi from "@pulumi/pulumi";
import { disconnect } from "@pulumi/pulumi/runtime/settings";

/** A resource that a program registered. */
export interface Recorded {
  type: string;
  name: string;
  inputs: Record<string, unknown>;
}

/** Outputs that the mocked cloud adds to a resource's inputs. */
export type Answer = (resource: Recorded) => Record<string, unknown>;

/**
 * Runs a part of a program under Pulumi's mocks and returns what it registered, in order of name.
 * In a preview, outputs that `answer` does not give are unknown, as when nothing exists yet.
 */
export async function record(
  mode: { preview: boolean; answer?: Answer },
  program: () => void,
): Promise<Recorded[]> {
  const seen: Recorded[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: (args) => {
        const resource = { type: args.type, name: args.name, inputs: args.inputs as Record<string, unknown> };
        seen.push(resource);
        const answered = mode.preview ? {} : (mode.answer?.(resource) ?? {});
        return { id: `${args.name}-id`, state: { ...args.inputs, ...answered } as Record<string, unknown> };
      },
      call: () => ({}),
    },
    "bulkhead",
    "test",
    mode.preview,
  );
  program();
  await disconnect();
  return seen.sort((a, b) => a.name.localeCompare(b.name));
}
