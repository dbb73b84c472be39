import * as grpc from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { LogRequest, LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** How the provider speaks to the user: through the engine, beside the resource's line. */
export interface Log {
  /** a passing message, replaced by the next ("" clears it) */
  status(urn: string, message: string): void;
  info(urn: string, message: string): void;
  warn(urn: string, message: string): void;
}

/** Logs to the engine at the address. A message that the engine can't take any more is dropped. */
export function engineLog(address: string): Log {
  const client = new EngineClient(address, grpc.credentials.createInsecure());
  const send = (severity: LogSeverity, urn: string, message: string, ephemeral: boolean) => {
    const request = new LogRequest();
    request.setSeverity(severity);
    request.setUrn(urn);
    request.setMessage(message);
    request.setEphemeral(ephemeral);
    // Progress is a courtesy: the outcome reaches the engine by the answer itself.
    client.log(request, () => undefined);
  };
  return {
    status: (urn, message) => send(LogSeverity.INFO, urn, message, true),
    info: (urn, message) => send(LogSeverity.INFO, urn, message, false),
    warn: (urn, message) => send(LogSeverity.WARNING, urn, message, false),
  };
}
