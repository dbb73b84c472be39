import assert from "node:assert/strict";

import { doubt, parseSighting, type Sighting } from "../../../components/runtimes/evidence";

const control: Sighting = { kernel: "6.18.0", bootId: "node", nodeBootId: "node", gvisorMessage: "" };
const gvisor: Sighting = {
  kernel: "4.19.0-gvisor",
  bootId: "sandbox",
  nodeBootId: "",
  gvisorMessage: "[    0.000000] Starting gVisor...",
};
const kata: Sighting = { kernel: "6.12.8", bootId: "guest", nodeBootId: "", gvisorMessage: "" };

describe("the proof of isolation", () => {
  it("holds for a pod in gVisor and for one in a virtual machine", () => {
    assert.equal(doubt("gvisor", gvisor, control), undefined);
    assert.equal(doubt("kata", kata, control), undefined);
  });

  const doubts: [promise: string, args: Parameters<typeof doubt>, expected: RegExp][] = [
    [
      "fails for a pod on the node's kernel, and says what was seen",
      ["gvisor", { ...control, nodeBootId: "" }, control],
      /shares the node's kernel: both have boot id node and kernel 6\.18\.0/,
    ],
    [
      "fails for a handler that only pretends to be gVisor",
      ["gvisor", { ...kata }, control],
      /does not say that it is gVisor/,
    ],
    [
      "fails for a Kata handler that is gVisor",
      ["kata", gvisor, control],
      /runs in gVisor .* not in a virtual machine/,
    ],
    [
      "fails when the negative control is sandboxed, too",
      ["gvisor", gvisor, { ...control, bootId: "other" }],
      /default handler is not a plain one/,
    ],
    [
      "fails when a boot id is missing on either side",
      ["gvisor", { ...gvisor, bootId: "" }, control],
      /could not read a boot id/,
    ],
    [
      "fails when the node's boot id is missing",
      ["gvisor", gvisor, { ...control, nodeBootId: "" }],
      /could not read a boot id/,
    ],
  ];
  for (const [promise, args, expected] of doubts) {
    it(promise, () => assert.match(doubt(...args) ?? "", expected));
  }

  it("reads what the pods wrote, and takes a missing line for empty", () => {
    assert.deepEqual(parseSighting("kernel=6.1=x\nbootId= a \nnoise\n"), {
      kernel: "6.1=x",
      bootId: "a",
      gvisorMessage: "",
      nodeBootId: "",
    });
  });
});
