import type { DiffRequest, DiffResult } from "./compare";
import type { Connection } from "./connection";
import type { CreateRequest, DeleteRequest, UpdateRequest } from "./change";
import type { Properties } from "./properties";
import type { ReadRequest, ReadResult } from "./read";

export class HelmReleases {
  constructor(private readonly connection: Connection) {}
  check(_request: { urn: string; olds: Properties; news: Properties; seed: Uint8Array }): {
    inputs: Properties;
    failures: { property: string; reason: string }[];
  } {
    throw new Error("not yet");
  }
  diff(_request: DiffRequest, _oldInputs: Properties): DiffResult {
    throw new Error("not yet");
  }
  create(_request: CreateRequest): Promise<{ id: string; state: Properties }> {
    throw new Error("not yet");
  }
  update(_request: UpdateRequest): Promise<Properties> {
    throw new Error("not yet");
  }
  read(_request: ReadRequest): Promise<ReadResult> {
    throw new Error("not yet");
  }
  delete(_request: DeleteRequest): Promise<void> {
    throw new Error("not yet " + this.connection.namespace);
  }
}
