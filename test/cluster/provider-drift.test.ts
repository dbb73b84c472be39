import assert from "node:assert/strict";
import * as k8s from "@pulumi/kubernetes";
import { Hands } from "../support/provider-cluster";
import { ProviderStack } from "../support/provider-stack";

describe("the stand-in: drift, other managers, replacement", function () {
  this.timeout(0);
  let hands: Hands;
  let namespace: string;
  let stack: ProviderStack;

  before(async () => {
    hands = await Hands.make();
  });
  beforeEach(async () => {
    namespace = await hands.namespace("drift");
    stack = await ProviderStack.make(hands.kubeconfig);
  });
  afterEach(function () {
    return stack.forget(this.currentTest);
  });

  const skipAwait = { "pulumi.com/skipAwait": "true" };
  const deployment = (options: { cpu?: string; replicas?: number; ignoreChanges?: string[] } = {}) => {
    const { cpu = "1000m", replicas, ignoreChanges = [] } = options;
    return () => {
      new k8s.apps.v1.Deployment(
        "web",
        {
          metadata: { namespace, name: "web", annotations: skipAwait },
          spec: {
            ...(replicas === undefined ? {} : { replicas }),
            selector: { matchLabels: { app: "web" } },
            template: {
              metadata: { labels: { app: "web" } },
              spec: {
                hostNetwork: false,
                containers: [{ name: "c", image: "x", resources: { limits: { cpu, memory: "0.5Gi" } } }],
              },
            },
          },
        },
        { ignoreChanges },
      );
      return Promise.resolve();
    };
  };

  const scale = async (replicas: number) => {
    const live = await hands.get("apps/v1", "Deployment", "web", namespace);
    await hands.change(live, { spec: { replicas } }, "other-hands");
  };

  it("takes server defaults and canonical quantities for no change, also after a refresh", async () => {
    await stack.up(deployment());
    await stack.refresh();
    assert.deepEqual((await stack.preview(deployment())).diffs, {});
  });

  it("finds a change by other hands in a refresh, and puts it back with the next up", async () => {
    const program = deployment({ replicas: 1 });
    await stack.up(program);
    await hands.change(await hands.get("apps/v1", "Deployment", "web", namespace), { spec: { replicas: 3 } });
    assert.match((await stack.refresh()).output, /~ 1 updated/);
    const { diffs } = await stack.preview(program);
    assert.deepEqual(diffs["web"], { "spec.replicas": "update" });
    await stack.up(program);
    const live = await hands.get("apps/v1", "Deployment", "web", namespace);
    assert.equal((live["spec"] as { replicas: number }).replicas, 1);
  });

  it("says which field another manager owns, and overrules it where patchForce is set", async () => {
    await stack.up(deployment({ replicas: 1 }));
    await scale(3);
    await assert.rejects(stack.up(deployment({ replicas: 2 })), /other-hands.*\.spec\.replicas.*patchForce/s);
    await stack.up(() => {
      const provider = new k8s.Provider("p", { enablePatchForce: true });
      const metadata = { namespace, name: "sa", annotations: { a: "1" } };
      new k8s.core.v1.ServiceAccount("sa", { metadata }, { provider });
      return deployment({ replicas: 1 })();
    });
    const live = await hands.get("v1", "ServiceAccount", "sa", namespace);
    await hands.change(live, { metadata: { annotations: { a: "9" } } }, "other-hands");
    await stack.up(() => {
      const provider = new k8s.Provider("p", { enablePatchForce: true });
      const metadata = { namespace, name: "sa", annotations: { a: "2" } };
      new k8s.core.v1.ServiceAccount("sa", { metadata }, { provider });
      return deployment({ replicas: 1 })();
    });
    assert.equal(
      (await hands.get("v1", "ServiceAccount", "sa", namespace)).metadata?.annotations?.["a"],
      "2",
    );
  });

  it("leaves a field under ignoreChanges to the manager that owns it", async () => {
    await stack.up(deployment({ replicas: 1 }));
    await scale(3);
    await stack.up(deployment({ replicas: 1, cpu: "2", ignoreChanges: ["spec.replicas"] }));
    const live = await hands.get("apps/v1", "Deployment", "web", namespace);
    assert.equal((live["spec"] as { replicas: number }).replicas, 3);
  });

  it("sees that somebody widened a role, though the program's own rule is untouched", async () => {
    const rules = [{ apiGroups: [""], resources: ["pods"], verbs: ["get"] }];
    const program = () => {
      new k8s.rbac.v1.Role("role", { metadata: { namespace, name: "role" }, rules });
      return Promise.resolve();
    };
    await stack.up(program);
    const wider = [...rules, { apiGroups: ["*"], resources: ["*"], verbs: ["*"] }];
    await hands.change(await hands.get("rbac.authorization.k8s.io/v1", "Role", "role", namespace), {
      rules: wider,
    });
    await stack.refresh();
    const { diffs } = await stack.preview(program);
    assert.deepEqual(diffs["role"], { "rules[1]": "delete" });
  });

  it("drops an object that other hands deleted from the state, and creates it again", async () => {
    await stack.up(deployment());
    await hands.delete(await hands.get("apps/v1", "Deployment", "web", namespace));
    for (;;) {
      if (!(await hands.exists("apps/v1", "Deployment", "web", namespace))) break;
    }
    await stack.refresh();
    assert.equal((await stack.resources())["web"], undefined);
    assert.deepEqual((await stack.up(deployment())).steps, ["create web"]);
  });

  it("replaces where the server allows no change: selector, roleRef, clusterIP, claim, job template, handler", async () => {
    const program = (variant: string, ip: string) => () => {
      const metadata = (name: string) => ({ namespace, name, annotations: skipAwait });
      const template = {
        metadata: { labels: { app: variant } },
        spec: { restartPolicy: "Never", containers: [{ name: "c", image: variant }] },
      };
      const selector = { matchLabels: { app: variant } };
      const always = { ...template, spec: { containers: [{ name: "c", image: "x" }] } };
      new k8s.apps.v1.Deployment("deployment", {
        metadata: metadata("d"),
        spec: { selector, template: always },
      });
      new k8s.batch.v1.Job("job", { metadata: metadata("j"), spec: { template } });
      new k8s.core.v1.Pod("pod", {
        metadata: metadata("p"),
        spec: { containers: [{ name: variant, image: "x" }] },
      });
      new k8s.core.v1.Service("service", {
        metadata: metadata("s"),
        spec: { clusterIP: ip, ports: [{ port: 1 }] },
      });
      new k8s.core.v1.PersistentVolumeClaim("claim", {
        metadata: metadata("c"),
        spec: {
          accessModes: ["ReadWriteOnce"],
          storageClassName: variant,
          resources: { requests: { storage: "1Gi" } },
        },
      });
      new k8s.rbac.v1.RoleBinding("binding", {
        metadata: metadata("b"),
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: variant },
      });
      new k8s.node.v1.RuntimeClass("class", { metadata: { name: `${namespace}-rc` }, handler: variant });
      return Promise.resolve();
    };
    await stack.up(program("one", "None"));
    const { diffs } = await stack.preview(program("two", ""));
    const replaced = (name: string) =>
      Object.entries(diffs[name] ?? {})
        .filter(([, kind]) => kind.endsWith("-replace"))
        .map(([path]) => path);
    assert.deepEqual(replaced("deployment"), ["spec.selector.matchLabels.app"]);
    assert.deepEqual(replaced("job").sort(), [
      "spec.template.metadata.labels.app",
      "spec.template.spec.containers[0].image",
    ]);
    assert.deepEqual(replaced("pod"), ["spec.containers[0].name"]);
    assert.deepEqual(replaced("service"), ["spec.clusterIP"]);
    assert.deepEqual(replaced("claim"), ["spec.storageClassName"]);
    assert.deepEqual(replaced("binding"), ["roleRef.name"]);
    assert.deepEqual(replaced("class"), ["handler"]);
  });
});
