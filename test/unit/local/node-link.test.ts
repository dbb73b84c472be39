import assert from "node:assert/strict";
import { freeNetwork } from "../../../local/node/link";

describe("the network of a node", () => {
  it("is the first one among the ranges for examples when nothing is taken", () => {
    assert.deepEqual(freeNetwork([], "link"), {
      link: "link",
      hostAddress: "198.51.100.1",
      nodeAddress: "198.51.100.2",
      prefix: 30,
    });
  });

  const cases: [string, string[], string | undefined][] = [
    ["after a node that is there already", ["198.51.100.1/30"], "198.51.100.6"],
    ["after a single address in it", ["198.51.100.3"], "198.51.100.6"],
    ["in the next range when one is taken as a whole", ["198.51.100.0/24"], "203.0.113.2"],
    ["in a gap between others", ["198.51.100.0/30", "198.51.100.8/29"], "198.51.100.6"],
    ["nowhere when all are taken", ["192.0.2.0/24", "198.51.100.0/22", "203.0.113.7/24"], undefined],
  ];
  for (const [what, taken, expected] of cases) {
    it(`is ${what}`, () => {
      assert.equal(freeNetwork(taken, "link")?.nodeAddress, expected);
    });
  }
});
