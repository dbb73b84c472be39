import { existingProvider } from "./stacks/existing";
import { localPools, localProvider } from "./stacks/local";
import { deployPlatform } from "./stacks/platform";
import { readEnvironment } from "./stacks/spec/config";
import { Target } from "./stacks/spec/environment";

const environment = readEnvironment();

export = environment.target === Target.Local
  ? deployPlatform(environment, localPools(environment), localProvider(environment))
  : deployPlatform(environment, environment.pools, existingProvider(environment));
