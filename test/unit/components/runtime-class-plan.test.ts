import assert from "node:assert/strict";

import fc from "fast-check";

import type { Pool } from "../../../components/plan/pool";
import { planRuntimeClasses } from "../../../components/plan/runtime-class-plan";

const overhead = { cpu: "1m", memory: "1Mi" };
const settings = { gvisor: { handler: "runsc", overhead }, kata: { handler: "kata-qemu", overhead } };

function pool(name: string, runtimes: Pool["runtimes"], nodeLabels: Record<string, string>): Pool {
  return { name, runtimes, nodeLabels, taints: [] };
}

describe("the plan of RuntimeClasses", () => {
  it("has one class for each runtime that a pool offers, under the portable name", () => {
    const { classes } = planRuntimeClasses([pool("a", ["kata", "gvisor"], { a: "1" })], settings);
    assert.deepEqual(
      classes.map(({ name, handler }) => [name, handler]),
      [
        ["gvisor", "runsc"],
        ["kata", "kata-qemu"],
      ],
    );
  });

  it("selects by the labels that all offering pools share", () => {
    const { classes, problems } = planRuntimeClasses(
      [
        pool("a", ["gvisor"], { zone: "1", sandbox: "yes" }),
        pool("b", ["gvisor"], { zone: "2", sandbox: "yes" }),
      ],
      settings,
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(classes[0]?.nodeSelector, { sandbox: "yes" });
  });

  it("says what to label when the offering pools share nothing", () => {
    const { problems } = planRuntimeClasses(
      [pool("a", ["gvisor"], { a: "1" }), pool("b", ["gvisor"], { b: "1" })],
      settings,
    );
    assert.equal(problems.length, 1);
    assert.match(
      problems[0]?.message ?? "",
      /"a", "b" share no node label.*bulkhead.dev\/runtime-gvisor=true/,
    );
  });

  it("refuses a selector that would also pick a pool without the runtime", () => {
    const { problems } = planRuntimeClasses(
      [pool("a", ["gvisor"], { os: "linux" }), pool("b", ["kata"], { os: "linux", kvm: "yes" })],
      settings,
    );
    assert.match(problems[0]?.message ?? "", /also select "b", which does not offer it/);
  });

  it("tolerates each taint of the offering pools once", () => {
    const taint = { key: "sandbox", value: "true", effect: "NoSchedule" } as const;
    const pools = ["a", "b"].map((name) => ({ ...pool(name, ["gvisor"], { s: "1" }), taints: [taint] }));
    assert.deepEqual(planRuntimeClasses(pools, settings).classes[0]?.tolerations, [taint]);
  });

  it("never selects a pool that does not offer the runtime, whatever the labels", () => {
    const labels = fc.dictionary(fc.constantFrom("x", "y", "z"), fc.constantFrom("1", "2"));
    const runtimes = fc.subarray(["gvisor", "kata"] as Pool["runtimes"], { minLength: 1 });
    const pools = fc.array(
      fc.record({
        name: fc.string(),
        runtimes,
        nodeLabels: labels,
        taints: fc.constant([] as Pool["taints"]),
      }),
    );
    fc.assert(
      fc.property(pools, (all) => {
        const { classes, problems } = planRuntimeClasses(all, settings);
        for (const made of problems.length > 0 ? [] : classes) {
          for (const other of all) {
            const picked = Object.entries(made.nodeSelector).every(([k, v]) => other.nodeLabels[k] === v);
            assert.equal(picked, other.runtimes.includes(made.name));
          }
        }
      }),
    );
  });
});
