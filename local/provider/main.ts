import * as grpc from "@grpc/grpc-js";
import { version } from "@pulumi/kubernetes/package.json";
import { ResourceProviderService } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { engineLog } from "./engine";
import { Provider } from "./server";

// The engine runs `pulumi-resource-kubernetes <its address>` and reads the port from our first line.
const server = new grpc.Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
const provider = new Provider(engineLog(process.argv[2] ?? ""), version);
server.addService(ResourceProviderService, provider.service() as grpc.UntypedServiceImplementation);
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => {
  if (error) {
    process.stderr.write(
      `the kubernetes stand-in can't listen on the loopback interface: ${error.message}\n`,
    );
    process.exit(1);
  }
  process.stdout.write(`${port}\n`);
});

// An engine that was killed can't stop us.
const engine = process.ppid;
setInterval(() => {
  if (process.ppid !== engine) process.exit(0);
}, 2000).unref();
