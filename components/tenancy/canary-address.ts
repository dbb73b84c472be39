/** Name of the canary's Deployment and Service in the tenant's namespace. */
export const CANARY_NAME = "canary";

/** TCP port of the canary, in the pod and on its Service. */
export const CANARY_PORT = 8080;
