export { engineEnv } from "./environment";
export { ENGINE_SOURCES, findEngine, type Engine, type EngineSource } from "./find";
export { kubernetesPlugin, standInHome, type KubernetesPlugin } from "./kubernetes-plugin";
export { runPulumi, type PulumiOptions, type PulumiResult } from "./run";
export { prepareStack } from "./stack";
export { OLDEST_ENGINE } from "./version";
