import { inspect } from "node:util";

import * as pulumi from "@pulumi/pulumi";

/**
 * An error that ends the update with its message alone. A plain RunError would do, but the SDK hangs the promise that
 * was rejected onto it and then prints it whole for its trace: with every resource that hangs on that promise, which
 * takes a minute.
 */
export function failure(message: string): pulumi.RunError {
  return Object.assign(new pulumi.RunError(message), { [inspect.custom]: () => message });
}
