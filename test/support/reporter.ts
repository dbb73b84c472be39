import Mocha from "mocha";

/** Mocha's own `spec` reporter, with one closing line that programs can read. */
export default class Reporter extends Mocha.reporters.Spec {
  public constructor(runner: Mocha.Runner, options?: Mocha.MochaOptions) {
    super(runner, options);
    // After the base reporter's own listener, which prints the failures.
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes = 0, failures = 0, pending = 0 } = runner.stats ?? {};
      const skipped = pending > 0 ? `, ${pending} skipped` : "";
      console.log(`${passes} passed, ${failures} failed${skipped}`);
    });
  }
}
